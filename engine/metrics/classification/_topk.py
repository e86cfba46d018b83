"""What the top-k accuracies share."""

import numpy as np
from jaxtyping import Bool, Float, Float64, Int

from engine.metrics.classification import _mean


def hits(logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"], k: int) -> Bool[np.ndarray, " n"]:
    """Return whether fewer than k classes come before the label's.

    A class comes before another if its logit is larger, or equal and its place smaller; for k = 1 this is argmax.
    """
    if k == 1:
        return logits.argmax(axis=1) == labels
    own = logits[np.arange(len(labels)), labels][:, None]
    earlier = np.arange(logits.shape[1]) < labels[:, None]
    return ((logits > own) | ((logits == own) & earlier)).sum(axis=1) < k


def statistics(logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"], k: int) -> Float64[np.ndarray, "n 1"]:
    """Return 1 for each hit and 0 for each miss; NaN where there are fewer than k classes."""
    if logits.shape[1] < k:
        return np.full((len(labels), 1), np.nan)
    return _mean.column(hits(logits, labels, k))
