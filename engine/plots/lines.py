"""Lines with bands against a strength: one panel, or a family of panels that share their axes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from engine.plots import axes, formats, looks, template
from engine.plots.scatter import band
from engine.plots.template import Trace

MOST = 24  # lines in one panel; more cannot be told apart


def curves(
    frame: pd.DataFrame,
    *,
    x_title: str,
    y_title: str,
    unit: str | None = "fraction",
    x: str = "strength",
    y: str = "value",
    colour: str = "network",
    within: tuple[float, float] | None = None,
    legend: bool = True,
) -> go.Figure:
    """Return one line a value of `colour`, with bands from `low` and `high` where there are such columns.

    Args:
        frame: One row a point, with `n` where it is known; a line breaks where y is missing or undefined.
        x_title: What x shows, its unit included.
        y_title: What y shows.
        unit: Unit of y.
        x: Column of x.
        y: Column of y.
        colour: Column that tells the lines apart.
        within: Lowest and highest y to show.
        legend: Whether to list the lines.
    """
    given = looks.looks(sorted(frame[colour].astype(str).unique()))
    found = frame.groupby(colour, sort=True, observed=True)
    drawn = [_curve(part.sort_values(x), str(name), given[str(name)], x, y, unit) for name, part in found]
    return template.figure(
        [trace for traces in drawn for trace in traces],
        xaxis=axes.layout(x_title, None),
        yaxis=axes.layout(y_title, unit, within=within),
        height=340,
        showlegend=legend,
    )


def panels(frame: pd.DataFrame, facet: str = "shift", *, x_titles: Mapping[str, str] | None = None, **options: Any) -> Mapping[str, go.Figure]:
    """Return a panel for each value of `facet`, all with the same y axis, without legends (see `legend`).

    Args:
        frame: As for `curves`.
        facet: Column whose values get a panel each.
        x_titles: What x shows in a panel, where that differs from `x_title`.
        options: As for `curves`.
    """
    y = options.get("y", "value")
    options.setdefault("within", _shared(frame, y, options.get("unit", "fraction")))
    made = {}
    for name, part in frame.groupby(facet, sort=True, observed=True):
        titled = {**options, "x_title": (x_titles or {}).get(str(name), options.get("x_title", "strength"))}
        made[str(name)] = curves(part, legend=False, **titled)
        made[str(name)].update_layout(height=220, title={"text": formats.plain(str(name).replace("_", " ")), "y": 0.98}, margin={"t": 30})
    return made


def legend(frame: pd.DataFrame, colour: str = "network") -> Mapping[str, looks.Look]:
    """Return the look of each line, for a legend that many panels share."""
    names = sorted(frame[colour].astype(str).unique())
    given = looks.looks(names)
    return {name: given[name] for name in names}


def _shared(frame: pd.DataFrame, y: str, unit: str | None) -> tuple[float, float]:
    """Return the y range of all panels: all rates from 0 to 1, else what the values and their bounds span."""
    if unit == "fraction":
        return (0.0, 1.02)
    values = frame[[c for c in (y, "low", "high") if c in frame]].to_numpy(np.float64, na_value=np.nan)
    values = values[np.isfinite(values)]
    low, high = (values.min(), values.max()) if values.size else (0.0, 1.0)
    edge = 0.05 * (high - low or 1.0)
    return (float(low - edge), float(high + edge))


def _curve(part: pd.DataFrame, name: str, look: looks.Look, x: str, y: str, unit: str | None) -> list[Trace]:
    along, values = part[x].to_numpy(np.float64), part[y].to_numpy(np.float64, na_value=np.nan)
    texts = [
        f"<b>{formats.plain(name)}</b><br>{formats.number(row[x])}: {formats.interval(row[y], row.get('low'), row.get('high'), row.get('n'), unit)}"
        for row in part.to_dict("records")
    ]
    line = template.trace(
        "scatter",
        x=along,
        y=values,
        mode="lines+markers",
        name=formats.plain(name),
        legendgroup=name,
        hovertext=texts,
        hoverinfo="text",
        customdata=[name] * len(part),
        line={"color": look.hex, "width": 1.75},
        marker={"symbol": look.plotly, "size": 7, "color": look.hex},
    )
    if not {"low", "high"} <= set(part):
        return [line]
    low, high = (part[c].to_numpy(np.float64, na_value=np.nan) for c in ("low", "high"))
    return [band(along, low, high, look.hex) | {"legendgroup": name}, line]
