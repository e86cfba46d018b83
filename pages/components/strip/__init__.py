"""The prediction strip: one unit along one factor, what each network says on the way, under the hand."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from engine import systems
from engine.interventions import settings
from engine.interventions.asking import Path
from pages.components.mounting import mount
from pages.parts import alike, live


def show(
    asked: Path, units: Sequence[int], *, key: str, name: str, alt: str, at: str | None = None,
    on_unit: Callable[[int], None] | None = None, on_at: Callable[[str], None] | None = None,
) -> None:  # fmt: skip
    """Draw a strip; pictures and answers are fetched by the browser.

    Args:
        asked: The unit, the factor, the networks.
        units: Numbers of the units to choose from.
        key: Streamlit's key.
        name: Title of the saved picture.
        alt: What the strip shows, for those who cannot see it.
        at: The value that the hand is at, as text; by default the unit's own.
        on_unit: Called with the number of the unit that was chosen, before the page runs again.
        on_at: Called with the value at which the hand came to rest, likewise.
    """
    said = asked.said()
    data = described(asked.loaded(), asked.factor, asked.points) | {
        "question": {part: said[part] for part in said if part != "unit"}, "unit": asked.unit, "units": list(units),
        "networks": list(asked.networks), "at": at, "name": name, "label": alt,
        "pictures": alike.address("path"), "thumbs": alike.address("units"), "live": live.address("interventions"),
    }  # fmt: skip
    mount(
        "strip/strip.js", key=key, data=data,
        on_unit_change=lambda: _call(key, "unit", on_unit), on_at_change=lambda: _call(key, "at", on_at),
    )  # fmt: skip


def described(system: systems.System, factor: str, points: int) -> dict[str, Any]:
    """Return what the browser needs to know of a factor: its values, which of them training shows, where they stand."""
    about, known = system.factor(factor), systems.support(system, factor)
    levels = settings.levels(system, factor, points)
    return {
        "levels": [{"text": level.text, "place": level.place, "inside": level.inside} for level in levels],
        "span": None if about.categorical else about.limits, "support": known.intervals,
    }  # fmt: skip


def _call(key: str, name: str, callback: Callable[[Any], None] | None) -> None:
    value = st.session_state[key].get(name) if key in st.session_state else None
    if callback is not None and value is not None:
        callback(value)
