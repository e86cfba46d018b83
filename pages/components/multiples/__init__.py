"""Small multiples: a grid of little scatters under headings, each of which can be opened."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from engine.plots import multiples
from pages.components.mounting import mount


def show(
    panels: Sequence[multiples.Panel],
    *,
    key: str,
    name: str,
    selected: str | None = None,
    label: str = "",
    size: int = 116,
    on_open: Callable[[str], None] | None = None,
) -> str | None:
    """Draw panels and return the id of one that was opened in this run.

    Args:
        panels: What to draw, those of one group together.
        key: Streamlit's key.
        name: Title of the saved picture.
        selected: Id of the panel to mark.
        label: What the grid shows, for those who cannot see it.
        size: Least pixels of a panel's side.
        on_open: Called with the id before the page runs again.
    """
    packed = multiples.pack(panels, name=name, selected=selected, label=label, size=size)
    held: Any = mount("multiples/multiples.js", key=key, data=packed, on_open_change=lambda: _call(key, on_open))
    return held.open


def _call(key: str, callback: Callable[[str], None] | None) -> None:
    value = st.session_state[key].get("open") if key in st.session_state else None
    if callback is not None and value is not None:
        callback(value)
