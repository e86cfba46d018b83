"""Which number to trust: what tells the error elsewhere, what carries over, what stands behind the metrics."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from engine import errors
from engine.assay import dimensions, population, trust, verdicts
from engine.plots import correlations, drawn, estimates, formats, looks, matrix, paradox, scree
from engine.stats.factors import ROTATIONS, Rotation
from engine.stats.lines import Axes
from engine.stats.regression import APART
from pages.parts import kit

AXES: tuple[Axes, ...] = get_args(Axes)
VIEWS = {"Within pairs": "standardised", "All pairs pooled": "pooled"}
OVER = {"Metrics on ID and OOD": "metrics", "One metric on each set": "sets"}
SORT = {"Advantage over the ID number": "advantage", "R² alone": "r2", "Left-out R²": "r2_left_out"}
WITHIN = (-0.25, 1.03)  # R² shown; what is left of it stands at the edge
MOST_COLUMNS = 24  # of the matrices
CELL, LEFT = 46, 230  # pixels
DISAGREES = {"sign": "≠", "size": "≠"}


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
    view = columns[2].segmented_control("Compare networks", list(VIEWS), default=next(iter(VIEWS)), key="view", bind="query-params", required=True)
    with columns[3].popover("More"):
        st.checkbox("All tasks count the same, however many pairs they have", value=True, key="equal", bind="query-params")
        st.selectbox("Axes", AXES, key="axes", bind="query-params", help="For shares: on logit and probit axes relations are often straighter.")
        st.checkbox("Only networks that have every predictor", value=False, key="common", bind="query-params")
    id_set = None
    if offered:
        id_set = kit.choose("ID set", offered, key="id", help="These networks do not say what they were trained on: name the set that counts as ID.")
    said = st.session_state
    return {
        "collection": collection, "target": target, "id_set": id_set, "view": VIEWS[view], "equal": "task" if said.get("equal", True) else "pair",
        "common": said.get("common", False), "axes": said.get("axes") or AXES[0],
    }  # fmt: skip


def _table(name: str, networks: int) -> str:
    return f"{name or 'Evaluated here'} ({networks})"


def _predictors(asked: dict[str, Any]) -> None:
    """Show what tells the number elsewhere, and where pooling tells another story."""
    with st.spinner("Comparing the predictors", width="content"):
        found, finding = kit.made(_compared, **asked)
    kit.finding(finding)
    st.header("What tells it", anchor="predictors")
    sort = st.segmented_control("Sort by", list(SORT), default=next(iter(SORT)), key="sort", bind="query-params", required=True)
    figure, captions = kit.made(_drawn_predictors, **asked, sort=SORT[sort])
    kit.figure(
        figure, key="predictors", data=found, name=f"Predictors of {trust.said(asked['target'])} elsewhere",
        alt="For each predictor R² alone, with the ID number, and left out, with intervals",
    )  # fmt: skip
    for caption in captions:
        st.caption(caption)
    _paradox(asked, found)


def _compared(
    *, collection: str, target: str, id_set: str | None, view: str, equal: str, common: bool, axes: Axes
) -> tuple[pd.DataFrame, str]:  # fmt: skip
    """Return every predictor with what it tells, and the finding."""
    found = trust.predictors(collection, target, (), id_set, equal=equal, common=common, axes=axes)  # type: ignore[arg-type]
    return found, verdicts.of_predictors(found, target, view) or ""  # type: ignore[arg-type]


def _drawn_predictors(*, sort: str, target: str, view: str, **asked: Any) -> tuple[go.Figure, list[str]]:
    """Return the figure of the predictors, and what is said below it."""
    found = _compared(target=target, view=view, **asked)[0]
    every = found[found["view"] == view]
    mine = every[every["r2"].notna()].copy()
    mine["note"] = mine["disagrees"].map(DISAGREES)
    first = mine["predictor"] != target  # the ID number itself stands on top
    rows = mine.assign(first=first, order=-mine[sort].astype(float)).sort_values(["first", "order"], na_position="last")
    series = {"R² alone": "r2", "with the ID number": "r2_with_id", "left out": "r2_left_out"}
    shown = rows[["label", "note", "networks", "pairs", "r2_id", *(f"{c}{end}" for c in series.values() for end in ("", "_low", "_high"))]]
    figure = drawn.drawn(
        estimates.estimates, shown, series, title=f"R² with {trust.said(target)} on the OOD set", within=WITHIN, note="note",
        ticks={"ID number alone, same networks": "r2_id"},
    )  # fmt: skip
    captions = []
    if len(few := every[every["r2"].isna()]):
        captions.append(f"Too few networks in a pair have: {', '.join(f'{r.label} ({r.networks})' for r in few.itertuples())}.")
    what = rows["left_out"].iloc[0] if len(rows) else "pair"
    captions.append(
        f"Left out together: {'one network' if what == 'network' else 'each ' + what}. ID numbers come from the {_sides(rows)} split. The upright "
        "line is the ID number on the networks of that row. The gain of a second predictor is never below 0 in sample; its left-out gain, in the "
        "data below, can be. ≠: pooled and within-pair correlations disagree (see below)."
    )
    return figure, captions


def _sides(rows: pd.DataFrame) -> str:
    sides = [side for side in rows.loc[rows["kind"] == verdicts.IN_DISTRIBUTION, "side"].unique() if side]
    return " (else ".join(sides) + ")" * (len(sides) - 1)


def _paradox(asked: dict[str, Any], found: pd.DataFrame) -> None:
    """Show the two scatters of a predictor: pooled, and within pairs."""
    st.header("Pooled or within pairs?", anchor="pooled")
    offered, said = kit.made(_apart, **asked)
    st.markdown(said)
    predictor = kit.choose("Predictor", list(offered), key="predictor", format_func=offered.__getitem__)
    figures, legend, points, called, warning = kit.made(_drawn_paradox, **asked, predictor=predictor)
    if warning:
        st.warning(warning)
    st.html("<style>.stApp .st-key-panels-paradox { grid-template-columns: repeat(auto-fit, minmax(min(100%, 380px), 1fr)); }</style>")
    kit.figures(figures, key="paradox", data=points, name=called, legend=legend, alt=f"Two scatters of {called}: pooled, and within pairs")
    if len(points) > paradox.MOST:
        st.caption(f"{formats.share(paradox.MOST, len(points), 'points')} are drawn; lines and numbers are of all.")


def _by_view(found: pd.DataFrame) -> tuple[dict[str, dict[Any, Any]], dict[str, dict[Any, Any]]]:
    """Return the rows of all pairs pooled, and those within pairs, by predictor."""
    both = {view: {row["predictor"]: row for row in rows.to_dict("records")} for view, rows in found.groupby("view")}
    return both["pooled"], both["standardised"]


def _apart(**asked: Any) -> tuple[dict[str, str], str]:
    """Return how each predictor is called, those whose two correlations are furthest apart first, and what is said of them."""
    found = _compared(**asked)[0]
    pooled, own = _by_view(found)
    order = sorted(pooled, key=lambda name: -_gap(pooled[name], own[name]))
    return {name: pooled[name]["label"] for name in order}, verdicts.of_disagreement(found)


def _drawn_paradox(*, predictor: str, **asked: Any) -> tuple[Mapping[str, go.Figure], Mapping[str, looks.Look], pd.DataFrame, str, str]:
    """Return the two scatters of a predictor, their legend, all points, what the figure is called, and what to be warned of."""
    pooled, own = (rows[predictor] for rows in _by_view(_compared(**asked)[0]))
    which, axes = (asked["collection"], predictor, asked["target"], asked["id_set"]), asked["axes"]
    points = trust.scattered(*which, axes=axes)
    own_lines = tuple(trust.own_lines(*which, axes=axes)[["x_low", "y_low", "x_high", "y_high"]].itertuples(index=False, name=None))
    shown = paradox.thinned(points)
    lines = {view: (float(row["slope"]), float(row["intercept"])) for view, row in (("pooled", pooled), ("standardised", own))}
    captions = {"pooled": _caption(pooled, "All pairs pooled"), "standardised": _caption(own, "Within pairs")}
    on = "" if axes == "linear" else f" ({axes})"
    x, y = pooled["label"] + on, f"OOD {trust.said(asked['target'])}{on}"
    figures = drawn.drawn(paradox.paradox, shown, own_lines, lines, captions=captions, x_title=x, y_title=y)
    more = {"sign": "have opposite signs", "size": f"are more than {APART:g} apart"}.get(pooled["disagrees"])
    warning = f"The two correlations {more}: what the pooled scatter shows is mostly how pairs differ, not how networks do." if more else ""
    return figures, paradox.legend(shown), points, f"{x} against {y}", warning


def _gap(pooled: dict[Any, Any], own: dict[Any, Any]) -> float:
    """Return how far the two correlations are from each other; those that disagree come before all others."""
    apart = abs(pooled["r"] - own["r"])
    return apart + isinstance(pooled["disagrees"], str) if apart == apart else -1.0


def _caption(row: dict[Any, Any], said: str) -> str:
    return f"{said}: r {kit.estimate(row['r'], row['r_low'], row['r_high'])}"


def _transfer(asked: dict[str, Any]) -> None:
    """Show which metric carries over from ID to OOD."""
    told = kit.made(_drawn_transfer, **asked)
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


def _drawn_transfer(
    *, collection: str, id_set: str | None, equal: trust.Equal, view: str, **_asked: Any
) -> tuple[go.Figure, str, pd.DataFrame] | None:
    """Return the figure of how metrics carry over, what is said of it, and its rows; None where there is nothing to compare."""
    found = trust.transfer(collection, (), id_set, equal=equal)
    if found.empty:
        return None
    wide = found[found["view"] == "standardised"].merge(found[found["view"] == "pooled"], on="metric", suffixes=("", "_pooled"))
    wide = wide.rename(columns={"spearman_pooled": "pooled", "spearman_low_pooled": "pooled_low", "spearman_high_pooled": "pooled_high"})
    wide["note"] = wide["disagrees"].map(DISAGREES)
    shown = wide[["label", "note", "networks", "pairs", "spearman", "spearman_low", "spearman_high", "pooled", "pooled_low", "pooled_high"]]
    series = {"within pairs, averaged": "spearman", "pooled": "pooled"}
    figure = drawn.drawn(estimates.estimates, shown, series, title="Spearman of ID and OOD", within=(-1.05, 1.05), note="note")
    return figure, verdicts.of_transfer(found, view) or "Only one metric was measured on both sides.", found


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
