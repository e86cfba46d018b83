"""The question that interventions ask, and the plan that says what answering it takes. No torch, nothing is evaluated here."""

import functools
import itertools
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import pydantic

from engine import control, errors, hashing, networks, store, systems
from engine.datasets import images
from engine.interventions import outcomes, settings
from engine.interventions.settings import Level
from engine.spec import Cost, Spec, invalid

Ask = Literal["curve", "map", "profile"]
STEPS: Mapping[Ask, int] = {"curve": 21, "map": 9, "profile": 11}
CONTENT = "glyph"  # what a picture is of, besides its class: no condition that one could be invariant to
MOST_WORLDS = 2000
ABREAST = 2  # worlds that are answered at once
_MEASURED_UNITS = 64


class InterventionsSpec(Spec):
    """How do these networks respond to a factor of a system?"""

    study: Literal["interventions"] = "interventions"
    """Which study answers the question."""
    ask: Ask = "curve"
    """curve: one factor over its values; map: two factors against each other; profile: every factor, to see which break a network."""
    system: str
    """The causal model that pictures are drawn from."""
    parameters: Mapping[str, float] = {}
    """Numbers that the system is built with; those left out are as usual."""
    interventions: str = ""
    """The base world: what is done to the system before the factor is set, such as “do(paper=black); cut(class->ink)”."""
    conditions: str = ""
    """Which units are looked at, such as “given(class=3|8)”; they are chosen in the base world and stay the same at every value."""
    networks: tuple[str, ...] = pydantic.Field(min_length=1)
    """The networks to ask."""
    factors: tuple[str, ...] = ()
    """The factor of a curve (several give a curve each), the two of a map, those of a profile (none = all but the class)."""
    steps: int | None = pydantic.Field(default=None, ge=2, le=101)
    """Values of a continuous factor; empty = 21 for a curve, 9 for a map, 11 for a profile. A categorical one has all of its values."""
    units: int = pydantic.Field(default=500, ge=2, le=20_000)
    """Units that are drawn; each is looked at in every world, with the same noise."""
    split: Literal["train", "val", "test"] = "test"
    """Which side of the digit sets glyphs are taken from."""
    fresh: bool = False
    """Evaluate anew even where the store already has a network's answers."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Where networks run; auto takes an accelerator where there is one."""
    batch: int | None = pydantic.Field(default=None, ge=1, le=4096)
    """Images a forward pass; empty = found by itself."""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """Return the question with these fields; raises UserError naming each that is off."""
        try:
            return cls.model_validate(told)
        except pydantic.ValidationError as problem:
            raise invalid(problem) from problem

    @property
    def grid(self) -> int:
        """Values of a continuous factor."""
        return self.steps or STEPS[self.ask]

    def loaded(self) -> systems.System:
        """Return the system with its parameters; raises UserError where they do not fit."""
        return systems.load(self.system, **self.parameters)


@dataclass(frozen=True)
class World:
    """What is set besides the base world, and all that is done then; nothing is set in the base world itself."""

    levels: tuple[Level, ...]
    acts: str

    @property
    def said(self) -> str:
        """What is set, for people who watch."""
        return ", ".join(f"{level.factor} = {level.text}" for level in self.levels) or "the base world"


@dataclass(frozen=True)
class Plan:
    """Everything that answering a question takes, before any of it is done. Worlds come in the order in which they are answered."""

    system: systems.System = field(repr=False)
    worlds: tuple[World, ...]  # the base world first
    networks: tuple[str, ...]
    keys: tuple[tuple[str, ...], ...] = field(repr=False)  # of each world, each network's cell
    stored: frozenset[str] = field(repr=False)  # cells whose answers the store has
    units: int
    notes: tuple[str, ...] = ()

    @property
    def cells(self) -> int:
        """Number of cells: a network in a world."""
        return len(self.worlds) * len(self.networks)

    @property
    def reused(self) -> int:
        """Number of cells whose answers the store already has."""
        return sum(key in self.stored for row in self.keys for key in row)

    @property
    def images(self) -> int:
        """Number of images that networks will have to look at."""
        return (self.cells - self.reused) * self.units

    @property
    def drawn(self) -> int:
        """Number of images that will have to be drawn: once for all networks."""
        return self.units * sum(any(key not in self.stored for key in row) for row in self.keys)


def fitting(system: systems.System) -> tuple[str, ...]:
    """Return the networks that know every class of a system."""
    wanted = set(system.classes)
    return tuple(card.name for card in networks.cards() if wanted <= set(card.classes))


def offered(system: systems.System) -> tuple[str, ...]:
    """Return the factors that a network may be invariant to: all but the class and what else a picture is of."""
    return tuple(factor.name for factor in system.factors if factor.name not in {system.target, CONTENT})


def check(spec: InterventionsSpec) -> None:
    """Raise UserError for any name that does not exist, an act that does not fit, or a number of factors that `ask` does not take."""
    system = spec.loaded()
    systems.interventions(spec.interventions, system)
    systems.conditions(spec.conditions, system)
    for kind, named in (("network", spec.networks), ("factor", spec.factors)):
        if doubled := {name for name in named if list(named).count(name) > 1}:
            raise errors.UserError(f"The {kind} “{doubled.pop()}” is named twice.", "Name each once.")
    for factor in spec.factors:
        system.factor(factor)
    if spec.ask == "curve" and not spec.factors:
        raise errors.UserError("A response curve needs a factor.", f"Choose one of {', '.join(offered(system))}.")
    if spec.ask == "map" and len(spec.factors) != 2:
        raise errors.UserError(f"A map has two factors, not {len(spec.factors)}.", f"Choose two of {', '.join(offered(system))}.")
    for name in spec.networks:
        try:
            outcomes.columns(networks.card(name).classes, system.classes)
        except errors.UserError as problem:
            if name in networks.names():
                raise errors.UserError(f"{name}: {problem.message}", problem.hint) from problem
            raise


def plan(spec: InterventionsSpec) -> Plan:
    """Return what a question takes: its worlds, the cells of its networks, and which of them the store already has.

    Raises:
        UserError: as `check` does, and for more worlds than can be answered at once.
    """
    check(spec)
    system = spec.loaded()
    base = systems.interventions(spec.interventions, system)
    worlds = tuple(dict.fromkeys(World(set_to, systems.text(settings.acts(base, set_to))) for set_to in ((), *_settings(spec, system))))
    if len(worlds) > MOST_WORLDS:
        raise errors.UserError(
            f"{len(worlds):,} worlds are more than can be asked at once.", f"Ask for at most {MOST_WORLDS:,}: fewer values or factors."
        )
    told = _depends(spec, system)
    keys = tuple(tuple(hashing.of_parts(networks.card(name).key, _sorted(world.acts), told) for name in spec.networks) for world in worlds)
    stored = frozenset(store.query("SELECT cell FROM outcomes")["cell"]) if not spec.fresh else frozenset()
    return Plan(system, worlds, spec.networks, keys, stored, spec.units, _notes(spec, system))


def _settings(spec: InterventionsSpec, system: systems.System) -> list[tuple[Level, ...]]:
    """Return what is set in each world; the first few of each factor are spread over its domain, so that a curve shows early."""
    factors = spec.factors or offered(system)
    found = {factor: settings.levels(system, factor, spec.grid) for factor in factors}
    if spec.ask == "map":
        return list(itertools.product(*found.values()))
    return [(known[place],) for known in found.values() for place in settings.spread(len(known))]


def _sorted(acts: str) -> list[str]:
    """Return acts without their order, which changes nothing."""
    return sorted(act.strip() for act in acts.split(";"))


def _depends(spec: InterventionsSpec, system: systems.System) -> list:
    """Return what a cell's answers depend on besides its network and what is done; the base world where it chooses the units."""
    given = systems.text(systems.conditions(spec.conditions, system))
    choosing = [_sorted(systems.text(systems.interventions(spec.interventions, system))), given] if given else []
    glyphs = [images.card(name).digests[spec.split] for name in system.sources]
    version = systems.card(spec.system).version
    return [spec.system, version, dict(system.parameters), glyphs, choosing, spec.seed, spec.units, spec.split]


def _notes(spec: InterventionsSpec, system: systems.System) -> tuple[str, ...]:
    found = [networks.card(name) for name in spec.networks]
    grey = [card.name for card in found if card.preprocess.channels == 1 and system.channels == 3]
    few = ", ".join(grey[:4]) + (f" and {len(grey) - 4} more" if len(grey) > 4 else "")
    return (f"{few} {'sees' if len(grey) == 1 else 'see'} the luma of the pictures, not their colours.",) if grey else ()


def cost(spec: InterventionsSpec, planned: Plan | None = None) -> Cost:
    """Return cells, images and seconds, from the rates that were measured on this machine; pictures are drawn once for all networks."""
    planned = planned or plan(spec)
    rates = control.rates()
    missing, seconds = [], planned.drawn / _drawing_rate(spec) if planned.drawn else 0.0
    for i, name in enumerate(planned.networks):
        left = planned.units * sum(row[i] not in planned.stored for row in planned.keys)
        if left and ("network", name) in rates:
            seconds += left / rates["network", name]
        elif left:
            missing.append(name)
    return Cost(planned.cells, planned.reused, planned.images, None if missing else seconds / abreast(), tuple(missing))


def abreast() -> int:
    """Return how many worlds are answered at once on this machine."""
    return max(1, min(ABREAST, os.cpu_count() or 1))


def _drawing_rate(spec: InterventionsSpec) -> float:
    return _images_a_second(spec.system, tuple(sorted(spec.parameters.items())), spec.split)


@functools.lru_cache(maxsize=32)
def _images_a_second(system: str, parameters: tuple[tuple[str, float], ...], split: str) -> float:
    """Return how many pictures of a system are drawn in a second here, measured once."""
    loaded = systems.load(system, **dict(parameters))
    bank, units = images.glyph_bank(loaded, split), systems.sample(loaded, _MEASURED_UNITS)
    systems.render(units, bank)
    began = time.perf_counter()
    systems.render(units, bank)
    return _MEASURED_UNITS / (time.perf_counter() - began)


def title(spec: InterventionsSpec) -> str:
    """Return the question's name: the given one, or what is asked in a line."""
    if spec.title:
        return spec.title
    what = {"curve": _few(spec.factors, "factors"), "map": " against ".join(spec.factors), "profile": _few(spec.factors, "factors") or "every factor"}
    done = f" under {spec.interventions}" if spec.interventions else ""
    return f"{spec.system}{done}: {what[spec.ask]} on {_few(spec.networks, 'networks')}"


def _few(names: Sequence[str], what: str) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{len(names)} {what}"
