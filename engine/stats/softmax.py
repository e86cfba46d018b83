"""Probabilities from logits, stable and in float64 whatever the logits were stored as."""

import numpy as np
from jaxtyping import Float, Float64, Int


def log_softmax(logits: Float[np.ndarray, "n classes"]) -> Float64[np.ndarray, "n classes"]:
    """Return the natural logarithm of the softmax of each row."""
    shifted = _shifted(logits)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def softmax(logits: Float[np.ndarray, "n classes"]) -> Float64[np.ndarray, "n classes"]:
    """Return the softmax of each row: probabilities that sum to 1."""
    exponentials = np.exp(_shifted(logits))
    exponentials /= exponentials.sum(axis=1, keepdims=True)
    return exponentials


def log_sum_exp(logits: Float[np.ndarray, "n classes"]) -> Float64[np.ndarray, " n"]:
    """Return log(sum(exp(z))) of each row."""
    largest = logits.max(axis=1, initial=-np.inf).astype(np.float64)
    return largest + np.log(np.exp(_shifted(logits)).sum(axis=1))


def confidence(logits: Float[np.ndarray, "n classes"]) -> Float64[np.ndarray, " n"]:
    """Return the largest probability of each row."""
    return 1 / np.exp(_shifted(logits)).sum(axis=1)


def logit_gap(logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """Return the expected logit under the softmax minus the label's logit, for each row.

    This is the derivative of the cross-entropy with respect to one factor before all logits, at 1: positive where the
    network is wrong or less sure than it should be.
    """
    logits = logits.astype(np.float64, copy=False)
    return (softmax(logits) * logits).sum(axis=1) - logits[np.arange(len(labels)), labels]


def _shifted(logits: Float[np.ndarray, "n classes"]) -> Float64[np.ndarray, "n classes"]:
    """Return the logits minus the largest of their row, so that no exponential overflows."""
    logits = logits.astype(np.float64, copy=False)
    return logits - logits.max(axis=1, keepdims=True, initial=-np.inf)
