"""Which number to trust: what tells the error elsewhere, what carries over, what stands behind the metrics."""

from collections.abc import Sequence
from typing import Any, get_args

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from engine import errors
from engine.assay import dimensions, population, trust, trusted, verdicts
from engine.plainly import choosing as plainly
from engine.plots import correlations, drawn, formats, matrix, paradox, scree
from engine.stats.factors import ROTATIONS, Rotation
from engine.stats.lines import Axes
from pages.parts import kit

AXES: tuple[Axes, ...] = get_args(Axes)
OVER = {"Metrics on ID and OOD": "metrics", "One metric on each set": "sets"}
MOST_COLUMNS = 24  # of the matrices
CELL, LEFT = 46, 230  # pixels


def main() -> None:
    """Draw the page."""
    kit.title(
        "Trust",
        "Which number measured here tells how a network does elsewhere?",
        "A pair is a set that networks were trained on (ID) and another set (OOD). A predictor is good where its R² with the error on the OOD set is "
        "high. **Within pairs** compares networks on the same pair only; **pooled** also counts that some pairs are harder than others. "
        "*Left out*: R² on tasks (or ID sets) that the line has not seen; the best of many predictors looks better than it is, and this is the "
        "sterner number. Intervals are 95 %, from drawing the networks anew.",
        paper="assay",
    )
    known = population.collections()
    if known.empty:
        kit.empty("Nothing has been evaluated yet.", "Run an evaluation", "assay-run")
        return
    asked = _choose(known)
    try:
        if not kit.made(_told_elsewhere, asked["collection"], asked["id_set"], asked["target"]):
            kit.empty("No network of this table has numbers on its ID set and on another set.", "Evaluate networks on more sets", "assay-run")
            return
        _predictors(asked)
        _transfer(asked)
    except errors.UserError as problem:
        kit.problem(problem)
        return
    _factors(asked)


def _told_elsewhere(collection: str, id_set: str | None, target: str) -> bool:
    """Return whether some network has the number on a set that is not its own."""
    found = trust.elsewhere(collection, id_set)
    return bool((found.loc[found["metric"] == target, "rows"] > 0).any())


def _offers(collection: str) -> tuple[Sequence[str], Sequence[str]]:
    """Return the sets that may count as ID, and the metrics."""
    return trust.id_sets(collection), trust.metrics_of(collection)


def _choose(known: pd.DataFrame) -> dict[str, Any]:
    """Ask which networks, which metric, how pairs count."""
    columns = st.columns([3, 2, 3, 1], vertical_alignment="bottom")
    with columns[0]:
        sizes = dict(zip(known["collection"].tolist(), known["networks"].tolist(), strict=True))
        collection = kit.choose("Networks", list(sizes), key="table", format_func=lambda name: _table(name, sizes[name]))
    offered, metrics = kit.made(_offers, collection)
    with columns[1]:
        target = kit.choose("Told on the OOD sets", metrics, key="metric", format_func=trust.said)
    view = columns[2].segmented_control(
        "Compare networks", list(trusted.VIEWS), default=next(iter(trusted.VIEWS)), key="view", bind="query-params", required=True
    )
    with columns[3].popover("More"):
        st.checkbox("All tasks count the same, however many pairs they have", value=True, key="equal", bind="query-params")
        st.selectbox("Axes", AXES, key="axes", bind="query-params", help="For shares: on logit and probit axes relations are often straighter.")
        st.checkbox("Only networks that have every predictor", value=False, key="common", bind="query-params")
    id_set = None
    if offered:
        id_set = kit.choose("ID set", offered, key="id", help="These networks do not say what they were trained on: name the set that counts as ID.")
    said = st.session_state
    return {
        "collection": collection, "target": target, "id_set": id_set, "view": trusted.VIEWS[view],
        "equal": "task" if said.get("equal", True) else "pair",
        "common": said.get("common", False), "axes": said.get("axes") or AXES[0],
    }  # fmt: skip


def _table(name: str, networks: int) -> str:
    return f"{name or 'Evaluated here'} ({networks})"


def _predictors(asked: dict[str, Any]) -> None:
    """Show what tells the number elsewhere, and where pooling tells another story."""
    with st.spinner("Comparing the predictors", width="content"):
        found, finding = kit.made(trusted.compared, **asked)
    kit.finding(finding, plainly=lambda: plainly.of_trust(found, asked["target"], asked["view"]))
    st.header("What tells it", anchor="predictors")
    sort = st.segmented_control("Sort by", list(trusted.SORT), default=next(iter(trusted.SORT)), key="sort", bind="query-params", required=True)
    figure, captions = kit.made(trusted.predictors, **asked, sort=trusted.SORT[sort])
    kit.figure(
        figure, key="predictors", data=found, name=f"Predictors of {trust.said(asked['target'])} elsewhere",
        alt="For each predictor R² alone, with the ID number, and left out, with intervals",
    )  # fmt: skip
    for caption in captions:
        st.caption(caption)
    _paradox(asked, found)


def _paradox(asked: dict[str, Any], found: pd.DataFrame) -> None:
    """Show the two scatters of a predictor: pooled, and within pairs."""
    st.header("Pooled or within pairs?", anchor="pooled")
    offered, said = kit.made(trusted.apart, **asked)
    st.markdown(said)
    predictor = kit.choose("Predictor", list(offered), key="predictor", format_func=offered.__getitem__)
    figures, legend, points, called, warning = kit.made(trusted.scatters, **asked, predictor=predictor)
    if warning:
        st.warning(warning)
    st.html("<style>.stApp .st-key-panels-paradox { grid-template-columns: repeat(auto-fit, minmax(min(100%, 380px), 1fr)); }</style>")
    kit.figures(figures, key="paradox", data=points, name=called, legend=legend, alt=f"Two scatters of {called}: pooled, and within pairs")
    if len(points) > paradox.MOST:
        st.caption(f"{formats.share(paradox.MOST, len(points), 'points')} are drawn; lines and numbers are of all.")


def _transfer(asked: dict[str, Any]) -> None:
    """Show which metric carries over from ID to OOD."""
    told = kit.made(trusted.transferred, **asked)
    if told is None:
        return
    figure, said, found = told
    st.header("What carries over", anchor="transfer")
    st.markdown(said)
    kit.figure(
        figure, key="transfer", data=found, name="Transfer of metrics from ID to OOD",
        alt="For each metric the rank correlation of its value on ID and on OOD, within pairs and pooled, with intervals",
    )  # fmt: skip
    _by_pair(asked, found)


def _by_pair(asked: dict[str, Any], found: pd.DataFrame) -> None:
    """Show the transfer of one metric in each pair, once someone asks."""
    part = st.expander("Each pair by itself", key="by-pair", type="compact", on_change="rerun")
    if not part.open:
        return
    with part:
        labels = dict(zip(found["metric"], found["label"], strict=True))
        metric = kit.choose("Metric", list(labels), key="transferred", format_func=lambda name: labels[name])
        rows = trust.transfer_pairs(asked["collection"], metric, asked["id_set"])
        cells = rows.rename(columns={"networks": "n"}).assign(value=rows["spearman"], low=rows["spearman_low"], high=rows["spearman_high"])
        if rows[["id", "ood"]].nunique().max() > MOST_COLUMNS:
            kit.table(rows, key="by-pair-table", name=f"Transfer of {labels[metric]} in each pair")
            return
        figure = drawn.drawn(
            matrix.matrix, cells[["id", "ood", "value", "low", "high", "n"]], title="Spearman", unit=None, rows="id", columns="ood", middle=0.0,
            within=(-1.0, 1.0),
        )  # fmt: skip
        _wide("by-pair", cells["ood"].nunique())
        kit.figure(
            figure, key="by-pair", data=rows, name=f"Transfer of {labels[metric]} in each pair",
            alt=f"Rank correlation of {labels[metric]} on ID (rows) and OOD (columns), one cell a pair",
        )  # fmt: skip


def _wide(key: str, columns: int) -> None:
    """Let a matrix scroll inside its own frame where there is less room than it needs."""
    frame = f".st-key-figure-{key}"
    st.html(f"<style>{frame} {{ overflow-x: auto; }} {frame} > * {{ min-width: {LEFT + CELL * columns}px; }}</style>")


def _factors(asked: dict[str, Any]) -> None:
    """Show what stands behind the metrics, and how they go together in rank."""
    st.header("What stands behind the metrics", anchor="factors")
    left, middle, right = st.columns([3, 2, 2], vertical_alignment="bottom")
    collection = asked["collection"]
    start = {kind: said for said, kind in OVER.items()}[kit.made(dimensions.over_of, collection)]
    with left:
        over = OVER[kit.choose("Columns are", list(OVER), key=f"over-{collection}", default=start)]
    with middle:
        rotation = kit.choose("Rotation", ROTATIONS, key="rotation", default=ROTATIONS[1])
    which: dict[str, Any] = {"over": over, "id_set": asked["id_set"], "metric": asked["target"]}
    columns = _columns(*kit.made(_entering, collection, **which), f"columns-{collection}-{over}")
    how: dict[str, Any] = {**which, "columns": columns, "scaling": asked["view"]}
    try:
        suggested, most = kit.made(_suggested, collection, **how)
        with right:
            k = kit.choose(
                "Factors", range(1, most + 1), key=f"factors-{collection}-{over}", default=min(suggested, most),
                format_func=lambda k: _many(k, suggested),
            )  # fmt: skip
        _loadings(collection, k, {**how, "rotation": rotation})
        _ranks(collection, asked["equal"], how)
    except errors.UserError as problem:
        kit.problem(problem)


def _many(k: int, suggested: int) -> str:
    return f"{k} (parallel analysis)" if k == suggested else str(k)


def _entering(collection: str, **which: Any) -> tuple[list[str], list[str]]:
    """Return the columns that may enter, and those that do at first."""
    offered = dimensions.columns_of(collection, **which)
    return offered["column"].tolist(), offered[offered["first"]]["column"].tolist()


def _columns(offered: list[str], first: list[str], key: str) -> list[str]:
    """Ask which columns enter."""
    with st.expander("Columns", type="compact", key="columns-chosen"):
        return kit.choose_many("Columns that enter", offered, key=key, default=first)


def _suggested(collection: str, **how: Any) -> tuple[int, int]:
    """Return how many factors stand out, and how many there may be."""
    found = dimensions.scree(collection, **how)
    return int(found["suggested"].iloc[0]), max(len(found) - 1, 1)


def _loadings(collection: str, k: int, how: dict[str, Any]) -> None:
    """Show the scree, the loadings and the factors."""
    (eigenvalues, found), (picture, loadings), said, between = kit.made(_drawn_factors, collection, k, **how)
    st.markdown(said)
    left, right = st.columns([2, 3])
    with left:
        kit.figure(
            eigenvalues, key="scree", data=found, name="Scree with parallel analysis",
            alt="Eigenvalues of the correlations, with intervals, beside those of random data",
        )  # fmt: skip
        kit.facts(between)
    with right:
        _wide("loadings", k)
        kit.figure(picture, key="loadings", data=loadings, name="Loadings", alt="Loadings of the columns on the factors, with intervals")


def _drawn_factors(
    collection: str, k: int, *, rotation: Rotation, **how: Any
) -> tuple[tuple[go.Figure, pd.DataFrame], tuple[go.Figure, pd.DataFrame], str, dict[str, str]]:
    """Return scree and loadings, each with its rows; what is said of them; what the factors explain."""
    found, loadings = dimensions.scree(collection, **how), dimensions.factors(collection, k=k, rotation=rotation, **how)
    picture = drawn.drawn(
        matrix.matrix, loadings.rename(columns={"loading": "value"}), title="loading", unit=None, rows="column", columns="factor",
        order_rows=list(dict.fromkeys(loadings["column"])), middle=0.0, within=(-1.0, 1.0),
    )  # fmt: skip
    between = _between(dimensions.factor_correlations(collection, k=k, rotation=rotation, **how), rotation)
    return (drawn.drawn(scree.scree, found, k), found), (picture, loadings), verdicts.of_factors(found, loadings), between


def _between(found: pd.DataFrame, rotation: str) -> dict[str, str]:
    """Return what each factor explains, and how they go together where they may."""
    told = {f"{row['factor']} explains": f"{formats.percent(row['explained'])} of all variance" for row in found.to_dict("records")}
    if rotation == "promax":
        names = found["factor"].tolist()
        told |= {f"{a} with {b}": f"r {kit.number(float(found[b].iloc[i]))}" for i, a in enumerate(names) for b in names[i + 1 :]}
    return told


def _ranks(collection: str, equal: str, how: dict[str, Any]) -> None:
    """Show how the columns go together in rank."""
    st.header("Who goes with whom in rank", anchor="ranks")
    figure, every, shown, columns = kit.made(_drawn_ranks, collection, equal=equal, **how)
    if columns > shown:
        st.caption(f"The first {shown} of {columns} columns; the files hold all.")
    _wide("ranks", shown)
    kit.figure(figure, key="ranks", data=every, name="Rank correlations", alt="Spearman's rank correlation of each two columns, with interval and n")


def _drawn_ranks(collection: str, **how: Any) -> tuple[go.Figure, pd.DataFrame, int, int]:
    """Return the figure of rank correlations, all rows, and how many columns are shown of how many."""
    every = dimensions.ranks(collection, **how)
    names = list(dict.fromkeys(every["row"]))
    shown = names[:MOST_COLUMNS]
    mine = every[every["row"].isin(shown) & every["column"].isin(shown)].rename(columns={"spearman": "value"})
    return drawn.drawn(correlations.correlations, mine, shown, title="Spearman"), every, len(shown), len(names)


main()
