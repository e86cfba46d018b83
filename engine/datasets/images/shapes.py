"""Shapes in scenes, as drawn.

Eight shapes in colour on coloured backgrounds, drawn by this program from the system `shape_scenes`: what its networks are trained on.
Some colours and patterns are held out for each shape.
"""

from engine.datasets.images import Images
from engine.datasets.images._drawn import Recipe, draw

VERSION = 1
TASK = "shapes"
FRAME = 64
CHANNELS = 3
SPLITS = ("train", "val", "test")
LICENCE = "drawn by this program; no terms"
SOURCE = "the system shape_scenes, seed 0"
CITATION = ""
PREPARATION = "Drawn at 64 x 64 pixels; 8,000 / 1,000 / 1,000 units of their own for each split."
SIZES = {"train": 8000, "val": 1000, "test": 1000}


def load(split: str) -> Images:
    """Return one split, images (n, 64, 64, 3)."""
    return draw(Recipe("shape_scenes", seed=0, sizes={split: SIZES[split]}), split)
