"""Look into a circuit: its modules where their signatures put them, its links and attention, who listens to whom."""

from typing import Any

import numpy as np
import streamlit as st

from engine import errors
from engine.circuits import findings, picture, views
from engine.circuits import spec as asking
from engine.plainly import circuits as plainly
from pages.circuits import place
from pages.components import circuit as viewer
from pages.parts import kit, routes

QUESTION = (
    "A circuit is a network of small modules that learned by itself which of them listen to which. Click a module in the picture: its card says in "
    "words what it responds to, where in the image it reads, and what is lost without it."
)
HOW = (
    "Each **module** is a small part of the network with a signature; the nearer two signatures are, the likelier their link. The picture places "
    "modules by the two main directions of their signatures, so they never move. **Links** are part of the network, the same for every input. "
    "**Attention** is what an input makes of them, and differs from input to input: more attention on one edge is no new wiring. *Draw* says which "
    "of the two is seen.\n\n"
    "Left, the graph; right, the same edges as a matrix, a row for each module that listens and a column for each that is heard. What is selected "
    "in one is selected in the other. The line above says how much is hidden: no edge is left out silently. The keys are listed under “?”."
)


def main() -> None:
    """Draw the page."""
    kit.title("Look into circuits", QUESTION, HOW)
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
        kit.finding(kit.made(findings.of_graph, name), plainly=lambda: kit.made(plainly.of_circuit, name))
    dressed = picture.dressed(
        block, start=place.started("look", name), story=place.story(name), tries=place.tried(_tries(name)), more=routes.circuit_url(name)
    )
    viewer.show(dressed, key=f"circuit-{name}", on_view=place.remember)
    if said := [*known["about"].get("notes", ()), *filter(None, [picture.unpacked(block)[0]["behind"]])]:
        st.caption(" ".join(map(kit.escape, said)))
    _facts(known)
    _history(name)
    place.take_away(name)
    place.schema()
    place.unseen()
    further = [("What one input uses", "circuit-input"), ("Drop modules, prune", "circuit-act"), ("Compare", "circuit-compare")]
    kit.links([*further, *([("Circuits that sentences make", "circuit-sentences")] if asking.conditional() else [])])


def _tries(circuit: str) -> list[place.Try]:
    """Return views to begin with: the module that is needed most, the one that is heard most, a class's attention, the links before training."""
    nodes, found = kit.made(views.nodes, circuit), []
    mine = nodes[nodes["role"] == "processor"]
    if mine["ablation"].notna().any():
        most = int(mine["node"].iloc[int(np.nanargmax(mine["ablation"].astype(float)))])
        found.append(("What does one module do?", f"M{findings.named(nodes.iloc[most])[1:]}, without which the loss rises most.", {"pins": [most]}))
    if mine["degree"].notna().any():
        hub = int(mine["node"].iloc[int(np.nanargmax(mine["degree"].astype(float)))])
        found.append(
            (
                "Who listens to whom?",
                f"Only the links of {findings.named(nodes.iloc[hub])}, which most others hear.",
                {"pins": [hub], "isolate": True},
            )
        )
    if telling := kit.made(findings.most_different, circuit)[0]:
        found.append(
            (
                f"What does class {telling} use?",
                "Mean attention on the same links; compare it with all classes.",
                {"graph": f"attention.class={telling}"},
            )
        )
    if steps := kit.made(views.steps, circuit):
        found.append(("How did it come about?", "The links before training; then move the slider.", {"graph": f"link@{steps[0]}"}))
    return found


def _facts(known: dict[str, Any]) -> None:
    """Show the graph's metrics with what each means."""
    st.subheader("The graph in numbers", anchor=False)
    with st.container(key="circuit-metrics", horizontal=True, gap="medium"):
        for label, value, meaning in findings.metrics(known):
            with st.container(width=190, gap=None):
                st.metric(label, value)
                st.caption(meaning)


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
