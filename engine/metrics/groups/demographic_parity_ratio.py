"""Demographic parity ratio.

The lowest selection rate of a group over the highest, also called disparate impact ratio. In guidance on hiring in the United States a ratio below
0.8 is a first sign to look closer; elsewhere that line means nothing, and there it proves nothing.
"""

from engine.metrics.groups import _gaps
from engine.metrics.groups._cells import Sums

VERSION = 1
KIND = "gap"
UNIT = "ratio"
BETTER = "higher"
CITATION = "Feldman and others, Certifying and Removing Disparate Impact, KDD 2015"
RATES = ("selection_rate",)


def compute(selection: Sums) -> Sums:
    """Return the ratio over the last axis, the groups."""
    return _gaps.ratio(selection)
