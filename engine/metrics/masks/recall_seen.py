"""Share of the hidden pixels found, of those that are visible in another frame of the clip.

Needs to know how the object moves in truth, as it is known of drawn and composited clips.
"""

import numpy as np
from jaxtyping import Float

from engine.metrics.masks import _tally

VERSION = 1
UNIT = "fraction"
BETTER = "higher"
CITATION = ""


def parts(tally: _tally.Tally) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Return what is counted in each frame, and out of what; NaN where a frame does not count."""
    counts, out_of = _tally.where(tally.judged, tally.elsewhere_found, tally.elsewhere)
    return counts, out_of


def compute(tally: _tally.Tally) -> Float[np.ndarray, " n"]:
    """Return the metric of each frame; NaN where it is undefined."""
    return _tally.shares(*parts(tally))
