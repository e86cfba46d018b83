"""Does doing well here tell how a network does there? The scatter of networks, and the matrix of everything."""

from collections.abc import Mapping
from typing import Any, NamedTuple, get_args

import pandas as pd
import streamlit as st

from engine.assay import plots, views
from engine.plainly import assay as plainly
from engine.plots import formats, points
from engine.stats.lines import Axes
from pages.assay import shown
from pages.components import scatter as canvas
from pages.parts import kit

AXES: tuple[Axes, ...] = get_args(Axes)
ATTRIBUTES = ("architecture", "regime", "augmentation", "pretrained", "seed", "source", "trained_on")
COLUMNS = ("Sets as they are", "With shifts")
NUMBERS = tuple(f"{axis}{end}" for axis in "xy" for end in ("", "_low", "_high", "_n"))


def main() -> None:
    """Draw the page."""
    kit.title(
        "Here and there",
        "Does a network that does better in distribution also do better out of it?",
        "Each point is a network: across, its number on the set it was trained on; up, its number on another set. On the dashed line both are "
        "equal. Bars are 95 % intervals. Click a point to open the network; draw a box or a lasso to list only the networks inside.",
        paper="assay",
    )
    known = kit.made(_known)
    if not known.sets:
        kit.empty("Nothing has been evaluated yet.", "Run an evaluation", "assay-run")
        return
    x, y, metric, axes = _choose(known)
    only = st.session_state.get("only", True)
    told = kit.made(plots.related, x, y, metric, axes, only=only)
    nothing = f"No network{f' trained on {x.dataset}' if only else ''} has {metric} on both {x.label} and {y.label}."
    kit.finding(told.finding or nothing, plainly=lambda: kit.made(plainly.of_pair, x, y, metric, axes, only=only))
    left, right = st.columns([5, 4])
    with left:
        _scatter(told, x, y, metric, axes, only=only)
    with right:
        _about(told, x, y, metric, axes, only=only)
    _matrix(metric, known.trained_on)


class Known(NamedTuple):
    """What can be chosen."""

    sets: list[str]  # their texts
    first: tuple[str, str]  # the pair to open on
    metrics: list[str]
    attributes: list[str]
    trained_on: list[str]


def _known() -> Known:
    """Return what can be chosen; the pair that most networks have comes first."""
    known = views.known()
    sets = [one.text() for one in views.sets_in(known[known["split"] == "test"])]
    pair = views.pairs_known().sort_values("networks", ascending=False).head(1).to_dict("records")
    named = (pair[0]["id"], pair[0]["ood"]) if pair else ("", "")
    first = [name if name in sets else sets[min(i, len(sets) - 1)] for i, name in enumerate(named)] if sets else ["", ""]
    about = views.networks_known()
    trained_on = sorted(about["trained_on"].dropna().unique()) if "trained_on" in about else []
    return Known(sets, (first[0], first[1]), views.metrics(), [name for name in ATTRIBUTES if name in about.columns], trained_on)


def _choose(known: Known) -> tuple[views.Set, views.Set, str, Axes]:
    """Ask which two sets, which metric, which axes."""
    columns = st.columns([3, 3, 2, 2, 1], vertical_alignment="bottom")
    with columns[0]:
        x = kit.choose("Here (across)", known.sets, key="x", default=known.first[0], format_func=_label)
    with columns[1]:
        y = kit.choose("There (up)", known.sets, key="y", default=known.first[1], format_func=_label)
    with columns[2]:
        metric = kit.choose("Metric", known.metrics, key="metric", default="accuracy")
    axes = columns[3].selectbox(
        "Axes", AXES, key="axes", bind="query-params", help="For rates: logit and probit axes stretch the ends, where 98 % and 99 % differ."
    )
    with columns[4].popover("More"):
        st.checkbox("Only networks trained on the set across", value=True, key="only", bind="query-params")
        st.selectbox("Colour by", known.attributes, key="colour", bind="query-params", format_func=shown.spaced)
    return views.Set.read(x), views.Set.read(y), metric, axes


def _label(text: str) -> str:
    return views.Set.read(text).label


def _scatter(told: plots.Related, x: views.Set, y: views.Set, metric: str, axes: Axes, *, only: bool) -> None:
    """Show the scatter; a click opens the network."""
    if told.networks.empty:
        kit.empty("There is no point to show.", "Run an evaluation", "assay-run")
        return
    cloud = kit.made(plots.cloud, x, y, metric, axes, only=only, colour=st.session_state.get("colour") or "architecture")
    name = f"{metric}: {x.label} against {y.label}"
    alt = f"{metric} on {y.label} against {metric} on {x.label}, one point a network"
    opened = kit.scatter(cloud, key="scatter", data=told.networks, name=name, alt=alt)
    if opened:
        kit.go("assay-network", network=opened)


def _about(told: plots.Related, x: views.Set, y: views.Set, metric: str, axes: Axes, *, only: bool) -> None:
    """Show the fit in numbers, and the networks (those inside the brush, where there is one) as a table."""
    found, fitted, _ = told
    if fitted is not None and fitted.reason is None:
        kit.facts(
            {"slope": kit.estimate(*fitted.slope), "R²": kit.number(fitted.r2), "Spearman": kit.estimate(*fitted.spearman), "networks": str(fitted.n)}
        )
        st.caption(f"R² without any one network: {kit.number(fitted.r2_without_one[0])} to {kit.number(fitted.r2_without_one[1])}.")
    elif fitted is not None:
        st.caption(f"No line: {fitted.reason}.")
    if found.empty:
        return
    rows = kit.made(_rows, x, y, metric, axes, only=only)
    if region := canvas.region("scatter"):
        inside = _inside(region, found)
        rows = rows[inside[rows.index]]
        st.caption(f"{formats.share(len(rows), len(found), 'networks')} inside what was drawn in the figure; Esc in the figure clears it.")
    kit.table(rows, key="networks", name=f"networks on {x.label} and {y.label}", hide=NUMBERS)


def _rows(x: views.Set, y: views.Set, metric: str, axes: Axes, *, only: bool) -> pd.DataFrame:
    """Return the networks with both numbers in words, and as the files hold them; the best on the upper set first."""
    found, unit = plots.related(x, y, metric, axes, only=only).networks, views.unit(metric)
    rows = found.sort_values("y", ascending=False)
    here, there = (_intervals(rows, name, unit) for name in "xy")
    told = rows[["network"]].assign(**{"up: " + y.label: there, "across: " + x.label: here})
    return pd.concat([told, rows[list(NUMBERS)]], axis=1)


def _intervals(rows: pd.DataFrame, axis: str, unit: str | None) -> pd.Series:
    named = {axis: "value", **{f"{axis}_{end}": end for end in ("low", "high", "n")}}
    return kit.intervals(rows[list(named)].rename(columns=named), unit)


def _inside(region: Mapping[str, Any], found: pd.DataFrame) -> pd.Series:
    """Return which networks a brush contains; a brush that cannot be read contains all."""
    try:
        return pd.Series(points.inside(region, found["x"].to_numpy(float), found["y"].to_numpy(float)), index=found.index)
    except ValueError:
        return pd.Series(data=True, index=found.index)


def _matrix(metric: str, trained: list[str]) -> None:
    """Show networks by sets for the metric."""
    st.header("Networks by sets", anchor="matrix")
    left, right = st.columns(2)
    kind = left.segmented_control("Columns", COLUMNS, default=COLUMNS[0], key="columns", bind="query-params", required=True)
    trained_on = right.pills("Trained on", trained, key="trained", bind="query-params")
    told = kit.made(_cells, metric, trained_on, shifted=kind == COLUMNS[1])
    if told is None:
        kit.empty(f"No network has {metric} on these sets.", "Run an evaluation", "assay-run", key="empty-matrix")
        return
    shown.show(told, metric, key="matrix")


def _cells(metric: str, trained_on: str | None, *, shifted: bool) -> shown.Cells | None:
    """Return the matrix of networks and test sets, None where there is no number."""
    known, about = views.known(), views.networks_known()
    chosen = about[about["trained_on"] == trained_on]["network"].tolist() if trained_on else []
    plain = [one for one in views.sets_in(known[known["split"] == "test"]) if not one.shift]
    found = views.scores(chosen, () if shifted else plain, [metric])
    found = found[found["split"] == "test"]
    return shown.drawn_cells(found, metric) if len(found) else None


main()
