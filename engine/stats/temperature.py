"""Temperature scaling: the one number by which to divide logits so that their probabilities fit the labels best.

Source: Guo et al., "On calibration of modern neural networks", ICML 2017.
"""

import math

import numpy as np
from jaxtyping import Float, Int
from scipy import optimize

from engine import errors
from engine.stats import softmax

LOWEST, HIGHEST = 0.01, 100.0


def fit(logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"]) -> float:
    """Return the temperature with the least mean cross-entropy of `logits / temperature`.

    The cross-entropy is convex in 1 / temperature, so its derivative has one zero, which is searched on the scale of
    log temperature. Where there is none within 0.01..100, the nearer end is returned: 0.01 when every example is
    right (being surer would always be better), 100 when the logits say nothing about the labels.

    Raises:
        UserError: without examples, or with logits that are NaN or infinite.
    """
    if not len(labels):
        raise errors.UserError("A temperature cannot be fitted without examples.", "Choose a set with labels.")
    if not np.isfinite(logits).all():
        raise errors.UserError("A temperature cannot be fitted to NaN or infinite logits.", "Leave those examples out.")

    def slope(log_temperature: float) -> float:
        temperature = math.exp(log_temperature)
        return temperature * float(softmax.logit_gap(logits / temperature, labels).mean())

    if slope(math.log(HIGHEST)) >= 0:
        return HIGHEST
    if slope(math.log(LOWEST)) <= 0:
        return LOWEST
    bracket = (math.log(LOWEST), math.log(HIGHEST))
    return math.exp(optimize.root_scalar(slope, bracket=bracket, method="brentq", xtol=1e-7).root)
