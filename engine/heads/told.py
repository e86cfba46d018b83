"""An audit of decisions for people: the finding in a sentence, rates in plain words, a table with intervals, a figure."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from engine.heads import audit
from engine.heads.audit import Audited
from engine.heads.brought import Inside
from engine.plots import axes, bars, formats, template

RATES = {
    "selection_rate": "Accepted",
    "tpr": "Accepted, of those whose outcome is favourable",
    "fpr": "Accepted, of those whose outcome is not",
    "precision": "Outcome favourable, of those accepted",
    "accuracy": "Decided as the outcome turned out",
}
SHORT = {
    "selection_rate": "selection rate", "tpr": "true positive rate", "fpr": "false positive rate", "precision": "precision", "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy", "calibration": "mean score minus share of favourable outcomes",
}  # fmt: skip
GAPS = {
    "demographic_parity_difference": "Gap of selection rates (demographic parity)",
    "demographic_parity_ratio": "Lowest over highest selection rate (disparate impact ratio)",
    "equal_opportunity_difference": "Gap of true positive rates (equal opportunity)",
    "equalized_odds_difference": "Larger gap of true and false positive rates (equalized odds)",
    "equalized_odds_ratio": "Smaller ratio of true and false positive rates",
    "predictive_parity_difference": "Gap of precision (predictive parity)",
    "accuracy_difference": "Gap of accuracy",
}
SCOPE = (
    "The 80 % line is a first sign in guidance on hiring in the United States: a ratio below 0.8 means that somebody should look closer there. "
    "Elsewhere the line means nothing, and even there a number on either side of it settles nothing."
)
MOST_TOGETHER = 7  # groups that are told apart by colour in one figure
ROW = 46  # pixels


def finding(audited: Audited, attribute: str) -> str:
    """Return what an audit found about an attribute: the two largest groups, the farthest apart, and those with a favourable outcome. Markdown."""
    gap = _by(audit.gaps(audited).query("attribute == @attribute"), "metric")
    mine = audit.by_group(audited).query("attribute == @attribute and metric == 'selection_rate'")
    parity, opportunity = gap["demographic_parity_difference"], gap.get("equal_opportunity_difference")
    if _absent(parity):
        return f"Between groups of **{attribute}** nothing can be told. {parity['reason']}"
    rates = _by(mine.dropna(subset=["value"]), "group")
    first, second = sorted(sorted(rates, key=lambda name: -rates[name]["n"])[:2], key=lambda name: -rates[name]["value"])
    said = f"**{first}** are accepted in {_share(rates[first])}, **{second}** in {_share(rates[second])}"
    if len(rates) == 2:
        said += f": a gap of **{points(parity)}**." + (" Such a gap can be chance: the interval reaches 0." if parity["low"] <= 0 else "")
    else:
        high, low = parity["highest"], parity["lowest"]
        said = f"Of the two largest groups {said}. Of all groups {high} and {low} are farthest apart: **{points(parity)}**"
        said += f" (n {formats.count(rates[high]['n'])} and {formats.count(rates[low]['n'])})."
    if opportunity is not None and not _absent(opportunity):
        said += f" Among people whose outcome is favourable the largest gap is **{points(opportunity)}** ({opportunity['highest']} first)."
    left = sorted({one for row in gap.values() for one in str(row["left_out"]).split(", ") if one})
    return said + (f" Too small for some of these numbers: {', '.join(left)}." if left else "")


def _by(frame: pd.DataFrame, column: str) -> dict[str, dict[str, Any]]:
    """Return rows by the text in a column."""
    return {str(row[column]): {str(key): value for key, value in row.items()} for row in frame.to_dict("records")}


def _absent(row: Mapping[str, Any]) -> bool:
    return row["value"] is None or row["value"] != row["value"]


def _share(row: Mapping[str, Any]) -> str:
    return f"**{formats.percent(row['value'])}** (n {formats.count(row['n'])})"


def points(row: Mapping[Any, Any]) -> str:
    """Return a gap of shares in percentage points with its interval.

    >>> points({"value": 0.298, "low": 0.2711, "high": 0.324})
    '29.8 points [27.1, 32.4]'
    """
    return f"{100 * row['value']:.1f} points [{100 * row['low']:.1f}, {100 * row['high']:.1f}]"


def rates(audited: Audited, attribute: str) -> pd.DataFrame:
    """Return one row a group and rate: group, metric, rate (in words), value, low, high, n, reason, told (with interval, or why not)."""
    found = audit.by_group(audited)
    found = found[(found["attribute"] == attribute) & found["metric"].isin([*SHORT])].copy()
    found["rate"] = found["metric"].map(SHORT)
    found["told"] = [_told(row) for row in found.to_dict("records")]
    return found[["group", "metric", "rate", "value", "low", "high", "n", "reason", "told"]].reset_index(drop=True)


def _told(row: Mapping[Any, Any]) -> str:
    if row["value"] != row["value"] or row["value"] is None:
        return "not estimable"
    return formats.interval(row["value"], row["low"], row["high"], unit="fraction" if row["metric"] != "calibration" else None)


def table(audited: Audited, attribute: str) -> pd.DataFrame:
    """Return one row a group with each rate as text with its interval, “not estimable” where there are too few, and who is counted."""
    wide = audit.wide(audited)
    wide = wide[wide["attribute"] == attribute]
    told = rates(audited, attribute).pivot_table(index="group", columns="metric", values="told", aggfunc="first", sort=False)
    made = wide[["group", "n", "positives", "selected"]].rename(columns={"positives": "favourable outcomes", "selected": "accepted"})
    made = made if audited.label else made.drop(columns="favourable outcomes")
    return made.assign(**{SHORT[name]: made["group"].map(told[name]) for name in SHORT if name in told}).reset_index(drop=True)


def gap_table(audited: Audited, attribute: str) -> pd.DataFrame:
    """Return one row a gap: gap (in words), value with interval as text, between whom, who was left out, why not."""
    found = audit.gaps(audited)
    found = found[found["attribute"] == attribute].set_index("metric")
    found = found.reindex([name for name in GAPS if name in found.index]).reset_index()
    values = [
        "not estimable" if row["value"] != row["value"]
        else formats.interval(row["value"], row["low"], row["high"]) if str(row["metric"]).endswith("_ratio") else points(row)
        for row in found.to_dict("records")
    ]  # fmt: skip
    between = ["" if not isinstance(h, str) else f"{h} and {low}" for h, low in zip(found["highest"], found["lowest"], strict=True)]
    made = pd.DataFrame(
        {"gap": found["metric"].map(GAPS), "value": values, "between": between, "left out": found["left_out"], "why not": found["reason"].fillna("")}
    )
    return made.drop(columns=[name for name in ("left out", "why not") if not made[name].astype(bool).any()])


def figure(told: pd.DataFrame, groups: Sequence[str], metric: str | None = None) -> go.Figure:
    """Return rates with intervals: few groups as marks of their own colour in a row for each rate; many groups as rows of one rate.

    Args:
        told: Rows of `rates`.
        groups: Groups in the order of their colours.
        metric: The rate that is shown where groups are many.
    """
    if len(groups) > MOST_TOGETHER:
        metric = metric or "selection_rate"
        mine = told[told["metric"] == metric].assign(kind="group").sort_values("value", ascending=False)
        return bars.bars(mine, title=RATES[metric], label="group", colour="kind", order="given", kind="dot").update_layout(showlegend=False)
    shown = told[told["metric"].isin([*RATES])]
    order = [name for name in RATES if name in set(shown["metric"])]
    estimable = set(shown.dropna(subset=["value"])["group"])  # the others would be marks of the legend alone
    traces = [_marks(shown[shown["group"] == group], group, k, len(groups), order) for k, group in enumerate(groups) if group in estimable]
    return template.figure(
        traces,
        xaxis=axes.layout("share of people", "fraction", within=(-0.01, 1.01)),
        yaxis={
            "tickvals": list(range(len(order))), "ticktext": [_broken(RATES[name]) for name in order], "range": [len(order) - 0.5, -0.5],
            "ticks": "", "gridcolor": template.LIGHT.rule,
        },
        height=110 + max(ROW, 12 * len(groups)) * len(order),
    )  # fmt: skip


SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "triangle-down")


def _broken(words: str) -> str:
    return words.replace(", ", ",<br>")


def _marks(mine: pd.DataFrame, group: str, place: int, count: int, order: Sequence[str]) -> template.Trace:
    """Return a group's marks, one in each row of a rate; what is not estimable has none."""
    step = (place - (count - 1) / 2) * min(0.16, 0.7 / max(count, 1))
    ink = template.LIGHT.categorical[place % len(template.LIGHT.categorical)]
    value = mine["value"].to_numpy(np.float64)
    texts = [
        f"<b>{formats.plain(group)}</b><br>{formats.plain(RATES[row['metric']])}: {formats.plain(row['told'])}, n {formats.count(row['n'])}"
        for row in mine.to_dict("records")
    ]
    return template.trace(
        "scatter", x=value, y=[order.index(m) + step for m in mine["metric"]], mode="markers", name=formats.plain(group), hovertext=texts,
        hoverinfo="text", marker={"color": ink, "size": 9, "symbol": SYMBOLS[place % len(SYMBOLS)]},
        error_x=template.errors(value, mine["low"], mine["high"], template.faded(ink, 0.7)), cliponaxis=False,
    )  # fmt: skip


def said_inside(seen: Inside, attribute: str) -> list[str]:
    """Return what was seen inside a network, each a sentence with its numbers and controls. Markdown."""
    told = _aware(_by(seen.aware, "layer"), attribute)
    if seen.swapped is not None:
        people = seen.swapped.drop_duplicates("group")["n"].sum()
        share = formats.percent(float((seen.swapped["share"] * seen.swapped["n"]).sum() / people))
        told.append(f"**Swap of the inferred group value.** **{share}** of {formats.count(seen.n)} people would be decided otherwise.")
    if seen.thresholds is not None:
        needs = ", ".join(f"of {group} **p ≥ {row['threshold']:.2f}**" for group, row in _by(seen.thresholds, "group").items())
        told.append(f"**Implied thresholds.** Of a typical member the network asks, in terms of its most accurate score: {needs}.")
    if seen.recovered is not None:
        told.append(_recovered(seen.recovered))
    if seen.shift is not None:
        told.append(
            f"**Score shift.** What the network changed against the reference tells {attribute} with an AUC of **{seen.shift.auc:.3f}** "
            f"[{seen.shift.low:.3f}, {seen.shift.high:.3f}]; 0.5 would be chance. How much any change would tell is not known here."
        )
    return [*told, *seen.notes]


def _aware(layers: Mapping[str, Mapping[str, Any]], attribute: str) -> list[str]:
    if "trunk" not in layers:
        return []
    trunk, entered, floor = layers["trunk"], layers["inputs, linear"], layers["floor"]
    said = (
        f"**Awareness.** From the last layer {attribute} is told right in **{formats.percent(trunk['accuracy'])}** of cases "
        f"[{100 * trunk['accuracy_low']:.1f}, {100 * trunk['accuracy_high']:.1f}]; always saying the largest group gives "
        f"{formats.percent(floor['accuracy'])}, reading the inputs {formats.percent(entered['accuracy'])}."
    )
    return [said]


def _recovered(found: pd.DataFrame) -> str:
    told = {str(name): [float(value) for value in part] for name, part in found.groupby("read_out", sort=False)["accuracy"]}
    own, added, chance, noise = (told[name] for name in ("none: the network as it is", "the group's", "a random one", "noise"))
    return (
        f"**Recovery.** Accuracy is {formats.percent(own[0])}, and **{formats.percent(added[0])}** with the group's read-out added back; controls: "
        f"random read-outs {formats.percent(min(chance))} to {formats.percent(max(chance))}, noise {formats.percent(noise[0])}."
    )
