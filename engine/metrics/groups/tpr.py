"""True positive rate.

Of those whose outcome is favourable, the share that gets the favourable decision.
"""

from engine.metrics.groups._cells import Cells, Sums, share

VERSION = 1
KIND = "rate"
UNIT = "fraction"
BETTER = "higher"
CITATION = "Hardt, Price and Srebro, Equality of Opportunity in Supervised Learning, NeurIPS 2016"
OF = "people whose outcome is favourable"


def shares(cells: Cells) -> tuple[Sums, Sums]:
    """Return what is counted, and out of what."""
    return cells.tp, cells.tp + cells.fn


def compute(cells: Cells) -> Sums:
    """Return the rate of each group; NaN where there is nobody to count it of."""
    return share(*shares(cells))
