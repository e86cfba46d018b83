"""Numbers along how hard networks were pressed: a line for each series over named steps, with bars or a band, and named levels across."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from engine.plots import axes, formats, looks, template
from engine.plots.template import Trace

DASHES = ("6px,4px", "2px,3px", "8px,3px,2px,3px")


def pressed(
    frame: pd.DataFrame,
    *,
    steps: Sequence[str],
    x_title: str,
    y_title: str,
    unit: str | None = None,
    levels: Mapping[str, float] | None = None,
    bands: Sequence[str] = (),
    separate: Sequence[str] = (),
    within: tuple[float, float] | None = None,
) -> go.Figure:
    """Return one line a value of `series` over steps, in the order given.

    Args:
        frame: One row a point: step, series, value, low, high, and n (what the interval is over), as text.
        steps: All steps, first to last; steps of the frame that are not among them are not drawn.
        x_title: What the steps are.
        y_title: What y shows.
        unit: Unit of y.
        levels: Name and height of lines across: floors and ceilings.
        bands: Series whose interval is drawn as a band, without their line: ranges of controls.
        separate: Steps that are not on the same scale as the others: their points are not joined to the lines.
        within: Lowest and highest y to show.
    """
    names = list(dict.fromkeys(frame["series"].astype(str)))
    given = looks.looks(sorted(names))
    places = {step: i for i, step in enumerate(steps)}
    traces = [_level(name, height, k, len(steps), unit) for k, (name, height) in enumerate((levels or {}).items())]
    for name in names:
        mine = (
            frame[(frame["series"].astype(str) == name) & frame["step"].isin(places)]
            .assign(at=lambda rows: rows["step"].map(places))
            .sort_values("at")
        )
        traces += _band(mine, name, given[name]) if name in bands else _lines(mine, name, given[name], unit, separate)
    across = {"tickvals": list(range(len(steps))), "ticktext": [formats.plain(step) for step in steps], "range": [-0.4, len(steps) - 0.6]}
    return template.figure(
        traces,
        xaxis=axes.layout(x_title, None) | across,
        yaxis=axes.layout(y_title, unit, within=within),
        height=360,
        showlegend=True,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        margin={"t": 20},
    )


def _lines(mine: pd.DataFrame, name: str, look: looks.Look, unit: str | None, separate: Sequence[str]) -> list[Trace]:
    """Return the line, and the points beside it as a trace of their own, which the legend shows and hides with it."""
    beside = mine["step"].isin(list(separate))
    found = [_line(mine[~beside], name, look, unit)]
    return [*found, _line(mine[beside], name, look, unit) | {"showlegend": False, "mode": "markers"}] if beside.any() else found


def _line(mine: pd.DataFrame, name: str, look: looks.Look, unit: str | None) -> Trace:
    columns = ("value", "low", "high")
    value, low, high = (mine[column].to_numpy(np.float64, na_value=np.nan) for column in columns)
    texts = [
        f"<b>{formats.plain(name)}</b> · {formats.plain(row['step'])}<br>{formats.interval(row['value'], row['low'], row['high'], None, unit)}"
        f"<br>{formats.plain(row.get('n', ''))}"
        for row in mine.to_dict("records")
    ]
    return template.trace(
        "scatter", x=mine["at"].tolist(), y=value, error_y=template.errors(value, low, high, template.faded(look.hex, 0.6)),
        mode="lines+markers", name=formats.plain(name), legendgroup=formats.plain(name), hovertext=texts, hoverinfo="text",
        line={"color": look.hex, "width": 1.5},
        marker={"color": look.hex, "symbol": look.plotly, "size": 8},
    )  # fmt: skip


def _band(mine: pd.DataFrame, name: str, look: looks.Look) -> list[Trace]:
    """Return an area from low to high, named in the legend."""
    at, low, high = mine["at"].tolist(), mine["low"].tolist(), mine["high"].tolist()
    if not at:
        return []
    return [
        template.trace(
            "scatter", x=[*at, *at[::-1]], y=[*high, *low[::-1]], fill="toself", mode="lines", line={"width": 0, "color": look.hex},
            fillcolor=template.faded(look.hex, 0.22), hoverinfo="skip", name=formats.plain(name), showlegend=True,
        )
    ]  # fmt: skip


def _level(name: str, height: float, k: int, steps: int, unit: str | None) -> Trace:
    """Return a line across, with its number in the legend."""
    return template.trace(
        "scatter", x=[-0.4, steps - 0.6], y=[height, height], mode="lines", hoverinfo="skip",
        name=f"{formats.plain(name)} ({formats.interval(height, unit=unit)})",
        line={"color": template.LIGHT.muted, "width": 1.25, "dash": DASHES[k % len(DASHES)]},
    )  # fmt: skip
