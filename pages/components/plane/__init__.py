"""The two-head plane: one dot a person, a line that tilts with the slack under the hand; the page runs again only when the hand lets go."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from engine.plots import planes
from pages.components.mounting import mount


def show(
    dots: planes.Dots,
    *,
    key: str,
    name: str,
    alt: str,
    height: int = 460,
    accepted: str = "accepted",
    on_slack: Callable[[float], None] | None = None,
) -> None:
    """Draw people and the line.

    Args:
        dots: People and every position of the line.
        key: Streamlit's key; zoom and slack are kept under it while the page runs again.
        name: Title of the saved picture.
        alt: What the figure shows, for those who cannot see it.
        height: Pixels of the drawing.
        accepted: What a person right of the line is, in a word.
        on_slack: Called with the slack that the visitor left the slider at, before the page runs again.
    """
    packed = planes.pack(dots, height=height, name=name, alt=alt, accepted=accepted)
    mount("plane/plane.js", key=key, data=packed, on_slack_change=lambda: _called(key, on_slack))


def _called(key: str, on_slack: Callable[[float], None] | None) -> None:
    held: Any = st.session_state.get(key, {})
    if on_slack is not None and held.get("slack") is not None:
        on_slack(float(held["slack"]))
