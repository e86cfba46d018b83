"""Sentences that make circuits: what one sentence does with two scenes, its links beside another's, and a map of all sentences."""

from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from engine import ask, errors
from engine.circuits import picture
from engine.circuits import spec as asking
from engine.plots import estimates, formats, points
from engine.stats import intervals
from pages.circuits import place
from pages.components import circuit as viewer
from pages.parts import kit, live

COMMAND = "python -m engine train sentences --into FOLDER"
QUESTION = (
    "Here a sentence decides which modules listen to which, and the two scenes run through the graph that it makes. Choose or write a sentence, "
    "step through scenes, or open a point of the map."
)
HOW = (
    "**Static graph or circuit of a sentence.** In the other circuits the links belong to the network: only attention changes from input to "
    "input, which is no rewiring. Here the *links* themselves change with the sentence, and only with it: for one sentence they are the same "
    "whatever the scenes, and *attention* is what the scenes make of them. “Difference of links” shows what a sentence adds to the links that the "
    "circuit has before any sentence, or to those of another sentence.\n\n"
    "**The map** lays sentences out by the two main directions of the links they make, so near points are similar circuits; colours and symbols are "
    "the six forms of sentences, which the circuit was never told. Sentences of one form share words, so an untrained circuit tells forms apart too: "
    "what training adds is the difference to it.\n\n"
    "**Controls** were trained like it, for as many steps: one static circuit for all sentences, whose modules read the words as further tokens "
    "beside the scenes; where they are drawn too, the circuit with empty scenes (words only) and with one word instead of every sentence (scenes "
    "only). Each "
    "sentence is true of half of its scenes, so words alone say nothing. The stem was taught to name shapes and colours first; what it was taught "
    "with is thrown away. A combination is held out where training never had a colour in sentences of a form."
)
TOTAL = "total"
ARMS = {"static": "static circuit, words as tokens", "words": "words only", "scenes": "scenes only"}
FIRST = "there is a blue square"
TRIES = (
    ("Two forms, two circuits", "a question of being, and one of number", "there is a blue square", "there are exactly two red shapes on the left"),
    ("Another colour", "the same form: how little changes?", "the left side has more red shapes", "the left side has more blue shapes"),
    ("Left and right", "one word turns the question round", "the left side has more red shapes", "the right side has more red shapes"),
)


def main() -> None:
    """Draw the page."""
    kit.title("Sentences", QUESTION, HOW, paper="circuits")
    known = asking.conditional()
    if not known:
        kit.empty(f"No conditional circuit is here yet. Train one (minutes): {COMMAND}; put its file into inputs/circuits of TOUCHSTONE_HOME.")
        return
    found_at = st.container()
    name = next(iter(known)) if len(known) == 1 else kit.choose("Conditional circuit", sorted(known), key="conditional")
    try:
        with st.spinner("Reading all sentences …"):
            told, block = kit.made(_mapped, name, str(known[name]), known[name].stat().st_mtime_ns)
    except errors.UserError as problem:
        kit.problem(problem)
        return
    with found_at:
        kit.finding(_finding(told))
    viewed = st.container()
    left, right = st.columns([3, 2], gap="medium")
    with left:
        opened = _map(told, name) or FIRST
    with right:
        _reached(told)
    offer = {"circuit": name, "live": live.address("circuits"), "sentences": told["sentences"], "open": opened}
    tries = place.tried([(label, seen, {"asked": {"sentence": {"sentence": one, "beside": other}}}) for label, seen, one, other in TRIES])
    with viewed:
        viewer.show(
            picture.dressed(block, start=place.started("sentences", name), sentence=offer, tries=tries), key=f"circuit-sentence-{name}",
            on_view=place.remember,
        )  # fmt: skip


def _mapped(name: str, file: str, changed: int) -> tuple[dict[str, Any], bytes]:
    """Return the map of a conditional circuit's sentences, and its graph before any sentence for the viewer."""
    assert Path(file).stem == name
    told, arrays = ask.ask("circuits", {"kind": "sentences", "circuit": name})
    block = picture.of_links(f"{name} {changed}", name, arrays["static_links"], arrays["signatures"], int(told["layers"]), conditional=True)
    return told, block


def _share(counts: list[int]) -> dict[str, float]:
    """Return right answers of n as a share with its interval (Wilson)."""
    k, n = counts
    low, high = intervals.wilson(k, n)
    return {"": k / n, "_low": float(low), "_high": float(high)}


def _said(counts: list[int]) -> str:
    found = _share(counts)
    return formats.interval(found[""], found["_low"], found["_high"], unit="fraction")


def _finding(told: dict[str, Any]) -> str:
    between, untrained, chance, most = map(formats.percent, (told["between_families"], told["untrained"], *told["by_chance"]))
    return (
        f"{_answers(told)}The form of a sentence explains **{between}** of how the links of {len(told['sentences'])} sentences differ; shuffled "
        f"forms explain {chance} (at most {most} in 200 shuffles), before any training it is {untrained}."
    )


def _answers(told: dict[str, Any]) -> str:
    """Return how often the circuit is right, and whether that hangs on the links that a sentence makes."""
    if not told["metrics"]:
        return ""
    own = _share(told["metrics"]["test"][TOTAL])
    said = (
        f"The circuit that a sentence makes answers **{_said(told['metrics']['test'][TOTAL])}** of new examples rightly, where half is chance, and "
        f"{_said(told['metrics']['held_out'][TOTAL])} where training never had the colour in such a sentence. "
    )
    if rewired := told["rewired"]:
        other = _share(rewired["other"][TOTAL])[""]
        same = own["_low"] <= other <= own["_high"]
        said += f"With the links of a sentence of another form, all else the same, it is {formats.percent(other)}: " + (
            "its links change with the sentence, but the answer hangs on the codes and first states that the sentence sets too. "
            if same
            else "the answer hangs on the links that the sentence makes. "
        )
    return said


def _map(told: dict[str, Any], name: str) -> str | None:
    """Show the map and return the sentence that was opened."""
    frame = pd.DataFrame(told["places"], columns=["first direction", "second direction"])
    frame = frame.assign(sentence=told["sentences"], form=told["families"], held_out=told["held_out"])
    first, second = (points.Axis(f"{which} main direction of the links", unit=None) for which in ("first", "second"))
    shown = points.of_frame(
        frame, x_axis=first, y_axis=second, x="first direction", y="second direction", ids="sentence", colour="form", reference=False
    )
    words = "Sentences by their circuits"
    return kit.scatter(shown, key=f"circuit-sentences-{name}", data=frame, name=words, alt=words, height=400)


def _reached(told: dict[str, Any]) -> None:
    """Show how often it is right, form by form, beside its controls."""
    if not told["metrics"]:
        return
    drawn, frame = kit.made(_shares, told["metrics"], _controls(told["arms"]))
    words = "Right answers by form of sentence"
    kit.figure(drawn, key="circuit-sentences-right", data=frame, name=words, alt=f"{words}, beside the controls; half is chance")


def _controls(arms: list[dict[str, Any]]) -> dict[str, dict[str, list[int]]]:
    """Return what controls get right on test, by what they are called: over all their seeds."""
    found: dict[str, dict[str, list[int]]] = {}
    for arm, words in ARMS.items():
        mine = [row["metrics"]["test"] for row in arms if row["arm"] == arm]
        if mine:
            found[words] = {form: [sum(row[form][i] for row in mine) for i in (0, 1)] for form in mine[0]}
    return found


def _shares(metrics: dict[str, dict[str, list[int]]], controls: dict[str, dict[str, list[int]]]) -> tuple[go.Figure, pd.DataFrame]:
    series = {"this circuit": metrics["test"], "held-out combinations": metrics["held_out"], **controls}
    rows = [
        {"form": "all forms" if form == TOTAL else form}
        | {f"{said}{end}": v for said, counts in series.items() for end, v in _share(counts[form]).items()}
        for form in metrics["test"]
    ]
    frame = pd.DataFrame(rows)
    drawn = estimates.estimates(frame, {said: said for said in series}, title="share of right answers", label="form", within=(0.3, 1.0))
    return drawn, frame


main()
