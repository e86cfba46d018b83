"""Work in the queue as a page shows it: what is under way, how far a run is, what became of one that stopped, and how to ask for another."""

import time
from collections.abc import Callable

import streamlit as st

from engine import control, errors
from engine.control import workers
from engine.plots import formats
from engine.plots.markdown import escape
from engine.spec import Spec
from pages.parts import plain
from pages.parts.params import remember
from pages.parts.progress import Progress, progress

STARTING = "a worker is starting (this takes a few seconds)"
STOPPED = ("failed", "cancelled")


def now(run: str, unit: str) -> Progress:
    """Return how far a run is; sees to it that somebody does the work. `unit` is what is counted; rates are told where images are."""
    job = control.job(run)
    doing, rate, left = job.message, "", None
    stale = job.beat is not None and time.time() - job.beat > control.STALE_SECONDS
    if job.state == "queued" or (job.active and stale):
        workers.ensure()
        doing = STARTING
    elif job.rate and job.images_total:
        rate = f"{formats.count(job.rate)} images/s"
        left = (job.images_total - job.images) / job.rate if job.images_total > job.images else None
    return Progress(job.title, job.done, job.total, job.active, unit, doing, rate, left, job.cancel)


def under_way(study: str, unit: str) -> None:
    """Link to what is running of a study, for those who come without its address."""
    for job in (one for one in control.jobs(control.ACTIVE, limit=20) if one.study == study):
        st.markdown(f"**Running now:** {escape(job.title)}, {formats.share(job.done, job.total, unit)}.")
        if not plain.on():
            st.button("Watch it", key=f"watch-{job.id}", type="tertiary", icon=":material/arrow_forward:", on_click=remember, args=("run", job.id))


def watch(run: str, unit: str, *, key: str) -> control.Job | None:
    """Show how far a run is while it is active, and what stopped it with a button to go on. None where it was made elsewhere.

    Args:
        run: Its name, from the address.
        unit: What is counted, such as "networks".
        key: Streamlit's key of the progress.
    """
    try:
        job = control.job(run)
    except errors.UserError:
        return None
    if progress(lambda: now(run, unit), key=key, cancel=lambda: control.cancel(run)):
        st.caption("It goes on when this page is closed; its address shows how far it is.")
        return job
    if job.state in STOPPED:
        st.warning(f"This run is {job.state}: {formats.share(job.done, job.total, unit)} are done and kept. {why(job)}")
        if not plain.on() and st.button("Resume", key=f"resume-{key}", type="primary"):
            control.resume(job.id)
            workers.ensure()
            st.rerun()
    return job


def why(job: control.Job) -> str:
    """Return the last line of what a run died of, "" where it did not."""
    return escape(job.error.strip().splitlines()[-1]) if job.error and job.error.strip() else ""


def ask(said: str, button: str, submit: Callable[[], str], *, key: str) -> None:
    """Show what a question costs beside the button that asks it; then its run is in the address and is watched. Nothing in plain view.

    Args:
        said: The cost, in Markdown.
        button: The word on the button.
        submit: Puts the question into the queue and returns the run's name.
        key: Streamlit's key of the button.
    """
    if plain.on():
        return
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.markdown(said)
    if right.button(button, type="primary", key=key, width="stretch"):
        run = submit()
        workers.ensure()
        st.query_params["run"] = run
        st.rerun()


def submitted(spec: Spec, title: str, cells: int, images: int = 0) -> str:
    """Put a question into the queue and return its run's name."""
    return control.submit(spec, title, total=cells, images_total=images)
