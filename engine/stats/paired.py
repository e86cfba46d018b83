"""Two networks on the same examples: the difference of their accuracies, its interval, and a test."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool
from scipy import special

from engine import errors
from engine.stats import bootstrap, intervals


@dataclass(frozen=True, slots=True)
class Paired:
    """Accuracy of the first minus accuracy of the second, as a fraction, with an interval and McNemar's exact p."""

    difference: float
    low: float
    high: float
    p: float
    n: int
    first_only: int  # examples that only the first gets right
    second_only: int


def compare(
    first: Bool[np.ndarray, " n"],
    second: Bool[np.ndarray, " n"],
    *,
    resamples: int = bootstrap.RESAMPLES,
    seed: int = bootstrap.SEED,
    level: float = intervals.LEVEL,
) -> Paired:
    """Compare two networks by whether each was right on each example of one set.

    The interval is the percentile bootstrap over examples. Where the two never disagree no resample differs from 0,
    so the interval of Bonett and Price ("Adjusted Wald confidence interval for a difference of binomial proportions
    based on paired data", JEBS 2012) is given instead.

    Raises:
        UserError: when there is no common example.
    """
    n = len(first)
    if n == 0:
        raise errors.UserError("There is no example that both networks have answered.", "Choose a set that both ran on.")
    first_only, second_only = int((first & ~second).sum()), int((second & ~first).sum())
    low, high = _bonett_price(first_only, second_only, n, level)
    if first_only + second_only and n > 1:
        differences = (first.astype(np.float64) - second)[:, None]
        low, high = bootstrap.interval(differences, _mean, resamples=resamples, seed=seed, level=level)
    p = mcnemar(first_only, second_only)
    return Paired((first_only - second_only) / n, low, high, p, n, first_only, second_only)


def mcnemar(first_only: int, second_only: int) -> float:
    """Return the exact two-sided p of McNemar's test: a fair coin decides each disagreement. 1 where there is none."""
    disagreements = first_only + second_only
    if disagreements == 0:
        return 1.0
    return min(1.0, 2 * float(special.bdtr(min(first_only, second_only), disagreements, 0.5)))


def _mean(sums: np.ndarray, n: int) -> np.ndarray:
    return sums[..., 0] / n


def _bonett_price(first_only: int, second_only: int, n: int, level: float) -> tuple[float, float]:
    one, other = (first_only + 1) / (n + 2), (second_only + 1) / (n + 2)
    half = intervals.normal_quantile(level) * float(np.sqrt((one + other - (one - other) ** 2) / (n + 2)))
    return max(-1.0, one - other - half), min(1.0, one - other + half)
