"""AUROC of the maximum softmax probability.

The share of (in-distribution, out-of-distribution) pairs in which the in-distribution example has the higher score,
ties counting half; the score is the largest softmax probability. 1 tells the sets apart, 0.5 is chance, below 0.5 the
shifted set scores higher. The interval is DeLong's on the logit scale, and Newcombe's where the sets are told apart
without error.
"""

import numpy as np
from jaxtyping import Float

from engine.metrics.pairs import _scores
from engine.stats import roc

VERSION = 1
UNIT = "fraction"
BETTER = "higher"
CITATION = "Hendrycks and Gimpel, A baseline for detecting misclassified and out-of-distribution examples, ICLR 2017"


def compute(id_logits: Float[np.ndarray, "n_id classes"], ood_logits: Float[np.ndarray, "n_ood classes"]) -> float:
    """Return the area under the ROC curve, 0..1, the in-distribution set being positive."""
    return roc.auroc(_scores.msp(id_logits), _scores.msp(ood_logits))


def interval(id_logits: Float[np.ndarray, "n_id classes"], ood_logits: Float[np.ndarray, "n_ood classes"]) -> tuple[float, float]:
    """Return the 95 % interval of the area."""
    return roc.auroc_interval(_scores.msp(id_logits), _scores.msp(ood_logits))
