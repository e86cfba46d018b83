"""The world that the interventions pages look at: a system, its parameters, what is done to it, which units. It lives in the address.

The keys are `system`, `with` (parameters, such as `strength=0.5,paper=0.1`), `do`, `given` and `seed`. A page calls `chosen` first; what cannot
be read there is said on the page, and the rest stays. Links between the pages are written by `address`, so that the world goes along.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar
from urllib.parse import urlencode

import streamlit as st

from engine import errors, systems
from engine.interventions import written
from pages.parts import kit

FIRST = "coloured_digits"
KEYS = ("system", "with", "do", "given", "seed")
SEEDS = (0, 2**31 - 1)
Found = TypeVar("Found")


@dataclass(frozen=True)
class World:
    """A system with parameters, under interventions, seen through conditions, with the seed that names its units."""

    system: str = FIRST
    parameters: Mapping[str, float] = field(default_factory=dict)  # all of them, those that nobody set at their defaults
    do: str = ""  # as `systems.interventions` reads it, and as it is printed
    given: str = ""  # as `systems.conditions` reads it, and as it is printed
    seed: int = 0

    @property
    def interventions(self) -> tuple[systems.Intervention, ...]:
        """What is done, read."""
        return systems.interventions(self.do, loaded(self))

    @property
    def conditions(self) -> tuple[systems.Condition, ...]:
        """What is looked at, read."""
        return systems.conditions(self.given, loaded(self))


def loaded(world: World) -> systems.System:
    """Return the world's system with its parameters; raises UserError as `systems.load` does."""
    return systems.load(world.system, **world.parameters)


def chosen() -> World:
    """Return the world in the address; what cannot be read is said on the page, and the default stays in its place."""
    said = st.query_params
    try:
        world = untouched(said.get("system", FIRST))
        loaded(world)
    except errors.UserError as problem:  # what else stands there is about that other system
        kit.problem(problem)
        return untouched(FIRST)
    name = world.system
    world = _or(lambda: _usable(replace(world, parameters=systems.parameters(name, written.parameters(said.get("with", ""))))), world)
    world = _or(lambda: replace(world, do=systems.text(systems.interventions(said.get("do", ""), loaded(world)))), world)
    world = _or(lambda: replace(world, given=systems.text(systems.conditions(said.get("given", ""), loaded(world)))), world)
    return _or(lambda: replace(world, seed=_seed(said.get("seed", "0"))), world)


def untouched(system: str) -> World:
    """Return the world of a system that nobody has acted on; raises UserError for an unknown one."""
    return World(system, systems.parameters(system, {}))


def query(world: World) -> dict[str, str]:
    """Return what the address says of a world; what is as usual is left out."""
    usual = systems.parameters(world.system, {})
    told = {
        "system": world.system if world.system != FIRST else "",
        "with": written.of_parameters({name: value for name, value in world.parameters.items() if value != usual[name]}),
        "do": world.do,
        "given": world.given,
        "seed": str(world.seed) if world.seed else "",
    }
    return {name: value for name, value in told.items() if value}


def address(page: str, world: World, **more: str) -> str:
    """Return the address of a page that looks at this world, such as "act?do=do%28ink%3Dred%29", for `kit.links` and `kit.empty`.

    Args:
        page: A path of `pages/parts/navigation.py`.
        world: The world that goes along.
        more: Further choices of that page.
    """
    asked = query(world) | more
    return f"{page}?{urlencode(asked)}" if asked else page


def remember(world: World) -> None:
    """Write a world into the address."""
    asked = query(world)
    for key in KEYS:
        kit.remember(key, asked.get(key))


def offered() -> list[str]:
    """Return the systems that can be used, those that ship first as they are listed."""
    return [name for name in systems.names() if systems.problem(name) is None]


def choose_system(world: World) -> None:
    """Show which system it is and let another be chosen; what was done to the last one does not hold there."""
    names = offered()
    titles = {name: systems.card(name).title for name in names}
    key = f"choose-system-{world.system}"
    st.selectbox(
        "System", names, index=names.index(world.system), key=key, format_func=titles.__getitem__,
        on_change=lambda: remember(untouched(st.session_state[key])),
    )  # fmt: skip


def _usable(world: World) -> World:
    loaded(world)
    return world


def _seed(written: str) -> int:
    if not written.isdecimal() or not SEEDS[0] <= int(written) <= SEEDS[1]:
        raise errors.UserError(f"“{written[:40]}” is no seed.", f"Choose a whole number from 0 to {SEEDS[1]:,}.")
    return int(written)


def _or(make: Callable[[], Found], otherwise: Found) -> Found:
    """Return what is made, or say on the page what is wrong with it and return something else."""
    try:
        return make()
    except errors.UserError as problem:
        kit.problem(problem)
        return otherwise
