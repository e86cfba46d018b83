"""Many networks on the same examples: which rank each may hold, which cannot be told apart from the best, how far orders agree."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from jaxtyping import Bool, Float, Float64, Int, Num, Shaped
from scipy import special, stats

from engine.stats import bootstrap, intervals, multiplicity, paired
from engine.stats.lines import Estimate

Better = Literal["higher", "lower"]
Allowance = Literal["picked", "bh", "holm", "none"]
ALLOWANCES: tuple[Allowance, ...] = get_args(Allowance)
SPLITS = 50


@dataclass(frozen=True, eq=False)
class Ranks:
    """The rank of each network (1 = best; equal means share their mean rank) with the ranks that resamples give it."""

    rank: Float64[np.ndarray, " networks"]
    low: Int[np.ndarray, " networks"]
    high: Int[np.ndarray, " networks"]


@dataclass(frozen=True, eq=False)
class Ties:
    """Every network against the best: p of the paired test, the same adjusted, and who cannot be told apart from the best."""

    best: int
    p: Float64[np.ndarray, " networks"]
    adjusted: Float64[np.ndarray, " networks"]
    tied: Bool[np.ndarray, " networks"]  # the best among them


def ranked(means: Float[np.ndarray, "... networks"], better: Better = "higher") -> Float64[np.ndarray, "... networks"]:
    """Return ranks along the last axis, 1 for the best; equal means share their mean rank."""
    return stats.rankdata(-means if better == "higher" else means, axis=-1)


def rank_intervals(
    scores: Num[np.ndarray, "networks n"] | Bool[np.ndarray, "networks n"],
    better: Better = "higher",
    *,
    resamples: int = bootstrap.RESAMPLES,
    seed: int = bootstrap.SEED,
    level: float = intervals.LEVEL,
) -> Ranks:
    """Return each network's rank by mean score, with the percentile interval over resamples of the examples.

    All networks are ranked on the same resamples, so that what is hard for all of them moves no rank.

    Args:
        scores: A score for each network and example, such as whether it was right.
        better: Which direction of the score is good.
        resamples: How many resamples.
        seed: Seeds the draws.
        level: Coverage asked for.
    """
    by_example = scores.T.astype(np.float32)
    drawn = [ranked(np.round(weights @ by_example, 6), better) for weights in bootstrap.blocks(scores.shape[1], resamples, seed)]
    low, high = np.quantile(np.concatenate(drawn), [(1 - level) / 2, (1 + level) / 2], axis=0)
    seen = ranked(scores.mean(axis=1, dtype=np.float64), better)
    return Ranks(seen, np.floor(np.minimum(low, seen)).astype(np.int64), np.ceil(np.maximum(high, seen)).astype(np.int64))


def ties_with_best(
    scores: Num[np.ndarray, "networks n"] | Bool[np.ndarray, "networks n"],
    better: Better = "higher",
    *,
    allow: Allowance = "picked",
    alpha: float = 0.05,
    resamples: int = bootstrap.RESAMPLES,
    seed: int = bootstrap.SEED,
) -> Ties:
    """Test every network against the one with the best mean, on the same examples.

    `p` is that of one comparison by itself: McNemar's exact test of whether answers were right, the paired t test of other scores.
    `adjusted` allows for there being many. Only `picked` also allows for the best having been picked because it looked best on
    these very examples: of 2,000 equally good networks the one that looks best is told apart from more than half by `bh`.

    Args:
        scores: A score for each network and example; Boolean for whether it was right.
        better: Which direction of the score is good.
        allow: `picked` (see `as_good_as_best`), or a control of `engine.stats.multiplicity`.
        alpha: Adjusted p values above it mean that the two cannot be told apart.
        resamples: For `picked`: how many resamples.
        seed: For `picked`: seeds the draws.
    """
    means = scores.mean(axis=1, dtype=np.float64)
    best = int(means.argmax() if better == "higher" else means.argmin())
    p = _against(scores, scores[best])
    found = multiplicity.adjusted(_without(p, best), allow) if allow != "picked" else as_good_as_best(scores, better, resamples=resamples, seed=seed)
    return Ties(best, _without(p, best), _without(found, best), np.isnan(_without(found, best)) | (found > alpha))


def _without(p: Float64[np.ndarray, " networks"], best: int) -> Float64[np.ndarray, " networks"]:
    """Return the p values without the best's own: against itself there is no test."""
    return np.where(np.arange(len(p)) == best, np.nan, p)


def as_good_as_best(
    scores: Num[np.ndarray, "networks n"] | Bool[np.ndarray, "networks n"],
    better: Better = "higher",
    *,
    resamples: int = bootstrap.RESAMPLES,
    seed: int = bootstrap.SEED,
) -> Float64[np.ndarray, " networks"]:
    """Return, for each network, p of the hypothesis that none is better, allowing for the best having been picked among all.

    A network's distance below the best is compared with the distance that resamples of the examples put between it and whoever
    leads there, had all contenders been equal. Contenders are those that are not hopelessly far below the best. The set of networks with
    p above alpha holds the truly best one with probability 1 - alpha. Source: Hsu, "Constrained simultaneous confidence intervals for
    multiple comparisons with the best", Annals of Statistics 1984, with resamples in place of the normal distribution, and contenders chosen
    as in Andrews and Soares, "Inference for parameters defined by moment inequalities", Econometrica 2010.
    """
    signed = (scores.astype(np.float32) if better == "higher" else -scores.astype(np.float32)).T
    means = signed.mean(axis=0, dtype=np.float64)
    gaps = means.max() - means
    best = int(means.argmax())
    spread = np.array([np.std(signed[:, best] - one, dtype=np.float64) for one in signed.T]) / np.sqrt(len(signed))
    contenders = gaps <= (2 + np.sqrt(2 * np.log(len(means)))) * spread
    contenders[best] = True
    beyond = np.zeros(len(means))
    for weights in bootstrap.blocks(len(signed), resamples, seed):
        deviations = (weights @ signed) / len(signed) - means
        leads = deviations[:, contenders].max(axis=1, keepdims=True) - deviations
        beyond += (leads >= gaps - 1e-6).sum(axis=0)  # the sums are of float32
    return (1 + beyond) / (1 + resamples)


def _against(scores: Shaped[np.ndarray, "networks n"], best: Shaped[np.ndarray, " n"]) -> Float64[np.ndarray, " networks"]:
    if scores.dtype == np.bool_:
        return paired.mcnemar_many((scores & ~best).sum(axis=1), (best & ~scores).sum(axis=1))
    differences = scores.astype(np.float64) - best
    n = differences.shape[1]
    spread = differences.std(axis=1, ddof=1) / np.sqrt(n)
    with np.errstate(invalid="ignore", divide="ignore"):
        t = np.abs(differences.mean(axis=1)) / spread
    p = 2 * special.stdtr(n - 1, -np.where(np.isnan(t), 0.0, t))
    return np.where(spread == 0, np.where(differences.mean(axis=1) == 0, 1.0, 0.0), p)


def agreement(table: Float[np.ndarray, "networks versions"]) -> Float64[np.ndarray, "versions versions"]:
    """Return Kendall's tau-b between the orders that each two versions (seeds, subsets, sets) give the networks that both have."""
    k = table.shape[1]
    found = np.eye(k)
    for i in range(k):
        for j in range(i):
            both = np.isfinite(table[:, i]) & np.isfinite(table[:, j])
            found[i, j] = found[j, i] = kendall(table[both, i], table[both, j])
    return found


def kendall(x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"]) -> float:
    """Return Kendall's tau-b; NaN below two networks or where one order is all ties."""
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return float("nan")
    found: Any = stats.kendalltau(x, y)
    return float(found.statistic)


def split_half(
    scores: Num[np.ndarray, "networks n"] | Bool[np.ndarray, "networks n"],
    *,
    splits: int = SPLITS,
    seed: int = bootstrap.SEED,
    level: float = intervals.LEVEL,
) -> Estimate:
    """Return Kendall's tau between the orders on two random halves of the examples: its mean over splits and their middle `level`."""
    n = scores.shape[1]
    if n < 4 or scores.shape[0] < 2:
        return Estimate(float("nan"), float("nan"), float("nan"))
    rng = np.random.default_rng(seed)
    one = np.zeros((splits, n), np.float32)
    for row in one:
        row[rng.permutation(n)[: n // 2]] = 1
    by_example = scores.T.astype(np.float32)
    first, second = one @ by_example, (1 - one) @ by_example
    taus = np.array([kendall(a, b) for a, b in zip(np.round(first, 6), np.round(second, 6), strict=True)])
    low, high = intervals.percentile(taus, level)
    return Estimate(float(np.nanmean(taus)) if np.isfinite(taus).any() else float("nan"), low, high)
