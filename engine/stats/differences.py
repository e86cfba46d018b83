"""Differences of many means at once: signed, with intervals that hold for all of them together."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from engine.stats import bootstrap

RESAMPLES = 500


@dataclass(frozen=True)
class Differences:
    """Mean differences of k quantities, each with a 95 % interval of its own, and those that stay after looking at all k."""

    difference: Float[np.ndarray, " k"]
    low: Float[np.ndarray, " k"]
    high: Float[np.ndarray, " k"]
    significant: Bool[np.ndarray, " k"]  # in 95 of 100 cases without any true difference, none is
    critical: float  # how many standard errors a difference must have for that
    error: Float[np.ndarray, " k"]  # standard errors

    @property
    def together(self) -> tuple[Float[np.ndarray, " k"], Float[np.ndarray, " k"]]:
        """Ends of 95 % intervals that hold for all k at once: those without 0 are the significant ones."""
        half = self.critical * self.error
        return self.difference - half, self.difference + half

    @property
    def any(self) -> bool:
        """Whether anything has changed beyond what so many looks turn up by chance."""
        return bool(self.significant.any())


def paired(first: Float[np.ndarray, "n k"], second: Float[np.ndarray, "n k"], seed: int = 0) -> Differences:
    """Return second - first of the same n examples."""
    return _of(bootstrap_means(second - first, seed), (second - first).mean(0))


def unpaired(first: Float[np.ndarray, "n k"], second: Float[np.ndarray, "m k"], seed: int = 0) -> Differences:
    """Return second - first of different examples."""
    return _of(bootstrap_means(second, seed + 1) - bootstrap_means(first, seed), second.mean(0) - first.mean(0))


def bootstrap_means(values: Float[np.ndarray, "n k"], seed: int) -> Float[np.ndarray, "resamples k"]:
    """Return the mean of each of 500 resamples."""
    return bootstrap.weights(len(values), RESAMPLES, seed).astype(np.float64) @ values / len(values)


def _of(drawn: Float[np.ndarray, "resamples k"], observed: Float[np.ndarray, " k"]) -> Differences:
    """Return intervals from resamples; significance by the largest of all standardised deviations (max-T, Westfall & Young 1993)."""
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    error = drawn.std(0, ddof=1)
    standard = np.divide(np.abs(drawn - observed), error, out=np.zeros_like(drawn), where=error > 0)
    critical = float(np.quantile(standard.max(1), 0.95)) if drawn.shape[1] else float("nan")
    return Differences(observed, low, high, (error > 0) & (np.abs(observed) > critical * error), critical, error)
