"""Mean confidence.

The mean of the largest softmax probability. Above the accuracy a network is overconfident, below it underconfident.
"""

import numpy as np
from jaxtyping import Float, Float64, Int

from engine.metrics.classification import _mean
from engine.stats import softmax

VERSION = 1
UNIT = "fraction"
BETTER = "neither"
CITATION = ""

combine = _mean.combine


def statistics(logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"]) -> Float64[np.ndarray, "n 1"]:
    """Return each example's largest probability."""
    return _mean.column(softmax.confidence(logits))


def compute(logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"]) -> float:
    """Return the mean of the largest probabilities."""
    return float(statistics(logits, labels).mean())
