"""Intersection over union inside what hides the object.

Hidden part: pixels of the whole true mask that another object or the occluder covers in this frame. Both masks are cut to the pixels that
something covers. A miss counts 0. Frames that hide fewer than 16 pixels are left out.
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
    counts, out_of = _tally.where(tally.judged, tally.hidden_both, tally.hidden_either)
    return counts, out_of


def compute(tally: _tally.Tally) -> Float[np.ndarray, " n"]:
    """Return the metric of each frame; NaN where it is undefined."""
    return _tally.shares(*parts(tally))
