"""Predictive parity difference.

The highest precision of a group minus the lowest: how unequally often an acceptance is followed by the favourable outcome.
"""

from engine.metrics.groups import _gaps
from engine.metrics.groups._cells import Sums

VERSION = 1
KIND = "gap"
UNIT = "fraction"
BETTER = "lower"
CITATION = "Chouldechova, Fair Prediction with Disparate Impact, Big Data 5, 2017"
RATES = ("precision",)


def compute(precision: Sums) -> Sums:
    """Return the gap over the last axis, the groups."""
    return _gaps.difference(precision)
