"""Demographic parity difference.

The highest selection rate of a group minus the lowest; 0 where groups are accepted equally often.
"""

from engine.metrics.groups import _gaps
from engine.metrics.groups._cells import Sums

VERSION = 1
KIND = "gap"
UNIT = "fraction"
BETTER = "lower"
CITATION = "Calders, Kamiran and Pechenizkiy, Building Classifiers with Independency Constraints, ICDM Workshops 2009"
RATES = ("selection_rate",)


def compute(selection: Sums) -> Sums:
    """Return the gap over the last axis, the groups."""
    return _gaps.difference(selection)
