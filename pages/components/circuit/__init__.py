"""The circuit viewer: a module graph and its matrix under the hand; the server hears only of the view, when the hand rests."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.components.mounting import mount


def show(block: bytes, *, key: str, on_view: Callable[[str], None] | None = None) -> None:
    """Draw a circuit.

    Args:
        block: What is drawn, from `engine.circuits.picture`.
        key: Streamlit's key; the view stays under it while other data come.
        on_view: Called with the view as a short text (JSON) once the hand rests, before the page runs again.
    """
    mount("circuit/circuit.js", key=key, data=block, on_view_change=lambda: _call(key, on_view))


def _call(key: str, callback: Callable[[str], None] | None) -> None:
    said: Any = st.session_state[key].get("view") if key in st.session_state else None
    if callback is not None and isinstance(said, str):
        callback(said)
