"""Shapes in scenes, combinations that training never shows.

The scenes of `shapes`, each in one of the colours that are held out for its shape: every shape and every colour is well known, never together.
"""

import numpy as np

from engine import systems
from engine.datasets.images import Images
from engine.systems import shape_scenes

VERSION = 1
TASK = "shapes"
FRAME = 64
CHANNELS = 3
SPLITS = ("test",)
LICENCE = "drawn by this program; no terms"
SOURCE = "the system shape_scenes, seed 1"
CITATION = "M. L. Montero et al. The role of disentanglement in generalisation. ICLR 2021."
PREPARATION = "Drawn at 64 x 64 pixels; colours are even, units with a colour that is not held out for their shape are passed over."
SIZE, DRAWN, SEED = 1000, 8000, 1


def load(split: str) -> Images:
    """Return the test split, images (n, 64, 64, 3); the group is the colour."""
    system = systems.load("shape_scenes")
    units = systems.sample(system, DRAWN, SEED, systems.interventions(_act(), system))
    shapes, colours = units.named("shape"), units.named("colour")
    out = [colour in shape_scenes.HELD_OUT_COLOURS[str(shape)] for shape, colour in zip(shapes, colours, strict=True)]
    kept = units[np.flatnonzero(out)[:SIZE]]
    return Images(systems.render(kept), kept.labels, system.classes, groups={"colour": tuple(map(str, kept.named("colour")))})


def _act() -> str:
    return f"do(colour~choice({', '.join(shape_scenes.COLOURS)}))"
