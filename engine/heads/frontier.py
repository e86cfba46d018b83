"""Accuracy against the gap between groups, of every network and rule: its points, its rows, what stands under it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from engine.heads import findings, inside, plainly, views
from engine.plots import formats, points

Question = tuple[str, str, str]  # table, protected attribute, what is to be equal
FIRST = "adult"  # the table that is shown first
HARDEST = 20.0  # the lambda that is looked at first, where there is one
EACH = {"Means over seeds": "seeds", "Every network": "people"}  # as addresses say it
SAID = {
    "plain": "Unconstrained", "squared": "Pressed, squared gap", "absolute": "Pressed, absolute gap", "shuffled": "Control: shuffled groups",
    "two_heads": "Two heads, not merged", "merged": "Two heads, merged", "thresholds": "Thresholds by true group",
    "threshold_optimizer": "fairlearn ThresholdOptimizer", "exponentiated_gradient": "fairlearn ExponentiatedGradient", "constant": "Constant",
}  # fmt: skip


@dataclass(frozen=True)
class Frontier:
    """The figure's points, its rows, and which place each point leads to."""

    points: points.Points
    rows: pd.DataFrame
    leads: Mapping[str, tuple[str, float]]  # id -> network, slack (0: none)


def questions() -> list[Question]:
    """Return what has been trained, the table that is shown first in front, then the newest."""
    found = [
        (str(table), str(attribute), str(constraint))
        for table, attribute, constraint in views.questions()[["dataset", "attribute", "constraint"]].itertuples(index=False, name=None)
    ]
    return sorted(found, key=lambda question: question[0] != FIRST or question[2] != "parity")


def networks(question: Question) -> pd.DataFrame:
    """Return the networks of a question that people choose from: network, method, strength, seed, title, kept; no ceilings."""
    found = views.networks(*question)
    order = {"squared": 0, "absolute": 1, "two_heads": 2, "plain": 3, "shuffled": 4}
    found = found[found["method"].isin(order)]
    return found.assign(order=found["method"].map(order)).sort_values(["order", "strength", "seed"]).drop(columns="order").reset_index(drop=True)


def first_network(found: pd.DataFrame) -> str:
    """Return the one of some networks that is looked at where none was chosen: one that was pressed, whose weights are kept."""
    rank = [
        (not kept, method not in inside.REGULARISERS, abs(strength - HARDEST), seed)
        for kept, method, strength, seed in zip(found["kept"], found["method"], found["strength"], found["seed"], strict=True)
    ]
    return str(found["network"].iloc[min(range(len(rank)), key=rank.__getitem__)])


def sentences(question: Question, network: str) -> tuple[str, list[str], list[str]]:
    """Return what is decided, the lead in plain words, and every sentence of a network."""
    lead = [plainly.of_question(*question), *plainly.of_network(network)]
    pressed = views.job_of(network).method in inside.PRESSED
    return plainly.decided(question[0], question[2]), lead, findings.sentences(network) if pressed else []


def drawn(question: Question, each: str) -> Frontier:
    """Return the points of a question: every network with its interval over people, or means with the range over seeds."""
    table = views.frontier(*question)
    rows = _every(table) if each == "people" else _means(table)
    rows = rows.assign(method_said=rows["method"].map(SAID).fillna(rows["method"]))
    rows["label"] = [_label(row) for row in rows.to_dict("records")]
    outcome = views.outcome_gap(*question)
    low, high = float(rows["accuracy"].min()), float(rows["accuracy"].max())
    gaps = [*rows["gap_low"].fillna(rows["gap"]), *rows["gap_high"].fillna(rows["gap"]), *([] if outcome is None else [outcome])]
    edge = 0.04 * (max(gaps) - min(gaps)) or 0.01
    equal = "share accepted" if question[2] == "parity" else "share accepted of those whose outcome is favourable"
    made = points.of_frame(
        rows, x="gap", y="accuracy", ids="id", label="label", colour="method_said", reference=False,
        x_axis=points.Axis(f"gap between groups: {equal}", within=(min(gaps) - edge, max(gaps) + edge)), y_axis=points.Axis("accuracy"),
        fit=None if outcome is None else {"x": [outcome, outcome], "y": [low - 0.02, high + 0.02]},
    )  # fmt: skip
    leads = {row["id"]: (row["network"], 0.0 if np.isnan(row["slack"]) else float(row["slack"])) for row in rows.to_dict("records")}
    return Frontier(made, rows.drop(columns="method_said"), leads)


def _every(table: pd.DataFrame) -> pd.DataFrame:
    ids = [f"{row.method}|{row.network}|{row.slack:g}" for row in table.itertuples()]
    return table.assign(id=ids, seeds=1)


def _means(table: pd.DataFrame) -> pd.DataFrame:
    """Return means over seeds, with the lowest and highest seed as bounds; the network is the one of the first seed."""
    table = table.assign(step=table.groupby(["network", "method"])["slack"].rank(method="first").fillna(0).astype(int))
    grouped = table.sort_values("seed").groupby(["method", "strength", "step"], sort=True)
    means = grouped[["slack", "accuracy", "gap", "soft_gap", "balanced_accuracy", "most_frequent_decision"]].mean()
    for name in ("accuracy", "gap"):
        means[f"{name}_low"], means[f"{name}_high"] = grouped[name].min(), grouped[name].max()
    means["network"], means["seeds"] = grouped["network"].first(), grouped["seed"].nunique()
    means["near_constant"] = grouped["near_constant"].any()
    means = means.reset_index()
    return means.assign(id=[f"{row.method}|{row.strength:g}|{row.step}" for row in means.itertuples()])


def _label(row: Mapping[Any, Any]) -> str:
    """Return what a hover says of a point first."""
    said = [str(row["method_said"])]
    if row["strength"]:
        said.append(f"lambda {row['strength']:g}")
    if not np.isnan(row["slack"]):
        said.append(f"slack {row['slack']:.3f}")
    said.append(f"mean of {row['seeds']} seeds" if row["seeds"] > 1 else f"seed {row['seed']}" if "seed" in row else "one seed")
    if row["near_constant"]:
        said.append(f"nearly constant: balanced accuracy {formats.percent(row['balanced_accuracy'])}")
    return ", ".join(said)


def under(question: Question, each: str) -> str:
    """Return what stands under the figure: bars, line, flags."""
    outcome = views.outcome_gap(*question)
    rows = drawn(question, each).rows
    flat = int(rows["near_constant"].sum())
    bars = (
        "Bars are 95 % intervals over people."
        if each == "people"
        else "Points are means over seeds, the ringed one of those like the network above; bars go from the lowest seed to the highest. "
        "Intervals over people are under “Every network”."
    )
    line = f" The outcomes themselves have a gap of {plainly.points(outcome)} points (upright line)." if outcome is not None else ""
    near = (
        f" {flat} of these points {'decides' if flat == 1 else 'decide'} nearly the same of everybody: see their balanced accuracy." if flat else ""
    )
    return f"{bars}{line}{near} The gap is that of decisions (hard); the gap of probabilities (soft) is in the table below and in the data."


def table(question: Question) -> pd.DataFrame:
    """Return each network's gap in decisions and in probabilities, accuracy and balanced accuracy, as means over seeds."""
    rows = _means(views.frontier(*question))
    rows = rows[rows["soft_gap"].notna() | rows["method"].isin(["constant", "threshold_optimizer", "exponentiated_gradient"])]
    return pd.DataFrame(
        {
            "what": rows["method"].map(SAID),
            "lambda": [f"{value:g}" if value else "" for value in rows["strength"]],
            "seeds": rows["seeds"],
            "gap of decisions, points": _hundred(rows["gap"]),
            "gap of probabilities, points": _hundred(rows["soft_gap"]),
            "accuracy, %": _hundred(rows["accuracy"]),
            "balanced accuracy, %": _hundred(rows["balanced_accuracy"]),
            "decided alike, %": _hundred(rows["most_frequent_decision"]),
            "nearly constant": np.where(rows["near_constant"] | (rows["method"] == "constant"), "yes", ""),
        }
    ).reset_index(drop=True)


def _hundred(shares: pd.Series) -> pd.Series:
    return (100 * shares).round(2)
