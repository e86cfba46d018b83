"""Shapes as line drawings.

The same eight shapes in another rendition: dark outlines on pale paper, no colour, no texture, no background that could give a shape away.
"""

import cv2
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
SOURCE = "the system shape_scenes, seed 2, outlines of its shapes"
CITATION = "In the manner of D. Hendrycks et al. The Many Faces of Robustness (renditions, ImageNet-R). ICCV 2021."
PREPARATION = "Drawn at 64 x 64 pixels: the rim of what the shape covers, about two pixels wide, dark on pale."
SIZE, SEED = 1000, 2
PAPER, INK = (243, 240, 232), (32, 34, 44)


def load(split: str) -> Images:
    """Return the test split, images (n, 64, 64, 3)."""
    system = systems.load("shape_scenes")
    units = systems.sample(system, SIZE, SEED)
    covers = shape_scenes.cover(units, FRAME)
    rims = np.stack([cv2.morphologyEx(cover, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) for cover in covers])[..., None]
    pictures = np.rint(np.array(PAPER) * (1 - rims) + np.array(INK) * rims).astype(np.uint8)
    return Images(pictures, units.labels, system.classes)
