"""Confusion counts of groups: what every rate of a group is made of."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64, Int

Sums = Float64[np.ndarray, "..."]


@dataclass(frozen=True)
class Cells:
    """Sums of weights (counts, where nobody is weighted) of each group, and of squared weights, which say how many people they are worth."""

    tp: Sums
    fp: Sums
    fn: Sums
    tn: Sums
    squares: "Cells | None" = None

    @property
    def n(self) -> Sums:
        """All of a group."""
        return self.tp + self.fp + self.fn + self.tn


def counted(
    decisions: Bool[np.ndarray, " n"], labels: Int[np.ndarray, " n"], members: Int[np.ndarray, " n"], groups: int,
    weights: Float[np.ndarray, " n"] | None = None,
) -> Cells:  # fmt: skip
    """Return the cells of groups numbered from 0."""
    place = members * 4 + decisions * 2 + (labels == 1)
    weights = np.ones(len(labels)) if weights is None else weights.astype(np.float64)
    sums = [np.bincount(place, w, minlength=4 * groups).reshape(groups, 4).T for w in (weights, weights**2)]
    tn, fn, fp, tp = sums[1]
    squares = Cells(tp, fp, fn, tn)
    tn, fn, fp, tp = sums[0]
    return Cells(tp, fp, fn, tn, squares)


def share(k: Sums, n: Sums) -> Sums:
    """Return k / n, NaN where n is 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(n > 0, k / np.where(n > 0, n, 1), np.nan)
