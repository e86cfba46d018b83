"""Progress where the result will be: asked for only while something is under way."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from engine.plots import formats
from engine.plots.markdown import escape
from pages.parts import plain

EVERY = 0.5  # seconds: cancel must be felt within this


@dataclass(frozen=True)
class Progress:
    """How far something is."""

    title: str
    done: int
    total: int
    active: bool
    unit: str = "cells"
    doing: str = ""  # what is under way right now
    rate: str = ""  # such as "210 images/s"
    seconds_left: float | None = None
    cancelling: bool = False


def progress(poll: Callable[[], Progress | None], *, key: str, cancel: Callable[[], None] | None = None) -> bool:
    """Show what `poll` says every half second while it is active; when it ends the whole page runs again. Return whether it is active.

    Args:
        poll: Reads how far it is; None where there is nothing.
        key: Streamlit's key.
        cancel: Asks for an end; without it there is no button.
    """
    now = poll()
    if now is None or not now.active:
        return False
    st.fragment(_show, run_every=EVERY)(poll, key, cancel)
    return True


def _show(poll: Callable[[], Progress | None], key: str, cancel: Callable[[], None] | None) -> None:
    now = poll()
    if now is None or not now.active:
        st.rerun()
        return
    with st.container(border=True, key=f"progress-{key}", horizontal=True, vertical_alignment="center"):
        with st.container():
            st.markdown(f"**{escape(now.title)}**")
            st.progress(min(1.0, now.done / now.total) if now.total else 0.0, text=said(now))
        if cancel is not None and not plain.on():
            st.button("Stopping …" if now.cancelling else "Cancel", key=f"cancel-{key}", on_click=cancel, disabled=now.cancelling, width="content")


def said(now: Progress) -> str:
    """Return progress as a line: done of total, rate, time left, what is under way."""
    left = f"{formats.duration(now.seconds_left)} left" if now.seconds_left is not None else ""
    parts = (formats.share(now.done, now.total, now.unit), now.rate, left, escape(now.doing))
    return " · ".join(part for part in parts if part)
