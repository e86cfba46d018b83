"""Intersection over union of the whole masks.

Predicted and true whole mask of a frame, visible part included; frames where the object is not there are left out.
"""

import numpy as np
from jaxtyping import Float

from engine.metrics.masks import _tally

VERSION = 1
UNIT = "fraction"
BETTER = "higher"
CITATION = "J. Yao et al. Self-supervised Amodal Video Object Segmentation. NeurIPS 2022 (mIoU full, mIoU occ)."


def parts(tally: _tally.Tally) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Return what is counted in each frame, and out of what; NaN where a frame does not count."""
    count = tally.whole > 0
    counts, out_of = _tally.where(count, tally.both, tally.either)
    return counts, out_of


def compute(tally: _tally.Tally) -> Float[np.ndarray, " n"]:
    """Return the metric of each frame; NaN where it is undefined."""
    return _tally.shares(*parts(tally))
