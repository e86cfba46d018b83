"""AUROC of the energy.

The share of (in-distribution, out-of-distribution) pairs in which the in-distribution example has the higher score,
ties counting half; the score is the energy score, log(sum(exp(logits))). 1 tells the sets apart, 0.5 is chance, below
0.5 the shifted set scores higher. The interval is DeLong's on the logit scale, and Newcombe's where the sets are told
apart without error.
"""

import numpy as np
from jaxtyping import Float

from engine.metrics.pairs import _scores
from engine.stats import roc

VERSION = 1
UNIT = "fraction"
BETTER = "higher"
CITATION = "Liu et al., Energy-based out-of-distribution detection, NeurIPS 2020"


def compute(id_logits: Float[np.ndarray, "n_id classes"], ood_logits: Float[np.ndarray, "n_ood classes"]) -> float:
    """Return the area under the ROC curve, 0..1, the in-distribution set being positive."""
    return roc.auroc(_scores.energy(id_logits), _scores.energy(ood_logits))


def interval(id_logits: Float[np.ndarray, "n_id classes"], ood_logits: Float[np.ndarray, "n_ood classes"]) -> tuple[float, float]:
    """Return the 95 % interval of the area."""
    return roc.auroc_interval(_scores.energy(id_logits), _scores.energy(ood_logits))
