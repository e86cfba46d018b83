"""Expected calibration error (ECE).

Examples are binned by their largest probability into 10 bins of equal width, each closed on the left: [0, 0.1), [0.1,
0.2) up to [0.9, 1]. ECE is the mean over examples of the distance between mean confidence and accuracy of their bin.
Noise pushes it up, the more the fewer examples there are; the interval accounts for that and may reach 0 where a
network looks miscalibrated.
"""

import numpy as np
from jaxtyping import Float, Float64, Int

from engine.metrics.classification import _ece, _topk
from engine.stats import calibration, softmax

VERSION = 1
UNIT = "fraction"
BETTER = "lower"
CITATION = (
    "Naeini et al., Obtaining well calibrated probabilities using Bayesian binning, AAAI 2015; "
    "bins as in Wenzel et al., Assaying out-of-distribution generalization in transfer learning, NeurIPS 2022"
)

combine = _ece.combine
null = _ece.null


def statistics(logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"]) -> Float64[np.ndarray, "n bins"]:
    """Return each example's confidence minus its correctness in the column of its bin."""
    confidence = softmax.confidence(logits)
    return calibration.gaps(confidence, _topk.hits(logits, labels, 1), calibration.bin_of(confidence))


def compute(logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"]) -> float:
    """Return the expected calibration error, 0..1."""
    return float(combine(statistics(logits, labels).sum(axis=0), len(labels)))
