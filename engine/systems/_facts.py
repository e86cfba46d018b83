"""Facts about a system: probabilities under seeing and doing, the support of training, combinations that are held out.

Where everything that matters is categorical the numbers are exact, by going through all combinations; else, or where there
are too many of them, they are counted over drawn units, with Wilson intervals.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from engine import errors, shelf
from engine.stats import intervals as stats
from engine.systems import _acts, _laws, _units
from engine.systems._acts import Condition, Cut, DoDistribution, Intervention
from engine.systems._laws import Choice, Uniform
from engine.systems._vocabulary import System, laws

DRAWN = 20_000
_TABLES = shelf.Shelf(32_000_000)
MOST = 500_000  # combinations that are gone through; beyond, numbers are counted


@dataclass(frozen=True)
class Probabilities:
    """How likely each value of a factor is, with 95 % intervals, which are points where the numbers are exact."""

    names: tuple[str, ...]
    probability: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    exact: bool


@dataclass(frozen=True)
class SeeingAndDoing:
    """A factor's distribution as it is, where another factor is seen to be something, and where it is made so."""

    as_it_is: Probabilities
    seeing: Probabilities
    doing: Probabilities


@dataclass(frozen=True)
class Support:
    """What a factor can be in training: some values, or the numbers in some intervals."""

    values: tuple[str, ...] = ()
    intervals: tuple[tuple[float, float], ...] = ()

    def holds(self, value: str | float) -> bool:
        """Return whether a value occurs in training."""
        return value in self.values if isinstance(value, str) else any(low <= value <= high for low, high in self.intervals)


@dataclass(frozen=True)
class _Table:
    """All combinations of some categorical factors that can occur, one a row."""

    codes: dict[str, Int[np.ndarray, " rows"]]
    probability: Float[np.ndarray, " rows"]


def probabilities(
    system: System, factor: str, interventions: Sequence[Intervention] = (), conditions: Sequence[Condition] = (), n: int = DRAWN, seed: int = 0
) -> Probabilities:
    """Return the distribution of a categorical factor under interventions, among units that meet the conditions.

    Exact where factor, conditions and all their causes are categorical; else counted over `n` units.

    Raises:
        UserError: for a factor that is a number, an act that does not fit, or a condition that no unit meets.
    """
    about = system.factor(factor)
    if not about.categorical:
        raise errors.UserError(
            f"“{factor}” is a number, so its values have no probabilities one by one.", "Ask for a factor whose values have names."
        )
    _acts.check(system, interventions, conditions)
    table = _table(system, (factor, *(one.factor for one in conditions)), interventions)
    if table is None:
        drawn = _units.sample(system, n, seed, interventions, conditions).values[factor]
        counts = np.bincount(drawn, minlength=len(about.domain))
        low, high = stats.wilson(counts, n)
        return Probabilities(about.domain, *map(_floats, (counts / n, low, high)), exact=False)
    kept = np.ones(len(table.probability), np.bool_)
    for one in conditions:
        kept &= np.isin(table.codes[one.factor], [system.factor(one.factor).code(value) for value in one.values])
    found = np.bincount(table.codes[factor][kept], table.probability[kept], len(about.domain))
    if not found.sum() > 0:
        raise errors.UserError(f"No unit ever meets {_acts.text(conditions)}.", "Choose another condition, or intervene instead: do(…).")
    exact = _floats(found / found.sum())
    return Probabilities(about.domain, exact, exact, exact, exact=True)


def seeing_and_doing(system: System, of: str, seen: Condition, n: int = DRAWN, seed: int = 0) -> SeeingAndDoing:
    """Return the distribution of a factor as it is, where `seen` is so, and where it is made so.

    To make several values so is to choose among them evenly; a range, to draw from it uniformly. Seeing and doing differ
    where the two factors share a cause, or `of` is a cause of the other: seeing an effect tells of its causes, making it
    does not change them (Pearl, "Causality", 2nd edition, 2009, section 3.2).

    Raises:
        UserError: for unknown names, an `of` that is a number, or a condition that no unit meets by itself.
    """
    _acts.check(system, (), (seen,))
    law = Uniform(*np.clip((seen.low, seen.high), *system.factor(seen.factor).limits).tolist()) if not seen.values else Choice.even(seen.values)
    done = (DoDistribution(seen.factor, law),)
    return SeeingAndDoing(
        probabilities(system, of, n=n, seed=seed), probabilities(system, of, (), (seen,), n, seed), probabilities(system, of, done, (), n, seed)
    )


def support(system: System, factor: str) -> Support:
    """Return what a factor can be in training, that is without interventions; raises UserError for an unknown factor.

    Exact for categorical factors with categorical causes; the numbers of a factor with a continuous cause are the
    hull over a grid of that cause's whole domain.
    """
    about = system.factor(factor)
    table = _table(system, (factor,), ()) if about.categorical else None
    if table is not None:
        return Support(values=tuple(about.domain[code] for code in np.unique(table.codes[factor])))
    found = [law for given, law in laws(system, factor) if _occurs(system, given)]
    if about.categorical:
        likely = sum((law.probabilities(about) for law in found), np.zeros(len(about.domain)))  # type: ignore[union-attr]
        return Support(values=tuple(about.domain[code] for code in np.flatnonzero(likely)))
    return Support(intervals=_laws.intervals([law.interval(about) for law in found]))  # type: ignore[union-attr]


def _occurs(system: System, given: dict) -> bool:
    """Return whether some categorical causes occur together in training; taken to where that cannot be told."""
    named = {name: value for name, value in given.items() if isinstance(value, str)}
    table = _table(system, tuple(named), ())
    if table is None:
        return True
    rows = [table.codes[name] == system.factor(name).code(value) for name, value in named.items()]
    return bool(np.any(np.logical_and.reduce(rows))) if rows else True


def held_out(system: System, first: str, second: str) -> tuple[tuple[str, str], ...]:
    """Return the pairs of values that occur in training each, but never together; interventions can join them.

    Raises:
        UserError: where a factor is unknown, or it or a cause of it is a number.
    """
    table = _table(system, (first, second), ())
    if table is None:
        raise errors.UserError(
            f"Whether “{first}” and “{second}” occur together depends on numbers, or on too many combinations.",
            "Choose two factors whose causes have names, and few of them.",
        )
    together = set(zip(table.codes[first].tolist(), table.codes[second].tolist(), strict=True))
    alone = itertools.product(*(np.unique(table.codes[name]).tolist() for name in (first, second)))
    domains = system.factor(first).domain, system.factor(second).domain
    return tuple((domains[0][a], domains[1][b]) for a, b in alone if (a, b) not in together)


def _table(system: System, names: Sequence[str], acts: Sequence[Intervention]) -> _Table | None:
    """Return how likely each combination of some factors and their causes is; None where one is a number, or there are too many.

    It is made once: many facts are read from one table. Nobody may change it.
    """
    return _TABLES.get((system, tuple(names), tuple(acts)), lambda: _tabled(system, names, acts))


def _tabled(system: System, names: Sequence[str], acts: Sequence[Intervention]) -> _Table | None:
    done = {act.factor: act.law for act in acts if not isinstance(act, Cut)}
    cut = {(act.source, act.target) for act in acts if isinstance(act, Cut)}
    wanted = _needed(system, names, set(done), cut)
    if not all(system.factor(name).categorical for name in wanted) or math.prod(len(system.factor(name).domain) for name in wanted) > MOST:
        return None
    table = _Table({}, np.ones(1))
    for name in (name for name in system.order if name in wanted):
        if name in done:
            rows = np.tile(done[name].probabilities(system.factor(name)), (len(table.probability), 1))  # type: ignore[union-attr]
        else:
            copies = {source: _alone(system, source) for source, target in cut if target == name}
            if any(copy is None for copy in copies.values()):
                return None
            rows = _rows(system, name, table, copies)  # type: ignore[arg-type]
        table = _extended(table, name, rows)
    return table


def _needed(system: System, names: Sequence[str], done: set[str], cut: set[tuple[str, str]]) -> set[str]:
    """Return the factors and their causes in the graph that the acts leave."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [parent for parent in system.parents(name) if name not in done and (parent, name) not in cut]
    return found


def _alone(system: System, name: str) -> Float[np.ndarray, " values"] | None:
    """Return a factor's distribution in the untouched system, None where it depends on a number."""
    table = _table(system, (name,), ())
    return None if table is None else np.bincount(table.codes[name], table.probability, len(system.factor(name).domain))


def _rows(system: System, name: str, table: _Table, copies: dict[str, Float[np.ndarray, " values"]]) -> Float[np.ndarray, "rows values"]:
    """Return a factor's distribution in each row of a table; causes behind cut edges are averaged over."""
    factor = system.factor(name)
    rows = np.zeros((len(table.probability), len(factor.domain)))
    for given, law in laws(system, name):
        codes = {parent: system.factor(parent).code(value) for parent, value in given.items()}
        here = np.ones(len(rows), np.bool_)
        weight = 1.0
        for parent, code in codes.items():
            if parent in copies:
                weight *= copies[parent][code]
            else:
                here &= table.codes[parent] == code
        if here.any() and weight:
            rows[here] += weight * law.probabilities(factor)  # type: ignore[union-attr]
    return rows


def _extended(table: _Table, name: str, rows: Float[np.ndarray, "rows values"]) -> _Table:
    joint = table.probability[:, None] * rows
    row, code = np.nonzero(joint > 0)
    return _Table({other: codes[row] for other, codes in table.codes.items()} | {name: code}, joint[row, code])


def _floats(numbers: np.ndarray) -> tuple[float, ...]:
    return tuple(map(float, numbers))
