"""The canvas scatter: up to 50,000 points with intervals, fed raw bytes; answers with an id or a region, never with points."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from engine.plots import points
from pages.components.mounting import mount


def show(
    shown: points.Points,
    *,
    key: str,
    name: str = "",
    alt: str = "",
    height: int = 460,
    selected: str | None = None,
    start: Mapping[str, Any] | None = None,
    on_open: Callable[[str], None] | None = None,
    on_region: Callable[[Mapping[str, Any] | None], None] | None = None,
) -> str | None:
    """Draw points and return the id of one that was opened in this run; `region` tells what is brushed.

    Args:
        shown: What to draw.
        key: Streamlit's key; zoom and brush are kept under it while data change.
        name: Title of the saved picture.
        alt: What the figure shows, for those who cannot see it.
        height: Pixels.
        selected: Id of a point to mark.
        start: The region that is brushed at first, such as the one in the address.
        on_open: Called with the id of a point that was clicked or opened by Enter, before the page runs again.
        on_region: Called with a new region, or None when it was cleared; see `engine.plots.points.inside`.
    """
    packed = points.pack(shown, height=height, name=name, alt=alt, selected=selected, region=region(key) or start)
    held = mount(
        "scatter/scatter.js",
        key=key,
        data=packed,
        on_open_change=lambda: _call(key, "open", on_open),
        on_region_change=lambda: _call(key, "region", on_region),
    )
    return held.open


def region(key: str) -> Mapping[str, Any] | None:
    """Return the region that a visitor brushed, in the form that `engine.plots.points.inside` takes; None where there is none."""
    return _state(key).get("region")


def _state(key: str) -> Mapping[str, Any]:
    return st.session_state.get(key, {})


def _call(key: str, event: str, callback: Callable[[Any], None] | None) -> None:
    """Hand an event's value to the page."""
    value = _state(key).get(event)
    if callback is not None and (value is not None or event == "region"):
        callback(value)
