"""Sentences that make circuits: a map of all sentences' graphs, and what one sentence does with two scenes."""

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from engine import ask, errors
from engine.circuits import picture
from engine.circuits import spec as asking
from engine.plots import formats, points
from pages.circuits import place
from pages.components import circuit as viewer
from pages.parts import kit, live

COMMAND = "python -m engine train sentences --into FOLDER"
QUESTION = (
    "In a conditional circuit a sentence decides which modules listen to which. Each point is a sentence, near others that make similar circuits; "
    "open one to see its links and what it answers about two scenes."
)
HOW = (
    "**The map** lays sentences out by the two main directions of the links they make, so near points are similar circuits; colours and symbols are "
    "template families, which the circuit was never told. If families lie apart, the form of a sentence shows in its circuit. The number above is "
    "the share of the links' variance between families. Sentences of one family share words, so an untrained circuit tells families apart too: what "
    "training adds is the difference to it, not the number itself.\n\n"
    "**Below**, the circuit of one sentence. Unlike in the other circuits, *links* change here, from sentence to sentence; for one sentence they are "
    "the same whatever the scenes, and *attention* is what the scenes make of them. Write a sentence of your own in the words of the map."
)


def main() -> None:
    """Draw the page."""
    kit.title("Sentences", QUESTION, HOW)
    known = asking.conditional()
    if not known:
        kit.empty(f"No conditional circuit is here yet. Train one (half an hour): {COMMAND}; put its file into inputs/circuits of TOUCHSTONE_HOME.")
        return
    found_at = st.container()
    name = kit.choose("Conditional circuit", sorted(known), key="conditional")
    try:
        with st.spinner("Reading all sentences …"):
            told, block = kit.made(_mapped, name, str(known[name]), known[name].stat().st_mtime_ns)
    except errors.UserError as problem:
        kit.problem(problem)
        return
    with found_at:
        kit.finding(_finding(told))
    opened = _map(told)
    offer = {"circuit": name, "live": live.address("circuits"), "split": "test", "open": opened}
    viewer.show(
        picture.dressed(block, start=place.started("sentences", name), sentence=offer), key=f"circuit-sentence-{name}", on_view=place.remember
    )


def _mapped(name: str, file: str, changed: int) -> tuple[dict[str, Any], bytes]:
    """Return the map of a conditional circuit's sentences, and its graph before any sentence for the viewer."""
    assert Path(file).stem == name
    told, arrays = ask.ask("circuits", {"kind": "sentences", "circuit": name})
    block = picture.of_links(f"{name} {changed}", name, arrays["static_links"], arrays["signatures"], int(told["layers"]), conditional=True)
    return told, block


def _finding(told: dict[str, Any]) -> str:
    between, untrained, chance, most = map(formats.percent, (told["between_families"], told["untrained"], *told["by_chance"]))
    n, right = len(told["sentences"]), told["metrics"].get("test", {}).get("all")
    answers = "" if right is None else f" It answers {formats.percent(right)} of the test sentences rightly; half would be chance."
    return (
        f"Template families explain **{between}** of how the circuits of {n:,} sentences differ, and {untrained} in the same circuit before any "
        f"training; shuffled families explain {chance} (at most {most} in 20 shuffles).{answers}"
    )


def _map(told: dict[str, Any]) -> int | None:
    """Show the map and return the example of a sentence that was opened."""
    frame = pd.DataFrame(told["places"], columns=["first direction", "second direction"])
    frame = frame.assign(sentence=told["sentences"], family=told["families"], example=told["examples"])
    first, second = (points.Axis(f"{which} main direction of the links", unit=None) for which in ("first", "second"))
    shown = points.of_frame(
        frame, x_axis=first, y_axis=second, x="first direction", y="second direction", ids="example", label="sentence", colour="family",
        reference=False,
    )  # fmt: skip
    opened = kit.scatter(
        shown, key="circuit-sentences", data=frame, name="Sentences by their circuits", alt="Sentences by their circuits", height=400
    )
    return None if opened is None else int(opened)


main()
