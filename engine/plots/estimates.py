"""Several estimates of each of many things beside each other: marks with intervals, one line a thing, to read from the top."""

import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from engine.plots import axes, formats, template
from engine.plots.template import Trace

ROW = 36  # pixels
WIDE = 26  # letters in a line of a name
SPREAD = 0.26  # of a row, between the first mark and the last
SYMBOLS = ("circle", "square-open", "diamond-open", "triangle-up-open", "triangle-down-open", "cross-open", "x-open", "star-open")
COLOURS = tuple(range(8))  # places in the palette
EDGE = ("triangle-left", "triangle-right")


def estimates(
    frame: pd.DataFrame,
    series: Mapping[str, str],
    *,
    title: str,
    label: str = "label",
    within: tuple[float, float] | None = None,
    note: str | None = None,
    ticks: Mapping[str, str] | None = None,
) -> go.Figure:
    """Return a row for each row of the frame, in its order, with a mark for each series.

    A number outside `within` stands as an arrow at that edge and says itself when pointed at; one that is undefined has no mark.

    Args:
        frame: One row a thing; beside each column of numbers `<column>_low` and `<column>_high` are its bounds, `networks` its n.
        series: What the legend says -> column of numbers.
        title: What the numbers are.
        label: Column of names.
        within: Least and largest number to show.
        note: Column of signs that stand behind the right end of a row; None and NaN say nothing.
        ticks: What the legend says -> column of a number without interval, drawn as an upright line to compare with.
    """
    n = len(frame)
    steps = np.linspace(-SPREAD, SPREAD, len(series)) if len(series) > 1 else np.zeros(1)
    traces = [_tick(frame, column, said, label) for said, column in (ticks or {}).items()]
    for i, (said, column) in enumerate(series.items()):
        traces.append(_marks(frame, column, said, label, within, float(steps[i]), i))
    x = axes.layout(title, None, within=within) | {"zeroline": True, "zerolinecolor": template.LIGHT.axis, "zerolinewidth": 1}
    names = [_two_lines(str(name)) for name in frame[label]]
    return template.figure(
        traces,
        xaxis=x,
        yaxis={"tickvals": list(range(n)), "ticktext": names, "range": [n - 0.4, -0.6], "ticks": "", "gridcolor": template.LIGHT.rule},
        height=90 + ROW * max(n, 2),
        annotations=_notes(frame, note) if note else [],
        margin={"r": 34} if note else {},
    )


def _two_lines(name: str) -> str:
    """Return a long name in two lines, the first as short as that allows but not below `WIDE`."""
    wrapped = next(lines for width in range(WIDE, WIDE + len(name) + 1) if len(lines := textwrap.wrap(name, width)) <= 2)
    return "<br>".join(formats.plain(line) for line in wrapped)


def _marks(frame: pd.DataFrame, column: str, said: str, label: str, within: tuple[float, float] | None, step: float, place: int) -> Trace:
    value, low, high = (frame[f"{column}{end}"].to_numpy(np.float64, na_value=np.nan) for end in ("", "_low", "_high"))
    least, most = within or (-np.inf, np.inf)
    shown = np.clip(value, least, most)
    outside = np.where(value < least, 0, np.where(value > most, 1, -1))
    ink = template.LIGHT.categorical[COLOURS[place % len(COLOURS)]]
    texts = [
        f"<b>{formats.plain(row[label])}</b><br>{formats.plain(said)}: "
        f"{formats.interval(row[column], row[f'{column}_low'], row[f'{column}_high'])}{_counted(row)}"
        for row in frame.to_dict("records")
    ]
    return template.trace(
        "scatter",
        x=shown,
        y=np.arange(len(frame)) + step,
        error_x=template.errors(shown, np.clip(low, least, most), np.clip(high, least, most), template.faded(ink, 0.55)),
        mode="markers",
        name=formats.plain(said),
        hovertext=texts,
        hoverinfo="text",
        customdata=frame[label].astype(str).tolist(),
        cliponaxis=False,
        marker={"color": ink, "size": 8, "symbol": [SYMBOLS[place % len(SYMBOLS)] if o < 0 else EDGE[o] for o in outside], "line": {"width": 1.5}},
    )


def _counted(row: Mapping[Any, Any]) -> str:
    counts = [f"{formats.count(row[name])} {name}" for name in ("networks", "pairs") if row.get(name) is not None and row[name] == row[name]]
    return f"<br>{', '.join(counts)}" if counts else ""


def _tick(frame: pd.DataFrame, column: str, said: str, label: str) -> Trace:
    values = frame[column].to_numpy(np.float64, na_value=np.nan)
    texts = [
        f"<b>{formats.plain(name)}</b><br>{formats.plain(said)}: {formats.number(value)}" for name, value in zip(frame[label], values, strict=True)
    ]
    marker = {"symbol": "line-ns-open", "size": 22, "color": template.LIGHT.muted, "line": {"width": 1.5}}
    return template.trace(
        "scatter", x=values, y=np.arange(len(frame)), mode="markers", name=formats.plain(said), hovertext=texts, hoverinfo="text", marker=marker
    )


def _notes(frame: pd.DataFrame, note: str) -> list[dict[str, Any]]:
    at = {"xref": "paper", "x": 1, "xanchor": "left", "xshift": 6, "showarrow": False, "font": {"size": template.SIZE + 3}}
    return [at | {"y": i, "text": formats.plain(text)} for i, text in enumerate(frame[note]) if isinstance(text, str)]
