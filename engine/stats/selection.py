"""Choosing one network of many: what a rule of choice costs elsewhere, who is beaten by nobody, what a factor changes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64, Int

from engine.stats import bootstrap, intervals, paired

DRAWS = 8_000_000  # networks times resamples held at once


@dataclass(frozen=True, eq=False)
class Regret:
    """What a rule's choice scores on each target and what it costs against the best there; NaN where nothing can be said."""

    chosen: Bool[np.ndarray, " networks"]  # several where the rule cannot decide: their mean counts
    value: Float64[np.ndarray, " targets"]
    best: Float64[np.ndarray, " targets"]
    best_at: Int[np.ndarray, " targets"]
    regret: Float64[np.ndarray, " targets"]
    low: Float64[np.ndarray, " targets"]
    high: Float64[np.ndarray, " targets"]


@dataclass(frozen=True, slots=True)
class Effect:
    """The mean paired difference between two levels of a factor, with a t interval and the exact p of the sign test."""

    difference: float
    low: float
    high: float
    p: float
    pairs: int
    up: int  # pairs in which the second level scores more
    down: int


def regret(
    rule: Float[np.ndarray, " networks"],
    outcomes: Float[np.ndarray, "networks targets"],
    *,
    resamples: int = bootstrap.RESAMPLES,
    seed: int = bootstrap.SEED,
    level: float = intervals.LEVEL,
) -> Regret:
    """Return what it costs to take the network with the highest `rule` instead of the best on each target.

    Where several share the highest `rule`, their mean counts: who throws a coin gets that on average. The interval is the
    percentile bootstrap over networks: what the same rule would cost among other networks of this kind. With few
    networks it says little.

    Args:
        rule: What the rule looks at, higher is chosen; NaN is never chosen.
        outcomes: What counts, higher is better; only networks that have all of it, and the rule, take part.
        resamples: How many resamples; fewer where there are very many networks.
        seed: Seeds the draws.
        level: Coverage asked for.
    """
    able = np.isfinite(rule) & np.isfinite(outcomes).all(axis=1)
    targets = outcomes.shape[1]
    if not able.any():
        nothing = np.full(targets, np.nan)
        return Regret(np.zeros(len(rule), dtype=bool), nothing, nothing, np.full(targets, -1), nothing, nothing, nothing)
    rule, mine = rule[able].astype(np.float64), outcomes[able].astype(np.float64)
    picked = rule == rule.max()
    value, best = mine[picked].mean(axis=0), mine.max(axis=0)
    low, high = _resampled_regret(rule, mine, resamples, seed, level)
    chosen = np.zeros(len(able), dtype=bool)
    chosen[np.flatnonzero(able)[picked]] = True
    cost = best - value
    return Regret(chosen, value, best, np.flatnonzero(able)[mine.argmax(axis=0)], cost, np.minimum(low, cost), np.maximum(high, cost))


def _resampled_regret(
    rule: Float64[np.ndarray, " networks"], outcomes: Float64[np.ndarray, "networks targets"], resamples: int, seed: int, level: float
) -> tuple[Float64[np.ndarray, " targets"], Float64[np.ndarray, " targets"]]:
    """Return the interval of the regret over resamples of the networks."""
    n = len(rule)
    if n < 3:
        return np.full(outcomes.shape[1], np.nan), np.full(outcomes.shape[1], np.nan)
    weights = bootstrap.weights(n, max(100, min(resamples, DRAWS // n)), seed)
    drawn = weights > 0
    order = np.argsort(-rule, kind="stable")
    best_rule = rule[order][drawn[:, order].argmax(axis=1)]
    picked = weights * (rule[None] == best_rule[:, None])
    values = picked @ outcomes / picked.sum(axis=1, keepdims=True)
    costs = np.empty_like(values)
    for j, outcome in enumerate(outcomes.T):
        first = np.argsort(-outcome, kind="stable")
        costs[:, j] = np.maximum(0.0, outcome[first][drawn[:, first].argmax(axis=1)] - values[:, j])  # below 0 by rounding only
    low, high = np.quantile(costs, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return low, high


def pareto(values: Float[np.ndarray, "networks criteria"], higher: Sequence[bool]) -> Bool[np.ndarray, " networks"]:
    """Return which networks no other beats: none is at least as good on every criterion and better on one.

    A network that lacks a criterion is not on the front, and beats nobody.

    Args:
        values: A number for each network and criterion; NaN where there is none.
        higher: For each criterion, whether more is better.
    """
    known = np.flatnonzero(np.isfinite(values).all(axis=1))
    costs = np.where(higher, -values[known], values[known])
    order = np.lexsort(costs.T[::-1])
    front = _front_of_two(costs[order]) if costs.shape[1] == 2 else _front(costs[order])
    found = np.zeros(len(values), dtype=bool)
    found[known[order[front]]] = True
    return found


def _front_of_two(costs: Float64[np.ndarray, "n 2"]) -> Bool[np.ndarray, " n"]:
    """Return who is on the front among networks in the order of their costs: each second cost that is a new least one, and its equals."""
    if not len(costs):
        return np.zeros(0, dtype=bool)
    least = np.minimum.accumulate(costs[:, 1])
    new = np.concatenate([[True], costs[1:, 1] < least[:-1]])
    leader = np.maximum.accumulate(np.where(new, np.arange(len(costs)), 0))
    return (costs == costs[leader]).all(axis=1)


def _front(costs: Float64[np.ndarray, "n criteria"]) -> Bool[np.ndarray, " n"]:
    """Return the same for any number of costs: the first of what is left is beaten by nobody, and who it beats leaves."""
    left = np.arange(len(costs))
    front = np.zeros(len(costs), dtype=bool)
    while len(left):
        first = costs[left[0]]
        front[left[(costs[left] == first).all(axis=1)]] = True
        left = left[(costs[left] < first).any(axis=1)]
    return front


def effect(values: Float[np.ndarray, " n"], second: Bool[np.ndarray, " n"], cells: Int[np.ndarray, " n"], level: float = intervals.LEVEL) -> Effect:
    """Return the effect of a factor's second level against its first: differences between networks that are equal otherwise.

    Args:
        values: One number a network.
        second: Whether a network has the second level.
        cells: Which cell of all other attributes it is in; several networks of a level in one cell count as their mean.
        level: Coverage asked for.
    """
    differences = paired_differences(values, second, cells)
    n = len(differences)
    up, down = int((differences > 0).sum()), int((differences < 0).sum())
    mean = float(differences.mean()) if n else float("nan")
    return Effect(mean, *intervals.of_mean(differences, level), sign_test(up, down), n, up, down)


def paired_differences(
    values: Float[np.ndarray, " n"], second: Bool[np.ndarray, " n"], cells: Int[np.ndarray, " n"]
) -> Float64[np.ndarray, " pairs"]:
    """Return, for each cell that has both levels, the mean of the second minus the mean of the first."""
    known = np.isfinite(values)
    values, second, cells = values[known].astype(np.float64), second[known], cells[known]
    size = int(cells.max()) + 1 if len(cells) else 0
    sums = [np.bincount(cells[side], values[side], size) for side in (~second, second)]
    counts = [np.bincount(cells[side], minlength=size) for side in (~second, second)]
    both = (counts[0] > 0) & (counts[1] > 0)
    return sums[1][both] / counts[1][both] - sums[0][both] / counts[0][both]


def sign_test(up: int, down: int) -> float:
    """Return the exact two-sided p that a fair coin decides each difference; 1 where there is none, ties do not count."""
    return paired.mcnemar(up, down)
