"""Balanced accuracy.

The mean of the share that is right among those with the favourable outcome and among the others; 0.5 for whoever decides the same of everybody,
however rare an outcome is.
"""

from engine.metrics.groups import fpr, tpr
from engine.metrics.groups._cells import Cells, Sums

VERSION = 1
KIND = "rate"
UNIT = "fraction"
BETTER = "higher"
CITATION = "Brodersen, Ong, Stephan and Buhmann, The Balanced Accuracy and its Posterior Distribution, ICPR 2010"
OF = "people of each outcome"


def compute(cells: Cells) -> Sums:
    """Return the balanced accuracy of each group; NaN where an outcome is absent."""
    return (tpr.compute(cells) + 1 - fpr.compute(cells)) / 2
