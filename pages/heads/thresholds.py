"""Thresholds: one for each group under the hand, what that does to rates and gaps, and what a repair opens elsewhere."""

from dataclasses import replace

import streamlit as st

from engine import errors
from engine.heads import cuts, cutting, inside, told, views
from engine.metrics import groups as group_metrics
from engine.plainly import heads as plainly
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
AT = "at"


def main() -> None:
    """Draw the page."""
    kit.title("Thresholds", "What does a threshold for each group do, and what does it open elsewhere?", HOW)
    here = place.chosen()
    if here is None:
        place.nothing()
        return
    if "network" not in st.query_params:
        here = replace(here, network=cuts.unconstrained(place.networks(here.question)) or here.network)
    top = st.container()
    place.choose(here, "thresholds")
    if not place.kept(here):
        return
    try:
        groups, packed, presets = kit.made(_counted, here.network)
        at = _at(groups)
        with top:
            said = kit.made(cuts.finding, here.network, groups)
            kit.finding(said, key="finding-thresholds", plainly=lambda: kit.made(plainly.of_thresholds, here.network))
        name = f"Thresholds by group, {place.said(here.question)}, {views.job_of(here.network).title}"
        sliders.show(packed, at, key=f"thresholds-{here.network}", presets=presets, gaps=told.GAPS, name=name, on_at=_remember)
        st.caption(f"The upright line in the ratio's bar is the 80 % line; pale lines are the gaps at 0.5 for all. {told.SCOPE}")
        _exact(here, groups, at)
    except errors.UserError as problem:
        kit.problem(problem)
    place.pages(here, "thresholds")


def _counted(network: str) -> tuple[tuple[str, ...], list[dict], dict[str, list[float]]]:
    """Return a network's groups, their counts for the browser, and thresholds to begin from."""
    groups = inside.said(network).side.groups
    packed = sliders.packed(cutting.score_counts(network), groups)
    presets = {"0.5 for all": [cuts.HALF] * len(groups)}
    for words, constraint in (("Equal shares (parity)", "parity"), ("Equal chances (opportunity)", "opportunity")):
        best = cutting.best_thresholds(network, cuts.SLACK, constraint)
        presets[words] = [round(best[group] * sliders.BINS) / sliders.BINS for group in groups]
    return groups, packed, presets


def _at(groups: tuple[str, ...]) -> list[float]:
    """Return the thresholds in the address, in the order of the groups; what cannot be read there is said."""
    try:
        return cuts.read(st.query_params.get(AT, ""), groups)
    except errors.UserError as problem:
        kit.problem(problem)
        return cuts.read("", groups)


def _remember(at: list[float]) -> None:
    kit.remember(AT, ",".join(f"{value:g}" for value in at) if any(value != cuts.HALF for value in at) else None)


def _exact(here: Place, groups: tuple[str, ...], at: list[float]) -> None:
    """Show the numbers at these thresholds with their intervals."""
    st.header("At these thresholds, with intervals", anchor="exact")
    rates, gaps = kit.made(cuts.cut, here.network, tuple(groups), tuple(at))
    asked = ", ".join(f"{group} {value:g}" for group, value in zip(groups, at, strict=True))
    kit.table(rates, key="thresholds-rates", name=f"Rates at {asked}")
    kit.table(gaps, key="thresholds-gaps", name=f"Gaps at {asked}")
    st.caption(f"Test people; thresholds {kit.escape(asked)}. A rate of fewer than {group_metrics.FEWEST} people is not estimable.")


main()
