"""What the page about trust draws, and reports too: what tells the number elsewhere, pooled or within pairs, and what carries over."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from engine.assay import trust, verdicts
from engine.plots import drawn, estimates, formats, looks, paradox
from engine.stats.lines import Axes
from engine.stats.regression import APART

# as addresses say it
VIEWS = {"Within pairs": "standardised", "All pairs pooled": "pooled"}
SORT = {"Advantage over the ID number": "advantage", "R² alone": "r2", "Left-out R²": "r2_left_out"}
WITHIN = (-0.25, 1.03)  # R² shown; what is left of it stands at the edge
DISAGREES = {"sign": "≠", "size": "≠"}


def compared(
    *, collection: str, target: str, id_set: str | None, view: str, equal: str, common: bool, axes: Axes
) -> tuple[pd.DataFrame, str]:  # fmt: skip
    """Return every predictor with what it tells, and the finding."""
    found = trust.predictors(collection, target, (), id_set, equal=equal, common=common, axes=axes)  # type: ignore[arg-type]
    return found, verdicts.of_predictors(found, target, view) or ""  # type: ignore[arg-type]


def predictors(*, sort: str, target: str, view: str, **asked: Any) -> tuple[go.Figure, list[str]]:
    """Return the figure of the predictors, and what is said below it."""
    found = compared(target=target, view=view, **asked)[0]
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


def _by_view(found: pd.DataFrame) -> tuple[dict[str, dict[Any, Any]], dict[str, dict[Any, Any]]]:
    """Return the rows of all pairs pooled, and those within pairs, by predictor."""
    both = {view: {row["predictor"]: row for row in rows.to_dict("records")} for view, rows in found.groupby("view")}
    return both["pooled"], both["standardised"]


def apart(**asked: Any) -> tuple[dict[str, str], str]:
    """Return how each predictor is called, those whose two correlations are furthest apart first, and what is said of them."""
    found = compared(**asked)[0]
    pooled, own = _by_view(found)
    order = sorted(pooled, key=lambda name: -_gap(pooled[name], own[name]))
    return {name: pooled[name]["label"] for name in order}, verdicts.of_disagreement(found)


def scatters(*, predictor: str, **asked: Any) -> tuple[Mapping[str, go.Figure], Mapping[str, looks.Look], pd.DataFrame, str, str]:
    """Return the two scatters of a predictor, their legend, all points, what the figure is called, and what to be warned of."""
    pooled, own = (rows[predictor] for rows in _by_view(compared(**asked)[0]))
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
    return f"{said}: r {formats.interval(row['r'], row['r_low'], row['r_high'])}"


def transferred(*, collection: str, id_set: str | None, equal: trust.Equal, view: str, **_asked: Any) -> tuple[go.Figure, str, pd.DataFrame] | None:
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
