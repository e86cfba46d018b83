"""Chewing Gum: two shapes, the lower one with a square stuck to it.

The published geometry: 56 x 50 pixels, 40 frames, one shape still, one walking round it; a square that moves with the lower shape hides about
a third of it in every frame. That part can never be seen: it has to be guessed from how shapes look. For the same clips without it see no_gum.
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
    return _gum.drawn("chewing_gum", split, index, gum=True)
