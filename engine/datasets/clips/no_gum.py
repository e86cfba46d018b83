"""Chewing Gum without the gum: two shapes, one hides the other.

The clips of chewing_gum, shape for shape and step for step, without the square: what one frame hides another shows.
"""

from collections.abc import Mapping

from engine.datasets.clips import _gum
from engine.datasets.clips._clip import Clip

VERSION = 1
SPLITS = ("train", "val", "test")
SIZES: Mapping[str, int] = {"train": 10_000, "val": 500, "test": 1_000}
LICENCE = "drawn by this program; no terms"
SOURCE = "drawn by this program from the published geometry"
CITATION = "J. Yao et al. Self-supervised Amodal Video Object Segmentation. NeurIPS 2022 (the geometry of its toy data)."


def load(split: str, index: int) -> Clip:
    """Return one clip; equal arguments give equal clips."""
    return _gum.drawn("no_gum", split, index, gum=False)
