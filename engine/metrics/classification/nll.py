"""Negative log-likelihood (NLL).

The mean of -log(softmax(logits)) at the label, in nats: the cross-entropy. 0 is certain and right; saying 1/K for
each of K classes costs log(K), and one example that is surely wrong can outweigh a hundred others.
"""

import numpy as np
from jaxtyping import Float, Float64, Int

from engine.metrics.classification import _mean
from engine.stats import softmax

VERSION = 1
UNIT = "nats"
BETTER = "lower"
CITATION = ""

combine = _mean.combine


def statistics(logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"]) -> Float64[np.ndarray, "n 1"]:
    """Return each example's cross-entropy."""
    own = logits[np.arange(len(labels)), labels].astype(np.float64)
    return _mean.column(softmax.log_sum_exp(logits) - own)


def compute(logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"]) -> float:
    """Return the mean cross-entropy in nats."""
    return float(statistics(logits, labels).mean())
