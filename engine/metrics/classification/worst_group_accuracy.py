"""Worst-group accuracy.

For each of the set's group columns (such as the typeface, the writer or the site) the lowest accuracy among the
groups that have at least ten examples. The interval is for the lowest of the true accuracies: it accounts for the
lowest having been picked from many. n counts the examples of the lowest group.
"""

import numpy as np
from jaxtyping import Float, Int, Shaped

from engine.metrics.classification import _topk, _worst
from engine.metrics.measures import Measure

VERSION = 1
UNIT = "fraction"
BETTER = "higher"
NEEDS = ("groups",)
UNDEFINED = "No group has ten examples or more."
CITATION = "Sagawa et al., Distributionally robust neural networks for group shifts, ICLR 2020"


def measure(logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"], groups: Shaped[np.ndarray, " n"]) -> Measure:
    """Return the lowest accuracy among groups with its interval; undefined where no group has ten examples."""
    return _worst.worst(_topk.hits(logits, labels, 1), groups, UNDEFINED)


def compute(logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"], groups: Shaped[np.ndarray, " n"]) -> float:
    """Return the lowest accuracy among groups of at least ten examples, NaN where there is none."""
    value = measure(logits, labels, groups).value
    assert value is not None
    return value
