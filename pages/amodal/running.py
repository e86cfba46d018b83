"""A run of the amodal study that somebody started: how far it is, what came of it, how to go on where it stopped."""

import time
from collections.abc import Callable

import streamlit as st

from engine import control, errors
from engine.amodal import spec as asking
from engine.amodal.spec import AmodalSpec
from engine.control import workers
from engine.datasets import clips
from engine.plots import formats
from pages.parts import kit

RUN = "run"  # in the address


def start(asked: AmodalSpec) -> str:
    """Put a question into the queue, see to it that somebody answers, and write the run into the address."""
    planned = asking.plan(asked)
    run = control.submit(asked, asking.title(asked), total=planned.cells, images_total=planned.images)
    workers.ensure()
    st.query_params[RUN] = run
    return run


def watch(done: Callable[[AmodalSpec], None], *, key: str) -> bool:
    """Show how far the run in the address is, or what came of it; return whether it is under way.

    Args:
        done: Shows what came of a finished one.
        key: Streamlit's key.
    """
    run = st.query_params.get(RUN)
    if run is None:
        return False
    try:
        job = control.job(run)
        asked = AmodalSpec.read(job.spec)
    except errors.UserError as problem:
        kit.problem(problem)
        return False
    if kit.progress(lambda: _progress(run), key=key, cancel=lambda: control.cancel(run)):
        st.caption("It goes on when this page is closed; its address shows how far it is.")
        return True
    if job.state == "done":
        done(asked)
        return False
    last = kit.escape(job.error.strip().splitlines()[-1]) if job.error and job.error.strip() else ""
    st.warning(f"This run is {job.state}: {formats.share(job.done, job.total, 'clips')} are done and kept. {last}")
    if not kit.plain.on() and st.button("Resume", key=f"{key}-resume", type="primary"):
        control.resume(job.id)
        workers.ensure()
        st.rerun()
    return False


def _progress(run: str) -> kit.Progress:
    """Return how far a run is; sees to it that somebody does the work."""
    job = control.job(run)
    doing, rate, left = job.message, "", None
    if job.state == "queued" or (job.active and job.beat is not None and time.time() - job.beat > control.STALE_SECONDS):
        workers.ensure()
        doing = "a worker is starting (this takes a few seconds)"
    elif job.rate:
        rate = f"{formats.count(job.rate)} frames/s"
        left = (job.images_total - job.images) / job.rate if job.images_total > job.images else None
    return kit.Progress(job.title, job.done, job.total, job.active, "clips", doing, rate, left, job.cancel)


def cost(asked: AmodalSpec) -> str:
    """Return what a question costs, in words; raises UserError for one that cannot be asked."""
    return kit.made(_cost, asked.text(), tuple(clips.digest(name) for name in asked.clips if "/" not in name))


def _cost(text: str, _digests: tuple[str, ...]) -> str:
    asked = AmodalSpec.read(text)
    planned = asking.plan(asked)
    told = asking.cost(asked, planned)
    many = "1 clip" if told.cells == 1 else f"{formats.count(told.cells)} clips"
    said = f"**{many}**, {formats.count(planned.frames)} frames, {formats.count(len(planned.answers))} answers to each"
    return f"{said}: about **{formats.duration(told.seconds or 0)}** on a core that nobody else uses. What is there already is not done again."
