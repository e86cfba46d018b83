"""Accuracy.

The share of a group whose decision matches the outcome.
"""

from engine.metrics.groups._cells import Cells, Sums, share

VERSION = 1
KIND = "rate"
UNIT = "fraction"
BETTER = "higher"
CITATION = ""
OF = "people"


def shares(cells: Cells) -> tuple[Sums, Sums]:
    """Return what is counted, and out of what."""
    return cells.tp + cells.tn, cells.n


def compute(cells: Cells) -> Sums:
    """Return the rate of each group; NaN where there is nobody to count it of."""
    return share(*shares(cells))
