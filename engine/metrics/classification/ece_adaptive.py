"""Adaptive calibration error (equal-mass ECE).

Expected calibration error with 10 bins that hold equally many examples instead of bins of equal width; examples of
equal confidence share a bin. The interval takes the bins as given.
"""

import numpy as np
from jaxtyping import Float, Float64, Int

from engine.metrics.classification import _ece, _topk
from engine.stats import calibration, softmax

VERSION = 1
UNIT = "fraction"
BETTER = "lower"
CITATION = "Nguyen and O'Connor, Posterior calibration and exploratory analysis for natural language models, EMNLP 2015"

combine = _ece.combine
null = _ece.null


def statistics(logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"]) -> Float64[np.ndarray, "n bins"]:
    """Return each example's confidence minus its correctness in the column of its bin."""
    confidence = softmax.confidence(logits)
    return calibration.gaps(confidence, _topk.hits(logits, labels, 1), calibration.equal_mass_bin_of(confidence))


def compute(logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"]) -> float:
    """Return the expected calibration error over bins of equal mass, 0..1."""
    return float(combine(statistics(logits, labels).sum(axis=0), len(labels)))
