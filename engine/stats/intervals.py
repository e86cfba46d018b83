"""Intervals: of a proportion (Wilson, Clopper-Pearson), of a mean of few values (Student) and of a set of resamples (percentile)."""

from typing import Any, overload

import numpy as np
from jaxtyping import Float
from scipy import special

LEVEL = 0.95


@overload
def wilson(k: int, n: int, level: float = LEVEL) -> tuple[float, float]: ...
@overload
def wilson(k: np.ndarray, n: np.ndarray | int, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]: ...
def wilson(k: Any, n: Any, level: float = LEVEL) -> tuple[Any, Any]:
    """Return the Wilson score interval of a proportion: k of n, one number or an array of each.

    It never leaves [0, 1], has a width at k = 0 and k = n, and is NaN at n = 0. Source: Wilson, "Probable inference,
    the law of succession, and statistical inference", 1927.
    """
    k, n = _counts(k, n)
    z = normal_quantile(level)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = k / n
        centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    low = np.where((k == 0) & (n > 0), 0.0, centre - half)
    high = np.where((k == n) & (n > 0), 1.0, centre + half)
    return low[()], high[()]


@overload
def clopper_pearson(k: int, n: int, level: float = LEVEL) -> tuple[float, float]: ...
@overload
def clopper_pearson(k: np.ndarray, n: np.ndarray | int, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]: ...
def clopper_pearson(k: Any, n: Any, level: float = LEVEL) -> tuple[Any, Any]:
    """Return the exact interval of a proportion: it covers at least `level` of the time at any n; NaN at n = 0.

    Source: Clopper and Pearson, "The use of confidence or fiducial limits", 1934.
    """
    k, n = _counts(k, n)
    tail = (1 - level) / 2
    known = n > 0
    low = np.where(k == 0, 0.0, special.betaincinv(np.maximum(k, 1), np.maximum(n - k, 0) + 1, tail))
    high = np.where(k == n, 1.0, special.betaincinv(k + 1, np.maximum(n - k, 1), 1 - tail))
    return np.where(known, low, np.nan)[()], np.where(known, high, np.nan)[()]


def percentile(samples: Float[np.ndarray, " resamples"], level: float = LEVEL) -> tuple[float, float]:
    """Return the middle `level` of resampled values; NaN where half of them or more are undefined."""
    defined = samples[~np.isnan(samples)]
    if len(defined) <= len(samples) / 2:
        return float("nan"), float("nan")
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def of_mean(values: Float[np.ndarray, " n"], level: float = LEVEL) -> tuple[float, float]:
    """Return Student's interval of the mean of values that are about normal; NaN for fewer than two.

    Source: Student, "The probable error of a mean", 1908.
    """
    n = len(values)
    if n < 2:
        return float("nan"), float("nan")
    mean, half = float(values.mean()), student_quantile(n, level) * float(values.std(ddof=1)) / float(np.sqrt(n))
    return mean - half, mean + half


def p_of_mean(values: Float[np.ndarray, " n"]) -> float:
    """Return the two-sided p of Student's test that values scatter around 0; NaN for fewer than two.

    At 5 % it says the same as whether the interval of `of_mean` leaves 0 out.
    """
    n = len(values)
    if n < 2:
        return float("nan")
    error = float(values.std(ddof=1)) / float(np.sqrt(n))
    if not error:
        return float(not values.mean())
    return float(2 * special.stdtr(n - 1, -abs(float(values.mean())) / error))


def student_quantile(n: int, level: float = LEVEL) -> float:
    """Return t such that the mean of n normal values lies within -t..t of its standard errors with probability `level`."""
    return float(special.stdtrit(n - 1, (1 + level) / 2))


def normal_quantile(level: float = LEVEL) -> float:
    """Return z such that a standard normal variable lies within -z..z with probability `level`."""
    return float(special.ndtri((1 + level) / 2))


def _counts(k: Any, n: Any) -> tuple[np.ndarray, np.ndarray]:
    k, n = np.broadcast_arrays(np.asarray(k, dtype=np.float64), np.asarray(n, dtype=np.float64))
    if np.any((k < 0) | (k > n)):
        raise ValueError(f"k must lie within 0..n, got k = {k} and n = {n}")
    return k, n
