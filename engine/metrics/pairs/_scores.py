"""Scores of single examples that should be higher in distribution."""

import numpy as np
from jaxtyping import Float, Float64

from engine.stats import softmax


def msp(logits: Float[np.ndarray, "n classes"]) -> Float64[np.ndarray, " n"]:
    """Return the logarithm of the largest softmax probability.

    The logarithm changes no order, and keeps apart what 64 bits round to the same probability, 1.
    """
    largest = logits.argmax(axis=1)
    shifted = logits.astype(np.float64) - np.take_along_axis(logits, largest[:, None], axis=1)
    np.put_along_axis(shifted, largest[:, None], -np.inf, axis=1)
    return -np.log1p(np.exp(shifted).sum(axis=1))


def energy(logits: Float[np.ndarray, "n classes"]) -> Float64[np.ndarray, " n"]:
    """Return log(sum(exp(logits))), the negative free energy at temperature 1."""
    return softmax.log_sum_exp(logits)
