"""The form of the question how networks respond: what is set, which networks, how many units. Everything chosen is in the address."""

import contextlib
import functools
from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitAPIException

from engine import systems
from engine.interventions import offering, views
from engine.interventions import spec as asking
from engine.interventions.spec import Ask, InterventionsSpec, Plan
from pages.interventions import world as worlds
from pages.interventions.world import World
from pages.parts import kit


@functools.lru_cache(maxsize=32)
def planned(spec: str, _version: str) -> Plan:
    """Return what a question (as JSON) takes, given the store's version; raises UserError as `engine.interventions.spec.plan` does."""
    return asking.plan(InterventionsSpec.read(spec))


def asked(world: World) -> InterventionsSpec | None:
    """Show the form and return the question that it asks; None while something that every question has is missing."""
    system = worlds.loaded(world)
    fitting = asking.fitting(system)
    if not fitting:
        kit.empty(
            f"No network here knows the classes of “{systems.card(world.system).title}”: {', '.join(system.classes)}.", "Bring a network", "library"
        )
        return None
    before = next(iter(views.questions(world.system, shipped=True)), None)  # not the newest: a link must mean the same tomorrow
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    with left:
        worlds.choose_system(world)
    with right:
        asks = list(offering.ASKS)
        label = st.segmented_control("Set by hand", asks, default=asks[0], key="ask", bind="query-params", required=True)
    ask = offering.ASKS[str(label)]
    with left:
        factors = _factors(system, ask)
    with right:
        chosen = kit.choose_many(
            f"Networks ({len(fitting)} know these classes)", list(fitting), key=f"networks-{world.system}", default=_first(system, fitting, before),
            max_selections=offering.MOST_SHOWN, help=_help("networks"),
        )  # fmt: skip
    options = _more(world, ask, before)
    if not chosen:
        st.info("Choose at least one network.")
        return None
    if ask == "map" and factors[0] == factors[1]:
        st.info("Choose two different factors.")
        return None
    return InterventionsSpec(
        ask=ask, system=world.system, parameters=dict(world.parameters), interventions=world.do, conditions=world.given, seed=world.seed,
        networks=tuple(chosen), factors=factors, **options,
    )  # fmt: skip


def _factors(system: systems.System, ask: Ask) -> tuple[str, ...]:
    """Ask which factors are set; a profile sets each of them."""
    if ask == "profile":
        n = len(asking.offered(system))
        st.text_input("Factors", f"all {n} but the class", disabled=True, key="every-factor")
        return ()
    names = [factor.name for factor in system.factors]
    first, second = offering.telling(system)
    columns = st.columns(2) if ask == "map" else [st.container()]
    with columns[0]:
        found = [kit.choose("Factor", names, key=f"factor-{system.name}", default=first, help=_about(system))]
    if ask == "map":
        with columns[1]:
            found.append(kit.choose("and", names, key=f"second-{system.name}", default=second))
    return tuple(found)


def _more(world: World, ask: Ask, before: InterventionsSpec | None) -> dict:
    """Ask what most people leave as it is, and say which world is the base."""
    with st.expander("Base world, units, values", key="more"):
        done, given = world.do or "nothing is done", world.given or "all units"
        st.markdown(
            f"Compared with the base world: **{kit.escape(done)}**; **{kit.escape(given)}**; seed {world.seed}. The link in the title keeps it."
        )
        kit.links([("Change the base world", worlds.address("act", world))])
        left, right = st.columns(2)
        units = left.number_input("Units", 50, 5000, before.units if before else 500, 50, key="units", bind="query-params", help=_help("units"))
        steps = before.grid if before and before.ask != "map" and ask != "map" else asking.STEPS[ask]
        values = right.number_input("Values of a number", 2, 101, steps, 1, key=f"values-{ask}", bind="query-params", help=_help("steps"))
    return {"units": int(units), "steps": int(values)}


def _first(system: systems.System, fitting: Sequence[str], before: InterventionsSpec | None) -> list[str]:
    """Return the networks that a link names, else those that are offered first."""
    named = [name for name in st.query_params.get_all("network") if name in fitting]
    return named or offering.networks_first(system, fitting, before)


def _about(system: systems.System) -> str:
    """Return what each factor is, a line each."""
    return "\n".join(f"- **{factor.name}**: {factor.description}" for factor in system.factors)


def _help(field: str) -> str | None:
    return InterventionsSpec.model_fields[field].description


def link(label: str, spec: InterventionsSpec) -> None:
    """Show a link to the page with another question, on other pages."""
    kit.links([(label, offering.address(spec))])


def show(spec: InterventionsSpec) -> None:
    """Put another question in place of this one, as a callback: a link to the page one is on does not move a widget back to its default."""
    worlds.remember(_world(spec))
    for key, value in _choices(spec).items():
        st.session_state[key] = value
        with contextlib.suppress(StreamlitAPIException):  # a widget that is there keeps the address itself
            st.query_params[key] = value if isinstance(value, list) else str(value)


def _world(spec: InterventionsSpec) -> World:
    parameters = systems.parameters(spec.system, spec.parameters)
    return World(spec.system, parameters, spec.interventions, spec.conditions, spec.seed)


def _choices(spec: InterventionsSpec) -> dict[str, Any]:
    """Return what the form's widgets show where a question is asked, by their keys."""
    label = next(label for label, ask in offering.ASKS.items() if ask == spec.ask)
    told = {"ask": label, f"networks-{spec.system}": list(spec.networks), "units": spec.units, f"values-{spec.ask}": spec.grid}
    if spec.ask != "profile":
        told |= {f"{key}-{spec.system}": factor for key, factor in zip(("factor", "second"), spec.factors, strict=False)}
    return told
