"""The router: which function of a neural interpreter takes which patch of an image, step by step, and what goes without one."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from pages.components.mounting import mount


def show(offer: Mapping[str, Any], *, key: str, on_view: Callable[[dict[str, Any]], None] | None = None) -> None:
    """Draw an interpreter's routing; images and functions are asked about by the browser.

    Args:
        offer: `circuit`, `live` (where questions go), `examples` (id, label, url), `classes`, `channels`, `shifts` (name -> strengths),
            `n` (test images that functions are measured on), `sets` (shifts to measure under), `start` (`image`, `without`).
        key: Streamlit's key.
        on_view: Called with `image` and `without` once an answer is there, before the page runs again.
    """
    mount("routing/routing.js", key=key, data=dict(offer), on_view_change=lambda: _call(key, on_view))


def _call(key: str, callback: Callable[[dict[str, Any]], None] | None) -> None:
    said: Any = st.session_state[key].get("view") if key in st.session_state else None
    if callback is not None and isinstance(said, dict):
        callback(said)
