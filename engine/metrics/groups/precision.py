"""Precision.

Of those who get the favourable decision, the share whose outcome is favourable; equal precision is called predictive parity.
"""

from engine.metrics.groups._cells import Cells, Sums, share

VERSION = 1
KIND = "rate"
UNIT = "fraction"
BETTER = "higher"
CITATION = "Chouldechova, Fair Prediction with Disparate Impact, Big Data 5, 2017"
OF = "people with the favourable decision"


def shares(cells: Cells) -> tuple[Sums, Sums]:
    """Return what is counted, and out of what."""
    return cells.tp, cells.tp + cells.fp


def compute(cells: Cells) -> Sums:
    """Return the rate of each group; NaN where there is nobody to count it of."""
    return share(*shares(cells))
