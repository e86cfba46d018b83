"""The world: a causal graph to act on, and pictures of it that change under the hand."""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from engine import errors, systems
from engine.interventions.starts import Start
from engine.networks import Card
from engine.plots import causes
from pages.components.mounting import mount
from pages.parts import live

MOST_HELD_OUT = 6  # pairs that are named
UNITS = 24
NETWORKS = 4


@dataclass(frozen=True)
class Rested:
    """The world in which the hand came to rest, as its address says it."""

    do: str
    given: str
    parameters: Mapping[str, float]  # those that are not as usual
    seed: int
    unit: int | None = None  # the chosen one, where another page is asked for
    factor: str = ""

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> "Rested":
        """Return what the browser said."""
        unit = said.get("unit")
        numbers = {str(name): float(value) for name, value in dict(said["with"]).items()}
        return cls(str(said["do"]), str(said["given"]), numbers, int(said["seed"]), None if unit is None else int(unit), str(said.get("factor", "")))


def show(
    system: systems.System,
    rested: Rested,
    *,
    key: str,
    url: str,
    token: str,
    networks: Sequence[Card] = (),
    starts: Sequence[tuple[Start, str]] = (),
    strip: bool = False,
    on_rest: Callable[[Rested], None] | None = None,
) -> Rested | None:
    """Draw the world and return where a person asked for the strip of a picture in this run.

    Args:
        system: The system, built with its parameters.
        rested: What is done, which units: as the address says.
        key: Streamlit's key.
        url: Where pictures are drawn, from `pages.parts.routes.world_url`.
        token: What lets them be fetched.
        networks: Who answers, at most `NETWORKS`; the browser asks them itself.
        starts: Interventions to try first, each with its address.
        strip: Whether there is a page of strips to go to.
        on_rest: Called when the hand has come to rest, before the page runs again.
    """
    card = systems.card(system.name)
    data = described(system) | {
        "parameters": [
            {"name": name, "default": one.default, "low": one.low, "high": one.high, "description": one.description}
            for name, one in card.parameters.items()
        ],
        "world": {"do": rested.do, "given": rested.given, "with": dict(rested.parameters), "seed": rested.seed},
        "url": url,
        "token": token,
        "units": UNITS,
        "networks": [{"name": card.name, "title": card.title} for card in networks],
        "live": live.address("interventions"),
        "strip": strip,
        "first": starts[0][0].act.target if starts and isinstance(starts[0][0].act, systems.Cut) else system.target,
        "starts": [{"act": one.act.text(), "href": href, "label": one.label, "question": one.question} for one, href in starts],
    }
    held: Any = mount("world/world.js", key=key, data=data, on_rest_change=lambda: _call(key, on_rest), on_strip_change=None)
    return Rested.read(held.strip) if held.strip else None


@functools.lru_cache(maxsize=32)
def described(system: systems.System) -> dict[str, Any]:
    """Return a system as the browser draws it: factors, edges, where they stand. Nobody may change it."""
    layout = causes.layout(system.order, [(edge.source, edge.target) for edge in system.edges])
    return {
        "name": system.name,
        "title": system.title,
        "target": system.target,
        "factors": [_factor(system, factor) for factor in system.factors],
        "edges": [
            {
                "source": edge.source,
                "target": edge.target,
                "sentence": edge.sentence,
                "confounded": edge.confounded,
                "heldOut": _held_out(system, edge),
            }
            for edge in system.edges
        ],
        "layout": {
            "columns": layout.columns,
            "rows": layout.rows,
            "places": dict(layout.places),
            "passing": {"->".join(ends): stops for ends, stops in layout.passing.items()},
            "alone": layout.alone,
        },
    }


def _factor(system: systems.System, factor: systems.Factor) -> dict[str, Any]:
    known = systems.support(system, factor.name)
    return {
        "name": factor.name,
        "categorical": factor.categorical,
        "domain": factor.domain if factor.categorical else factor.limits,
        "description": factor.description,
        "unit": factor.unit,
        "hidden": factor.hidden,
        "sentence": system.mechanism(factor.name).sentence,
        "support": {"values": known.values, "intervals": known.intervals},
    }


def _held_out(system: systems.System, edge: systems.Edge) -> str:
    """Return which values of two factors training shows each, but never together; "" where there are none or numbers decide."""
    try:
        pairs = systems.held_out(system, edge.source, edge.target)
    except errors.UserError:
        return ""
    if not pairs:
        return ""
    named = ", ".join(" ".join(reversed(pair)) for pair in pairs[:MOST_HELD_OUT])
    more = f" and {len(pairs) - MOST_HELD_OUT} more" if len(pairs) > MOST_HELD_OUT else ""
    return f"Never together in training: {named}{more}."


def _call(key: str, callback: Callable[[Rested], None] | None) -> None:
    said = st.session_state[key].get("rest") if key in st.session_state else None
    if callback is not None and said is not None:
        callback(Rested.read(said))
