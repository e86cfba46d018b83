"""Figures on a page: in the theme's colours, with words for those who cannot see them, to take away as picture and as data."""

import html
import threading
import weakref
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from engine.plots import looks, points, template
from pages.components import scatter as canvas
from pages.components.takeaway import takeaway
from pages.parts import plain, style
from pages.parts.table import downloads, table, take_away

CONFIG = {"displaylogo": False, "displayModeBar": False, "scrollZoom": False, "doubleClick": "reset"}


def figure(
    drawn: go.Figure,
    *,
    key: str,
    data: pd.DataFrame,
    name: str,
    alt: str,
    select: bool = False,
) -> list[str]:
    """Show a figure; below it PNG, SVG, CSV, Parquet and its rows as a table. Return the `customdata` of selected points.

    Args:
        drawn: A figure from `engine.plots`, in the light theme.
        key: Streamlit's key.
        data: The rows that the figure shows.
        name: Title of the picture and name of the files.
        alt: What the figure shows, in words.
        select: Whether a click selects points, and the page runs again.
    """
    with st.container(key=f"figure-{key}", gap="small"):
        picked = _plotly(drawn, key, alt, select=select)
    _under(key, data, name)
    return picked


def figures(
    drawn: Mapping[str, go.Figure], *, key: str, data: pd.DataFrame, name: str, alt: str, legend: Mapping[str, looks.Look] | None = None
) -> None:
    """Show panels that flow into as many columns as there is room for, under one legend; taken away as one picture.

    Args:
        drawn: A figure for each panel.
        key: Streamlit's key.
        data: The rows that all panels show.
        name: Title of the picture and name of the files.
        alt: What the panels show, in words.
        legend: The look of each line.
    """
    with st.container(key=f"figure-{key}", gap="small"):
        if legend:
            st.html(_legend(legend))
        with st.container(horizontal=True, gap="small", key=f"panels-{key}"):
            for panel, one in drawn.items():
                with st.container(key=f"panel-{key}-{panel}"):
                    _plotly(one, f"{key}-{panel}", f"{alt}: {panel}")
    _under(key, data, name)


def scatter(shown: points.Points, *, key: str, data: pd.DataFrame, name: str, alt: str, **options: Any) -> str | None:
    """Show points on the canvas, which saves its own pictures and has its own table; below it CSV and Parquet. Return an opened id.

    Args:
        shown: What to draw.
        key: Streamlit's key.
        data: The rows behind it.
        name: Title of the picture and name of the files.
        alt: What the figure shows, in words.
        options: `height`, `selected`, `start`, `on_open`, `on_region`, as in `pages.components.scatter.scatter`.
    """
    opened = canvas.show(shown, key=key, name=name, alt=alt, **options)
    take_away(data, key=key, name=name)
    return opened


def _plotly(drawn: go.Figure, key: str, alt: str, *, select: bool = False) -> list[str]:
    """Show a Plotly figure in the visitor's theme and return the `customdata` of selected points."""
    shown = _ready(drawn, style.theme())
    state: Any = st.plotly_chart(
        shown, key=key, theme=None, config=CONFIG, alt=alt, on_select="rerun" if select else "ignore", selection_mode=("points",)
    )
    return [_said(point.get("customdata")) for point in state["selection"]["points"]] if select else []


class _Ready(go.Figure):
    """A figure that is not drawn any further: what Plotly makes of it for the browser, which takes longer than to send it, is kept with it."""

    def __init__(self, drawn: go.Figure) -> None:
        super().__init__()
        self._content = drawn.to_dict()

    def to_dict(self) -> dict[str, Any]:
        """Return the content, which nobody may change."""
        return self._content


_seen: dict[tuple[int, template.Name], _Ready] = {}
_lock = threading.Lock()


def _ready(drawn: go.Figure, theme: template.Name) -> _Ready:
    """Return a figure in a theme, ready to be sent; it is kept for as long as somebody keeps the figure."""
    key = (id(drawn), theme)
    with _lock:
        if key in _seen:
            return _seen[key]
    ready = _Ready(template.themed(drawn, theme))
    with _lock:
        _seen[key] = ready
        weakref.finalize(drawn, _seen.pop, key, None).atexit = False
    return ready


def _said(customdata: Any) -> str:
    return str(customdata[0] if isinstance(customdata, list) else customdata)


def _under(key: str, data: pd.DataFrame, name: str) -> None:
    """Show what can be taken away, and the rows as a table once someone asks for them."""
    if not plain.on():
        with st.container(horizontal=True, vertical_alignment="center", key=f"takeaway-{key}", gap="small"):
            takeaway(f"figure-{key}", key=f"pictures-{key}", name=name)
            downloads(data, key=key, name=name)
    rows = st.expander("Data", key=f"rows-{key}", type="compact", on_change="rerun")
    if rows.open:
        with rows:
            table(data, key=f"table-{key}", name=name)


def _legend(legend: Mapping[str, looks.Look]) -> str:
    entries = "".join(
        f'<span><img src="{_mark(look)}" alt="" width="14" height="14">{html.escape(str(name))}</span>' for name, look in legend.items()
    )
    return f'<div class="ts-legend">{entries}</div>'


def _mark(look: looks.Look) -> str:
    """Return the mark of a line as the address of a picture that holds it."""
    colour = style.colours().categorical[look.colour]
    outline = looks.OUTLINES[look.symbol]
    drawn = f'<svg xmlns="http://www.w3.org/2000/svg" width="14" height="14" viewBox="-7 -7 14 14"><path d="{outline}" fill="{colour}"/></svg>'
    return f"data:image/svg+xml,{quote(drawn)}"
