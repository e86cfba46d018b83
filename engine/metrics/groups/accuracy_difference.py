"""Accuracy difference.

The highest accuracy of a group minus the lowest.
"""

from engine.metrics.groups import _gaps
from engine.metrics.groups._cells import Sums

VERSION = 1
KIND = "gap"
UNIT = "fraction"
BETTER = "lower"
CITATION = "Bird and others, Fairlearn, Microsoft Research MSR-TR-2020-32"
RATES = ("accuracy",)


def compute(accuracy: Sums) -> Sums:
    """Return the gap over the last axis, the groups."""
    return _gaps.difference(accuracy)
