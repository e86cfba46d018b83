"""Does doing well here mean doing well there? Every pair of sets with its pattern, and one of them opened."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from engine import errors
from engine.assay import findings, population, relation, views
from engine.plainly import assay as plainly
from engine.plots import formats, multiples, points
from engine.stats.lines import Axes
from engine.stats.patterns import PATTERNS, Thresholds
from pages.assay import opened_pair
from pages.components import multiples as grid
from pages.parts import kit

HERE = "the networks evaluated here"
PARTS = ("Networks", "By attribute", "Effective robustness", "What carries the line", "All pairs")
TALL = 760  # pixels of the grid before it scrolls
SLIDERS: Mapping[str, tuple[str, float, float, float]] = {
    "increasing": ("Increasing from a correlation of", 0.0, 1.0, 0.05),
    "decreasing": ("Decreasing up to a correlation of", -1.0, -0.05, 0.05),
    "unrelated": ("No relation below a correlation of", 0.0, 1.0, 0.05),
    "ratio": ("One range this many times the other: vertical or horizontal", 1.0, 10.0, 0.5),
    "chance": ("Horizontal at most this far above chance", 0.0, 0.5, 0.01),
    "narrowest": ("Nothing is told below a range in distribution of", 0.0, 0.2, 0.005),
    "fewest": ("Nothing is told below this many networks", 3, 200, 1),
}


class Asked(NamedTuple):
    """What the page is about."""

    collection: str
    metric: str
    axes: Axes
    id_set: str | None
    limits: Thresholds


def main() -> None:
    """Draw the page."""
    kit.title(
        "Pairs",
        "Does doing well here mean doing well there?",
        "Each small panel is a pair of sets: across, each network's number on the set in distribution; up, its number on the other; both axes run "
        "over the same range, so the dashed diagonal is y = x. A pair is **increasing** (better here, better there), **vertical** (alike here, apart "
        "there: underspecified), **horizontal** (nothing gets across), **decreasing** (better here, worse there) or without clear trend; the "
        "thresholds are a rule of thumb and can be moved. Click a panel to open it. In the opened pair, draw a box or a lasso: the same "
        "networks stand out in all panels, and the table lists them.",
        paper="assay",
    )
    tables = population.collections()
    if tables.empty:
        kit.empty("There are no numbers of networks yet. Import a table of results, or evaluate networks here.", "Import a table", "library")
        kit.links([("Run an evaluation", "assay-run")])
        return
    found_at = st.container()
    try:
        asked = _choose(tables)
    except errors.UserError as problem:
        kit.problem(problem)
        return
    left, right = st.columns([5, 6], gap="medium")
    with right:
        opened_at = st.container()
        asked = asked._replace(limits=_thresholds(asked))
    found = kit.made(_pairs, asked)
    if found.empty:
        kit.empty(_why_none(asked), "Import a table", "library")
        return
    with found_at:
        kit.finding(
            kit.made(_finding, asked),
            plainly=lambda: kit.made(plainly.of_pairs, asked.collection, asked.metric, asked.axes, asked.id_set),
        )
    known, first = kit.made(_known, asked)
    opened = kit.recall("pair", known, first) or first
    here, there = known[opened]
    everyone = asked.id_set is not None
    pair = kit.made(relation.pair, asked.collection, here, there, asked.metric, asked.axes, asked.limits, everyone=everyone)
    region = _region()
    inside = _inside(region, pair.networks) & opened_pair.in_group(pair)
    with opened_at:
        opened_pair.say(pair)
    with right:
        up_at, colour_at = st.columns(2)
        with up_at:
            _other(known, opened)
        own_pages = asked.collection == ""
        opened_pair.scatter(pair, opened, region, own_pages=own_pages, on_region=_remember_region, beside=colour_at)
        opened_pair.about(pair)
    with left:
        _grid(asked, found, opened, None if inside.all() else relation.codes(pair.networks[inside]["network"]))
    _parts(asked, pair, found, inside)


def _choose(tables: pd.DataFrame) -> Asked:
    """Ask whose numbers, which number, on which axes, and which set is in distribution where that is not known."""
    columns = st.columns([3, 2, 2, 3], vertical_alignment="bottom")
    names = tables["collection"].tolist()
    with columns[0]:
        collection = kit.choose("Networks of", names, key="table", default=_first(names), format_func=lambda name: name or HERE)
    metrics = kit.made(_metrics, collection)
    if not metrics:
        raise errors.UserError(f"{collection or HERE}: no number was measured.", "The runs page says why.")
    with columns[1]:
        metric = kit.choose("Metric", list(metrics), key="measure", default="accuracy")
    rate = metrics[metric]
    usual: Axes = "probit" if rate else "linear"
    offered: Sequence[Axes] = relation.AXES if rate else (usual,)
    with columns[2]:
        axes: Axes = kit.choose(
            "Axes", offered, key="scale", default=usual,
            help="For rates: logit and probit axes stretch the ends, where 98 % and 99 % differ. Shares are clipped to 0.1 % and 99.9 % there.",
        )  # fmt: skip
    with columns[3]:
        chosen = kit.choose("In distribution", kit.made(relation.id_sets, collection, metric), key="id", format_func=_label)
    return Asked(collection, metric, axes, None if chosen == relation.TRAINED else chosen, Thresholds())


def _metrics(collection: str) -> dict[str, bool]:
    """Return the metrics of a collection, and whether each is a rate."""
    return {metric: relation.unit(collection, metric) == "fraction" for metric in population.metrics_of(collection)["metric"].tolist()}


def _pairs(asked: Asked) -> pd.DataFrame:
    """Return every pair with its pattern."""
    return relation.pairs(asked.collection, asked.metric, asked.axes, asked.limits, asked.id_set)


def _finding(asked: Asked) -> str:
    found = _pairs(asked)
    return findings.of_pairs(found, relation.by_task(found)) or ""


def _first(names: list[str]) -> str:
    """Return the collection to open on: the largest that is told of by itself."""
    return next((name for name in names if name), names[0])


def _label(text: str) -> str:
    return text if text == relation.TRAINED else views.Set.read(text).label


def _thresholds(asked: Asked) -> Thresholds:
    """Show the thresholds of the patterns, each to be moved."""
    usual, rate = kit.made(relation.thresholds_for, asked.collection, asked.metric), kit.made(_metrics, asked.collection)[asked.metric]
    moved = {}
    with st.expander("Thresholds of the patterns", key="thresholds"):
        columns = st.columns(2)
        for i, (name, (label, low, high, step)) in enumerate(SLIDERS.items()):
            if name in {"chance", "narrowest"} and not rate:
                continue
            kind = int if name == "fewest" else float
            moved[name] = columns[i % 2].slider(
                label, kind(low), kind(high), kind(getattr(usual, name)), kind(step), key=f"t-{name}", bind="query-params",
                format="percent" if name in {"chance", "narrowest"} else None,
            )  # fmt: skip
    return replace(usual, **moved)


def _why_none(asked: Asked) -> str:
    """Return why there is no pair, and what would make one."""
    which = asked.collection or HERE
    if asked.id_set is not None:
        return f"{which}: no network has {asked.metric} on both {_label(asked.id_set)} and another set. Choose another set in distribution."
    return f"{which}: no network has {asked.metric} on the set it was trained on and on another. Choose a set in distribution, or import more."


def _known(asked: Asked) -> tuple[dict[str, tuple[str, str]], str]:
    """Return every pair that can be opened, by its name in the address: those of the grid, and each set with its shifted versions.

    The second answer is the one to open first: that with the straightest line, whatever the thresholds are.
    """
    found = _pairs(asked)
    known = relation.openable(found, asked.collection, asked.metric)
    return known, list(known)[int(found["r2"].fillna(-1).argmax())]


def _other(known: dict[str, tuple[str, str]], opened: str) -> None:
    """Ask which other set the opened one is compared with; shifted versions of it stand in no panel."""
    mine = [name for name, (here, _) in known.items() if here == known[opened][0]]
    key = f"up-{opened}"
    st.selectbox(
        "Up", mine, index=mine.index(opened), key=key, format_func=lambda name: _label(known[name][1]), on_change=lambda: _open(st.session_state[key])
    )


def _name(row: Mapping[Any, Any]) -> str:
    return f"{row['id']}|{row['ood']}"


def _remember_region(region: Mapping[str, Any] | None) -> None:
    kit.remember("region", json.dumps(region, separators=(",", ":")) if region else None)


def _region() -> Mapping[str, Any] | None:
    """Return the region in the address; None where there is none, or none that can be read."""
    try:
        said = json.loads(st.query_params.get("region", "null"))
    except json.JSONDecodeError:
        return None
    return said if isinstance(said, dict) else None


def _inside(region: Mapping[str, Any] | None, found: pd.DataFrame) -> pd.Series:
    """Return which networks the region contains; one that cannot be read contains all."""
    try:
        inside = points.inside(region, found["x"].to_numpy(float), found["y"].to_numpy(float)) if region else True
    except (ValueError, TypeError, KeyError):
        inside = True
    return pd.Series(np.broadcast_to(inside, len(found)), index=found.index)


def _grid(asked: Asked, found: pd.DataFrame, opened: str, chosen: np.ndarray | None) -> None:
    """Show all pairs as small multiples, sorted by pattern, a page at a time."""
    patterns, only = [name for name in PATTERNS if name in set(found["pattern"].tolist())], None
    if len(found) > multiples.MOST and len(patterns) > 1:
        only = st.pills("Only", patterns, key="only", bind="query-params", label_visibility="collapsed")
        found = found[found["pattern"] == only] if only else found
    pages, page = -(-len(found) // multiples.MOST), 1
    if pages > 1:
        place = next((i for i, row in enumerate(found.to_dict("records")) if _name(row) == opened), 0)
        page = st.pagination(pages, default=place // multiples.MOST + 1, key=f"page-{pages}", bind="query-params")
    panels = kit.made(_panels, asked, only, page) if chosen is None else _panels(asked, only, page, chosen)
    with st.container(height=TALL if len(panels) > 16 else "content", border=False, key="pairs-grid"):
        grid.show(
            panels, key="pairs-panels", name=f"{asked.metric} of {asked.collection or HERE}: pairs by pattern", selected=opened,
            label=f"{asked.metric}, one panel a pair of sets", on_open=_open,
        )  # fmt: skip
    shared = f"{formats.share(len(panels), len(found), 'pairs')}. " if pages > 1 else ""
    brushed = f"{formats.count(len(chosen))} networks of the region stand out. " if chosen is not None else ""
    st.caption(f"{shared}{brushed}The number under a panel is how many networks it shows; R² is on {asked.axes} axes.")


def _panels(asked: Asked, only: str | None, page: int, chosen: np.ndarray | None = None) -> list[multiples.Panel]:
    """Return the panels of one page of the grid, those of one pattern where only these are wanted."""
    found = _pairs(asked)
    found = found[found["pattern"] == only] if only else found
    mine = found.iloc[(page - 1) * multiples.MOST : page * multiples.MOST]
    clouds = relation.clouds(relation.points(asked.collection, asked.metric, asked.id_set), mine)
    return [_panel(asked, row, cloud, chosen) for row, cloud in zip(mine.to_dict("records"), clouds, strict=True)]


def _panel(asked: Asked, row: Mapping[Any, Any], cloud: pd.DataFrame, chosen: np.ndarray | None) -> multiples.Panel:
    heading = {"none": "no clear trend", "not told": "cannot be told"}.get(row["pattern"], f"{row['pattern']}: {PATTERNS[row['pattern']]}")
    r2 = f" · R² {row['r2']:.2f}" if row["r2"] == row["r2"] else ""
    strong = None if chosen is None else cloud["network"].isin(chosen).to_numpy()
    note = f"{formats.count(row['n'])}{r2}" if strong is None else f"{formats.share(int(strong.sum()), len(cloud))}{r2}"
    return multiples.panel(
        cloud["x"].to_numpy(float), cloud["y"].to_numpy(float), asked.axes, slope=row["slope"], intercept=row["intercept"], chosen=strong,
        id=_name(row), title=f"{_label(row['id'])} → {_label(row['ood'])}", note=note, group=heading,
    )  # fmt: skip


def _open(name: str) -> None:
    """Open another pair; what was brushed and chosen in the last one does not hold there."""
    kit.remember("pair", name)
    for gone in ("region", "network", opened_pair.GROUP):
        kit.remember(gone, None)


def _parts(asked: Asked, pair: relation.Pair, found: pd.DataFrame, inside: pd.Series) -> None:
    """Show one part of what lies below: networks, attributes, effective robustness, what carries the line, all pairs."""
    opened_pair.clicked(pair)
    part = st.segmented_control("Below", PARTS, default=PARTS[0], key="below", bind="query-params", required=True, label_visibility="collapsed")
    if part == PARTS[0]:
        opened_pair.networks(pair, inside)
    elif part == PARTS[1]:
        opened_pair.facets(pair)
        opened_pair.networks(pair, inside)
    elif part == PARTS[2]:
        opened_pair.effective(pair)
    elif part == PARTS[3]:
        opened_pair.carried(pair)
    else:
        kit.table(found, key="pairs", name=f"pairs of {asked.collection or HERE} by {asked.metric}")


main()
