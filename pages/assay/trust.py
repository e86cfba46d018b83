"""Which number to trust: what tells the error elsewhere, what carries over, what stands behind the metrics."""

from typing import Any, get_args

import pandas as pd
import streamlit as st

from engine import errors
from engine.assay import dimensions, population, trust, verdicts
from engine.plots import correlations, drawn, estimates, formats, matrix, paradox, scree
from engine.stats.factors import ROTATIONS
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
        found = trust.measured(asked["collection"], asked["id_set"])
        if found.empty or found[f"{asked['target']}_ood"].notna().sum() == 0:
            kit.empty("No network of this table has numbers on its ID set and on another set.", "Evaluate networks on more sets", "assay-run")
            return
        _predictors(asked)
        _transfer(asked)
    except errors.UserError as problem:
        kit.problem(problem)
        return
    _factors(asked)


def _choose(known: pd.DataFrame) -> dict[str, Any]:
    """Ask which networks, which metric, how pairs count."""
    columns = st.columns([3, 2, 3, 1], vertical_alignment="bottom")
    with columns[0]:
        sizes = known.set_index("collection")["networks"]
        collection = kit.choose("Networks", known["collection"].tolist(), key="table", format_func=lambda name: _table(name, int(sizes[name])))
    offered = trust.id_sets(collection)
    metrics = trust.metrics_of(collection)
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
    options = {name: asked[name] for name in ("equal", "common", "axes")}
    with st.spinner("Comparing the predictors", width="content"):
        found = trust.predictors(asked["collection"], asked["target"], (), asked["id_set"], **options)
    kit.finding(verdicts.of_predictors(found, asked["target"], asked["view"]) or "")
    st.header("What tells it", anchor="predictors")
    sort = st.segmented_control("Sort by", list(SORT), default=next(iter(SORT)), key="sort", bind="query-params", required=True)
    every = found[found["view"] == asked["view"]]
    mine = every[every["r2"].notna()].copy()
    mine["note"] = mine["disagrees"].map(DISAGREES)
    first = mine["predictor"] != asked["target"]  # the ID number itself stands on top
    rows = mine.assign(first=first, order=-mine[SORT[sort]].astype(float)).sort_values(["first", "order"], na_position="last")
    series = {"R² alone": "r2", "with the ID number": "r2_with_id", "left out": "r2_left_out"}
    shown = rows[["label", "note", "networks", "pairs", "r2_id", *(f"{c}{end}" for c in series.values() for end in ("", "_low", "_high"))]]
    figure = drawn.drawn(
        estimates.estimates, shown, series, title=f"R² with {trust.said(asked['target'])} on the OOD set", within=WITHIN, note="note",
        ticks={"ID number alone, same networks": "r2_id"},
    )  # fmt: skip
    kit.figure(
        figure, key="predictors", data=found, name=f"Predictors of {trust.said(asked['target'])} elsewhere",
        alt="For each predictor R² alone, with the ID number, and left out, with intervals",
    )  # fmt: skip
    if len(few := every[every["r2"].isna()]):
        st.caption(f"Too few networks in a pair have: {', '.join(f'{r.label} ({r.networks})' for r in few.itertuples())}.")
    what = rows["left_out"].iloc[0] if len(rows) else "pair"
    st.caption(
        f"Left out together: {'one network' if what == 'network' else 'each ' + what}. ID numbers come from the {_sides(rows)} split. The upright "
        "line is the ID number on the networks of that row. The gain of a second predictor is never below 0 in sample; its left-out gain, in the "
        "data below, can be. ≠: pooled and within-pair correlations disagree (see below)."
    )
    _paradox(asked, found)


def _sides(rows: pd.DataFrame) -> str:
    sides = [side for side in rows.loc[rows["kind"] == verdicts.IN_DISTRIBUTION, "side"].unique() if side]
    return " (else ".join(sides) + ")" * (len(sides) - 1)


def _paradox(asked: dict[str, Any], found: pd.DataFrame) -> None:
    """Show the two scatters of a predictor: pooled, and within pairs."""
    st.header("Pooled or within pairs?", anchor="pooled")
    st.markdown(verdicts.of_disagreement(found))
    both = {view: {row["predictor"]: row for row in rows.to_dict("records")} for view, rows in found.groupby("view")}
    pooled, own = both["pooled"], both["standardised"]
    labels = {name: row["label"] for name, row in pooled.items()}
    predictor = kit.choose(
        "Predictor", sorted(pooled, key=lambda name: -_gap(pooled[name], own[name])), key="predictor", format_func=labels.__getitem__
    )
    which = (asked["collection"], predictor, asked["target"], asked["id_set"])
    points = trust.scattered(*which, axes=asked["axes"])
    own_lines = tuple(trust.own_lines(*which, axes=asked["axes"])[["x_low", "y_low", "x_high", "y_high"]].itertuples(index=False, name=None))
    shown = paradox.thinned(points)
    lines = {view: (float(of[predictor]["slope"]), float(of[predictor]["intercept"])) for view, of in both.items()}
    captions = {"pooled": _caption(pooled[predictor], "All pairs pooled"), "standardised": _caption(own[predictor], "Within pairs")}
    on = "" if asked["axes"] == "linear" else f" ({asked['axes']})"
    x, y = labels[predictor] + on, f"OOD {trust.said(asked['target'])}{on}"
    disagrees = pooled[predictor]["disagrees"]
    if isinstance(disagrees, str):
        more = "have opposite signs" if disagrees == "sign" else f"are more than {APART:g} apart"
        st.warning(f"The two correlations {more}: what the pooled scatter shows is mostly how pairs differ, not how networks do.")
    st.html("<style>.stApp .st-key-panels-paradox { grid-template-columns: repeat(auto-fit, minmax(min(100%, 380px), 1fr)); }</style>")
    figures = drawn.drawn(paradox.paradox, shown, own_lines, lines, captions=captions, x_title=x, y_title=y)
    kit.figures(
        figures, key="paradox", data=points, name=f"{x} against {y}", legend=paradox.legend(shown),
        alt=f"Two scatters of {x} and {y}: pooled, and within pairs",
    )  # fmt: skip
    if len(points) > paradox.MOST:
        st.caption(f"{formats.share(paradox.MOST, len(points), 'points')} are drawn; lines and numbers are of all.")


def _gap(pooled: dict[Any, Any], own: dict[Any, Any]) -> float:
    """Return how far the two correlations are from each other; those that disagree come before all others."""
    apart = abs(pooled["r"] - own["r"])
    return apart + isinstance(pooled["disagrees"], str) if apart == apart else -1.0


def _caption(row: dict[Any, Any], said: str) -> str:
    return f"{said}: r {kit.estimate(row['r'], row['r_low'], row['r_high'])}"


def _transfer(asked: dict[str, Any]) -> None:
    """Show which metric carries over from ID to OOD."""
    found = trust.transfer(asked["collection"], (), asked["id_set"], equal=asked["equal"])
    if found.empty:
        return
    st.header("What carries over", anchor="transfer")
    st.markdown(verdicts.of_transfer(found, asked["view"]) or "Only one metric was measured on both sides.")
    wide = found[found["view"] == "standardised"].merge(found[found["view"] == "pooled"], on="metric", suffixes=("", "_pooled"))
    wide = wide.rename(columns={"spearman_pooled": "pooled", "spearman_low_pooled": "pooled_low", "spearman_high_pooled": "pooled_high"})
    wide["note"] = wide["disagrees"].map(DISAGREES)
    shown = wide[["label", "note", "networks", "pairs", "spearman", "spearman_low", "spearman_high", "pooled", "pooled_low", "pooled_high"]]
    title = "Spearman of ID and OOD"
    figure = drawn.drawn(
        estimates.estimates, shown, {"within pairs, averaged": "spearman", "pooled": "pooled"}, title=title, within=(-1.05, 1.05), note="note"
    )
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
    start = {kind: said for said, kind in OVER.items()}[dimensions.over_of(asked["collection"])]
    with left:
        over = OVER[kit.choose("Columns are", list(OVER), key=f"over-{asked['collection']}", default=start)]
    with middle:
        rotation = kit.choose("Rotation", ROTATIONS, key="rotation", default=ROTATIONS[1])
    which: dict[str, Any] = {"over": over, "id_set": asked["id_set"], "metric": asked["target"]}
    columns = _columns(dimensions.columns_of(asked["collection"], **which), f"columns-{asked['collection']}-{over}")
    how: dict[str, Any] = {**which, "columns": columns, "scaling": asked["view"]}
    try:
        found = dimensions.scree(asked["collection"], **how)
        suggested, most = int(found["suggested"].iloc[0]), max(len(found) - 1, 1)
        with right:
            k = kit.choose(
                "Factors",
                list(range(1, most + 1)),
                key=f"factors-{asked['collection']}-{over}",
                default=min(suggested, most),
                format_func=lambda k: _many(k, suggested),
            )
        _loadings(asked, found, k, {**how, "rotation": rotation})
        _ranks(asked, how)
    except errors.UserError as problem:
        kit.problem(problem)


def _many(k: int, suggested: int) -> str:
    return f"{k} (parallel analysis)" if k == suggested else str(k)


def _columns(offered: pd.DataFrame, key: str) -> list[str]:
    """Ask which columns enter."""
    with st.expander("Columns", type="compact", key="columns-chosen"):
        return kit.choose_many("Columns that enter", offered["column"].tolist(), key=key, default=offered[offered["first"]]["column"].tolist())


def _loadings(asked: dict[str, Any], found: pd.DataFrame, k: int, how: dict[str, Any]) -> None:
    """Show the scree, the loadings and the factors."""
    loadings = dimensions.factors(asked["collection"], k=k, **how)
    st.markdown(verdicts.of_factors(found, loadings))
    left, right = st.columns([2, 3])
    with left:
        kit.figure(
            drawn.drawn(scree.scree, found, k), key="scree", data=found, name="Scree with parallel analysis",
            alt="Eigenvalues of the correlations, with intervals, beside those of random data",
        )  # fmt: skip
        kit.facts(_between(dimensions.factor_correlations(asked["collection"], k=k, **how), how["rotation"]))
    with right:
        figure = drawn.drawn(
            matrix.matrix, loadings.rename(columns={"loading": "value"}), title="loading", unit=None, rows="column", columns="factor",
            order_rows=list(dict.fromkeys(loadings["column"])), middle=0.0, within=(-1.0, 1.0),
        )  # fmt: skip
        _wide("loadings", k)
        kit.figure(figure, key="loadings", data=loadings, name="Loadings", alt="Loadings of the columns on the factors, with intervals")


def _between(found: pd.DataFrame, rotation: str) -> dict[str, str]:
    """Return what each factor explains, and how they go together where they may."""
    told = {f"{row['factor']} explains": f"{formats.percent(row['explained'])} of all variance" for row in found.to_dict("records")}
    if rotation == "promax":
        names = found["factor"].tolist()
        told |= {f"{a} with {b}": f"r {kit.number(float(found[b].iloc[i]))}" for i, a in enumerate(names) for b in names[i + 1 :]}
    return told


def _ranks(asked: dict[str, Any], how: dict[str, Any]) -> None:
    st.header("Who goes with whom in rank", anchor="ranks")
    every = dimensions.ranks(asked["collection"], equal=asked["equal"], **how)
    names = list(dict.fromkeys(every["row"]))
    shown = names[:MOST_COLUMNS]
    if len(names) > len(shown):
        st.caption(f"The first {len(shown)} of {len(names)} columns; the files hold all.")
    mine = every[every["row"].isin(shown) & every["column"].isin(shown)].rename(columns={"spearman": "value"})
    figure = drawn.drawn(correlations.correlations, mine, shown, title="Spearman")
    _wide("ranks", len(shown))
    kit.figure(figure, key="ranks", data=every, name="Rank correlations", alt="Spearman's rank correlation of each two columns, with interval and n")


main()
