"""A scatter of numbers with intervals, for some thousands of points; the canvas draws more from `Points`."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from engine.plots import axes, formats, looks, template
from engine.plots.points import Axis, Points
from engine.plots.template import Trace

MOST = 5_000


def scatter(
    frame: pd.DataFrame,
    *,
    x_axis: Axis,
    y_axis: Axis,
    x: str = "x",
    y: str = "y",
    label: str = "network",
    colour: str | None = None,
    reference: bool = True,
    fit: Mapping[str, Sequence[float]] | None = None,
    fitted: str = "fit",
) -> go.Figure:
    """Return a scatter with error bars from `{x}_low`, `{x}_high`, `{y}_low`, `{y}_high` where there are such columns.

    Args:
        frame: One row a point; rows without x or y are left out.
        x_axis: What x shows.
        y_axis: What y shows.
        x: Column of x.
        y: Column of y.
        label: Column of names; also `customdata`, which a selection reports.
        colour: Column whose values give colour and symbol.
        reference: Whether to draw y = x.
        fit: A line's x and y, and low and high where it has a band, in data units.
        fitted: What the legend calls that line.
    """
    kept = frame[frame[x].notna() & frame[y].notna()]
    traces = [_reference(kept, x, y, x_axis, y_axis)] if reference else []
    traces += _fit(fit, x_axis, y_axis, fitted) if fit is not None else []
    groups = list(kept.groupby(colour, sort=True, observed=True)) if colour else [("", kept)]
    given = looks.looks(str(name) for name, _ in groups)
    traces += [_cloud(part, str(name), given[str(name)], x, y, label, x_axis, y_axis) for name, part in groups]
    return template.figure(traces, xaxis=_axis(x_axis), yaxis=_axis(y_axis), height=460)


def of_points(points: Points, *, fitted: str = "fit") -> go.Figure:
    """Return what the canvas draws as a figure: the same points, axes, looks and line, which the legend calls `fitted`."""
    bounds = {name: getattr(points, name) for name in ("x_low", "x_high", "y_low", "y_high", "x_n", "y_n")}
    columns = {"x": points.x, "y": points.y, "label": list(points.labels), **{name: found for name, found in bounds.items() if found is not None}}
    frame = pd.DataFrame(columns).astype({name: np.float64 for name in columns if name != "label"})
    if points.colours is not None:
        frame["group"] = [points.groups[code][0] for code in points.colours]
    return scatter(
        frame, x_axis=points.x_axis, y_axis=points.y_axis, label="label", colour="group" if points.colours is not None else None,
        reference=points.reference, fit=points.fit, fitted=fitted,
    )  # fmt: skip


def _axis(axis: Axis) -> dict:
    return axes.layout(axis.title, axis.unit, axis.scale, axis.within)


def _cloud(part: pd.DataFrame, name: str, look: looks.Look, x: str, y: str, label: str, x_axis: Axis, y_axis: Axis) -> Trace:
    texts = [
        f"<b>{formats.plain(row[label])}</b><br>x: {_interval(row, x, x_axis)}<br>y: {_interval(row, y, y_axis)}" for row in part.to_dict("records")
    ]
    return template.trace(
        "scatter",
        x=axes.place(part[x].to_numpy(np.float64), x_axis.scale),
        y=axes.place(part[y].to_numpy(np.float64), y_axis.scale),
        error_x=_errors(part, x, x_axis, look),
        error_y=_errors(part, y, y_axis, look),
        mode="markers",
        name=formats.plain(name),
        showlegend=bool(name),
        customdata=part[label].astype(str).to_numpy(),
        hovertext=texts,
        hoverinfo="text",
        marker={"color": look.hex, "symbol": look.plotly, "size": 8, "line": {"width": 1, "color": template.LIGHT.background}},
    )


def _interval(row: dict, name: str, axis: Axis) -> str:
    return formats.interval(row[name], row.get(f"{name}_low"), row.get(f"{name}_high"), row.get(f"{name}_n", row.get("n")), axis.unit)


def _errors(part: pd.DataFrame, name: str, axis: Axis, look: looks.Look) -> dict | None:
    if f"{name}_low" not in part:
        return None
    columns = (name, f"{name}_low", f"{name}_high")
    middle, low, high = (axes.place(part[c].to_numpy(np.float64, na_value=np.nan), axis.scale) for c in columns)
    return template.errors(middle, low, high, template.faded(look.hex, 0.5))


def _reference(frame: pd.DataFrame, x: str, y: str, x_axis: Axis, y_axis: Axis) -> Trace:
    """Return the line y = x over what both axes show."""
    ends = [v for axis in (x_axis, y_axis) if axis.within for v in axis.within] or [*frame[x], *frame[y]] or [0.0, 1.0]
    along = np.linspace(min(ends), max(ends), 101)
    return template.trace(
        "scatter",
        x=axes.place(along, x_axis.scale),
        y=axes.place(along, y_axis.scale),
        mode="lines",
        hoverinfo="skip",
        name="y = x",
        line={"color": template.LIGHT.axis, "width": 1, "dash": "4px,4px"},
    )


def _fit(fit: Mapping[str, Sequence[float]], x_axis: Axis, y_axis: Axis, name: str) -> list[Trace]:
    along = axes.place(np.asarray(fit["x"], dtype=np.float64), x_axis.scale)
    found = []
    if "low" in fit:
        low, high = (axes.place(np.asarray(fit[end], dtype=np.float64), y_axis.scale) for end in ("low", "high"))
        found.append(band(along, low, high, template.LIGHT.muted))
    middle = axes.place(np.asarray(fit["y"], dtype=np.float64), y_axis.scale)
    line = {"color": template.LIGHT.muted, "width": 1.5}
    return [*found, template.trace("scatter", x=along, y=middle, mode="lines", name=name, hoverinfo="skip", line=line)]


def band(x: np.ndarray, low: np.ndarray, high: np.ndarray, colour: str) -> Trace:
    """Return the area between two bounds along x; where a bound is NaN there is no area."""
    known = np.isfinite(low) & np.isfinite(high)
    x, low, high = x[known], low[known], high[known]
    return template.trace(
        "scatter",
        x=np.concatenate([x, x[::-1]]),
        y=np.concatenate([high, low[::-1]]),
        fill="toself",
        mode="lines",
        line={"width": 0},
        fillcolor=template.faded(colour),
        hoverinfo="skip",
        showlegend=False,
    )
