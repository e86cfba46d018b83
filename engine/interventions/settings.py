"""Which values of a factor are set: the grid over its domain, dense where training is, and what the world at each is called.

To set a factor that the base world already acts on is to act on it anew: the value takes the place of what was done to it, and of
cuts of the edges that lead to it.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine import systems

SLACK = 1e-5  # of a factor's domain: values are rounded, which may put the end of the support just outside of it
STEPS_IN_SUPPORT = (4, 2)  # least steps that the support gets, on a fine grid and on a coarse one
FINE = 15  # values from which on a grid is fine


@dataclass(frozen=True)
class Level:
    """One value of one factor."""

    factor: str
    text: str  # as interventions write it
    place: float | None  # as a number; None for a name
    inside: bool  # whether it occurs in training

    @property
    def act(self) -> systems.Do:
        """The intervention that sets it."""
        return systems.Do(self.factor, self.text if self.place is None else self.place)


def levels(system: systems.System, factor: str, steps: int) -> tuple[Level, ...]:
    """Return the values of a factor: all names, or `steps` numbers over its domain, with its ends and those of its support.

    Each stretch of the domain, inside the training support and outside of it, is divided evenly. The support gets at least 4 steps
    (2 on a grid of less than 15 values), however narrow it is; a grid that is too small for all stretches gets more values.

    Raises:
        UserError: for an unknown factor.
    """
    about, support = system.factor(factor), systems.support(system, factor)
    if about.categorical:
        return tuple(Level(factor, str(name), None, support.holds(str(name))) for name in about.domain)
    return tuple(_numbered(about, support, value) for value in _grid(about, support, steps))


def _numbered(factor: systems.Factor, support: systems.Support, value: float) -> Level:
    low, high = factor.limits
    slack = SLACK * (high - low)
    inside = any(start - slack <= value <= end + slack for start, end in support.intervals)
    return Level(factor.name, systems.Point(value).text(), value, inside)


def _grid(factor: systems.Factor, support: systems.Support, steps: int) -> list[float]:
    low, high = factor.limits
    ends = sorted({low, high, *(min(max(end, low), high) for interval in support.intervals for end in interval)})
    stretches = list(itertools.pairwise(ends))
    inside = [support.holds((start + end) / 2) for start, end in stretches]
    parts = _divided([end - start for start, end in stretches], inside, steps)
    found = [np.linspace(start, end, n + 1) for (start, end), n in zip(stretches, parts, strict=True)]
    places = 5 - math.floor(math.log10(high - low))
    return sorted({round(float(value), places) + 0.0 for value in np.concatenate(found)})


def _divided(lengths: Sequence[float], inside: Sequence[bool], steps: int) -> list[int]:
    """Return how many steps each stretch gets: the least it must have, the rest where steps are longest."""
    least = STEPS_IN_SUPPORT[0 if steps >= FINE else 1]
    parts = [least if held else 1 for held in inside]
    if sum(parts) > steps - 1:
        parts = [1] * len(lengths)
    for _ in range(steps - 1 - sum(parts)):
        longest = max(range(len(lengths)), key=lambda i: lengths[i] / parts[i])
        parts[longest] += 1
    return parts


def acts(base: Sequence[systems.Intervention], set_to: Sequence[Level]) -> tuple[systems.Intervention, ...]:
    """Return everything that is done in the world where some factors are set besides what the base world does."""
    taken = {level.factor for level in set_to}
    kept = [act for act in base if (act.target if isinstance(act, systems.Cut) else act.factor) not in taken]
    return (*kept, *(level.act for level in set_to))


def spread(n: int) -> list[int]:
    """Return the places 0 to n - 1 so that the first few are spread over all: ends, middle, quarters, and so on.

    >>> spread(5)
    [0, 4, 2, 1, 3]
    """
    found = dict.fromkeys((0, n - 1)) if n else {}
    pieces = 2
    while len(found) < n:
        found |= dict.fromkeys(round(i * (n - 1) / pieces) for i in range(1, pieces, 2))
        pieces *= 2
    return list(found)
