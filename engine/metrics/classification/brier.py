"""Brier score.

The mean over examples of the squared distance between the probabilities and the label's corner, summed over classes:
0 is certain and right, 2 certain and wrong. A network that says 1/K for each of K classes has 1 - 1/K.
"""

import numpy as np
from jaxtyping import Float, Float64, Int

from engine.metrics.classification import _mean
from engine.stats import softmax

VERSION = 1
UNIT = "squared distance"
BETTER = "lower"
CITATION = "Brier, Verification of forecasts expressed in terms of probability, Monthly Weather Review 1950"

combine = _mean.combine


def statistics(logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"]) -> Float64[np.ndarray, "n 1"]:
    """Return each example's squared distance."""
    distances = softmax.softmax(logits)
    distances[np.arange(len(labels)), labels] -= 1
    return _mean.column((distances**2).sum(axis=1))


def compute(logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"]) -> float:
    """Return the mean squared distance, 0..2."""
    return float(statistics(logits, labels).mean())
