"""The stepper: a clip frame by frame with what is hidden in it, under the hand; the server hears only of the view, when the hand rests."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from pages.components.mounting import mount
from pages.parts import reels

PARTS = ("frame", "masks", "odds", "beside", "series")


def show(about: Mapping[str, Any], start: Mapping[str, str], *, key: str, on_view: Callable[[dict[str, str]], None] | None = None) -> None:
    """Draw a clip; frames and masks are fetched by the browser.

    Args:
        about: What the clip is, from `engine.amodal.reel.about`.
        start: Where to begin: `object`, `frame`, `layers` (keys of layers), `opacity` ("2:30,4:50", percent by key),
            `ghost` (a frame), `a` and `b` (answers), `mode` (one, side, wipe); each may be missing.
        key: Streamlit's key.
        on_view: Called with the same words for what is seen once the hand rests, before the page runs again.
    """
    clip, identity = about["clip"], about["identity"]
    begun = json.dumps(start, sort_keys=True)
    data = dict(about) | {"start": dict(start), "begun": begun, "urls": {part: reels.address(clip, part, identity) for part in PARTS}}
    mount("stepper/stepper.js", key=key, data=data, on_view_change=lambda: _call(key, on_view))


def _call(key: str, callback: Callable[[dict[str, str]], None] | None) -> None:
    said: Any = st.session_state[key].get("view") if key in st.session_state else None
    if callback is None or not isinstance(said, str):
        return
    try:
        view = json.loads(said)
    except ValueError:
        return
    if isinstance(view, dict):
        callback({str(name): str(value) for name, value in view.items()})
