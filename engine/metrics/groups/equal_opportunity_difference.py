"""Equal opportunity difference.

The highest true positive rate of a group minus the lowest: of those whose outcome is favourable, how unequally often they are accepted.
"""

from engine.metrics.groups import _gaps
from engine.metrics.groups._cells import Sums

VERSION = 1
KIND = "gap"
UNIT = "fraction"
BETTER = "lower"
CITATION = "Hardt, Price and Srebro, Equality of Opportunity in Supervised Learning, NeurIPS 2016"
RATES = ("tpr",)


def compute(true_positive: Sums) -> Sums:
    """Return the gap over the last axis, the groups."""
    return _gaps.difference(true_positive)
