"""The watch over the theme: the server draws figures in the colours that the browser shows, also when they are switched."""

import streamlit as st

from pages.components.mounting import mount

KEY = "theme-watch"


def reported() -> str | None:
    """Return the theme that the browser reported, "light" or "dark", or None where it agreed with what was drawn so far."""
    state = st.session_state.get(KEY)
    return state.get("now") if state else None


def watch(drawn: str) -> None:
    """Have the browser report, once, when it shows another theme than the one that was drawn; that runs the page again."""
    mount("theme/theme.js", key=KEY, data={"drawn": drawn}, on_now_change=None)
