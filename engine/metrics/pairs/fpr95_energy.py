"""FPR at 95 % TPR of the energy.

The share of out-of-distribution examples that pass the threshold which at least 95 % of the in-distribution examples
pass; the score is the energy score, log(sum(exp(logits))), and a score equal to the threshold passes. 0 tells the
sets apart, 0.95 is chance. The interval resamples both sets and is never narrower than Wilson's at the threshold.
"""

import numpy as np
from jaxtyping import Float

from engine.metrics.pairs import _scores
from engine.stats import roc

VERSION = 1
UNIT = "fraction"
BETTER = "lower"
CITATION = "Liu et al., Energy-based out-of-distribution detection, NeurIPS 2020"


def compute(id_logits: Float[np.ndarray, "n_id classes"], ood_logits: Float[np.ndarray, "n_ood classes"]) -> float:
    """Return the false-positive rate, 0..1, the in-distribution set being positive."""
    return roc.fpr_at_tpr(_scores.energy(id_logits), _scores.energy(ood_logits))


def interval(id_logits: Float[np.ndarray, "n_id classes"], ood_logits: Float[np.ndarray, "n_ood classes"]) -> tuple[float, float]:
    """Return the 95 % interval of the rate."""
    return roc.fpr_interval(_scores.energy(id_logits), _scores.energy(ood_logits))
