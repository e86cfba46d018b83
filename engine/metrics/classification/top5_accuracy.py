"""Top-5 accuracy.

The share of examples whose label is among the five classes with the largest logits. Of equal logits the first count.
Undefined where there are fewer than five classes.
"""

import numpy as np
from jaxtyping import Float, Float64, Int

from engine.metrics.classification import _mean, _topk

VERSION = 1
UNIT = "fraction"
BETTER = "higher"
INTERVAL = "wilson"
UNDEFINED = "Top-5 accuracy needs at least five classes."
CITATION = ""

combine = _mean.combine


def statistics(logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"]) -> Float64[np.ndarray, "n 1"]:
    """Return 1 for each example whose label is among the first five, else 0; NaN below five classes."""
    return _topk.statistics(logits, labels, 5)


def compute(logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"]) -> float:
    """Return the share of examples whose label is among the first five; NaN below five classes."""
    return float(statistics(logits, labels).mean())
