"""Interpreters: which function takes which patch of an image, step by step; what goes without one; and whether such stitching scales."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from engine import ask, errors, networks, shifts
from engine.circuits import spec as circuits
from engine.dossier import hops
from engine.plots import formats
from engine.scaling import findings, plots, views
from engine.scaling import spec as asking
from pages.circuits import place
from pages.components import routing
from pages.parts import jobs, kit, live

COMMAND = "python -m engine train circuits --into FOLDER --arm interpreter --data mnist --offer"
MEASURES = {"seconds": "Time", "peak_bytes": "Memory"}
IMAGES = 200  # that functions are measured on
QUESTION = (
    "Which function takes which patch of an image? Choose an image, point at a patch to follow it from step to step, remove a function and see what "
    "goes wrong."
)
HOW = (
    "A **Neural Interpreter** cuts an image into patches and sends each to **functions**. Function and patch both have a place in a space of "
    "*types*; the nearer they are, the larger the function's **share** of the patch (the stronger the colour); what is too far away gets none. "
    "After each **step** patches have changed and are routed anew, so one patch can go to other functions later. The square below each picture is "
    "the **class token**: it sees no patch of its own, hears the others, and the answer is read from it at the end.\n\n"
    "Functions have no names in the network. The words beside their letters say what each takes more of than others do, measured on test images. "
    "**Without it** is the change in accuracy when the function is taken out and nothing is trained again: 95 % intervals, paired image by image."
)
SCALING = (
    "Neural Attentive Circuits were proposed because stitching functions together anew for each token “does not scale”. Here both are measured at "
    "equal width, heads, rounds and images: processor time of one thread (which waiting for other programs does not lengthen), and the bytes of all "
    "tensors that are alive at once. The number beside a line is the power by which it grows, fitted through its larger half."
)


def main() -> None:
    """Draw the page."""
    ask.wake()
    kit.title("Interpreters", QUESTION, HOW, paper="interpreters")
    _routed()
    _scaling()
    kit.links([("Look into circuits", "circuits"), ("Train one", "circuit-train")])


def _routed() -> None:
    """Show one interpreter's routing, live."""
    known = {card.name: card for card in networks.cards() if card.architecture == "neural_interpreter"}
    if not known:
        kit.empty(f"There is no interpreter yet. Train one (2 minutes): {COMMAND}", "Train one here", "circuit-train?arm=interpreter")
        return
    name = next(iter(known))
    if len(known) > 1:
        name = kit.choose("Interpreter", list(known), key="interpreter", format_func=lambda one: known[one].title)
    try:
        routing.show(_offer(known[name]), key=f"interpreter-{name}", on_view=_remember)
    except errors.UserError as problem:
        kit.problem(problem)
    kit.onward(name, hops.CIRCUIT)


def _offer(card: networks.Card) -> dict[str, Any]:
    """Return what can be asked of an interpreter, and where to begin."""
    said = [int(one) for one in st.query_params.get("without", "").split(".") if one.isdigit()]
    return place.inputs(card) | {
        "circuit": card.name, "live": live.address("circuits"), "n": IMAGES,
        "shifts": {name: list(shifts.card(name).strengths) for name in shifts.names()},
        "sets": [{"shift": shift.name, "strength": shift.strength} for shift in circuits.DEFAULT_SHIFTS],
        "start": {"image": st.query_params.get("image", ""), "without": said[:16]},
    }  # fmt: skip


def _remember(view: dict[str, Any]) -> None:
    kit.remember("image", str(view.get("image") or "") or None)
    kit.remember("without", ".".join(str(int(one)) for one in view.get("without", [])) or None)


def _scaling() -> None:
    """Show what was measured about growth, and let it be measured here."""
    st.header("Does dynamic stitching scale?", anchor="scale")
    run = st.query_params.get("run")
    if run is not None:
        jobs.watch(run, "sizes", key="scaling-run")
    else:
        jobs.under_way("scaling", "sizes")
    try:
        measured = kit.made(_measured, "answer")
    except errors.UserError:
        kit.empty(
            "Time and memory have not been measured yet: measure them below (minutes), or in a terminal: python -m engine scaling --measure",
            key="empty-scaling",
        )
    else:
        kit.finding(measured[2], key="finding-scaling")
        _figures()
    _measure()


def _measured(mode: str) -> tuple[dict[str, dict[str, go.Figure]], pd.DataFrame, str, dict[str, Any]]:
    """Return a mode's panels by what they measure, their rows, the finding, and where it was measured."""
    costs, slopes = views.costs(), views.slopes()
    mine, fits = costs[costs["mode"] == mode], slopes[slopes["mode"] == mode]
    made = {
        measure: {f"{name} by {axis}": plots.growth(views.along(mine, axis), fits, axis, measure) for axis in views.AXES}
        for measure, name in MEASURES.items()
    }
    return made, mine.reset_index(drop=True), findings.of_growth(mode=mode), dict(views.told())


def _figures() -> None:
    words = {name: f"while {word}" for name, word in asking.MODES.items()}
    mode = kit.choose("Measured", list(asking.MODES), key="scaling-mode", format_func=words.__getitem__, width=200)
    made, rows, _, told = kit.made(_measured, mode)
    for measure, name in MEASURES.items():
        kit.figures(
            made[measure], key=f"scaling-{measure}", data=rows, name=f"{name} as networks grow, {words[mode]}", legend=plots.legend(),
            alt=f"{name} of a batch against the number of modules or functions and of tokens, both axes logarithmic, a line each architecture",
        )  # fmt: skip
    with st.expander("How this was measured", key="scaling-how", type="compact"):
        st.markdown(SCALING)
    here = "shipped rows, measured on" if told["shipped"] else "measured on"
    st.caption(
        f"{here.capitalize()} {kit.escape(told['machine'])}, {told['finished']:%Y-%m-%d}, one thread, {told['batch']} images at a time, median of "
        f"{told['repeats']} with 95 % intervals over repeats; width {told['width']}, {told['layers']} rounds."
    )


def _measure() -> None:
    """Ask for sizes and put the measurement into the queue; nothing in plain view."""
    if kit.plain.on():
        return
    with st.expander("Measure on this machine", key="scaling-measure", type="compact", on_change="rerun") as part:
        if not part.open:
            return
        default = asking.ScalingSpec()
        left, right = st.columns(2)
        with left:
            parts = kit.choose_many("Modules or functions", [4, 8, 16, 32, 64, 128, 256], key="scaling-parts", default=list(default.parts))
        with right:
            tokens = kit.choose_many("Tokens", [16, 36, 64, 144, 256], key="scaling-tokens", default=list(default.tokens))
        if len(parts) < 2 or len(tokens) < 2:
            st.caption("Choose at least two sizes of each.")
            return
        spec = asking.ScalingSpec(parts=tuple(parts), tokens=tuple(tokens))
        try:
            planned = asking.plan(spec)
        except errors.UserError as problem:
            kit.problem(problem)
            return
        cost = asking.cost(spec, planned)
        said = f"**{planned.cells} sizes**, {spec.repeats} times each: about **{formats.duration(cost.seconds)}** of one core."
        jobs.ask(said, "Measure", lambda: jobs.submitted(spec, asking.title(spec), planned.cells), key="scaling-go")


main()
