"""Accuracy against the gap between groups, of every network and rule: what equality costs, and for whom it is paid."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from engine import errors
from engine.heads import findings, inside, plainly, views
from engine.plots import formats, points
from pages.heads import place as places
from pages.heads.place import Place, Question
from pages.parts import kit

SAID = {
    "plain": "Unconstrained", "squared": "Pressed, squared gap", "absolute": "Pressed, absolute gap", "shuffled": "Control: shuffled groups",
    "two_heads": "Two heads, not merged", "merged": "Two heads, merged", "thresholds": "Thresholds by true group",
    "threshold_optimizer": "fairlearn ThresholdOptimizer", "exponentiated_gradient": "fairlearn ExponentiatedGradient", "constant": "Constant",
}  # fmt: skip
EACH = {"Means over seeds": "seeds", "Every network": "people"}
SHOWN = "each"


@dataclass(frozen=True)
class Drawn:
    """The figure's points, its rows, and which place each point leads to."""

    points: points.Points
    rows: pd.DataFrame
    leads: Mapping[str, tuple[str, float]]  # id -> network, slack (0: none)


def main() -> None:
    """Draw the page."""
    kit.title(
        "Frontier",
        "What does it cost to treat groups alike, and what changes for whom?",
        "Each point is a network, or a rule made from one. **Right** is the gap: by how much more often one group is accepted than the other. **Up** "
        "is accuracy. A network that ignores equality stands at the top right; the harder it is pressed, the further left and the lower it goes. "
        "*Lambda* says how hard; *slack* is the largest gap that a rule was allowed on other people (validation). Everything shown was measured on "
        "test people. The upright line is the gap of the outcomes themselves: where a network that is always right would stand. Click a point, or go "
        "to it with the arrow keys and press Enter: then all of this section is about its network.",
        paper="heads",
    )
    place = places.chosen()
    if place is None:
        places.nothing()
        return
    places.choose(place, "frontier")
    try:
        _said(place)
        _frontier(place)
        _network(place)
    except errors.UserError as problem:
        kit.problem(problem)
    places.pages(place, "frontier")


def _said(place: Place) -> None:
    """Show the finding, in plain words."""
    question, lead, more = kit.made(_sentences, place.question, place.network)
    st.caption(question)
    kit.finding("\n\n".join(lead))
    if more:
        with st.expander("All that was found of this network, with controls", key="heads-all-found", type="compact"):
            st.markdown("\n".join(f"- {kit.escape(sentence)}" for sentence in more))


def _sentences(question: Question, network: str) -> tuple[str, list[str], list[str]]:
    """Return what is decided, the lead, and every sentence of a network."""
    lead = [spoken(sentence) for sentence in (plainly.of_question(*question.asked), *plainly.of_network(network))]
    pressed = views.job_of(network).method in inside.PRESSED
    return plainly.decided(question.dataset, question.constraint), lead, findings.sentences(network) if pressed else []


def spoken(sentence: str) -> str:
    """Return a sentence as Markdown: names of groups may hold anything, only the bold numbers are ours."""
    return kit.escape(sentence).replace("\\*\\*", "**")


def _frontier(place: Place) -> None:
    """Show the figure; an opened point becomes the network of the address."""
    each = st.segmented_control("Points", list(EACH), default=next(iter(EACH)), key=SHOWN, bind="query-params", required=True)
    drawn = kit.made(_drawn, place.question, EACH[each])
    name = f"Accuracy against gap, {places.said(place.question)}"
    kit.scatter(
        drawn.points, key=f"heads-frontier-{EACH[each]}-{places.key(place.question)}", data=drawn.rows, name=name, selected=_mark(drawn, place),
        alt="Accuracy against the gap between groups, for every network and rule; the upright line is the gap of the outcomes.",
        on_open=lambda opened: _open(place, drawn, opened),
    )  # fmt: skip
    st.caption(kit.made(_under, place.question, EACH[each]))


def _open(place: Place, drawn: Drawn, opened: str) -> None:
    network, slack = drawn.leads[opened]
    if network in set(places.networks(place.question)["network"]):
        places.remember(replace(place, network=network, slack=slack or places.SLACK))


def _mark(drawn: Drawn, place: Place) -> str | None:
    """Return the point that stands for the chosen network: its own, or the mean that it is part of; of rules, the one of its slack."""
    job = views.job_of(place.network)
    mine = drawn.rows[(drawn.rows["method"] == job.method) & np.isclose(drawn.rows["strength"], job.strength)]
    own = mine[mine["network"] == place.network]
    found = own if len(own) else mine
    return str(found["id"].iloc[0]) if len(found) else None


def _drawn(question: Question, each: str) -> Drawn:
    """Return the points of a question: every network with its interval over people, or means with the range over seeds."""
    table = views.frontier(*question.asked)
    rows = _every(table) if each == "people" else _means(table)
    rows = rows.assign(method_said=rows["method"].map(SAID).fillna(rows["method"]))
    rows["label"] = [_label(row) for row in rows.to_dict("records")]
    outcome = views.outcome_gap(*question.asked)
    low, high = float(rows["accuracy"].min()), float(rows["accuracy"].max())
    gaps = [*rows["gap_low"].fillna(rows["gap"]), *rows["gap_high"].fillna(rows["gap"]), *([] if outcome is None else [outcome])]
    edge = 0.04 * (max(gaps) - min(gaps)) or 0.01
    equal = "share accepted" if question.constraint == "parity" else "share accepted of those whose outcome is favourable"
    made = points.of_frame(
        rows, x="gap", y="accuracy", ids="id", label="label", colour="method_said", reference=False,
        x_axis=points.Axis(f"gap between groups: {equal}", within=(min(gaps) - edge, max(gaps) + edge)), y_axis=points.Axis("accuracy"),
        fit=None if outcome is None else {"x": [outcome, outcome], "y": [low - 0.02, high + 0.02]},
    )  # fmt: skip
    leads = {row["id"]: (row["network"], 0.0 if np.isnan(row["slack"]) else float(row["slack"])) for row in rows.to_dict("records")}
    return Drawn(made, rows.drop(columns="method_said"), leads)


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


def _under(question: Question, each: str) -> str:
    """Return what stands under the figure: bars, line, flags."""
    outcome = views.outcome_gap(*question.asked)
    rows = _drawn(question, each).rows
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


def _network(place: Place) -> None:
    """Show each network's gap in decisions and in probabilities, accuracy and balanced accuracy."""
    st.header("Networks, hard and soft", anchor="networks")
    table = kit.made(_table, place.question)
    kit.table(table, key="heads-frontier-table", name=f"Networks of {places.said(place.question)}")


def _table(question: Question) -> pd.DataFrame:
    rows = _means(views.frontier(*question.asked))
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


main()
