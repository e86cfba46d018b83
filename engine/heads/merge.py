"""The best decision rule of two heads within a slack, found exactly; and thresholds for each true group.

A rule accepts where f + b·g + c > 0: f is the task logit, g the group head's raw outputs, so that for two groups b is in log-odds per inferred group
value. For one b, all c are tried at once: people are sorted by u = f + b·g, and running counts give accuracy and gap at every cut, O(n log n). `u` is
kept in single precision; people with the same u are never parted. Everything here is fitted on validation data by its callers, never on test data.
"""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64, Int, Int32, Int64, UInt8, UInt64

PARITY, OPPORTUNITY = "parity", "opportunity"
STEPS = 201  # values of b that are tried
STEPS_OF_MANY = 41  # of each coordinate, where there are more than two groups
ROUNDS = 3
SLACKS, SLACKS_OF_MANY = 21, 6  # of a path
REACH = 2.0  # b goes so far that it could outweigh f twice over
MOST_GROUPS = 100
_SIGN = np.uint32(0x80000000)


@dataclass(frozen=True, eq=False)
class People:
    """Whom a rule is fitted to or tried on: outcomes (1 = favourable), places of groups, and what is equalised over whom."""

    labels: Int[np.ndarray, " n"]
    members: Int[np.ndarray, " n"]
    groups: int
    constraint: str = PARITY

    def __post_init__(self) -> None:
        if not 1 <= self.groups <= MOST_GROUPS:
            raise ValueError(f"{self.groups} groups, expected 1 to {MOST_GROUPS}")

    @functools.cached_property
    def codes(self) -> UInt64[np.ndarray, " n"]:
        """Group and outcome of each person as one number below 256."""
        return (self.members * 2 + self.labels).astype(np.uint64)

    @property
    def counted(self) -> Bool[np.ndarray, " n"]:
        """Who counts for the gap: everybody for parity, those with the favourable outcome for equal opportunity."""
        return self.labels == 1 if self.constraint == OPPORTUNITY else np.ones(len(self.labels), bool)


@dataclass(frozen=True)
class Rule:
    """Accept where f + b·g + c > 0, and what that gave on the people it was fitted to."""

    b: tuple[float, ...]
    c: float
    accuracy: float
    gap: float  # between the highest and the lowest group; of two groups signed: second minus first
    feasible: bool = True  # whether the slack was reached


@dataclass(frozen=True)
class Cuts:
    """Every cut of one order of people: accept what lies above."""

    thresholds: Float64[np.ndarray, " m"]
    correct: Int32[np.ndarray, " m"]
    gaps: Float64[np.ndarray, " m"]  # as in `Rule`


def combined(task: Float[np.ndarray, " n"], group: Float[np.ndarray, "n k"], b: Sequence[float]) -> Float32[np.ndarray, " n"]:
    """Return u = f + b·g in single precision, as the search sees it."""
    weights = np.asarray(b, np.float64)
    return (task.astype(np.float64) + (group[:, 0] * weights[0] if len(weights) == 1 else group @ weights)).astype(np.float32)


def decide(task: Float[np.ndarray, " n"], group: Float[np.ndarray, "n k"], rule: Rule) -> Bool[np.ndarray, " n"]:
    """Return whom a rule accepts."""
    return combined(task, group, rule.b).astype(np.float64) + rule.c > 0


def gap(decisions: Bool[np.ndarray, " n"], people: People) -> float:
    """Return the gap of decisions: of two groups the second's rate minus the first's, of more the largest difference; NaN where a group is absent."""
    rates = np.array([decisions[people.counted & (people.members == k)].mean() if (people.counted & (people.members == k)).any() else np.nan
                      for k in range(people.groups)])  # fmt: skip
    return float(rates[1] - rates[0]) if people.groups == 2 else float(rates.max() - rates.min())


def cuts(u: Float32[np.ndarray, " n"], people: People) -> Cuts:
    """Return what every cut of `u` gives: between any two people whose u differs, above all, below all."""
    ordered, codes = _sorted(u, people.codes)
    places = np.flatnonzero(np.concatenate([[True], ordered[1:] > ordered[:-1], [True]]))
    favourable = codes & 1
    correct = np.empty(len(u) + 1, np.int32)
    correct[0] = people.labels.sum()
    np.cumsum(1 - 2 * favourable.astype(np.int8), dtype=np.int32, out=correct[1:])
    correct[1:] += correct[0]
    edges = np.concatenate([[ordered[0] - 2.0], ordered, [ordered[-1] + 2.0]]).astype(np.float64)
    return Cuts((edges[places] + edges[places + 1]) / 2, correct[places], _gaps(codes, people)[places])


def _sorted(u: Float32[np.ndarray, " n"], codes: UInt64[np.ndarray, " n"]) -> tuple[Float32[np.ndarray, " n"], UInt8[np.ndarray, " n"]]:
    """Return u ascending with each person's code, by sorting one integer a person: the bits of u in an order that integers share, then the code."""
    bits = (u + np.float32(0)).view(np.uint32)  # -0 becomes 0
    rising = bits ^ ((bits.view(np.int32) >> 31).view(np.uint32) | _SIGN)
    packed = rising.astype(np.uint64)
    packed <<= np.uint64(32)
    packed |= codes
    packed.sort()
    back = (packed >> np.uint64(32)).astype(np.uint32)
    ordered = back ^ (((back ^ _SIGN).view(np.int32) >> 31).view(np.uint32) | _SIGN)
    return ordered.view(np.float32), packed.astype(np.uint8)


def _gaps(codes: UInt8[np.ndarray, " n"], people: People) -> Float64[np.ndarray, " cuts"]:
    """Return the gap at each of n + 1 cuts, from the lowest: what lies below a cut is turned down."""
    rates = []
    for k in range(people.groups):
        mine = (codes >> 1) == k if people.constraint == PARITY else codes == 2 * k + 1
        below = np.zeros(len(codes) + 1, np.int32)
        np.cumsum(mine, dtype=np.int32, out=below[1:])
        rates.append(1 - below / below[-1])
    if people.groups == 2:
        return rates[1] - rates[0]
    stacked = np.stack(rates)
    return stacked.max(0) - stacked.min(0)


def best(found: Cuts, slack: float) -> int:
    """Return the cut with the most correct decisions among those with |gap| <= slack, of these the smallest |gap|; -1 where none is within."""
    sizes = np.abs(found.gaps)
    within = sizes <= slack + 1e-12
    if not within.any():
        return -1
    correct = np.where(within, found.correct, -1)
    top = np.flatnonzero(correct == correct.max())
    return int(top[np.argmin(sizes[top])])


def reach(task: Float[np.ndarray, " n"], read: Float[np.ndarray, " n"]) -> float:
    """Return how far b is tried to either side: twice the spread of f over that of g."""
    spread = np.subtract(*np.quantile(read, [0.975, 0.025]))
    return float(REACH * np.subtract(*np.quantile(task, [0.975, 0.025])) / max(float(spread), 1e-6))


def steps(far: float, count: int = STEPS) -> Float64[np.ndarray, " count"]:
    """Return values of b to either side of 0, 0 among them, closer together near 0."""
    even = np.linspace(-1, 1, count)
    return far * even * np.abs(even)


def search(
    task: Float[np.ndarray, " n"],
    group: Float[np.ndarray, "n k"],
    people: People,
    slacks: Sequence[float],
    *,
    bs: Sequence[float] | None = None,
) -> list[Rule]:
    """Return for each slack the rule with the best accuracy among those with |gap| <= slack.

    Exact in c; b takes `bs`, by default 201 values around 0, closer together near 0. With more than one column of g (three groups or more) weights
    are found one after the other in a few rounds, which is no exact search. A slack of 1 means accuracy alone (S6).

    Args:
        task: task logits.
        group: raw outputs of the group head.
        people: the people it is fitted to; validation data.
        slacks: largest gaps allowed.
        bs: values of b to try, for one column.
    """
    if group.shape[1] == 1:
        tried = steps(reach(task, group[:, 0])) if bs is None else np.asarray(bs, np.float64)
        return _along(task, group, people, slacks, [(float(b),) for b in tried])
    return [_by_coordinate(task, group, people, slack) for slack in slacks]


def _along(
    task: Float[np.ndarray, " n"], group: Float[np.ndarray, "n k"], people: People, slacks: Sequence[float], tried: Sequence[tuple[float, ...]]
) -> list[Rule]:
    """Return the best rule for each slack among values of b; of equal ones the smallest gap, then the smallest b."""
    n = len(people.labels)
    kept: list[tuple[tuple, Rule] | None] = [None] * len(slacks)
    for b in sorted(tried, key=lambda weights: sum(map(abs, weights))):
        found = cuts(combined(task, group, b), people)
        for k, slack in enumerate(slacks):
            place = best(found, slack)
            feasible = place >= 0
            place = place if feasible else int(np.argmin(np.abs(found.gaps)))
            rule = Rule(b, -float(found.thresholds[place]), int(found.correct[place]) / n, float(found.gaps[place]), feasible)
            key = (feasible, rule.accuracy if feasible else -abs(rule.gap), -abs(rule.gap))
            before = kept[k]
            if before is None or key > before[0]:
                kept[k] = (key, rule)
    return [one[1] for one in kept if one is not None]


def _by_coordinate(task: Float[np.ndarray, " n"], group: Float[np.ndarray, "n k"], people: People, slack: float) -> Rule:
    """Return a rule for several columns: each weight in turn takes the best of 41 values, around what it was, ever closer."""
    weights = [0.0] * group.shape[1]
    (rule,) = _along(task, group, people, [slack], [tuple(weights)])
    for turn in range(ROUNDS):
        for k in range(group.shape[1]):
            far = reach(task, group[:, k]) / 4**turn
            values = weights[k] + far * np.linspace(-1, 1, STEPS_OF_MANY)
            tried = [(*weights[:k], float(value), *weights[k + 1 :]) for value in values]
            (found,) = _along(task, group, people, [slack], [tuple(weights), *tried])
            rule, weights = found, list(found.b)
    return rule


@dataclass(frozen=True)
class Thresholds:
    """Accept a member of group k where f > thresholds[k]; and what that gave on the people it was fitted to."""

    thresholds: tuple[float, ...]
    accuracy: float
    gap: float


def by_true_group(task: Float[np.ndarray, " n"], people: People, slack: float) -> Thresholds:
    """Return the thresholds of each true group with the best accuracy among those with a gap <= slack, exactly.

    All groups' rates lie within a window as wide as the slack; windows that begin at any observed rate are tried, and in each every group takes its
    best cut. Rules of this kind know the true group at decision time. Source: Lipton, Chouldechova and McAuley 2018 (S4).
    """
    sides = [_side(task[people.members == k].astype(np.float32), people, k) for k in range(people.groups)]
    starts = np.unique(np.concatenate([side.rates for side in sides]))
    total = np.zeros(len(starts))
    for side in sides:
        total += side.best_from(starts, slack)[0]
    start = starts[int(np.argmax(total))]
    places = [int(side.best_from(np.array([start]), slack)[1][0]) for side in sides]
    rates = [float(side.rates[place]) for side, place in zip(sides, places, strict=True)]
    correct = sum(int(side.correct[place]) for side, place in zip(sides, places, strict=True))
    signed = rates[1] - rates[0] if people.groups == 2 else max(rates) - min(rates)
    found = tuple(float(side.thresholds[place]) for side, place in zip(sides, places, strict=True))
    return Thresholds(found, correct / len(task), signed)


@dataclass(frozen=True)
class _Side:
    """Every cut within one group, by rising rate."""

    thresholds: Float64[np.ndarray, " m"]
    correct: Int[np.ndarray, " m"]
    rates: Float64[np.ndarray, " m"]

    def best_from(self, starts: Float64[np.ndarray, " s"], slack: float) -> tuple[Float64[np.ndarray, " s"], Int64[np.ndarray, " s"]]:
        """Return for windows of rates the most correct decisions and the cut that gives them; -inf where a window holds no cut."""
        low = np.searchsorted(self.rates, starts - 1e-12)
        high = np.searchsorted(self.rates, starts + slack + 1e-12, side="right")
        table = _ranges(self.correct)
        length = np.maximum(high - low, 1)
        level = np.floor(np.log2(length)).astype(int)
        first = table[level, np.minimum(low, len(self.rates) - 1)]
        second = table[level, np.maximum(high - (1 << level), 0)]
        places = np.where(self.correct[first] >= self.correct[second], first, second)
        return np.where(high > low, self.correct[places], -np.inf), places


def _side(task: Float32[np.ndarray, " n"], people: People, k: int) -> _Side:
    labels = people.labels[people.members == k]
    alone = People(labels, np.zeros(len(labels), np.int64), 1, people.constraint)
    found = cuts(task, alone)
    counted = task[alone.counted]
    accepted = len(counted) - np.searchsorted(np.sort(counted.astype(np.float64)), found.thresholds, side="right")
    order = slice(None, None, -1)  # the highest threshold accepts fewest
    return _Side(found.thresholds[order], found.correct[order], (accepted / max(len(counted), 1))[order])


def _ranges(values: Int[np.ndarray, " m"]) -> Int64[np.ndarray, "levels m"]:
    """Return for each level l and place i where the largest of the 2^l values from i on is: a table that answers any range at once."""
    levels = [np.arange(len(values))]
    for level in range(1, int(np.log2(len(values))) + 1):
        before, step = levels[-1], 1 << (level - 1)
        after = np.concatenate([before[step:], np.repeat(before[-1], step)])
        levels.append(np.where(values[before] >= values[after], before, after))
    return np.stack(levels)


def decide_by_true_group(task: Float[np.ndarray, " n"], members: Int[np.ndarray, " n"], found: Thresholds) -> Bool[np.ndarray, " n"]:
    """Return whom thresholds for each true group accept."""
    return task.astype(np.float32) > np.array(found.thresholds)[members]


def slack_grid(most: float, count: int = SLACKS) -> tuple[float, ...]:
    """Return slacks from 0.001 up to the gap of the unconstrained network."""
    return tuple(float(s) for s in np.linspace(0.001, max(most, 0.002), count))


def path(task: Float[np.ndarray, " n"], group: Float[np.ndarray, "n k"], people: People) -> Iterator[tuple[float, Rule]]:
    """Yield slack and rule from exact parity up to the gap that the task head has by itself; fewer where the search is slow (several columns)."""
    slacks = slack_grid(abs(gap(task > 0, people)), SLACKS if group.shape[1] == 1 else SLACKS_OF_MANY)
    yield from zip(slacks, search(task, group, people, slacks), strict=True)
