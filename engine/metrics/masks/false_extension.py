"""Share of the occluder's other pixels that are wrongly given to the object.

Of the pixels where something may hide the object and the object is not, those that are predicted to belong to it. Frames that hide nothing
count too.
"""

import numpy as np
from jaxtyping import Float

from engine.metrics.masks import _tally

VERSION = 1
UNIT = "fraction"
BETTER = "lower"
CITATION = ""


def parts(tally: _tally.Tally) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Return what is counted in each frame, and out of what; NaN where a frame does not count."""
    return tally.false, tally.background


def compute(tally: _tally.Tally) -> Float[np.ndarray, " n"]:
    """Return the metric of each frame; NaN where it is undefined."""
    return _tally.shares(*parts(tally))
