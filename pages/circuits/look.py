"""Look into a circuit: its modules where their signatures put them, its links and attention, who listens to whom."""

from typing import Any

import streamlit as st

from engine import errors
from engine.circuits import findings, picture, views
from pages.circuits import place
from pages.components import circuit as viewer
from pages.parts import kit

HOW = (
    "A **circuit** is a network of small **modules** that learned who listens to whom. Each module has a signature, and the nearer two signatures "
    "are, the likelier their link: the picture places modules by the two main directions of their signatures, so they never move. **Links** are "
    "part of the network, the same for every input. **Attention** is what an input makes of them, and differs from input to input: more attention "
    "on one edge is no new wiring.\n\n"
    "Left, the graph; right, the same edges as a matrix, a row for each module that listens and a column for each that is heard. What is selected "
    "in one is selected in the other. The line above says how much is hidden: no edge is left out silently."
)


def main() -> None:
    """Draw the page."""
    kit.title("Look into circuits", "Who listens to whom inside a network that learned its own wiring?", HOW)
    found_at = st.container()
    name = place.choose()
    if name is None:
        return
    try:
        block = kit.made(picture.pack, name)
        known = kit.made(views.about, name)
    except errors.UserError as problem:
        kit.problem(problem)
        return
    with found_at:
        kit.finding(kit.made(findings.of_graph, name))
    _facts(known)
    viewer.show(picture.dressed(block, start=place.started("look", name)), key=f"circuit-{name}", on_view=place.remember)
    if behind := picture.unpacked(block)[0]["behind"]:
        st.caption(behind)
    _history(name)
    place.take_away(name)
    kit.links([("What one input uses", "circuit-input"), ("Drop modules, prune", "circuit-act")])


def _facts(known: dict[str, Any]) -> None:
    """Show the graph's metrics with what each means."""
    told = findings.metrics(known)
    with st.container(key="circuit-metrics", horizontal=True, gap="medium"):
        for label, value, meaning in told:
            st.metric(label, value, help=meaning, width="content")


def _history(name: str) -> None:
    """Show how the graph's metrics moved over training, where that was kept."""
    steps = kit.made(views.steps, name)
    if not steps:
        return
    with st.expander("Over training", key="circuit-history", type="compact", on_change="rerun") as part:
        if part.open:
            st.caption("Metrics of the links at each step that was kept; the slider “Training step” above draws the graph of each.")
            kit.table(kit.made(views.timeline, name), key="circuit-timeline", name=f"{name} over training")


main()
