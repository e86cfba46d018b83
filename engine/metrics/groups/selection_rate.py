"""Selection rate.

The share of a group that gets the favourable decision.
"""

from engine.metrics.groups._cells import Cells, Sums, share

VERSION = 1
KIND = "rate"
UNIT = "fraction"
BETTER = "neither"
CITATION = ""
OF = "people"


def shares(cells: Cells) -> tuple[Sums, Sums]:
    """Return what is counted, and out of what."""
    return cells.tp + cells.fp, cells.n


def compute(cells: Cells) -> Sums:
    """Return the rate of each group; NaN where there is nobody to count it of."""
    return share(*shares(cells))
