"""Who would be decided otherwise, and how: measures M1 to M6 on task logits f, group values g and a rule (b, c).

"Swap of the inferred group value": everything else about a person stays, g is replaced. That is a question about the network, not about the person;
no causal model is involved. Definitions are this program's own; the paper argues for whole networks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64, Int
from scipy import special

from engine.heads import merge
from engine.stats import roc

Swap = Literal["median", "one_minus", "negate"]
UP, DOWN, SAME = 1, -1, 0


def medians(group: Float[np.ndarray, "n k"], members: Int[np.ndarray, " n"], groups: int) -> Float64[np.ndarray, "groups k"]:
    """Return the group values of a typical member of each group: medians."""
    return np.stack([np.median(group[members == k], axis=0) for k in range(groups)]).astype(np.float64)


def swapped(group: Float[np.ndarray, "n 1"], typical: Float64[np.ndarray, "2 1"], swap: Swap = "median") -> Float32[np.ndarray, "n 1"]:
    """Return the group values after the swap, for two groups.

    Args:
        group: inferred values; whoever is nearer to the first group's median counts as inferred to be of it.
        typical: each group's median.
        swap: `median` = the other group's median; `one_minus` = 1 - g, for raw heads; `negate` = -g, for logits, which overstates when g is lopsided.
    """
    if swap == "one_minus":
        return (1 - group).astype(np.float32)
    if swap == "negate":
        return (-group).astype(np.float32)
    inferred = inferred_groups(group, typical)
    return typical[1 - inferred].astype(np.float32)


def inferred_groups(group: Float[np.ndarray, "n k"], typical: Float64[np.ndarray, "groups k"]) -> Int[np.ndarray, " n"]:
    """Return the group whose typical values are nearest; of hard 0/1 values the value itself."""
    return np.abs(group[:, None, :] - typical[None]).sum(2).argmin(1)


def head_swap(
    task: Float[np.ndarray, " n"], group: Float[np.ndarray, "n 1"], rule: merge.Rule, typical: Float64[np.ndarray, "2 1"], swap: Swap = "median"
) -> Int[np.ndarray, " n"]:
    """Return what the swap of the inferred group value does to each person (M1): 1 = accepted only then, -1 = turned down only then, 0 = neither."""
    now = merge.decide(task, group, rule)
    return directions(now, merge.decide(task, swapped(group, typical, swap), rule))


def neutral(task: Float[np.ndarray, " n"], group: Float[np.ndarray, "n k"], rule: merge.Rule, value: Sequence[float]) -> Int[np.ndarray, " n"]:
    """Return for each person what the own group value does against one value for all (M2): 1 = it helps, -1 = it hurts, 0 = neither."""
    same = np.broadcast_to(np.asarray(value, np.float32), group.shape)
    return directions(merge.decide(task, same, rule), merge.decide(task, group, rule))


def directions(before: Bool[np.ndarray, " n"], after: Bool[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
    """Return 1 where somebody is accepted afterwards only, -1 before only, 0 elsewhere (M3 with the unconstrained network's decisions before)."""
    return after.astype(np.int64) - before.astype(np.int64)


def implied_thresholds(rule: merge.Rule, typical: Float64[np.ndarray, "groups k"]) -> Float64[np.ndarray, " groups"]:
    """Return the probability that a typical member of each group needs: sig(t_s) with t_s = -(b·g_s + c), g_s the group's median."""
    return special.expit(-(typical @ np.asarray(rule.b) + rule.c))


def band(task: Float[np.ndarray, " n"], low: float, high: float) -> Bool[np.ndarray, " n"]:
    """Return whose task logit lies between two groups' thresholds (M4): with hard groups exactly those whom M1 flips.

    Above the lower threshold and not above the higher: whoever the group decides about.
    """
    lower, upper = min(low, high), max(low, high)
    return (task > lower) & (task <= upper)


@dataclass(frozen=True)
class Shift:
    """How well the change of scores tells the group, and how it goes with another group logit."""

    auc: float
    low: float
    high: float
    correlation: float


def shift(
    fair: Float[np.ndarray, " n"], plain: Float[np.ndarray, " n"], members: Int[np.ndarray, " n"], logit: Float[np.ndarray, " n"] | None = None
) -> Shift:
    """Return how well -(f_fair - f_plain) tells members of the second of two groups (M5); needs no choice of b.

    Args:
        fair: scores of the pressed network.
        plain: scores of the unconstrained one on the same people.
        members: 0 or 1.
        logit: another group logit, such as one from all inputs, for the correlation.
    """
    against = -(fair.astype(np.float64) - plain)
    one, zero = against[members == 1], against[members == 0]
    constant = logit is None or against.std() == 0 or logit.std() == 0
    correlation = float("nan") if constant else float(np.corrcoef(-against, logit)[0, 1])  # type: ignore[arg-type]
    return Shift(roc.auroc(one, zero), *roc.auroc_interval(one, zero), correlation)


def bias_scores(task: Float[np.ndarray, " n"], rho: Float[np.ndarray, " n"], members: Int[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """Return how much parity is bought per unit of accuracy by flipping each person's decision (M6): (rho / pi_1 - (1 - rho) / pi_0) / (2 eta - 1).

    eta = sig(f), rho the probability of the second group. Source: Chen, Klochkov and Liu 2024, as this program reads it. Infinite where eta is 1/2.
    """
    eta, share = special.expit(task.astype(np.float64)), members.mean()
    with np.errstate(divide="ignore"):
        return (rho / share - (1 - rho) / (1 - share)) / (2 * eta - 1)
