"""What one sees of a world: some units, the same units as they would have been, and how every factor is spread, now and in training."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from engine import errors, systems
from engine.systems import Condition, Intervention, Latents, System

COUNTED = 400  # units over which the values of factors are counted
BINS = 24  # of a continuous factor's domain


@dataclass(frozen=True)
class Sight:
    """Units of a world, and the same units where nothing was done."""

    now: Latents
    before: Latents

    def changed(self) -> dict[str, Bool[np.ndarray, " n"]]:
        """Return for each factor which units have another value of it."""
        return {name: self.now.values[name] != self.before.values[name] for name in self.now.system.order}


def look(system: System, n: int, seed: int = 0, acts: Sequence[Intervention] = (), given: Sequence[Condition] = (), *, start: int = 0) -> Sight:
    """Return `n` units of the world that the acts make, and the same units in the untouched one.

    Conditions are about the world after the acts, as in a set that is drawn from it: which units meet them may change with the acts.

    Raises:
        UserError: as `systems.sample` does.
    """
    now = systems.sample(system, n, seed, acts, given, start)
    return Sight(now, systems.counterfactual(now, ()))


def spreads(system: System, acts: Sequence[Intervention] = (), given: Sequence[Condition] = (), seed: int = 0) -> Mapping[str, tuple[float, ...]]:
    """Return how each factor is spread: the probability of every value, or the share of units in `BINS` equal parts of its domain.

    Probabilities are exact where all causes have names, else they are counted over `COUNTED` units, as numbers are.

    Raises:
        UserError: for an act that does not fit, or a condition that no unit meets.
    """
    drawn = _drawn(system, acts, given, seed)
    return {factor.name: _spread(system, factor, drawn, acts, given, seed) for factor in system.factors}


def _drawn(system: System, acts: Sequence[Intervention], given: Sequence[Condition], seed: int) -> Latents:
    """Return units to count over; fewer where the condition is rare."""
    try:
        return systems.sample(system, COUNTED, seed, acts, given)
    except errors.UserError:
        return systems.sample(system, COUNTED // 20, seed, acts, given)


def _spread(
    system: System, factor: systems.Factor, drawn: Latents, acts: Sequence[Intervention], given: Sequence[Condition], seed: int
) -> tuple[float, ...]:
    if factor.categorical:
        return systems.probabilities(system, factor.name, acts, given, len(drawn), seed).probability
    counts = np.histogram(drawn.values[factor.name], bins=BINS, range=factor.limits)[0]
    return tuple((counts / len(drawn)).tolist())
