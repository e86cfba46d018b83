"""From noise to units: every unit has its own uniform noise for each factor, so that worlds can be compared unit by unit.

The noise of a unit depends on seed, factor and unit number alone (Philox, a counter-based generator: Salmon et al.,
"Parallel random numbers: as easy as 1, 2, 3", 2011): neither the number of units nor their order or batch changes a
value, and what an intervention does not reach stays bit for bit what it was.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float, Int

from engine import errors, hashing
from engine.systems import _acts
from engine.systems._acts import Condition, Cut, Intervention
from engine.systems._vocabulary import COLUMNS, System

TRIES = 400_000  # units that a condition may cost
BLOCK = 16_384


@dataclass(frozen=True, eq=False)
class Latents:
    """Units of a system: the value of each factor, and the noise behind it, which other worlds can share."""

    system: System
    seed: int
    units: Int[np.ndarray, " n"]
    values: Mapping[str, np.ndarray]  # codes of a categorical factor (int64), numbers of a continuous one (float64)
    noise: Mapping[str, Float[np.ndarray, "n 4"]] = field(repr=False)
    interventions: tuple[Intervention, ...] = ()

    def __len__(self) -> int:
        return len(self.units)

    def __getitem__(self, where: slice | Int[np.ndarray, " m"] | Bool[np.ndarray, " n"]) -> "Latents":
        values = {name: column[where] for name, column in self.values.items()}
        noise = {name: column[where] for name, column in self.noise.items()}
        return Latents(self.system, self.seed, self.units[where], values, noise, self.interventions)

    def named(self, factor: str) -> list[str] | list[float]:
        """Return a factor's values as people read them: names, or numbers."""
        about = self.system.factor(factor)
        column = self.values[factor].tolist()
        return [about.domain[code] for code in column] if about.categorical else column

    @property
    def labels(self) -> Int[np.ndarray, " n"]:
        """The class of each unit, as its place in the system's classes."""
        return self.values[self.system.target]


def sample(
    system: System, n: int, seed: int = 0, interventions: Sequence[Intervention] = (), conditions: Sequence[Condition] = (), start: int = 0
) -> Latents:
    """Return `n` units of the system under interventions that meet the conditions, in the order of their numbers.

    Args:
        system: A causal model of images.
        n: How many units.
        seed: Names the stream of units; the same seed gives the same units at any `n`.
        interventions: What is done to the system.
        conditions: What the units must be like; others are passed over. Conditions are about the world after the interventions.
        start: Number of the first unit to look at.

    Raises:
        UserError: where an act does not fit the system, or too few of `TRIES` units meet the conditions.
    """
    _acts.check(system, interventions, conditions)
    if n < 0 or start < 0:
        raise errors.UserError(f"{n} units from number {start} cannot be drawn.", "Ask for numbers that are not negative.")
    if not conditions:
        return _world(system, seed, np.arange(start, start + n), tuple(interventions))
    found = np.empty(0, np.int64)
    for first in range(start, start + TRIES, BLOCK):
        block = np.arange(first, min(first + BLOCK, start + TRIES))
        found = np.concatenate([found, block[_meeting(system, seed, block, interventions, conditions)]])
        if len(found) >= n:
            return _world(system, seed, found[:n], tuple(interventions))
    raise errors.UserError(
        f"Only {len(found)} of {TRIES:,} units meet {_acts.text(conditions)}, not {n}.",
        "Widen the condition, ask for fewer units, or intervene instead: do(…) makes any value happen.",
    )


def counterfactual(latents: Latents, interventions: Sequence[Intervention]) -> Latents:
    """Return the same units in the world of other interventions: their noise is kept, their mechanisms act anew.

    Abduction is exact here, for the noise behind each unit is known; action and prediction follow (Pearl, "Causality",
    2nd edition, 2009, section 7.1). The interventions stand in place of those that the units were drawn under.

    Raises:
        UserError: where an intervention does not fit the system.
    """
    _acts.check(latents.system, interventions)
    values = _evaluated(latents.system, latents.system.order, latents.seed, latents.units, latents.noise.__getitem__, interventions)
    return Latents(latents.system, latents.seed, latents.units, values, latents.noise, tuple(interventions))


def meets(latents: Latents, conditions: Iterable[Condition]) -> Bool[np.ndarray, " n"]:
    """Return which units meet all conditions."""
    found = np.ones(len(latents), np.bool_)
    for one in conditions:
        column, about = latents.values[one.factor], latents.system.factor(one.factor)
        codes = [about.code(value) for value in one.values]
        found &= np.isin(column, codes) if about.categorical else (column >= one.low) & (column <= one.high)
    return found


def _meeting(
    system: System, seed: int, units: Int[np.ndarray, " n"], acts: Sequence[Intervention], conditions: Sequence[Condition]
) -> Bool[np.ndarray, " n"]:
    """Return which units meet all conditions; only the factors that these depend on are drawn."""
    asked = [one.factor for one in conditions]
    needed = {*asked, *(cause for factor in asked for cause in system.ancestors(factor))}
    names = [name for name in system.order if name in needed]
    values = _evaluated(system, names, seed, units, lambda name: uniforms(seed, name, units), acts)
    return meets(Latents(system, seed, units, values, {}), conditions)


def uniforms(seed: int, stream: str, units: Int[np.ndarray, " n"]) -> Float[np.ndarray, "n 4"]:
    """Return four uniform numbers in [0, 1) for each unit of a stream."""
    if not len(units):
        return np.empty((0, COLUMNS))
    low, high = int(units.min()), int(units.max())
    generator = np.random.Generator(np.random.Philox(key=int(hashing.of_parts(seed, stream), 16), counter=low))
    return generator.random((high - low + 1, COLUMNS))[units - low]  # one block of the counter is one unit


def _world(system: System, seed: int, units: Int[np.ndarray, " n"], acts: tuple[Intervention, ...]) -> Latents:
    noise = {name: uniforms(seed, name, units) for name in system.order}
    return Latents(system, seed, units, _evaluated(system, system.order, seed, units, noise.__getitem__, acts), noise, acts)


def _evaluated(
    system: System, names: Iterable[str], seed: int, units: Int[np.ndarray, " n"],
    noise: Callable[[str], Float[np.ndarray, "n 4"]], acts: Sequence[Intervention],
) -> dict[str, np.ndarray]:  # fmt: skip
    """Return the values of factors, causes before effects, in the world of some acts."""
    done = {act.factor: act.law for act in acts if not isinstance(act, Cut)}
    cut = {(act.source, act.target) for act in acts if isinstance(act, Cut)}
    values: dict[str, np.ndarray] = {}
    for name in names:
        if name in done:
            values[name] = done[name].draw(system.factor(name), noise(name))
        else:
            parents = system.parents(name)
            given = {one: _unrelated(system, one, name, seed, units) if (one, name) in cut else values[one] for one in parents}
            values[name] = _caused(system, name, given, noise(name))
    return values


def _unrelated(system: System, source: str, target: str, seed: int, units: Int[np.ndarray, " n"]) -> np.ndarray:
    """Return a factor's values in units of the untouched system that have nothing to do with these."""

    def noise(name: str) -> Float[np.ndarray, "n 4"]:
        return uniforms(seed, f"{name} for {source}->{target}", units)

    return _evaluated(system, (*system.ancestors(source), source), seed, units, noise, ())[source]


def _caused(system: System, name: str, given: Mapping[str, np.ndarray], noise: Float[np.ndarray, "n 4"]) -> np.ndarray:
    """Return a factor's values by its mechanism, all units with the same named causes at once."""
    factor, law = system.factor(name), system.mechanism(name).law
    named = [system.factor(parent) for parent in given if system.factor(parent).categorical]
    kinds = np.zeros(len(noise), np.int64)
    for parent in named:
        kinds = kinds * len(parent.domain) + given[parent.name]
    values = np.empty(len(noise), np.int64 if factor.categorical else np.float64)
    for kind in np.unique(kinds):
        here = np.flatnonzero(kinds == kind)
        arguments = {parent: column[here] for parent, column in given.items()}
        arguments |= {parent.name: parent.domain[given[parent.name][here[0]]] for parent in named}
        values[here] = law(**arguments).draw(factor, noise[here])
    return values
