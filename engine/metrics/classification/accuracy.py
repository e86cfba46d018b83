"""Accuracy.

The share of examples whose largest logit is the label's. Of equal logits the first counts.
"""

import numpy as np
from jaxtyping import Float, Float64, Int

from engine.metrics.classification import _mean, _topk

VERSION = 1
UNIT = "fraction"
BETTER = "higher"
INTERVAL = "wilson"
CITATION = ""

combine = _mean.combine


def statistics(logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"]) -> Float64[np.ndarray, "n 1"]:
    """Return 1 for each example answered right, else 0."""
    return _topk.statistics(logits, labels, 1)


def compute(logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"]) -> float:
    """Return the share of examples answered right."""
    return float(statistics(logits, labels).mean())
