"""Worst-class accuracy.

The lowest accuracy among the classes that have at least ten examples. The interval is for the lowest of the true
accuracies: it accounts for the lowest having been picked from many. n counts the examples of the lowest class.
"""

import numpy as np
from jaxtyping import Float, Int

from engine.metrics.classification import _topk, _worst
from engine.metrics.measures import Measure

VERSION = 1
UNIT = "fraction"
BETTER = "higher"
UNDEFINED = "No class has ten examples or more."
CITATION = ""


def measure(logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"]) -> Measure:
    """Return the lowest accuracy among classes with its interval; undefined where no class has ten examples."""
    return _worst.worst(_topk.hits(logits, labels, 1), labels, UNDEFINED)


def compute(logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"]) -> float:
    """Return the lowest accuracy among classes of at least ten examples, NaN where there is none."""
    value = measure(logits, labels).value
    assert value is not None
    return value
