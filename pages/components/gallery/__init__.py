"""The gallery: a grid of examples with every network's answer, one of which can be selected."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from pages.components.mounting import mount


@dataclass(frozen=True)
class Reply:
    """One network's answer to one example."""

    network: str
    answer: str
    confidence: float | None = None  # fraction
    right: bool | None = None


@dataclass(frozen=True)
class Tile:
    """One example: its picture's address, its true label, the answers to it."""

    id: str
    url: str  # from `pages.parts.routes.image_url`
    title: str  # what it is
    answer: str = ""  # one network's answer
    good: bool | None = None  # whether that is right
    note: str = ""
    replies: Sequence[Reply] = ()  # the answers of several networks


def show(
    tiles: Sequence[Tile],
    *,
    key: str,
    size: int = 96,
    selected: str | None = None,
    label: str = "Examples",
    shape: float = 1.0,
    on_select: Callable[[str], None] | None = None,
) -> str | None:
    """Draw tiles and return the id of one that was selected in this run.

    Args:
        tiles: What to show; pictures are loaded as they come into sight.
        key: Streamlit's key.
        size: Pixels of a picture's side.
        selected: Id of the tile to mark.
        label: What the grid is, for those who cannot see it.
        shape: How many times as wide as high a picture is.
        on_select: Called with the id before the page runs again.
    """
    data = {"tiles": [asdict(tile) for tile in tiles], "size": size, "selected": selected, "label": label, "shape": shape}
    held = mount("gallery/gallery.js", key=key, data=data, on_select_change=lambda: _call(key, on_select))
    return held.select


def _call(key: str, callback: Callable[[str], None] | None) -> None:
    value = st.session_state[key].get("select") if key in st.session_state else None
    if callback is not None and value is not None:
        callback(value)
