"""Metrics of decisions about groups of people, one file each. NumPy only.

A file here offers `VERSION`, `KIND`, `UNIT`, `BETTER`, `CITATION` and `compute`. Of the kind

- "rate": `compute(cells)` from confusion counts to one number a group, and `OF`, whom it is counted of; with `shares(cells)`, what is counted and out
  of what, its interval is Wilson's;
- "gap": `RATES`, names of rates, and `compute(*rates)` over the last axis, the groups;
- "score": `compute(scores, labels, weights)` of one group's probabilities.

A rate of fewer than `FEWEST` people is not estimable: it has no value, and a reason. Gaps are between the groups that can be estimated, and say which
were left out. The difference of two groups' rates has Newcombe's interval (hybrid score; Newcombe, "Interval estimation for the difference between
independent proportions", Statistics in Medicine 1998, method 10); other gaps have percentiles of 1,000 draws of each group's confusion shares from
their posterior (Jeffreys' prior). Such an interval of a largest-minus-smallest cannot reach 0 where noise alone makes a gap: with many small groups
it lies too high. Weighted people count as many as their weights are worth, (sum w)² / sum w² (Kish).
"""

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from engine import errors, registry
from engine.metrics import measures
from engine.metrics.groups._cells import Cells, counted
from engine.metrics.measures import Measure
from engine.stats import bootstrap, intervals

__all__ = ["FEWEST", "Cells", "Decided", "by_group", "card", "counted", "gaps", "gaps_of", "hidden", "names", "newcombe", "overall"]

ROOM = "metrics/groups"
FEWEST = 10  # people that a rate is counted of
FEWEST_SHOWN = 5  # people that a count may show in tables of crossings (k-anonymity)


def names(kind: str | None = None) -> tuple[str, ...]:
    """Return all metrics of a kind, sorted; of all kinds where none is named."""
    return tuple(name for name in registry.names(ROOM) if kind is None or card(name).constants["KIND"] == kind)


def card(name: str) -> registry.Card:
    """Return a metric's card; raises UserError for an unknown name, with the nearest."""
    if name not in registry.names(ROOM):
        raise errors.unknown("metric", name, registry.names(ROOM))
    return registry.card(ROOM, name)


@dataclass(frozen=True, eq=False)
class Decided:
    """Decisions about people: who was accepted, whose outcome is favourable, of which group each is."""

    decisions: Bool[np.ndarray, " n"]
    labels: Int[np.ndarray, " n"]  # 1 = favourable
    members: Int[np.ndarray, " n"]  # place in `groups`
    groups: tuple[str, ...]
    scores: Float[np.ndarray, " n"] | None = None  # probabilities
    weights: Float[np.ndarray, " n"] | None = None

    @functools.cached_property
    def cells(self) -> Cells:
        """Confusion sums of each group."""
        return counted(self.decisions, self.labels, self.members, len(self.groups), self.weights)

    @functools.cached_property
    def people(self) -> Cells:
        """Confusion counts of each group: people, whatever their weights."""
        return counted(self.decisions, self.labels, self.members, len(self.groups))


def by_group(decided: Decided, *, fewest: int = FEWEST) -> pd.DataFrame:
    """Return every rate of every group: group, metric, value, low, high, n (whom it is counted of), reason, unit."""
    rows = []
    for name in names("rate"):
        rows += [(group, name, *_told(measure)) for group, measure in zip(decided.groups, _rates(name, decided, fewest), strict=True)]
    if decided.scores is not None:
        for name in names("score"):
            rows += [(group, name, *_told(_score(name, decided, k, fewest))) for k, group in enumerate(decided.groups)]
    found = _numbers(pd.DataFrame(rows, columns=["group", "metric", "value", "low", "high", "n", "reason"]))
    return found.assign(unit=[card(str(name)).constants["UNIT"] for name in found["metric"]])


def overall(decided: Decided) -> pd.DataFrame:
    """Return every rate of all people together, in the columns of `by_group`."""
    together = Decided(decided.decisions, decided.labels, np.zeros_like(decided.members), ("all",), decided.scores, decided.weights)
    return by_group(together)


def _told(measure: Measure) -> tuple[float | None, float | None, float | None, int, str | None]:
    return measure.value, measure.low, measure.high, measure.n, measure.reason


def _rates(name: str, decided: Decided, fewest: int) -> list[Measure]:
    module, said = registry.load(ROOM, name), card(name).constants
    values = module.compute(decided.cells)
    if not hasattr(module, "shares"):
        drawn = module.compute(_resampled(decided.cells))
        least = np.minimum(decided.people.tp + decided.people.fn, decided.people.fp + decided.people.tn)
        return [_measure(v, intervals.percentile(d), int(n), said["OF"], fewest) for v, d, n in zip(values, drawn.T, least, strict=True)]
    _, people = module.shares(decided.people)
    low, high = _wilson(module, decided.cells)
    return [_measure(v, (a, b), int(n), said["OF"], fewest) for v, a, b, n in zip(values, low, high, people, strict=True)]


def _wilson(module: object, cells: Cells) -> tuple[np.ndarray, np.ndarray]:
    """Return Wilson's interval of each group's rate, over the people that its weights are worth."""
    assert cells.squares is not None
    k, n = module.shares(cells)  # type: ignore[attr-defined]
    worth = n**2 / np.maximum(module.shares(cells.squares)[1], 1e-300)  # type: ignore[attr-defined]
    with np.errstate(invalid="ignore"):
        return intervals.wilson(np.clip(np.where(n > 0, k / np.maximum(n, 1e-300), 0), 0, 1) * worth, worth)


def _measure(value: float, interval: tuple[float, float], n: int, of: str, fewest: int) -> Measure:
    if n < fewest:
        return measures.absent(n, f"Not estimable: {n} {of}, at least {fewest} are needed.")
    low, high = interval
    return measures.of(value, float(low), float(high), n)


def _score(name: str, decided: Decided, k: int, fewest: int) -> Measure:
    mine = decided.members == k
    if mine.sum() < fewest:
        return measures.absent(int(mine.sum()), f"Not estimable: {int(mine.sum())} people, at least {fewest} are needed.")
    assert decided.scores is not None
    weights = np.ones(mine.sum()) if decided.weights is None else decided.weights[mine]
    value = registry.load(ROOM, name).compute(decided.scores[mine], decided.labels[mine], weights)
    residual = decided.scores[mine] - decided.labels[mine]
    worth = weights.sum() ** 2 / (weights**2).sum()
    half = intervals.normal_quantile() * np.sqrt(np.average((residual - value) ** 2, weights=weights) / worth)
    return measures.of(value, value - half, value + half, int(mine.sum()))


def _resampled(cells: Cells, draws: int = bootstrap.RESAMPLES, seed: int = bootstrap.SEED) -> Cells:
    """Return cells as they may be in truth, (draws, groups): each group's four shares from their posterior under Jeffreys' prior.

    Like resampling the people of each group, but never without a width where a cell is empty. Weighted groups have as many people as they are worth.
    """
    assert cells.squares is not None
    rng = np.random.default_rng(seed)
    stacked = np.stack([cells.tp, cells.fp, cells.fn, cells.tn])
    worth = cells.n**2 / np.maximum(cells.squares.n, 1e-300)
    counts = stacked / np.maximum(cells.n, 1e-300) * worth
    drawn = rng.standard_gamma(np.broadcast_to(counts + 0.5, (draws, *counts.shape)))
    return Cells(*(drawn / drawn.sum(1, keepdims=True) * worth).transpose(1, 0, 2))


def newcombe(k: Sequence[float], n: Sequence[float]) -> tuple[float, float]:
    """Return the interval of k[1] / n[1] - k[0] / n[0], two independent proportions (hybrid score)."""
    low, high = intervals.wilson(np.asarray(k, np.float64), np.asarray(n, np.float64))
    p = np.asarray(k, np.float64) / np.asarray(n, np.float64)
    difference = p[1] - p[0]
    down = np.hypot(p[1] - low[1], high[0] - p[0])
    up = np.hypot(high[1] - p[1], p[0] - low[0])
    return float(difference - down), float(difference + up)


@dataclass(frozen=True)
class Gap:
    """One gap between groups: which two are farthest apart, and who was left out."""

    metric: str
    measure: Measure
    highest: str | None = None
    lowest: str | None = None
    left_out: tuple[str, ...] = ()


def gaps_of(decided: Decided, *, fewest: int = FEWEST) -> Iterator[Gap]:
    """Yield every gap between the groups that can be estimated."""
    for name in names("gap"):
        yield _gap(name, decided, fewest)


def gaps(decided: Decided, *, fewest: int = FEWEST) -> pd.DataFrame:
    """Return every gap: metric, value, low, high, n, reason, highest, lowest, left_out, unit."""
    rows = [
        (g.metric, *_told(g.measure), g.highest, g.lowest, ", ".join(g.left_out), card(g.metric).constants["UNIT"])
        for g in gaps_of(decided, fewest=fewest)
    ]
    return _numbers(pd.DataFrame(rows, columns=["metric", "value", "low", "high", "n", "reason", "highest", "lowest", "left_out", "unit"]))


def _numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with NaN for what was not measured, so that a column without any number is one of numbers still; no reason is None."""
    reasons = frame["reason"].astype(object).where(frame["reason"].notna(), None)
    return frame.assign(reason=reasons).astype({"value": np.float64, "low": np.float64, "high": np.float64})


def _gap(name: str, decided: Decided, fewest: int) -> Gap:
    module, rates = registry.load(ROOM, name), card(name).constants["RATES"]
    told = [_rates(rate, decided, fewest) for rate in rates]
    kept = np.array([all(one[k].reason is None for one in told) for k in range(len(decided.groups))])
    left_out = tuple(group for group, keep in zip(decided.groups, kept, strict=True) if not keep)
    if kept.sum() < 2:
        reasons = {m.reason for one in told for m in one if m.reason}
        return Gap(
            name,
            measures.absent(len(decided.labels), f"Not estimable between fewer than two groups. {' '.join(sorted(reasons)[:2])}".strip()),
            left_out=left_out,
        )
    values = [registry.load(ROOM, rate).compute(decided.cells)[kept] for rate in rates]
    value = float(module.compute(*values))
    if np.isnan(value):
        return Gap(name, measures.absent(len(decided.labels), "Not estimable: nobody is accepted in any group."), left_out=left_out)
    low, high = _interval(module, rates, decided, kept)
    ends = values[int(np.argmax([np.ptp(one) for one in values]))]
    groups = [group for group, keep in zip(decided.groups, kept, strict=True) if keep]
    n = int(decided.people.n[kept].sum())
    measure = measures.of(value, min(low, value), max(high, value), n)
    lowest = len(ends) - 1 - int(ends[::-1].argmin())  # of equal groups another than the highest
    return Gap(name, measure, groups[int(ends.argmax())], groups[lowest], left_out)


def _interval(module: object, rates: Sequence[str], decided: Decided, kept: Bool[np.ndarray, " groups"]) -> tuple[float, float]:
    """Return Newcombe's interval of the difference of two groups' rates, folded at 0; percentiles of resamples for every other gap."""
    first = registry.load(ROOM, rates[0])
    if len(rates) == 1 and kept.sum() == 2 and hasattr(first, "shares") and module.__name__.endswith("_difference"):  # type: ignore[attr-defined]
        assert decided.cells.squares is not None
        k, n = (part[kept] for part in first.shares(decided.cells))
        worth = n**2 / first.shares(decided.cells.squares)[1][kept]
        low, high = newcombe(list(k / n * worth), list(worth))
        return (0.0, max(-low, high)) if low <= 0 <= high else (min(abs(low), abs(high)), max(abs(low), abs(high)))
    drawn = _resampled(decided.cells)
    values = [registry.load(ROOM, rate).compute(drawn)[:, kept] for rate in rates]
    return intervals.percentile(module.compute(*values))  # type: ignore[attr-defined]


def hidden(counts: Mapping[str, int], fewest: int = FEWEST_SHOWN) -> dict[str, str]:
    """Return counts as they may be shown: those of 1 to fewest - 1 people only as “fewer than”."""
    return {name: str(n) if n == 0 or n >= fewest else f"fewer than {fewest}" for name, n in counts.items()}
