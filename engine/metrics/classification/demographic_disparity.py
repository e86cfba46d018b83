"""Demographic disparity on inferred groups.

No group is given; two are inferred from the logits, the way environment inference does: the split under which the
network's errors of scale disagree most. Its optimum is known in closed form: one group is where the expected logit
exceeds the label's (wrong or underconfident), the other where it does not. The disparity is how much the shares of
predicted classes differ between the groups and the whole: D = 2 * w1 * w2 * TV(P1, P2), with the groups' shares w and
their histograms P of predicted classes; 0 = no difference, at most 0.5. Noise pushes it up where there are few
examples; the interval accounts for that.
"""

import numpy as np
from jaxtyping import Float, Float64, Int
from scipy import sparse

from engine.stats import softmax

VERSION = 1
UNIT = "fraction"
BETTER = "lower"
CITATION = (
    "Wenzel et al., Assaying out-of-distribution generalization in transfer learning, NeurIPS 2022; "
    "groups after Creager et al., Environment inference for invariant learning, ICML 2021"
)


def statistics(logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"]) -> sparse.csr_array:
    """Return a 1 for each example in the column of its group and predicted class; (n, 2 * predicted classes)."""
    n = len(labels)
    predicted, index = np.unique(logits.argmax(axis=1), return_inverse=True)
    column = index + len(predicted) * (softmax.logit_gap(logits, labels) > 0)
    return sparse.csr_array((np.ones(n), (np.arange(n), column)), shape=(n, 2 * len(predicted)))


def combine(sums: Float[np.ndarray, "*resamples k"], n: int) -> Float64[np.ndarray, " *resamples"]:
    """Return the disparity from the counts of predicted classes in the two groups.

    With counts a and b of sums A and B, w1 * w2 * sum(abs(a / A - b / B)) is sum(abs(a * B - b * A)) / n².
    """
    first, second = np.split(sums, 2, axis=-1)
    crossed = first * second.sum(axis=-1, keepdims=True) - second * first.sum(axis=-1, keepdims=True)
    return np.asarray(np.abs(crossed).sum(axis=-1) / n**2, dtype=np.float64)


def null(sums: Float[np.ndarray, " k"], n: int) -> Float64[np.ndarray, " k"]:
    """Return the counts if both groups, of the sizes they have, had the histogram of the whole."""
    first, second = np.split(sums, 2)
    whole = (first + second) / n
    return np.concatenate([whole * first.sum(), whole * second.sum()])


def compute(logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"]) -> float:
    """Return the disparity, 0..0.5."""
    return float(combine(np.asarray(statistics(logits, labels).sum(axis=0)), len(labels)))
