"""What comes after a network was brought: where to go, and whether it is any better than guessing where it was trained."""

import streamlit as st

from engine import control, errors, networks
from engine.assay import spec as asking
from engine.assay import views
from engine.assay.spec import AssaySpec
from engine.control import workers
from engine.datasets import images
from engine.plots import formats
from pages.parts import kit
from pages.store.bring import told
from pages.store.cards import listings

IMAGES = 200
LAST, RUN = "network-saved", "network-check"


def begin(card: networks.Card) -> None:
    """Remember what was brought last."""
    st.session_state[LAST] = card.name
    st.session_state.pop(RUN, None)


def show() -> None:
    """Show the network that was brought last, its accuracy where it was trained, and where to go."""
    name = st.session_state.get(LAST)
    if name not in networks.names():
        return
    card = networks.card(name)
    on = listings.home_of(card)
    counts = f"{formats.count(len(card.classes))} classes, {formats.count(card.parameters or 0)} parameters"
    with st.container(key="finding-brought"):
        st.markdown(f"**{kit.escape(card.title)}** is among the networks as {kit.escape(name)}: {counts}.")
        if on:
            _accuracy(card, on)
    kit.links([
        ("Run an evaluation of it", f"assay-run?id={on or ''}&network={name}"), ("Its page", f"assay-network?network={name}"),
        ("Its card", f"library?name={name}"),
    ])  # fmt: skip


def _accuracy(card: networks.Card, dataset: str) -> None:
    """Offer to check the accuracy, watch the check, and say what it found."""
    run = st.session_state.get(RUN)
    if run is None:
        st.button(f"Check its accuracy on {IMAGES} images of {dataset}", key="check", on_click=_submit, args=(card, dataset))
        if problem := st.session_state.pop(f"{RUN}-problem", None):
            told.problem(problem)
    elif not kit.progress(lambda: _progress(run), key="check"):
        _found(control.job(run), card, dataset)


def _submit(card: networks.Card, dataset: str) -> None:
    """Ask for the check; where it cannot be asked, that is said when the page is drawn."""
    title = f"Check of {card.title[:100]} on {dataset}"
    spec = AssaySpec(title=title, networks=(card.name,), id_dataset=dataset, images=IMAGES, metrics=("accuracy", "ece"))
    try:
        plan = asking.plan(spec)
        st.session_state[RUN] = control.submit(spec, title, total=plan.cells, images_total=plan.images)
        workers.ensure()
    except errors.UserError as problem:
        st.session_state[f"{RUN}-problem"] = problem


def _progress(run: str) -> kit.Progress:
    job = control.job(run)
    if job.state == "queued":
        workers.ensure()
    doing = "a worker is starting, which takes some seconds" if job.state == "queued" else job.message
    return kit.Progress(job.title, job.done, job.total, job.active, doing=doing)


def _found(job: control.Job, card: networks.Card, dataset: str) -> None:
    """Say the accuracy; warn where its interval has chance in it."""
    if job.state != "done":
        last = (job.error or job.state).strip().splitlines()[-1]
        told.problem(errors.UserError(f"The check ended as {job.state}: {last}", f"Its log stands on the page of runs, as {job.id}."))
        return
    found = views.run_scores(job.id)
    mine = found[(found["metric"] == "accuracy") & (found["dataset"] == dataset) & (found["split"] == "test") & found["slice"].isna()]
    if mine.empty:
        st.caption(f"{dataset} has no test side to check it on.")
        return
    row = mine.iloc[0]
    chance = 1 / max(1, len(set(card.classes) & set(images.card(dataset).classes)))
    st.markdown(f"Accuracy on {kit.escape(dataset)}: **{formats.interval(row['value'], row['low'], row['high'], row['n'], 'fraction')}**.")
    if not row["low"] > chance:
        sentence = f"This may be no better than guessing: the interval reaches down to chance ({formats.percent(chance)})."
        st.warning(f"**{sentence}** Check scaling, colour order and the order of the class names; to change them, remove it and bring it anew.")
