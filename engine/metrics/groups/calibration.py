"""Calibration of a group.

The mean score minus the share of favourable outcomes: above 0, a group is promised more than it gets. It is about probabilities and does not depend
on where they are cut.
"""

import numpy as np
from jaxtyping import Float, Float64, Int

VERSION = 1
KIND = "score"
UNIT = "fraction"
BETTER = "neither"
CITATION = "Pleiss and others, On Fairness and Calibration, NeurIPS 2017"


def compute(scores: Float[np.ndarray, " n"], labels: Int[np.ndarray, " n"], weights: Float64[np.ndarray, " n"]) -> float:
    """Return the weighted mean of score minus outcome; NaN where there is nobody."""
    return float(np.average(scores - labels, weights=weights)) if len(labels) else float("nan")
