"""How well one score tells two sets apart: area under the ROC curve, false-positive rate at a true-positive rate.

The positive set should score higher. Equal scores count half in the area, and as accepted at a threshold.
"""

import numpy as np
from jaxtyping import Float, Float64
from scipy import optimize, special, stats

from engine.stats import bootstrap, intervals


def auroc(positive: Float[np.ndarray, " m"], negative: Float[np.ndarray, " n"]) -> float:
    """Return the share of pairs in which the positive scores higher, ties counting half; NaN where a set is empty."""
    if not len(positive) or not len(negative):
        return float("nan")
    return float(_placements(positive, negative)[0].mean())


def auroc_interval(positive: Float[np.ndarray, " m"], negative: Float[np.ndarray, " n"], level: float = intervals.LEVEL) -> tuple[float, float]:
    """Return an interval of the area: DeLong's variance on the logit scale, Newcombe's score interval at the edges.

    DeLong's variance is 0 when the sets are told apart without error, which says nothing about the next examples;
    there, and where a set has one example, the score interval is used.
    """
    area = auroc(positive, negative)
    if np.isnan(area):
        return float("nan"), float("nan")
    deviation = _delong_deviation(positive, negative)
    if not deviation > 0 or not 0 < area < 1:
        return _newcombe(area, len(positive), len(negative), level)
    half = intervals.normal_quantile(level) * deviation / (area * (1 - area))
    low, high = special.expit(special.logit(area) + np.array([-half, half]))
    return float(low), float(high)


def _placements(positive: Float[np.ndarray, " m"], negative: Float[np.ndarray, " n"]) -> tuple[Float64[np.ndarray, " m"], Float64[np.ndarray, " n"]]:
    """Return each positive's share of negatives below it, and each negative's share of positives above it."""
    m, n = len(positive), len(negative)
    ranks = stats.rankdata(np.concatenate([positive, negative]))
    below = (ranks[:m] - stats.rankdata(positive)) / n
    above = 1 - (ranks[m:] - stats.rankdata(negative)) / m
    return below, above


def _delong_deviation(positive: Float[np.ndarray, " m"], negative: Float[np.ndarray, " n"]) -> float:
    """Return the standard error of the area; NaN where a set has one example.

    Source: DeLong, DeLong and Clarke-Pearson, "Comparing the areas under two or more correlated receiver operating
    characteristic curves", Biometrics 1988.
    """
    if min(len(positive), len(negative)) < 2:
        return float("nan")
    below, above = _placements(positive, negative)
    return float(np.sqrt(below.var(ddof=1) / len(positive) + above.var(ddof=1) / len(negative)))


def _newcombe(area: float, m: int, n: int, level: float) -> tuple[float, float]:
    """Return the areas that lie within z standard errors of the found one, each with the error of its own.

    Source: Newcombe, "Confidence intervals for an effect size measure based on the Mann-Whitney statistic, part 2",
    Statistics in Medicine 2006, method 5.
    """
    z, mean_size = intervals.normal_quantile(level), (m + n) / 2

    def beyond(truth: float) -> float:
        spread = 2 * mean_size - 1 - 3 * (mean_size - 1) / ((2 - truth) * (1 + truth))
        return (area - truth) ** 2 - z**2 * truth * (1 - truth) / (m * n) * spread

    edge = 1e-12  # at 0 and 1 themselves the error is 0
    low = 0.0 if area == 0 else optimize.root_scalar(beyond, bracket=(0, min(area, 1 - edge))).root
    high = 1.0 if area == 1 else optimize.root_scalar(beyond, bracket=(max(area, edge), 1)).root
    return float(low), float(high)


def fpr_at_tpr(positive: Float[np.ndarray, " m"], negative: Float[np.ndarray, " n"], tpr: float = 0.95) -> float:
    """Return the share of negatives accepted by the highest threshold that accepts a share `tpr` of the positives.

    A score equal to the threshold is accepted. NaN where a set is empty.
    """
    if not len(positive) or not len(negative):
        return float("nan")
    threshold = np.sort(positive)[::-1][_accepted(len(positive), tpr) - 1]
    return float((negative >= threshold).mean())


def fpr_interval(
    positive: Float[np.ndarray, " m"],
    negative: Float[np.ndarray, " n"],
    tpr: float = 0.95,
    *,
    resamples: int = bootstrap.RESAMPLES,
    seed: int = bootstrap.SEED,
    level: float = intervals.LEVEL,
) -> tuple[float, float]:
    """Return an interval of `fpr_at_tpr`: percentiles over resamples of both sets, never narrower than Wilson's.

    The resamples carry the noise of the threshold, which the positives set; Wilson's interval at the found threshold
    has a width where no negative, or every one, was accepted and resamples cannot vary.
    """
    if not len(positive) or not len(negative):
        return float("nan"), float("nan")
    accepted = round(fpr_at_tpr(positive, negative, tpr) * len(negative))
    low, high = intervals.wilson(accepted, len(negative), level)
    rates = _resampled_rates(positive, negative, tpr, resamples, seed)
    drawn_low, drawn_high = intervals.percentile(rates, level)
    return min(low, drawn_low), max(high, drawn_high)


def _accepted(m: int, tpr: float) -> int:
    """Return how many of m positives a share of at least `tpr` is."""
    return max(1, int(np.ceil(tpr * m - 1e-9)))


def _resampled_rates(
    positive: Float[np.ndarray, " m"], negative: Float[np.ndarray, " n"], tpr: float, resamples: int, seed: int
) -> Float64[np.ndarray, " resamples"]:
    """Return the rate on resamples of both sets, drawn from what these are known to follow.

    The k-th of m places drawn with equal chance is floor(m * B), B ~ Beta(k, m - k + 1); the number of n draws that fall
    on c of n negatives is Binomial(n, c / n).
    """
    rng = np.random.default_rng(seed)
    m, n = len(positive), len(negative)
    k = _accepted(m, tpr)
    places = np.minimum((m * rng.beta(k, m - k + 1, resamples)).astype(np.int64), m - 1)
    thresholds = np.sort(positive)[::-1][places]
    accepted = n - np.searchsorted(np.sort(negative), thresholds, side="left")
    return rng.binomial(n, accepted / n) / n
