"""Seeing and doing beside each other: how likely each value of a factor is as it is, where another one is seen, and where it is made."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from engine.plots import formats, template
from engine.plots.template import Trace

WAYS = ("as it is", "seen", "made")


def seeing(frame: pd.DataFrame, *, of: str, seen: str, made: str) -> go.Figure:
    """Return bars, three a value: an outline as it is, hatched where it is seen, full where it is made.

    Args:
        frame: Columns `value`, `way` (one of `WAYS`), `probability`, `low`, `high`, `exact`.
        of: The factor whose values are counted.
        seen: What is seen, in words.
        made: What is made, in words.
    """
    words = dict(zip(WAYS, ("in all pictures", seen, made), strict=True))
    names = [formats.plain(name) for name in frame["value"].drop_duplicates()]
    return template.figure(
        [_bars(frame[frame["way"] == way], way, words[way]) for way in WAYS],
        xaxis={"type": "category", "categoryorder": "array", "categoryarray": names, "title": {"text": formats.plain(of)}, "showgrid": False},
        yaxis={"title": {"text": "share of pictures"}, "tickformat": ".0%", "rangemode": "tozero"},
        barmode="group",
        bargap=0.25,
        bargroupgap=0.05,
        height=320,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )


def _bars(part: pd.DataFrame, way: str, words: str) -> Trace:
    exact = bool(part["exact"].all())
    return template.trace(
        "bar",
        x=[formats.plain(value) for value in part["value"]],
        y=part["probability"].to_numpy(float),
        name=formats.plain(words),
        hovertext=[f"<b>{formats.plain(row['value'])}</b>, {formats.plain(words)}<br>{_number(row)}" for row in part.to_dict("records")],
        hoverinfo="text",
        marker=_look(way),
        error_y=None if exact else template.errors(part["probability"], part["low"], part["high"], template.LIGHT.text),
    )


def _number(row: Mapping[Any, Any]) -> str:
    if row["exact"]:
        return f"{formats.percent(row['probability'])} (exact)"
    return formats.interval(row["probability"], row["low"], row["high"], unit="fraction")


def _look(way: str) -> dict:
    """Return how a way is drawn: colour and, as the second cue, outline, hatching or neither."""
    axis, seen, made = template.LIGHT.axis, template.LIGHT.categorical[1], template.LIGHT.categorical[0]
    if way == "as it is":
        return {"color": template.faded(axis, 0.08), "line": {"color": axis, "width": 1.5}}
    if way == "seen":
        return {"color": template.faded(seen, 0.25), "line": {"color": seen, "width": 1}, "pattern": {"shape": "/", "fgcolor": seen, "size": 6}}
    return {"color": made, "line": {"color": made, "width": 1}}
