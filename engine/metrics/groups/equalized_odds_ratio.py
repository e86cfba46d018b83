"""Equalised odds ratio.

The smaller of two ratios of the lowest to the highest group, that of true positive rates and that of false positive rates.
"""

import numpy as np

from engine.metrics.groups import _gaps
from engine.metrics.groups._cells import Sums

VERSION = 1
KIND = "gap"
UNIT = "ratio"
BETTER = "higher"
CITATION = "Hardt, Price and Srebro, Equality of Opportunity in Supervised Learning, NeurIPS 2016"
RATES = ("tpr", "fpr")


def compute(true_positive: Sums, false_positive: Sums) -> Sums:
    """Return the ratio over the last axis, the groups."""
    return np.minimum(_gaps.ratio(true_positive), _gaps.ratio(false_positive))
