"""Does doing well here tell how a network does there? The scatter of networks, and the matrix of everything."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import pandas as pd
import streamlit as st

from engine.assay import findings, views
from engine.plots import drawn, formats, points
from engine.stats.lines import Axes, Line
from pages.assay import shown
from pages.components import scatter as canvas
from pages.parts import kit

AXES: tuple[Axes, ...] = get_args(Axes)
ATTRIBUTES = ("architecture", "regime", "augmentation", "pretrained", "seed", "source", "trained_on")
COLUMNS = ("Sets as they are", "With shifts")


def main() -> None:
    """Draw the page."""
    kit.title(
        "Here and there",
        "Does a network that does better in distribution also do better out of it?",
        "Each point is a network: across, its number on the set it was trained on; up, its number on another set. On the dashed line both are "
        "equal. Bars are 95 % intervals. Click a point to open the network; draw a box or a lasso to list only the networks inside.",
        paper="assay",
    )
    known = views.known()
    known = known[known["split"] == "test"]
    if known.empty:
        kit.empty("Nothing has been evaluated yet.", "Run an evaluation", "assay-run")
        return
    x, y, metric, axes = _choose(known)
    only = st.session_state.get("only", True)
    found = views.points(x, y, metric, trained_on=x.dataset if only else None)
    scale = axes if views.unit(metric) == "fraction" else "linear"
    fitted = drawn.drawn(views.line, found[["x", "y"]], scale) if len(found) else None
    nothing = f"No network{f' trained on {x.dataset}' if only else ''} has {metric} on both {x.label} and {y.label}."
    kit.finding(findings.of_points(found, x, y, metric, fitted) or nothing)
    left, right = st.columns([5, 4])
    with left:
        _scatter(found, x, y, metric, scale, fitted)
    with right:
        _about(found, x, y, metric, fitted)
    _matrix(metric, known)


def _choose(known: pd.DataFrame) -> tuple[views.Set, views.Set, str, Axes]:
    """Ask which two sets, which metric, which axes; open on the pair that most networks have."""
    sets = [one.text() for one in shown.sets_of(known)]
    pair = views.pairs_known().sort_values("networks", ascending=False).head(1).to_dict("records")
    first = (pair[0]["id"], pair[0]["ood"]) if pair else ("", "")
    starts = [sets.index(name) if name in sets else min(i, len(sets) - 1) for i, name in enumerate(first)]
    columns = st.columns([3, 3, 2, 2, 1], vertical_alignment="bottom")
    with columns[0]:
        x = kit.choose("Here (across)", sets, key="x", default=sets[starts[0]], format_func=_label)
    with columns[1]:
        y = kit.choose("There (up)", sets, key="y", default=sets[starts[1]], format_func=_label)
    with columns[2]:
        metric = kit.choose("Metric", views.metrics(), key="metric", default="accuracy")
    axes = columns[3].selectbox(
        "Axes", AXES, key="axes", bind="query-params", help="For rates: logit and probit axes stretch the ends, where 98 % and 99 % differ."
    )
    with columns[4].popover("More"):
        st.checkbox("Only networks trained on the set across", value=True, key="only", bind="query-params")
        there = views.networks_known().columns
        st.selectbox("Colour by", [name for name in ATTRIBUTES if name in there], key="colour", bind="query-params", format_func=shown.spaced)
    return views.Set.read(x), views.Set.read(y), metric, axes


def _label(text: str) -> str:
    return views.Set.read(text).label


def _scatter(found: pd.DataFrame, x: views.Set, y: views.Set, metric: str, scale: Axes, fitted: Line | None) -> None:
    """Show the scatter; a click opens the network."""
    if found.empty:
        kit.empty("There is no point to show.", "Run an evaluation", "assay-run")
        return
    unit = views.unit(metric)
    colour = st.session_state.get("colour") or "architecture"
    told = found.assign(**{colour: [_told(value) for value in found[colour]]}) if colour in found else found
    cloud = points.of_frame(
        told, x_axis=points.Axis(f"{metric} on {x.label}", unit, scale), y_axis=points.Axis(f"{metric} on {y.label}", unit, scale),
        colour=colour if colour in found else None, fit=_fit(fitted),
    )  # fmt: skip
    name = f"{metric}: {x.label} against {y.label}"
    opened = kit.scatter(cloud, key="scatter", data=found, name=name, alt=f"{metric} on {y.label} against {metric} on {x.label}, one point a network")
    if opened:
        st.switch_page(kit.page("assay-network"), query_params={"network": opened})


def _told(value: object) -> str:
    """Return an attribute's value as a legend says it."""
    if value is None or value != value:
        return "not said"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _fit(fitted: Line | None) -> Mapping[str, Sequence[float]] | None:
    """Return the line to draw, None where there is none."""
    if fitted is None or fitted.x is None:
        return None
    line = {"x": fitted.x, "y": fitted.y, "low": fitted.low, "high": fitted.high}
    return {name: [float(v) for v in values] for name, values in line.items() if values is not None}


def _about(found: pd.DataFrame, x: views.Set, y: views.Set, metric: str, fitted: Line | None) -> None:
    """Show the fit in numbers, and the networks (those inside the brush, where there is one) as a table."""
    if fitted is not None and fitted.reason is None:
        kit.facts(
            {"slope": kit.estimate(*fitted.slope), "R²": kit.number(fitted.r2), "Spearman": kit.estimate(*fitted.spearman), "networks": str(fitted.n)}
        )
        st.caption(f"R² without any one network: {kit.number(fitted.r2_without_one[0])} to {kit.number(fitted.r2_without_one[1])}.")
    elif fitted is not None:
        st.caption(f"No line: {fitted.reason}.")
    if found.empty:
        return
    mine, region = found, canvas.region("scatter")
    if region:
        mine = found[_inside(region, found)]
        st.caption(f"{formats.share(len(mine), len(found), 'networks')} inside what was drawn in the figure; Esc in the figure clears it.")
    unit = views.unit(metric)
    rows = mine.sort_values("y", ascending=False)
    here, there = (_intervals(rows, name, unit) for name in "xy")
    told = rows[["network"]].assign(**{"up: " + y.label: there, "across: " + x.label: here})
    numbers = rows[[f"{axis}{end}" for axis in "xy" for end in ("", "_low", "_high", "_n")]]
    kit.table(
        pd.concat([told, numbers], axis=1), key="networks", name=f"networks on {x.label} and {y.label}", hide=[str(column) for column in numbers]
    )


def _intervals(rows: pd.DataFrame, axis: str, unit: str | None) -> pd.Series:
    named = {axis: "value", **{f"{axis}_{end}": end for end in ("low", "high", "n")}}
    return kit.intervals(rows[list(named)].rename(columns=named), unit)


def _inside(region: Mapping[str, Any], found: pd.DataFrame) -> pd.Series:
    """Return which networks a brush contains; a brush that cannot be read contains all."""
    try:
        return pd.Series(points.inside(region, found["x"].to_numpy(float), found["y"].to_numpy(float)), index=found.index)
    except ValueError:
        return pd.Series(data=True, index=found.index)


def _matrix(metric: str, known: pd.DataFrame) -> None:
    """Show networks by sets for the metric."""
    st.header("Networks by sets", anchor="matrix")
    every = shown.sets_of(known)
    about = views.networks_known()
    left, right = st.columns(2)
    kind = left.segmented_control("Columns", COLUMNS, default=COLUMNS[0], key="columns", bind="query-params", required=True)
    trained_on = right.pills("Trained on", sorted(about["trained_on"].dropna().unique()), key="trained", bind="query-params")
    chosen = about[about["trained_on"] == trained_on]["network"].tolist() if trained_on else []
    found = views.scores(chosen, [one for one in every if not one.shift] if kind == COLUMNS[0] else (), [metric])
    found = found[found["split"] == "test"]
    if found.empty:
        kit.empty(f"No network has {metric} on these sets.", "Run an evaluation", "assay-run", key="empty-matrix")
        return
    shown.scored(found, metric, key="matrix")


main()
