"""Differences and ratios over groups, along the last axis."""

import numpy as np

from engine.metrics.groups._cells import Sums


def difference(rates: Sums) -> Sums:
    """Return the highest rate minus the lowest."""
    return rates.max(-1) - rates.min(-1)


def ratio(rates: Sums) -> Sums:
    """Return the lowest rate over the highest; NaN where all are 0."""
    highest = rates.max(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(highest > 0, rates.min(-1) / np.where(highest > 0, highest, 1), np.nan)
