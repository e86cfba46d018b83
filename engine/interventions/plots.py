"""Figures of responses: curves with what occurs in training shaded, maps of two factors, profiles. From frames alone."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from engine.interventions import profile as profiles
from engine.plots import axes, formats, looks, matrix, template
from engine.plots.scatter import band
from engine.plots.template import Trace

AS_IT_IS = "as it is"
HEIGHT = 380
ROW = 11  # pixels a network in a row of a profile
Kind = Literal["value", "difference"]


def curve(
    frame: pd.DataFrame,
    *,
    title: str,
    x_title: str,
    support: Sequence[tuple[float, float]] = (),
    within: tuple[float, float] | None = None,
    kind: Kind = "value",
    height: int = HEIGHT,
    listed: bool = True,
) -> go.Figure:
    """Return response curves over a continuous factor: training shaded, dashed and hollow outside of it, the base world as a thin line.

    Args:
        frame: Rows of one metric, of one factor and of the base world (whose `factor` is "").
        title: What the numbers are.
        x_title: What the factor is, its unit included.
        support: Lowest and highest value of each stretch that occurs in training.
        within: Lowest and highest number to show.
        kind: Whether to show the numbers or their paired differences from the base world.
        height: Pixels.
        listed: Whether to list the networks.
    """
    given = legend(frame)
    set_to = frame[frame["factor"] != ""]
    traces = [_entry(name, look) for name, look in given.items()]
    for name, part in set_to.groupby("network", sort=True, observed=True):
        base = frame[(frame["factor"] == "") & (frame["network"] == name)]
        traces += _line(part.sort_values("place"), str(name), given[str(name)], kind, base)
    low, high = _ends(set_to["place"], support)
    return template.figure(
        traces,
        xaxis=axes.layout(x_title, None) | {"range": [low, high]},
        yaxis=axes.layout(title, "fraction", within=within) | _zero(kind),
        height=height,
        showlegend=listed,
        legend={"y": 1.08},
        margin={"t": 30},
        shapes=[_shaded(max(start, low), min(end, high)) for start, end in support],
        annotations=_marked(support, low, high),
    )


def categories(
    frame: pd.DataFrame,
    *,
    title: str,
    x_title: str,
    within: tuple[float, float] | None = None,
    kind: Kind = "value",
    height: int = HEIGHT,
    listed: bool = True,
) -> go.Figure:
    """Return the response to each value of a categorical factor, the base world first; what never occurs in training is hollow.

    Args: as for `curve`; values stand in the order in which the frame names them.
    """
    given = legend(frame)
    names = [AS_IT_IS] if kind == "value" and (frame["factor"] == "").any() else []
    names += list(dict.fromkeys(frame[frame["factor"] != ""]["level"]))
    place = {name: i for i, name in enumerate(names)}
    shown = frame.assign(place=[float(place.get(AS_IT_IS if not factor else level, np.nan)) for factor, level in _pairs(frame)])
    shown = shown[shown["place"].notna()]
    steps = np.linspace(-0.28, 0.28, len(given)) if len(given) > 1 else np.zeros(1)
    traces = [_entry(name, look) for name, look in given.items()]
    traces += [
        _dots(part.sort_values("place"), str(name), given[str(name)], kind, float(step))
        for step, (name, part) in zip(steps, shown.groupby("network", sort=True, observed=True), strict=True)
    ]
    inside = {level for (factor, level), held in zip(_pairs(frame), frame["inside"], strict=True) if factor and held}
    stretches = [(place[name] - 0.5, place[name] + 0.5) for name in names if name in inside]
    ticks = {"tickvals": list(range(len(names))), "ticktext": [formats.plain(name) for name in names], "range": [-0.6, len(names) - 0.4]}
    return template.figure(
        traces,
        xaxis=axes.layout(x_title, None) | ticks | {"showgrid": False},
        yaxis=axes.layout(title, "fraction", within=within) | _zero(kind),
        height=height,
        showlegend=listed,
        legend={"y": 1.08},
        margin={"t": 30},
        shapes=[_shaded(start, end) for start, end in _joined(stretches)],
        annotations=_marked(_joined(stretches), -0.6, len(names) - 0.4),
    )


def _entry(name: str, look: looks.Look) -> Trace:
    """Return a network's line in the legend: its full mark, whatever the first of its points is."""
    return template.trace(
        "scatter", x=[None], y=[None], mode="markers", name=formats.plain(name), legendgroup=name, marker=_marker([look.plotly], look, 8)
    )


def _pairs(frame: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(frame["factor"], frame["level"], strict=True))


def legend(frame: pd.DataFrame) -> Mapping[str, looks.Look]:
    """Return the look of each network, for a legend that several panels share: the usual one, unless two would have the same colour."""
    names = sorted(frame["network"].astype(str).unique())
    given = looks.looks(names)
    if len({given[name].colour for name in names}) < min(len(names), looks.COLOURS):
        given = looks.spread(names)  # networks that differ in how they were trained only: all of one architecture's colour
    return {name: given[name] for name in names}


def _zero(kind: Kind) -> dict[str, Any]:
    if kind == "value":
        return {}
    return {"zeroline": True, "zerolinecolor": template.LIGHT.axis, "zerolinewidth": 1}


def _ends(places: pd.Series, support: Sequence[tuple[float, float]]) -> tuple[float, float]:
    known = [*places.dropna().tolist(), *itertools.chain.from_iterable(support)] or [0.0, 1.0]
    edge = 0.02 * (max(known) - min(known) or 1.0)
    return min(known) - edge, max(known) + edge


def _shaded(start: float, end: float) -> dict[str, Any]:
    """Return the ground of a stretch that occurs in training; a single value is a line."""
    at = {"type": "rect", "xref": "x", "yref": "paper", "x0": start, "x1": end, "y0": 0, "y1": 1, "layer": "below"}
    return at | {"fillcolor": template.faded(template.LIGHT.accent, 0.09), "line": {"width": 1, "color": template.faded(template.LIGHT.accent, 0.25)}}


def _marked(stretches: Sequence[tuple[float, float]], low: float, high: float) -> list[dict[str, Any]]:
    """Return the words over the shaded ground, and over the widest stretch beside it."""
    if not stretches:
        return []
    ends = [low, *itertools.chain.from_iterable(sorted(stretches)), high]
    beside = list(zip(ends[::2], ends[1::2], strict=True))
    widest, outside = (max(some, key=lambda pair: pair[1] - pair[0]) for some in (stretches, beside))
    room = 0.12 * (high - low)
    found = [("in training", widest)] if widest[1] - widest[0] > room or len(stretches) == 1 else []
    found += [("never in training", outside)] if outside[1] - outside[0] > 2 * room else []
    at = {"xref": "x", "yref": "paper", "y": 1, "yanchor": "bottom", "showarrow": False}
    return [at | {"x": (start + end) / 2, "text": text, "font": {"size": template.SIZE - 2}} for text, (start, end) in found]


def _joined(stretches: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return stretches sorted, those that touch joined."""
    joined: list[tuple[float, float]] = []
    for start, end in sorted(stretches):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _columns(kind: Kind) -> tuple[str, str, str]:
    return ("value", "low", "high") if kind == "value" else ("difference", "difference_low", "difference_high")


def _numbers(part: pd.DataFrame, kind: Kind) -> list[np.ndarray]:
    return [part[name].to_numpy(np.float64, na_value=np.nan) for name in _columns(kind)]


def _texts(part: pd.DataFrame, name: str) -> list[str]:
    """Return what is said of each point: where it is, its number, its paired difference."""
    return [_said(row, name) for row in part.to_dict("records")]


def _said(row: Mapping[Any, Any], name: str) -> str:
    where = f"{row['factor']} = {row['level']}" if row["factor"] else AS_IT_IS
    outside = "" if row["inside"] else ", never in training"
    number = formats.interval(row["value"], row["low"], row["high"], row["n"], "fraction")
    lines = [f"<b>{formats.plain(name)}</b> · {formats.plain(where)}{outside}", number]
    if row["difference"] is not None and row["difference"] == row["difference"]:
        beside = formats.interval(row["difference"], row["difference_low"], row["difference_high"], None, "fraction")
        lines.append(f"against the base world: {beside}")
    return "<br>".join(lines)


def _line(part: pd.DataFrame, name: str, look: looks.Look, kind: Kind, base: pd.DataFrame) -> list[Trace]:
    """Return a network's curve: band, base world, then its stretches inside and outside of training."""
    along, (values, low, high) = part["place"].to_numpy(np.float64), _numbers(part, kind)
    inside = part["inside"].to_numpy(bool)
    symbols = [look.plotly if held else f"{look.plotly}-open" for held in inside]
    marks = template.trace(
        "scatter", x=along, y=values, mode="markers", legendgroup=name, showlegend=False, hovertext=_texts(part, name), hoverinfo="text",
        customdata=part["level"].tolist(), marker=_marker(symbols, look, 7),
    )  # fmt: skip
    drawn = [band(along, low, high, look.hex) | {"legendgroup": name}, *_stretches(along, values, inside, look, name), marks]
    if kind == "value" and len(base) and len(along):
        drawn.append(_stroke(along[[0, -1]], np.repeat(base["value"].to_numpy(np.float64), 2), look, name, "dot", 1.0))
    return drawn


def _stretches(along: np.ndarray, values: np.ndarray, inside: np.ndarray, look: looks.Look, name: str) -> list[Trace]:
    """Return the line between points, solid where both ends occur in training, dashed elsewhere."""
    solid = inside[:-1] & inside[1:]
    found = []
    for held in (True, False):
        x, y = np.full(3 * len(solid), np.nan), np.full(3 * len(solid), np.nan)
        mine = np.flatnonzero(solid == held)
        x[3 * mine], x[3 * mine + 1], y[3 * mine], y[3 * mine + 1] = along[mine], along[mine + 1], values[mine], values[mine + 1]
        if len(mine):
            found.append(_stroke(x, y, look, name, "solid" if held else "dash", 2.0 if held else 1.25))
    return found


def _stroke(x: np.ndarray, y: np.ndarray, look: looks.Look, name: str, dash: str, width: float) -> Trace:
    return template.trace(
        "scatter",
        x=x,
        y=y,
        mode="lines",
        legendgroup=name,
        showlegend=False,
        hoverinfo="skip",
        line={"color": look.hex, "width": width, "dash": dash},
    )


def _dots(part: pd.DataFrame, name: str, look: looks.Look, kind: Kind, step: float) -> Trace:
    values, low, high = _numbers(part, kind)
    symbols = [look.plotly if held else f"{look.plotly}-open" for held in part["inside"]]
    return template.trace(
        "scatter", x=part["place"].to_numpy(np.float64) + step, y=values, mode="markers", legendgroup=name, showlegend=False,
        hovertext=_texts(part, name), hoverinfo="text", customdata=part["level"].tolist(), marker=_marker(symbols, look, 8),
        error_y=template.errors(values, low, high, template.faded(look.hex, 0.6)),
    )  # fmt: skip


def _marker(symbols: Sequence[str], look: looks.Look, size: int, line: float = 1.5) -> dict[str, Any]:
    return {"symbol": list(symbols), "size": size, "color": look.hex, "line": {"width": line, "color": look.hex}}


def heat(
    frame: pd.DataFrame, factors: tuple[str, str], *, title: str, heading: str = "", within: tuple[float, float] | None = (0.0, 1.0)
) -> go.Figure:
    """Return one network's map of two factors, what occurs in training of both framed.

    Args:
        frame: Rows of one network and metric that set both factors, in the order of their values.
        factors: The factor across and the factor upwards.
        title: What the numbers are.
        heading: What stands above.
        within: Values at the ends of the colour scale.
    """
    xs, ys = list(dict.fromkeys(frame["level"])), list(dict.fromkeys(frame["level_2"]))[::-1]
    drawn = matrix.matrix(frame, title=title, rows="level_2", columns="level", order_rows=ys, order_columns=xs, within=within, better="higher")
    drawn.update_layout(
        xaxis={"title": {"text": formats.plain(factors[0])}, "side": "bottom"}, yaxis={"title": {"text": formats.plain(factors[1])}},
        shapes=_frames(frame, xs, ys), margin={"b": 8, "t": 34},
        height=110 + 26 * len(ys), title=_heading(heading),
    )  # fmt: skip
    drawn.layout.annotations = ()
    return drawn.update_traces(showscale=False, selector={"type": "heatmap"})


def _frames(frame: pd.DataFrame, xs: Sequence[str], ys: Sequence[str]) -> list[dict[str, Any]]:
    """Return a frame around each block of values that occur in training, both of them."""
    inside = frame[frame["inside"].astype(bool)]
    across = _joined([(xs.index(x) - 0.5, xs.index(x) + 0.5) for x in inside["level"].unique()])
    up = _joined([(ys.index(y) - 0.5, ys.index(y) + 0.5) for y in inside["level_2"].unique()])
    line = {"type": "rect", "xref": "x", "yref": "y", "line": {"width": 2.5, "color": template.LIGHT.categorical[1]}, "layer": "above"}
    return [line | {"x0": x0, "x1": x1, "y0": y0, "y1": y1} for x0, x1 in across for y0, y1 in up]


def profile(told: pd.DataFrame, region: str, factors: Sequence[str], margin: float, *, reach: float, heading: str = "") -> go.Figure:
    """Return the largest loss of accuracy of each network to each factor: full where the factor breaks it, hollow where it is not told.

    The ground within the margin is shaded: whose interval lies in it is invariant, which the mark says by its own sign.

    Args:
        told: As `engine.interventions.profile.profile`.
        region: "training" or "anywhere".
        factors: From the top.
        margin: Loss that is small enough to ignore.
        reach: Largest loss to show.
        heading: What stands above.
    """
    given = legend(told)
    mine = told[told["region"] == region]
    steps = np.linspace(-0.34, 0.34, len(given)) if len(given) > 1 else np.zeros(1)
    place = {name: i for i, name in enumerate(factors)}
    traces = [_losses(mine[mine["network"] == name], name, look, place, float(step)) for step, (name, look) in zip(steps, given.items(), strict=True)]
    names = {"tickvals": list(place.values()), "ticktext": [formats.plain(name) for name in factors]}
    return template.figure(
        traces,
        xaxis=axes.layout("accuracy lost at the worst value", "fraction", within=(-0.12, reach)) | _zero("difference"),
        yaxis=names | {"range": [len(factors) - 0.4, -0.6], "ticks": "", "showgrid": False},
        height=80 + (14 + ROW * len(given)) * max(len(factors), 1),
        showlegend=False,
        title=_heading(heading),
        margin={"t": 34},
        shapes=[_ignored(margin), *map(_rule, range(len(factors) - 1))],
    )


def _heading(text: str) -> dict[str, Any]:
    return {"text": formats.plain(text), "y": 0.99, "yanchor": "top", "font": {"size": template.SIZE + 1}}


def _ignored(margin: float) -> dict[str, Any]:
    """Return the ground of losses that are small enough to ignore."""
    at = {"type": "rect", "xref": "x", "yref": "paper", "x0": -margin, "x1": margin, "y0": 0, "y1": 1, "layer": "below"}
    return at | {"line": {"width": 0}, "fillcolor": template.faded(template.LIGHT.muted, 0.14)}


def _rule(row: int) -> dict[str, Any]:
    """Return the thin line below a row."""
    at = {"type": "line", "xref": "paper", "yref": "y", "x0": 0, "x1": 1, "y0": row + 0.5, "y1": row + 0.5, "layer": "below"}
    return at | {"line": {"width": 1, "color": template.LIGHT.rule}}


def _losses(part: pd.DataFrame, name: str, look: looks.Look, place: Mapping[str, int], step: float) -> Trace:
    loss, low, high = (part[column].to_numpy(np.float64) for column in ("loss", "low", "high"))
    filled = {profiles.BREAKS: look.plotly, profiles.INVARIANT: "line-ns-open", profiles.NOT_TOLD: f"{look.plotly}-open"}
    texts = [
        f"<b>{formats.plain(name)}</b> · {formats.plain(row['factor'])}: {row['verdict']}<br>"
        f"loses {formats.interval(row['loss'], row['low'], row['high'], row['n'], 'fraction')} where it is {formats.plain(row['level'])}<br>"
        f"from {formats.percent(row['base_value'])} to {formats.percent(row['value'])}; {formats.count(row['values'])} values"
        for row in part.to_dict("records")
    ]
    return template.trace(
        "scatter", x=loss, y=np.array([place[factor] for factor in part["factor"]], np.float64) + step, mode="markers", name=formats.plain(name),
        hovertext=texts, hoverinfo="text", customdata=part["factor"].astype(str).tolist(), legendgroup=name,
        error_x=template.errors(loss, low, high, template.faded(look.hex, 0.6)),
        marker=_marker([filled[verdict] for verdict in part["verdict"]], look, 8, 2.0),
    )  # fmt: skip
