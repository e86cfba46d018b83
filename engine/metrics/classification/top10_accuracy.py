"""Top-10 accuracy.

The share of examples whose label is among the ten classes with the largest logits. Of equal logits the first count.
Undefined where there are fewer than ten classes.
"""

import numpy as np
from jaxtyping import Float, Float64, Int

from engine.metrics.classification import _mean, _topk

VERSION = 1
UNIT = "fraction"
BETTER = "higher"
INTERVAL = "wilson"
UNDEFINED = "Top-10 accuracy needs at least ten classes."
CITATION = ""

combine = _mean.combine


def statistics(logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"]) -> Float64[np.ndarray, "n 1"]:
    """Return 1 for each example whose label is among the first ten, else 0; NaN below ten classes."""
    return _topk.statistics(logits, labels, 10)


def compute(logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"]) -> float:
    """Return the share of examples whose label is among the first ten; NaN below ten classes."""
    return float(statistics(logits, labels).mean())
