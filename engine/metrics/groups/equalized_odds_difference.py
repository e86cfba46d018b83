"""Equalised odds difference.

The larger of two gaps, that of true positive rates and that of false positive rates.
"""

import numpy as np

from engine.metrics.groups import _gaps
from engine.metrics.groups._cells import Sums

VERSION = 1
KIND = "gap"
UNIT = "fraction"
BETTER = "lower"
CITATION = "Hardt, Price and Srebro, Equality of Opportunity in Supervised Learning, NeurIPS 2016"
RATES = ("tpr", "fpr")


def compute(true_positive: Sums, false_positive: Sums) -> Sums:
    """Return the gap over the last axis, the groups."""
    return np.maximum(_gaps.difference(true_positive), _gaps.difference(false_positive))
