"""Ask: choose networks, sets, shifts and metrics; see the cost; run, watch, cancel, resume; read what it found."""

import time

import streamlit as st

from engine import control, errors, executors, store
from engine.assay import memory, views
from engine.assay import spec as asking
from engine.assay.spec import AssaySpec
from engine.control import workers
from engine.plots import formats
from pages.assay import found, place, question, shown
from pages.parts import kit

ARROW = ":material/arrow_forward:"
MEASURING_SECONDS = 2  # how often a page looks whether rates are known by now


def main() -> None:
    """Draw the page."""
    kit.title(
        "Run an evaluation",
        "How do these networks do on data that they were not trained on?",
        "Choose networks and the set they were trained on, then other sets and synthetic shifts. Each combination is evaluated once; "
        "every answer is stored, so that further metrics cost no second run. A run goes on when this page is closed; its address shows it again.",
        paper="assay",
    )
    run = st.query_params.get("run")
    if run is None:
        _under_way()
        _newest()
    else:
        _watch(run)
        st.header("Ask another question", anchor="form")
    with st.container(border=True, key="question-form"):
        spec = question.asked()
        if spec is not None:
            _cost_and_button(spec)


def _under_way() -> None:
    """Link to what is being evaluated now, for those who come without its address."""
    for job in control.jobs(control.ACTIVE, limit=3):
        st.markdown(f"**Running now:** {kit.escape(job.title)}, {formats.share(job.done, job.total, 'cells')}.")
        st.button("Watch it", key=f"watch-{job.id}", type="tertiary", icon=ARROW, on_click=_open, args=(job.id,))


def _newest() -> None:
    """Open on what the newest run found."""
    runs = views.runs()
    mine = runs[(runs["study"] == "assay") & (runs["state"] == "done")].head(1).to_dict("records")
    for row in mine:
        if said := found.finding(str(row["run"]), str(row["spec"])):
            kit.finding(said)
            label = f"The newest run: {kit.escape(row['title'])}"
            st.button(label, key="newest", type="tertiary", icon=ARROW, on_click=_open, args=(str(row["run"]),))


def _open(run: str) -> None:
    kit.remember("run", run)


def _cost_and_button(spec: AssaySpec) -> None:
    """Say what the question costs, and offer to ask it."""
    try:
        plan = question.planned(spec.text(), store.version())
        cost = asking.cost(spec, plan)
    except errors.UserError as problem:
        kit.problem(problem)
        return
    where = place.chosen()
    left, right = st.columns([3, 1], vertical_alignment="center")
    with left:
        if cost.unmeasured:
            st.fragment(_measuring, run_every=MEASURING_SECONDS)(spec, plan)
        else:
            st.markdown(_cost_text(spec, cost))
        if cost.images:
            st.caption(memory.said(spec))
        for note in plan.notes[:3]:
            st.caption(kit.escape(note))
        if len(plan.notes) > 3:
            st.caption(f"and {shown.plural(len(plan.notes) - 3, 'note')} of the same kind.")
    if right.button("Run", type="primary", key="go", width="stretch", disabled=where is None) and where is not None:
        job = control.submit(spec, asking.title(spec), total=plan.cells, images_total=plan.images, executor=where.text())
        workers.ensure()
        st.query_params["run"] = job
        st.rerun()


def _measuring(spec: AssaySpec, plan: asking.Plan) -> None:
    """Say the cost while rates are being measured; once they are known the page runs again and stops asking."""
    cost = asking.cost(spec, plan)
    if not cost.unmeasured:
        st.rerun()
    workers.ensure_measured(cost.unmeasured)
    st.markdown(_cost_text(spec, cost))


def _cost_text(spec: AssaySpec, cost: asking.Cost) -> str:
    """Return what a question costs: cells, images, seconds, and what is answered already."""
    others = len(spec.ood_datasets) + sum(len(choice.strengths) for choice in (*spec.shifts, *spec.attacks))
    validated = cost.cells == len(spec.networks) * (others + 2)
    sets = f"the set itself{', its validation part' * validated} and {shown.plural(others, 'other')}"
    what = f"**{formats.count(cost.cells)} cells** ({shown.plural(len(spec.networks), 'network')} on each of: {sets})"
    if not cost.images:
        return f"{what}, all answered already: only metrics are computed, in seconds."
    when = f"about **{formats.duration(cost.seconds)}** on this machine"
    if cost.seconds is None:
        when = f"time not known yet: how fast {shown.plural(len(cost.unmeasured), 'part')} of it run here is being measured"
    stored = f" {formats.count(cost.reused)} of the cells are answered already and are read from the store." if cost.reused else ""
    return f"{what}, **{formats.count(cost.images)} images** to look at, {when}.{stored}"


def _watch(run: str) -> None:
    """Show a run where the person started it: while it goes on, and what it found."""
    try:
        job = control.job(run)
    except errors.UserError as problem:
        told = views.runs()
        for row in told[told["run"] == run].to_dict("records"):  # made elsewhere, such as the sample: it has no job here
            _done(run, str(row["title"]), str(row["spec"]))
            return
        kit.problem(problem)
        return
    if kit.progress(lambda: _progress(run), key="run", cancel=lambda: control.cancel(run)):
        return
    job = control.job(run)
    if job.state == "done":
        _done(run, job.title, job.spec)
    else:
        _stopped(job)


def _progress(run: str) -> kit.Progress:
    """Return how far a run is; sees to it that somebody does the work."""
    job = control.job(run)
    doing, rate, left = job.message, "", None
    if job.state == "queued":
        workers.ensure()
        ahead = control.place_in_queue(run)
        doing = f"waiting, {ahead} before it" if ahead else "a worker is starting (this takes a few seconds)"
    elif job.active and job.beat and time.time() - job.beat > control.STALE_SECONDS:
        workers.ensure()
        doing = "its worker has died; another one takes over"
    elif job.rate:
        rate = f"{formats.count(job.rate)} images/s"
        left = (job.images_total - job.images) / job.rate if job.images_total > job.images else None
    return kit.Progress(job.title, job.done, job.total, job.active, "cells", doing, rate, left, job.cancel)


def _done(run: str, title: str, spec: str) -> None:
    """Show what a run found, its numbers, and where to go from there."""
    with st.container(border=True, key="outcome"):
        st.markdown(f"**{kit.escape(title)}**")
        kit.finding(found.finding(run, spec) or "The run is done; its numbers are below.", key="finding-run")
        scores = found.scores(run)
        if scores.empty:
            st.info("This run's scores cannot be read. The page Runs says which file is left out, and why.")
        else:
            metric = kit.choose("Metric", sorted(scores["metric"].unique()), key="shown", default="accuracy", width=240)
            shown.scored(scores, metric, key="outcome-matrix")
        links = [("Compare the sets", "assay-explore"), ("Against strength", "assay-strength"), ("Look at examples", "assay-examples")]
        kit.links([*links, ("How this was made", f"runs?open={run}")])
        _close()


def _stopped(job: control.Job) -> None:
    """Say why a run has not ended, and offer to go on."""
    with st.container(border=True, key="outcome"):
        st.markdown(f"**{kit.escape(job.title)}**")
        why = f" {kit.escape(job.error.strip().splitlines()[-1])}" if job.error and job.error.strip() else ""
        st.warning(f"This run is {job.state}: {formats.share(job.done, job.total, 'cells')} are done and kept; to resume goes on from there.{why}")
        with st.container(horizontal=True):
            if st.button("Resume", key="resume", type="primary"):
                control.resume(job.id)
                workers.ensure()
                st.rerun()
            if executors.Where.read(job.executor) != executors.Where() and st.button("Resume on this machine alone", key="resume-here"):
                control.resume(job.id, executor="")
                workers.ensure()
                st.rerun()
            _close()


def _close() -> None:
    if st.button("Close this run", key="another"):
        del st.query_params["run"]
        st.rerun()


main()
