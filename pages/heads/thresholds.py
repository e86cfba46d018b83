"""Thresholds: one for each group under the hand, what that does to rates and gaps, and what a repair opens elsewhere."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from engine import errors
from engine.heads import cutting, inside, told, views
from engine.metrics import groups as group_metrics
from engine.plots import formats
from pages.components import thresholds as sliders
from pages.heads import place
from pages.heads.place import Place
from pages.parts import kit

HOW = (
    "The network gives each person a probability of the favourable outcome; who reaches the **threshold** is accepted. Here each true group can have "
    "a threshold of its own: drag, and see what changes. Bars show how many people have which probability: strong with the favourable outcome, pale "
    "without. **True positive rate**: accepted, of those whose outcome is favourable. **False positive rate**: accepted, of those whose outcome is "
    "not. **Precision**: outcome favourable, of those accepted. **Promised too much**: the mean probability of those accepted minus the share of "
    "them whose outcome is favourable.\n\n"
    "Equal shares and equal chances are different wishes: thresholds that bring one often take the other away. Numbers under the hand are counts of "
    "test people; when you let go, intervals stand below. The two buttons take thresholds that were fitted on validation people. Thresholds by group "
    "need to know everybody's group when they decide."
)
HALF = 0.5
AT = "at"
SLACK = 0.02


def main() -> None:
    """Draw the page."""
    kit.title("Thresholds", "What does a threshold for each group do, and what does it open elsewhere?", HOW)
    here = place.chosen()
    if here is None:
        place.nothing()
        return
    if "network" not in st.query_params:
        here = _unconstrained(here)
    top = st.container()
    place.choose(here, "thresholds")
    if not place.kept(here):
        return
    try:
        groups, packed, presets = kit.made(_counted, here.network)
        at = _at(groups)
        with top:
            kit.finding(kit.made(_finding, here.network, groups), key="finding-thresholds")
        name = f"Thresholds by group, {place.said(here.question)}, {views.job_of(here.network).title}"
        sliders.show(packed, at, key=f"thresholds-{here.network}", presets=presets, gaps=told.GAPS, name=name, on_at=_remember)
        st.caption(f"The upright line in the ratio's bar is the 80 % line; pale lines are the gaps at 0.5 for all. {told.SCOPE}")
        _exact(here, groups, at)
    except errors.UserError as problem:
        kit.problem(problem)
    place.pages(here, "thresholds")


def _unconstrained(here: Place) -> Place:
    """Return the place with the unconstrained network, where its weights are kept: there a repair by thresholds begins."""
    known = place.networks(here.question)
    plain = known[(known["method"] == "plain") & known["kept"]]["network"]
    return replace(here, network=str(plain.iloc[0])) if len(plain) else here


def _counted(network: str) -> tuple[tuple[str, ...], list[dict], dict[str, list[float]]]:
    """Return a network's groups, their counts for the browser, and thresholds to begin from."""
    groups = inside.said(network).side.groups
    packed = sliders.packed(cutting.score_counts(network), groups)
    presets = {"0.5 for all": [HALF] * len(groups)}
    for words, constraint in (("Equal shares (parity)", "parity"), ("Equal chances (opportunity)", "opportunity")):
        best = cutting.best_thresholds(network, SLACK, constraint)
        presets[words] = [round(best[group] * sliders.BINS) / sliders.BINS for group in groups]
    return groups, packed, presets


def _at(groups: tuple[str, ...]) -> list[float]:
    """Return the thresholds in the address, in the order of the groups."""
    said = st.query_params.get(AT)
    if not said:
        return [HALF] * len(groups)
    try:
        found = [float(one) for one in said.split(",")]
    except ValueError:
        found = []
    if len(found) == len(groups) and all(0 <= one <= 1 for one in found):
        return found
    kit.problem(errors.UserError(f"“{said[:60]}” are no thresholds for {len(groups)} groups.", "Write one from 0 to 1 for each, such as at=0.5,0.4."))
    return [HALF] * len(groups)


def _remember(at: list[float]) -> None:
    kit.remember(AT, ",".join(f"{value:g}" for value in at) if any(value != HALF for value in at) else None)


def _finding(network: str, groups: tuple[str, ...]) -> str:
    """Say what equal shares do to equal chances here: the side effect, with intervals."""
    best = cutting.best_thresholds(network, SLACK, "parity")
    _, before = cutting.at_thresholds(network, dict.fromkeys(groups, HALF))
    _, after = cutting.at_thresholds(network, best)
    asked = " and ".join(f"**{best[group]:.2f}** for {kit.escape(group)}" for group in groups)
    parity, chance = "demographic_parity_difference", "equal_opportunity_difference"
    shares = f"With one threshold of 0.5 for all, {_apart(before, parity)}. Thresholds of {asked}, fitted on other people, bring that to "
    if any(np.isnan(_row(frame, chance)["value"]) for frame in (before, after)):
        return f"{shares}{_gap(after, parity)}. What that does to those whose outcome is favourable is not estimable: a group has too few of them."
    return (
        f"{shares}{_gap(after, parity)}. What that does elsewhere: of those whose outcome is favourable, {_apart(after, chance)} then; at 0.5 for "
        f"all, {_apart(before, chance)}."
    )


def _row(frame: pd.DataFrame, name: str) -> dict[str, Any]:
    return next({str(key): value for key, value in one.items()} for one in frame.to_dict("records") if one["metric"] == name)


def _gap(frame: pd.DataFrame, name: str) -> str:
    row = _row(frame, name)
    if row["value"] != row["value"]:
        return "an amount that is not estimable"
    return f"**{100 * row['value']:.1f} points** [{100 * row['low']:.1f}, {100 * row['high']:.1f}]"


def _apart(frame: pd.DataFrame, name: str) -> str:
    """Say who is accepted more often than whom, and by how much."""
    row = _row(frame, name)
    if row["value"] != row["value"]:
        return "groups lie an amount apart that is not estimable"
    return f"{kit.escape(str(row['highest']))} are accepted {_gap(frame, name)} more often than {kit.escape(str(row['lowest']))}"


def _exact(here: Place, groups: tuple[str, ...], at: list[float]) -> None:
    """Show the numbers at these thresholds with their intervals."""
    st.header("At these thresholds, with intervals", anchor="exact")
    rates, gaps = kit.made(_cut, here.network, tuple(groups), tuple(at))
    asked = ", ".join(f"{group} {value:g}" for group, value in zip(groups, at, strict=True))
    kit.table(rates, key="thresholds-rates", name=f"Rates at {asked}")
    kit.table(gaps, key="thresholds-gaps", name=f"Gaps at {asked}")
    st.caption(f"Test people; thresholds {kit.escape(asked)}. A rate of fewer than {group_metrics.FEWEST} people is not estimable.")


def _cut(network: str, groups: tuple[str, ...], at: tuple[float, ...]) -> tuple[pd.DataFrame, pd.DataFrame]:
    rates, gaps = cutting.at_thresholds(network, dict(zip(groups, at, strict=True)))
    words = [_words(row) for row in rates.to_dict("records")]
    wide = rates.assign(told=words, rate=rates["metric"].map(told.SHORT)).pivot_table(
        index="group", columns="rate", values="told", aggfunc="first", sort=False
    )
    wide = wide.loc[list(groups), [name for name in told.SHORT.values() if name in wide]].reset_index()
    found = gaps.set_index("metric").reindex(list(told.GAPS)).reset_index()
    values = [_words(row) for row in found.to_dict("records")]
    between = [f"{h} and {low}" if isinstance(h, str) else "" for h, low in zip(found["highest"], found["lowest"], strict=True)]
    return wide, pd.DataFrame({"gap": found["metric"].map(told.GAPS), "value": values, "between": between})


def _words(row: dict) -> str:
    if row["value"] != row["value"] or row["value"] is None:
        return "not estimable"
    if str(row["metric"]).endswith("_difference"):
        return told.points(row)
    ratio = str(row["metric"]).endswith("_ratio") or row["metric"] == "calibration"
    return formats.interval(row["value"], row["low"], row["high"], row["n"], unit=None if ratio else "fraction")


main()
