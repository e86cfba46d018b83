"""Low-shot adaptation on the page Train: what few labels of another domain bring, by what moves in a circuit; and how to ask for it."""

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from engine import control, errors, networks
from engine.control import workers
from engine.datasets import images
from engine.lowshot import spec as asking
from engine.lowshot import views
from engine.lowshot.spec import LowshotSpec
from engine.plots import formats
from pages.parts import jobs, kit

ABOUT = (
    "A trained circuit gets a few labelled images of another domain and goes on learning; either the **head** alone moves, or also each module's "
    "**codes, signatures and states** (who listens to whom, and what each computes), or **everything**. Bands are 95 % intervals over seeds."
)
SHOTS = (1, 2, 5, 10, 20)


def show() -> None:
    """Show the newest adaptation, or the one in the address, and ask for another."""
    st.header("Few labels of another domain", anchor="few-labels")
    run = _run()
    try:
        if run is not None:
            _shown(run)
    except errors.UserError as problem:
        kit.problem(problem)
    st.caption(ABOUT)
    with st.expander("Adapt circuits", key="lowshot-more"):
        _form()


def _run() -> str | None:
    """Return the run in the address once it is done, else the newest; a run that goes on is told of."""
    asked = st.query_params.get("adapting")
    if asked is not None:
        job = jobs.watch(asked, "adapted circuits", key="lowshot-run")
        if job is None or job.state == "done":
            return asked
    try:
        return kit.made(views.newest)
    except errors.UserError:
        kit.empty("No circuit has been adapted with few labels yet: ask below.", key="lowshot-empty")
        return None


def _shown(run: str) -> None:
    """Show finding, figure and table of a run."""
    kit.finding(kit.made(views.finding, run), key="finding-lowshot")
    rows = kit.made(views.table, run)
    named = dict(zip(rows["arm"].astype(str), rows["title"].astype(str), strict=True))
    left, right = st.columns(2)
    with left:
        onto = kit.choose("Domain", list(dict.fromkeys(rows["onto"].astype(str))), key="onto")
    with right:
        arm = kit.choose(
            "Circuit", list(named), key="adapted", default="none" if "none" in named else next(iter(named)), format_func=named.__getitem__
        )
    figure, data = kit.made(_figure, run, onto, arm)
    kit.figure(
        figure, key="lowshot", data=data, name=f"Accuracy on {onto} with few labels, {named[arm]}",
        alt=f"Accuracy on {onto} against labelled images a class, a line for each part of the circuit that moves, with intervals over seeds",
    )  # fmt: skip
    mine = rows[(rows["onto"] == onto) & (rows["arm"] == arm)]
    columns = {"labels": "labels a class", "moves": "what moves", "there": f"accuracy on {onto}", "gained": "gained", "lost": "lost before"}
    kit.table(mine[list(columns)].rename(columns=columns), key="lowshot-table", name=f"Few labels of {onto}, {named[arm]}")
    st.caption("*Lost before*: accuracy lost on the test images of the domain that the circuit came from.")


def _figure(run: str, onto: str, arm: str) -> tuple[go.Figure, pd.DataFrame]:
    return views.figure(run, onto, arm)


def _form() -> None:
    """Ask which circuits are adapted to what, say what it costs, and put it into the queue."""
    cards = {card.name: card for card in networks.cards() if card.architecture == asking.ARCHITECTURE and card.trained_on}
    if not cards:
        st.caption("There is no circuit yet: train one above.")
        return
    first, second, third = st.columns([3, 2, 2])
    with first:
        name = kit.choose("Circuit to adapt", list(cards), key="adapt", format_func=lambda one: cards[one].title)
    sets = list(kit.made(_domains, str(cards[name].trained_on)))
    with second:
        onto = kit.choose_many("Onto", sets, key="adapt-onto", default=sets[:1])
    with third:
        shots = kit.choose_many("Labels a class", SHOTS, key="adapt-shots", default=(1, 5, 10))
    if not onto or not shots:
        st.caption("Choose a domain and a number of labels." if sets else "There is no other data set of the same classes with training images.")
        return
    try:
        spec = LowshotSpec(circuits=(name,), onto=tuple(onto), shots=tuple(shots))
        cost = asking.cost(spec, planned := asking.plan(spec))
    except errors.UserError as problem:
        kit.problem(problem)
        return
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.markdown(f"**{formats.count(cost.cells)} adapted circuits**: about **{formats.duration(cost.seconds)}** on a core that nobody else uses.")
    right.button("Adapt", type="primary", key="lowshot-go", width="stretch", on_click=_submit, args=(spec, planned.cells))


def _submit(spec: LowshotSpec, cells: int) -> None:
    st.query_params["adapting"] = control.submit(spec, asking.title(spec), total=cells, images_total=0)
    workers.ensure()


def _domains(trained_on: str) -> tuple[str, ...]:
    """Return the data sets of the same classes that have training images and can be used here."""
    classes, found = images.card(trained_on).classes, []
    for name in images.names():
        try:
            card = images.card(name)
        except errors.UserError:
            continue
        if name != trained_on and card.missing is None and card.classes == classes and {"train", "test"} <= set(card.sizes):
            found.append(name)
    return tuple(found)
