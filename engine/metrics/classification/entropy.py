"""Predictive entropy.

The mean entropy of the softmax probabilities, in nats: 0 is certain, log(K) is undecided between K classes.
"""

import numpy as np
from jaxtyping import Float, Float64, Int

from engine.metrics.classification import _mean
from engine.stats import softmax

VERSION = 1
UNIT = "nats"
BETTER = "neither"
CITATION = "Shannon, A mathematical theory of communication, Bell System Technical Journal 1948"

combine = _mean.combine


def statistics(logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"]) -> Float64[np.ndarray, "n 1"]:
    """Return each example's entropy."""
    logs = softmax.log_softmax(logits)
    return _mean.column(np.maximum(-(np.exp(logs) * logs).sum(axis=1), 0))


def compute(logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"]) -> float:
    """Return the mean entropy in nats."""
    return float(statistics(logits, labels).mean())
