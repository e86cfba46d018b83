"""Means over two crossed things that were both drawn, such as seeds of training and test units, with an interval for both."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import special

from engine import errors
from engine.stats.intervals import LEVEL


@dataclass(frozen=True, slots=True)
class Crossed:
    """A mean over all rows and columns, with an interval in which other rows and other columns count."""

    mean: float
    low: float
    high: float
    rows: int
    columns: int


def crossed(values: Float[np.ndarray, "rows columns"], level: float = LEVEL) -> Crossed:
    """Return the mean of a table whose rows (seeds) and columns (units) are both drawn from many, with a t interval.

    The variance of the mean is estimated by s_r^2 / R + s_c^2 / C, with s_r^2 the variance of the R row means and s_c^2 that of the C
    column means: what rows and columns have in common is counted twice, so the interval is rather too wide than too narrow. Degrees
    of freedom after Satterthwaite ("An approximate distribution of estimates of variance components", Biometrics Bulletin 1946). With one
    row the interval is over columns alone.

    Raises:
        UserError: for an empty table.
    """
    rows, columns = values.shape
    if not values.size:
        raise errors.UserError("There are no answers to take a mean of.", "Choose a run that has some.")
    parts = [_part(values.mean(axis=axis)) for axis in (1, 0)]
    variance = sum(part for part, _ in parts)
    freedom = sum(part**2 / degrees for part, degrees in parts if degrees)
    mean = float(values.mean())
    if not variance:
        return Crossed(mean, mean, mean, rows, columns)
    half = float(special.stdtrit(variance**2 / freedom, (1 + level) / 2)) * float(np.sqrt(variance))
    return Crossed(mean, mean - half, mean + half, rows, columns)


def _part(means: Float[np.ndarray, " k"]) -> tuple[float, int]:
    """Return the variance that k means give their mean, and its degrees of freedom; 0 of one."""
    k = len(means)
    return (float(means.var(ddof=1)) / k, k - 1) if k > 1 else (0.0, 0)
