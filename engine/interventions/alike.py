"""The same unit in several worlds: pictures along a factor, and before and after a change. Drawn from the seed; no network runs here."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, UInt8

from engine import errors, systems
from engine.datasets import images
from engine.interventions import settings
from engine.interventions.asking import Asked, Change, Path, Units

NEAR = 16  # units whose numbers lie no further apart are drawn at once


@dataclass(frozen=True, eq=False)
class Along:
    """One unit where a factor is set to one value after another."""

    unit: systems.Latents  # as the world has it
    levels: tuple[settings.Level, ...]
    worlds: tuple[systems.Latents, ...]
    pictures: UInt8[np.ndarray, "pictures size size c"]  # as the world has it, then at each value

    @property
    def labels(self) -> Int[np.ndarray, " pictures"]:
        """The class in each picture: it changes only where the factor is one of its causes, or the class itself."""
        return np.concatenate([self.unit.labels, *(world.labels for world in self.worlds)])

    @property
    def own(self) -> str | float:
        """The unit's own value of the factor."""
        return self.unit.named(self.levels[0].factor)[0]


@dataclass(frozen=True, eq=False)
class Changed:
    """The same units in two worlds that differ in what one factor is set to."""

    before: systems.Latents
    after: systems.Latents
    pictures_before: UInt8[np.ndarray, "n size size c"]
    pictures_after: UInt8[np.ndarray, "n size size c"]


def units(asked: Units) -> systems.Latents:
    """Return the units that a question names; raises UserError where there are none, or both numbers and a condition are given."""
    try:
        return _chosen(asked.loaded(), asked.acts(), asked)
    except errors.UserError:
        if asked.least is None or asked.least >= asked.n or asked.units is not None:
            raise
    return _chosen(asked.loaded(), asked.acts(), asked.model_copy(update={"n": asked.least}))


def _chosen(system: systems.System, acts: Sequence[systems.Intervention], asked: Units | Change) -> systems.Latents:
    if asked.units is None:
        return systems.sample(system, asked.n, asked.seed, acts, systems.conditions(asked.given, system))
    if asked.given:
        raise errors.UserError("Units are named by their numbers or by a condition, not by both.", "Leave one of the two out.")
    return numbered(system, acts, asked.seed, asked.units)


def numbered(system: systems.System, acts: Sequence[systems.Intervention], seed: int, numbers: Sequence[int]) -> systems.Latents:
    """Return units by their numbers, in the order of these; raises UserError where an act does not fit."""
    wanted, places = np.unique(np.asarray(numbers, np.int64), return_inverse=True)
    near = np.split(wanted, np.flatnonzero(np.diff(wanted) > NEAR) + 1)
    parts = [systems.sample(system, int(some[-1] - some[0]) + 1, seed, acts, (), int(some[0]))[some - some[0]] for some in near]
    return _joined(parts)[places]


def _joined(parts: Sequence[systems.Latents]) -> systems.Latents:
    """Return units of one world, drawn in several parts, as one."""
    first = parts[0]
    values = {name: np.concatenate([part.values[name] for part in parts]) for name in first.values}
    noise = {name: np.concatenate([part.noise[name] for part in parts]) for name in first.noise}
    return systems.Latents(first.system, first.seed, np.concatenate([part.units for part in parts]), values, noise, first.interventions)


def drawn(asked: Asked, latents: systems.Latents) -> UInt8[np.ndarray, "n size size c"]:
    """Return pictures of units, with glyphs of the split that is asked for."""
    return systems.render(latents, images.glyph_bank(latents.system, asked.split))


def along(asked: Path) -> Along:
    """Return one unit along a factor.

    Raises:
        UserError: for an unknown factor, or what `systems` refuses.
    """
    system, base = asked.loaded(), asked.acts()
    levels = settings.levels(system, asked.factor, asked.points)
    unit = systems.sample(system, 1, asked.seed, base, (), asked.unit)
    worlds = tuple(systems.counterfactual(unit, settings.acts(base, (level,))) for level in levels)
    return Along(unit, levels, worlds, np.concatenate([drawn(asked, world) for world in (unit, *worlds)]))


def changed(asked: Change) -> Changed:
    """Return units before and after a change. Conditions hold before it; afterwards they are the same units.

    Raises:
        UserError: for an unknown factor, a value that it cannot take, a change from a value to itself, or what `systems` refuses.
    """
    system, base = asked.loaded(), asked.acts()
    if asked.before == asked.after:
        raise errors.UserError(f"{asked.factor} is {asked.after or 'as it is'} before and after.", "Choose another value for one of the two.")
    first = settings.acts(base, _set(system, asked.factor, asked.before)) if asked.before else base
    before = _chosen(system, first, asked)
    after = systems.counterfactual(before, settings.acts(base, _set(system, asked.factor, asked.after)) if asked.after else base)
    return Changed(before, after, drawn(asked, before), drawn(asked, after))


def _set(system: systems.System, factor: str, written: str) -> tuple[settings.Level, ...]:
    """Return the level that a text names."""
    system.factor(factor)
    acts = systems.interventions(f"do({factor}={written})", system)
    act = acts[0]
    if len(acts) > 1 or not isinstance(act, systems.Do):
        raise errors.UserError(f"“{written}” is no value of {factor}.", "Name one value.")
    place = None if isinstance(act.value, str) else act.value
    return (settings.Level(factor, systems.Point(act.value).text(), place, systems.support(system, factor).holds(act.value)),)
