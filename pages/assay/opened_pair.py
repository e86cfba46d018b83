"""The opened pair: its scatter and its line, its networks, the same apart by attribute, effective robustness, what carries the line."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from engine import errors
from engine.assay import plots, relation
from engine.assay.relation import Pair
from engine.plots import density, drawn, formats, multiples, points
from engine.stats.patterns import PATTERNS
from pages.assay import shown
from pages.components import multiples as grid
from pages.parts import kit

NOTHING = "nothing"
GROUP = "group"  # in the address: whose networks alone are listed
NUMBERS = tuple(f"{axis}{end}" for axis in "yx" for end in ("", "_low", "_high", "_n"))  # columns for the files only
ROWS = 1_000  # rows of the table of networks on screen; the files hold all


def say(pair: Pair) -> None:
    """Say which pattern the opened pair shows, and why."""
    st.subheader(f"{kit.escape(pair.x.label)} → {kit.escape(pair.y.label)}", anchor=False)
    name = {"none": "No clear trend", "not told": "Cannot be told"}.get(pair.told.pattern)
    said = f"**{name}**" if name else f"**{pair.told.pattern.capitalize()}** ({PATTERNS[pair.told.pattern]})"
    kit.finding(f"{said}. {kit.escape(pair.told.why)}", key="finding-pair")


def scatter(
    pair: Pair, opened: str, region: Mapping[str, Any] | None, *, own_pages: bool, on_region: Callable[[Mapping[str, Any] | None], None],
    beside: DeltaGenerator,
) -> None:  # fmt: skip
    """Show the opened pair; a click opens the network, a brush marks the same networks elsewhere.

    Args:
        pair: What to show.
        opened: Its name in the address.
        region: What is brushed at first.
        own_pages: Whether its networks have pages of their own.
        on_region: Called with a new region, or None.
        beside: Where the choice of colours stands.
    """
    if len(pair.networks) > points.MOST:
        _binned(pair)
        return
    first = plots.first_colour(pair) or NOTHING
    with beside:
        colour = kit.choose("Colour by", [NOTHING, *pair.attributes], key="by", default=first, format_func=shown.spaced)
    clicked_one = _cloud(pair, pair.networks, colour, opened, start=region, on_region=on_region)
    if clicked_one and own_pages:
        kit.go("assay-network", network=clicked_one)
    elif clicked_one:
        kit.remember("network", clicked_one)


def _cloud(pair: Pair, networks: pd.DataFrame, colour: str, opened: str, **options: Any) -> str | None:
    """Show networks one by one with the line; return the one that was clicked."""
    by = None if colour == NOTHING else colour
    cloud = kit.made(plots.pair_cloud, pair, by) if networks is pair.networks else plots.pair_cloud(pair, by, networks)
    return kit.scatter(
        cloud, key=f"pair-{opened}-{pair.metric}-{pair.axes}", data=networks, name=plots.pair_title(pair),
        alt=f"{plots.pair_title(pair)}, one point a network, with the fitted line", selected=st.query_params.get("network"), **options,
    )  # fmt: skip


def _binned(pair: Pair) -> None:
    """Show how many networks fall where; a region that holds few enough is shown network by network."""
    found = pair.networks
    bounds = {axis: (float(found[axis].min()), float(found[axis].max())) for axis in "xy"}
    st.caption(f"{formats.count(len(found))} networks are too many to draw one by one: cells are counted. Narrow the region to see each.")
    form = "percent" if pair.unit == "fraction" else None
    chosen = {
        axis: st.slider(name, *bounds[axis], bounds[axis], key=f"within-{axis}", bind="query-params", format=form)
        for axis, name in (("x", "Across"), ("y", "Up"))
    }
    mine = found[found["x"].between(*chosen["x"]) & found["y"].between(*chosen["y"])]
    if len(mine) <= points.MOST:
        st.caption(f"{formats.share(len(mine), len(found), 'networks')} in this region.")
        _cloud(pair, mine, NOTHING, "region")
        return
    across, up = plots.pair_axes(pair)
    cells = density.counted(mine["x"].to_numpy(float), mine["y"].to_numpy(float), across, up)
    figure = drawn.drawn(density.density, cells, x_axis=across, y_axis=up, fit=plots.fit(pair.line))
    kit.figure(
        figure, key="density", data=cells, name=plots.pair_title(pair),
        alt=f"{plots.pair_title(pair)}: how many networks fall into each cell, with the fitted line",
    )  # fmt: skip


def about(pair: Pair) -> None:
    """Show the line in numbers, and what to know before it is believed."""
    line = pair.line
    if line is None or line.reason is not None:
        st.caption(f"No line: {line.reason if line else 'there is no network.'}")
        return
    carried = pair.carried
    found = {
        "slope": kit.estimate(*line.slope),
        "intercept": kit.estimate(line.intercept, *line.intercept_interval),
        "R²": kit.estimate(line.r2, *line.r2_interval),
        "Spearman": kit.estimate(*line.spearman),
        "networks": formats.count(line.n) + (f" ({formats.count(pair.without)} more lack one of the numbers)" if pair.without else ""),
    }
    if carried is not None:
        found["5 to 95 % of them"] = f"{formats.amount(carried.low, pair.unit)} to {formats.amount(carried.high, pair.unit)} on {pair.x.label}"
    kit.facts(found)
    if pair.warnings:
        st.warning("**Before this line is believed**\n" + "\n".join(f"- {kit.escape(sentence)}" for sentence in pair.warnings))


def clicked(pair: Pair) -> None:
    """Show the attributes of a network that was clicked, where it has no page of its own."""
    name = st.query_params.get("network")
    mine = pair.networks[pair.networks["network"] == name] if name else pair.networks.iloc[:0]
    if mine.empty:
        return
    row = mine.iloc[0]
    with st.container(border=True, key="clicked"):
        st.markdown(f"**{kit.escape(name)}**")
        told = {shown.spaced(attribute): row[attribute] for attribute in pair.attributes if row[attribute] == row[attribute]}
        numbers = {one.label: _numbers(mine, axis, pair).iloc[0] for axis, one in (("x", pair.x), ("y", pair.y))}
        kit.facts({**numbers, **told})


def _numbers(networks: pd.DataFrame, axis: str, pair: Pair) -> pd.Series:
    """Return the numbers on one axis with interval and n, as words."""
    named = {axis: "value", **{f"{axis}_{end}": end for end in ("low", "high", "n")}}
    return kit.intervals(networks[list(named)].rename(columns=named), pair.unit)


def in_group(pair: Pair) -> pd.Series:
    """Return which networks belong to the group in the address, such as "augmentation=none"; all where there is none."""
    by, _, group = st.query_params.get(GROUP, "").partition("=")
    if by not in pair.attributes:
        return pd.Series(data=True, index=pair.networks.index)
    inside = relation.groups_of(pair, by) == group
    return inside if inside.any() else ~inside


def networks(pair: Pair, inside: pd.Series) -> None:
    """List the networks of the opened pair, those of the region and group where there are such."""
    everyone = bool(inside.all())
    if st.query_params.get(GROUP):
        st.button("Show the networks of every group", key="every-group", on_click=kit.remember, args=(GROUP, None), type="tertiary")
    if not everyone:
        said = formats.share(int(inside.sum()), len(pair.networks), "networks")
        st.caption(f"{said} inside what was chosen; Esc in the figure clears a region.")
    rows, mine = kit.made(_listed, pair) if everyone else _listed(pair, inside)
    kit.table(rows, key="networks", name=f"networks: {plots.pair_title(pair)}", hide=NUMBERS)
    if len(rows) < len(mine):
        st.caption(f"The best {formats.share(len(rows), len(mine), 'networks')} are listed; the files below hold all.")
        kit.take_away(mine, key="all-networks", name=f"all networks: {plots.pair_title(pair)}")


def _listed(pair: Pair, inside: pd.Series | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the best networks of the pair (or of some of its networks) as a table says them, and all of these, the best first."""
    mine = (pair.networks if inside is None else pair.networks[inside]).sort_values("y", ascending=False)
    top = mine.head(ROWS)
    said = {f"{way}: {one.label}": _numbers(top, axis, pair) for way, axis, one in (("up", "y", pair.y), ("across", "x", pair.x))}
    return pd.concat([top[["network"]].assign(**said), top[list(NUMBERS)], top[pair.attributes]], axis=1), mine


def facets(pair: Pair) -> None:
    """Show the opened pair apart for each value of an attribute: a relation over all may hold in no group."""
    offered = pair.attributes
    if not offered:
        kit.empty(
            "Nothing is known of these networks by which they could be told apart. A table's other columns become attributes when it is imported."
        )
        return
    first = next((name for name in plots.FIRST_COLOURS if name in offered), offered[0])
    by = kit.choose("Split by", offered, key="split", default=first, format_func=shown.spaced)
    found = relation.by_group(pair, by)
    across, up = ((float(pair.networks[axis].min()), float(pair.networks[axis].max())) for axis in "xy")
    groups = relation.groups_of(pair, by)
    panels = []
    for row in found.to_dict("records"):
        mine = pair.networks[groups == row["group"]]
        panels.append(
            multiples.panel(
                mine["x"].to_numpy(float), mine["y"].to_numpy(float), pair.axes, slope=row["slope"], intercept=row["intercept"], within=(across, up),
                id=row["group"], title=row["group"], note=f"{formats.count(row['n'])} · r {formats.number(row['r'], 2)}", group=shown.spaced(by),
            )
        )  # fmt: skip
    st.markdown(_facets_say(pair, found, by))
    grid.show(
        panels, key=f"facets-{by}", name=f"{plots.pair_title(pair)} by {by}", selected=st.query_params.get(GROUP, "").partition("=")[2],
        label=f"{plots.pair_title(pair)}, one panel a value of {by}", size=170,
        on_open=lambda name: kit.remember(GROUP, f"{by}={name}"),
    )  # fmt: skip
    ranges = [" to ".join(formats.amount(end, pair.unit) for end in ends) for ends in (across, up)]
    st.caption(f"All panels run from {ranges[0]} across and from {ranges[1]} up. Click one to list its networks alone.")
    kit.table(found, key="facets", name=f"{plots.pair_title(pair)} by {by}")


def _facets_say(pair: Pair, found: pd.DataFrame, by: str) -> str:
    """Return whether the relation over all networks holds inside the groups too."""
    told = found[found["r"].notna() & (found["n"] >= relation.FEWEST_IN_GROUP)]
    whole = relation.correlation(pair)
    if told.empty or not np.isfinite(whole):
        return f"No value of {shown.spaced(by)} has {relation.FEWEST_IN_GROUP} networks or more."
    middle = float(np.average(told["r"], weights=told["n"]))
    turned = int((np.sign(told["r"]) != np.sign(whole)).sum())
    inside = f"inside {shown.plural(len(told), 'group')} it is **{formats.number(middle, 2)}** on average"
    text = f"Over all networks r is **{formats.number(whole, 2)}**; {inside}"
    return f"{text}, and in {formats.share(turned, len(told))} it has the other sign." if turned else f"{text}, with the same sign in each."


def effective(pair: Pair) -> None:
    """Show how far groups and networks stand above the line of a baseline group."""
    offered = pair.attributes
    if not offered:
        kit.empty(
            "Nothing is known of these networks by which a baseline could be chosen. A table's other columns become attributes when it is imported."
        )
        return
    left, right = st.columns(2)
    with left:
        by = kit.choose(
            "Baseline: networks whose",
            offered,
            key="base",
            default=relation.baseline_of(pair)[0],
            format_func=shown.spaced,
        )
    groups = relation.groups_of(pair, by)
    with right:
        baseline = kit.choose("is", relation.in_order(groups.unique()), key="baseline", default=relation.baseline_of(pair, by)[1])
    try:
        networks, means = relation.effective(pair, by, baseline)
    except errors.UserError as problem:
        kit.problem(problem)
        return
    in_points = pair.unit == "fraction"
    means[["mean", "low", "high"]] *= 100 if in_points else 1
    networks[["residual", "low", "high"]] *= 100 if in_points else 1
    unit = "points" if in_points else pair.unit
    kit.finding(_highest(means, baseline, unit), key="finding-effective")
    said_unit = ", in percentage points" if in_points else ""
    st.caption(
        f"Effective robustness: {pair.metric} on {pair.y.label} minus what the line through the baseline says{said_unit}; 95 % intervals "
        "join those of the line and of the networks."
    )
    said = means.assign(effective=kit.intervals(means.rename(columns={"mean": "value"}), unit))
    numbers = ("n", "mean", "low", "high")
    kit.table(said[["group", "effective", *numbers, "baseline"]], key="groups", name=f"effective robustness by {by}", hide=numbers)
    top = networks.head(ROWS)
    each = top.assign(effective=kit.intervals(top.rename(columns={"residual": "value"}), unit))
    kit.table(each[["network", "group", "effective", "x", "y"]], key="effective", name="effective robustness of each network")
    if len(top) < len(networks):
        kit.take_away(networks, key="all-effective", name="effective robustness of all networks")


def _highest(means: pd.DataFrame, baseline: str, unit: str | None) -> str:
    """Return which other group stands highest above the baseline's line, and whether that can be told from chance."""
    others = means[~means["baseline"] & means["low"].notna()]
    if others.empty:
        return ""
    best = others.iloc[0]
    text = kit.estimate(float(best["mean"]), float(best["low"]), float(best["high"]), float(best["n"]), unit)
    chance = "" if best["low"] > 0 or best["high"] < 0 else ", an interval that contains 0"
    return f"Against the line of **{kit.escape(baseline)}**, **{kit.escape(best['group'])}** stands highest, by {text} networks{chance}."


def carried(pair: Pair) -> None:
    """Show which part of the range the line rests on."""
    carried = pair.carried
    if carried is None:
        st.caption("There is no line.")
        return
    amount = [formats.amount(value, pair.unit) for value in (carried.least, carried.low, carried.high, carried.most)]
    found: dict[str, object] = {
        f"all networks on {pair.x.label}": f"{amount[0]} to {amount[3]}",
        "5 to 95 % of them": f"{amount[1]} to {amount[2]}",
        "in the upper third of the range": formats.share(carried.above, len(pair.networks), "networks"),
        "R²": kit.number(carried.r2),
        "R² without the lowest 5 %": kit.number(carried.r2_without_lowest),
        "R² without the highest 5 %": kit.number(carried.r2_without_highest),
        "of the spread on x, the lowest 5 % are": formats.percent(carried.lowest_share),
        "the highest 5 %": formats.percent(carried.highest_share),
    }
    if carried.one >= 0:
        found["R² without the one network that moves it most"] = (
            f"{kit.number(carried.r2_without_that)} ({pair.networks['network'].iloc[carried.one]})"
        )
    kit.facts(found)
    kit.take_away(pd.DataFrame([relation.facts(pair)]).astype("str"), key="carried", name=f"the line: {plots.pair_title(pair)}")
