"""What the assay's pages and reports draw alike: networks here and there, one network on all sets, what networks lose elsewhere."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go

from engine.assay import findings, relation, views
from engine.plots import bars, drawn, points, scatter
from engine.stats.lines import Axes, Line

FIRST_COLOURS = ("architecture", "augmentation", "regime")
MANY = 2_000  # networks whose intervals are not drawn one by one


class Related(NamedTuple):
    """The networks that have both numbers, and what holds between the two."""

    networks: pd.DataFrame
    fitted: Line | None
    finding: str


def related(x: views.Set, y: views.Set, metric: str, axes: Axes, *, only: bool) -> Related:
    """Return the networks that have a metric on both sets, with the line through them.

    Args:
        x: The set across.
        y: The set up.
        metric: Which number.
        axes: Scale of both axes, for rates.
        only: Only networks that were trained on the set across.
    """
    found = views.points(x, y, metric, trained_on=x.dataset if only else None)
    fitted = views.line(found[["x", "y"]], scale(metric, axes)) if len(found) else None
    return Related(found, fitted, findings.of_points(found, x, y, metric, fitted) or "")


def scale(metric: str, axes: Axes) -> Axes:
    """Return the scale of a metric's axes: what is no rate stands on linear ones."""
    return axes if views.unit(metric) == "fraction" else "linear"


def cloud(x: views.Set, y: views.Set, metric: str, axes: Axes, *, only: bool, colour: str) -> points.Points:
    """Return networks here and there as points for the canvas, coloured by an attribute, with the line; arguments as of `related`."""
    told, unit, on = related(x, y, metric, axes, only=only), views.unit(metric), scale(metric, axes)
    networks = told.networks
    if colour in networks:
        networks = networks.assign(**{colour: [_said(value) for value in networks[colour]]})
    across, up = (points.Axis(f"{metric} on {one.label}", unit, on) for one in (x, y))
    return points.of_frame(networks, x_axis=across, y_axis=up, colour=colour if colour in networks else None, fit=fit(told.fitted))


def _said(value: object) -> str:
    """Return an attribute's value as a legend says it."""
    if value is None or value != value:
        return "not said"
    return f"{value:g}" if isinstance(value, float) else str(value)


def fit(fitted: Line | None) -> Mapping[str, Sequence[float]] | None:
    """Return a line as figures take it, None where there is none."""
    if fitted is None or fitted.x is None:
        return None
    line = {"x": fitted.x, "y": fitted.y, "low": fitted.low, "high": fitted.high}
    return {name: [float(v) for v in values] for name, values in line.items() if values is not None}


def falls() -> tuple[go.Figure, pd.DataFrame]:
    """Return every network of every pair of a training set and another, coloured by the set it was trained on, and the rows behind it."""
    found = views.all_pairs()
    figure = drawn.drawn(
        scatter.scatter,
        found[["x", "x_low", "x_high", "x_n", "y", "y_low", "y_high", "y_n", "name", "trained_on"]],
        x_axis=points.Axis("accuracy where it was trained", within=(0, 1)),
        y_axis=points.Axis("accuracy elsewhere", within=(0, 1)),
        label="name",
        colour="trained_on",
    )
    return figure, found


def pair_axes(pair: relation.Pair) -> tuple[points.Axis, points.Axis]:
    """Return the axes of an opened pair."""
    across, up = (points.Axis(f"{pair.metric} on {one.label}", pair.unit, pair.axes) for one in (pair.x, pair.y))
    return across, up


def pair_title(pair: relation.Pair) -> str:
    """Return what the scatter of a pair is called."""
    return f"{pair.metric}: {pair.x.label} against {pair.y.label}"


def first_colour(pair: relation.Pair) -> str | None:
    """Return the attribute by which a pair's networks are coloured at first, None where they have none of the usual ones."""
    return next((name for name in FIRST_COLOURS if name in pair.attributes), None)


def pair_cloud(pair: relation.Pair, colour: str | None, networks: pd.DataFrame | None = None) -> points.Points:
    """Return the networks of a pair, all by default, as points with the line; intervals of very many are left out."""
    networks = pair.networks if networks is None else networks
    told = networks if colour is None else networks.assign(**{colour: relation.groups_of(pair, colour)[networks.index]})
    if len(told) > MANY:
        told = told.drop(columns=[f"{axis}_{end}" for axis in "xy" for end in ("low", "high", "n")])
    across, up = pair_axes(pair)
    return points.of_frame(told, x_axis=across, y_axis=up, colour=colour, fit=fit(pair.line))


def sets_of_network(name: str, metric: str, *, collection: str = "") -> tuple[go.Figure, pd.DataFrame]:
    """Return one metric of a network on every set, as dots with intervals, and the rows behind it."""
    found = views.scores([name], collection=collection)
    mine = views.labelled(found[found["metric"] == metric])
    rows = mine[["set", "value", "low", "high", "n", "reason"]]
    return drawn.drawn(bars.bars, rows, title=metric, unit=views.unit(metric), label="set", colour=None, order="given", kind="dot"), mine
