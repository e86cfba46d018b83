"""Two networks on the same examples: the difference of their accuracies or scores, its interval, and a test."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Float64
from scipy import fft, special

from engine import errors
from engine.stats import bootstrap, equivalence, intervals

RESAMPLES = 10_000
STEPS = 64  # of the lattice on which differences lie, within one standard deviation of them
REACH = 10  # standard deviations of a sum that the lattice spans on either side


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


@dataclass(frozen=True, slots=True)
class PairedScores:
    """Mean score of the first minus mean score of the second, with the bootstrap's interval and p."""

    difference: float
    low: float
    high: float
    p: float
    n: int


def compare(
    first: Bool[np.ndarray, " n"],
    second: Bool[np.ndarray, " n"],
    *,
    resamples: int = RESAMPLES,
    seed: int = bootstrap.SEED,
    level: float = intervals.LEVEL,
) -> Paired:
    """Compare two networks by whether each was right on each example of one set.

    The interval is the percentile bootstrap over examples. Where no resample can differ from what was seen (the two never
    disagree, or only ever one way), the interval of Bonett and Price ("Adjusted Wald confidence interval for a difference
    of binomial proportions based on paired data", JEBS 2012) is given instead.

    Raises:
        UserError: when there is no common example.
    """
    n = len(first)
    if n == 0:
        raise errors.UserError("There is no example that both networks have answered.", "Choose a set that both ran on.")
    first_only, second_only = int((first & ~second).sum()), int((second & ~first).sum())
    low, high = map(float, equivalence.interval(first_only, second_only, n, level))
    if first_only + second_only > 0 and max(first_only, second_only) < n:
        low, high = intervals.percentile(_resampled_differences(first_only, second_only, n, resamples, seed), level)
    return Paired((first_only - second_only) / n, low, high, mcnemar(first_only, second_only), n, first_only, second_only)


def _resampled_differences(first_only: int, second_only: int, n: int, resamples: int, seed: int) -> Float64[np.ndarray, " resamples"]:
    """Return the difference of accuracies in each resample: three counts tell a resample, and they are multinomial.

    Half of the draws are those of the networks the other way round, mirrored, so that the order of the two changes the sign only.
    """
    rng = np.random.default_rng(seed)
    seen = np.array([max(first_only, second_only), min(first_only, second_only), n - first_only - second_only])
    counts = rng.multinomial(n, seen / n, size=resamples)
    drawn = (counts[:, 0] - counts[:, 1]) / n
    if first_only == second_only:
        drawn[::2] *= -1
        drawn = np.concatenate([drawn, -drawn])
    return drawn if first_only >= second_only else -drawn


def compare_scores(
    first: Float[np.ndarray, " n"],
    second: Float[np.ndarray, " n"],
    *,
    resamples: int = RESAMPLES,
    seed: int = bootstrap.SEED,
    level: float = intervals.LEVEL,
) -> PairedScores:
    """Compare two networks by a real-valued score of each example, such as its cross-entropy, by the paired bootstrap.

    The p is two-sided: twice the share of resamples on the rarer side of 0, the observed one counted among them.

    Raises:
        UserError: when there is no common example, or a score is not finite.
    """
    differences = first.astype(np.float64) - second.astype(np.float64)
    if not len(differences):
        raise errors.UserError("There is no example that both networks have answered.", "Choose a set that both ran on.")
    if not np.isfinite(differences).all():
        raise errors.UserError("A score that is NaN or infinite cannot be compared.", "Leave those examples out.")
    drawn = resampled_means(differences, resamples=resamples, seed=seed)
    low, high = intervals.percentile(drawn, level)
    rarer = min(int((drawn <= 0).sum()), int((drawn >= 0).sum()))
    p = min(1.0, 2 * (1 + rarer) / (1 + len(drawn)))
    return PairedScores(float(differences.mean()), low, high, p, len(differences))


def resampled_means(values: Float[np.ndarray, " n"], *, resamples: int = RESAMPLES, seed: int = bootstrap.SEED) -> Float64[np.ndarray, " resamples"]:
    """Return the means of so many resamples of values, without drawing each of the n examples of each.

    The sum of a resample is a sum of n independent draws, so its distribution is the n-fold convolution of that of one
    draw: the n-th power of its Fourier transform, taken on a lattice of steps of 1/64 standard deviation (each value divided among
    its two neighbours so that the mean stays; the standard deviation of means grows by less than 1 in 10,000). From that
    distribution the means are drawn, each with its mirror in probability. Source of the convolution: Davison and Hinkley,
    "Bootstrap methods and their application", 1997, chapter 9, where saddlepoints approximate it.
    """
    mean, deviation = float(values.mean()), float(values.std())
    if not deviation > 1e-12 * max(1.0, abs(mean)):
        return np.full(resamples, mean)
    n, step = len(values), deviation / STEPS
    size: Any = fft.next_fast_len(int(2 * REACH * STEPS * np.sqrt(n)) + 2 * STEPS, real=True)
    transformed: Any = fft.rfft(_on_lattice((values - mean) / step, size))
    summed: Any = fft.irfft(transformed**n, size)
    cumulative = np.cumsum(np.fft.fftshift(summed))
    half = np.random.default_rng(seed).random((resamples + 1) // 2)
    places = np.searchsorted(cumulative, np.concatenate([half, 1 - half])[:resamples] * cumulative[-1])
    return mean + (places - size // 2) * step / n


def _on_lattice(places: Float64[np.ndarray, " n"], size: int) -> Float64[np.ndarray, " size"]:
    """Return the distribution of one draw on whole places modulo the lattice's size, with the same mean."""
    below = np.floor(places)
    above = places - below
    whole = below.astype(np.int64)
    spread = np.bincount(whole % size, 1 - above, size) + np.bincount((whole + 1) % size, above, size)
    return spread / len(places)


def mcnemar(first_only: int, second_only: int) -> float:
    """Return the exact two-sided p of McNemar's test: a fair coin decides each disagreement. 1 where there is none."""
    return float(mcnemar_many(np.array([first_only]), np.array([second_only]))[0])


def mcnemar_mid_p(first_only: int, second_only: int) -> float:
    """Return the two-sided mid-p of McNemar's test: what was seen counts half, which makes the test less timid.

    Source: Fagerland, Lydersen and Laake, "The McNemar test for binary matched-pairs data: mid-p and asymptotic are better than
    exact conditional", BMC Medical Research Methodology 2013.
    """
    return float(mcnemar_many(np.array([first_only]), np.array([second_only]), mid=True)[0])


def mcnemar_many(first_only: Any, second_only: Any, *, mid: bool = False) -> Float64[np.ndarray, " tests"]:
    """Return McNemar's exact p, or mid-p, of many pairs of networks at once.

    Args:
        first_only: For each pair, examples that only its first gets right.
        second_only: Those that only its second gets right.
        mid: Whether what was seen counts half.
    """
    rarer = np.minimum(first_only, second_only).astype(np.float64)
    disagreements = np.asarray(first_only, np.float64) + second_only
    tail = special.bdtr(rarer, disagreements.astype(np.int64), 0.5)
    if mid:
        seen = tail - np.where(rarer > 0, special.bdtr(np.maximum(rarer - 1, 0), disagreements.astype(np.int64), 0.5), 0)
        tail = tail - seen / 2
    return np.where(disagreements == 0, 1.0, np.minimum(1.0, 2 * tail))
