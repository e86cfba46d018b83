"""Confidence against accuracy in bins: the numbers behind a reliability diagram and behind calibration error.

The bins are those of Wenzel et al., "Assaying out-of-distribution generalization in transfer learning", NeurIPS 2022:
equal width, closed on the left, confidence 1 in the last.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64, Int

from engine.stats import intervals

BINS = 10


@dataclass(frozen=True, eq=False)
class Reliability:
    """One entry a bin; confidence, accuracy and its interval are NaN where a bin is empty."""

    edges: Float64[np.ndarray, " bins_and_one"]
    count: Int[np.ndarray, " bins"]
    confidence: Float64[np.ndarray, " bins"]
    accuracy: Float64[np.ndarray, " bins"]
    low: Float64[np.ndarray, " bins"]
    high: Float64[np.ndarray, " bins"]


def bin_of(confidence: Float[np.ndarray, " n"], bins: int = BINS) -> Int[np.ndarray, " n"]:
    """Return each confidence's bin, floor(confidence * bins), with 1 in the last."""
    return np.minimum((confidence * bins).astype(np.int64), bins - 1)


def equal_mass_bin_of(confidence: Float[np.ndarray, " n"], bins: int = BINS) -> Int[np.ndarray, " n"]:
    """Return each confidence's bin when bins hold equally many; equal ones share a bin, so some bins may be empty."""
    edges = np.quantile(confidence, np.arange(1, bins) / bins, method="inverted_cdf")
    return np.searchsorted(edges, confidence, side="left")


def gaps(
    confidence: Float[np.ndarray, " n"],
    hits: Bool[np.ndarray, " n"],
    bin_index: Int[np.ndarray, " n"],
    bins: int = BINS,
) -> Float64[np.ndarray, "n bins"]:
    """Return confidence minus correctness of each example, in the column of its bin.

    Summed over examples, taken absolutely, summed over bins and divided by n, this is the expected calibration error:
    n_b / n * abs(accuracy_b - confidence_b) is abs(sum of the gaps in b) / n.
    """
    found = np.zeros((len(confidence), bins))
    found[np.arange(len(confidence)), bin_index] = confidence - hits
    return found


def reliability(confidence: Float[np.ndarray, " n"], hits: Bool[np.ndarray, " n"], bins: int = BINS) -> Reliability:
    """Return count, mean confidence and accuracy of each bin, the accuracy with its Wilson interval."""
    where = bin_of(confidence, bins)
    count = np.bincount(where, minlength=bins)
    right = np.bincount(where, weights=hits, minlength=bins)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(where, weights=confidence, minlength=bins) / count
        accuracy = right / count
    low, high = intervals.wilson(right, count)
    return Reliability(np.linspace(0, 1, bins + 1), count, mean, accuracy, low, high)
