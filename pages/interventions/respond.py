"""How networks respond to a factor of a system that is set by hand: curves, maps, sensitivity profiles, drawn while they are computed."""

import streamlit as st

from engine import control, errors, store
from engine.control import workers
from engine.dossier import hops
from engine.interventions import spec as asking
from engine.interventions import views
from engine.interventions.spec import Cost, InterventionsSpec, Plan
from engine.plainly import interventions as plainly
from engine.plots import formats
from pages.interventions import response_figures as figures
from pages.interventions import response_form as form
from pages.interventions import world as worlds
from pages.interventions.world import World
from pages.parts import jobs, kit

EVERY = 0.7  # seconds between looks at a run that is under way
MEASURING_SECONDS = 2.0
MOST_BEFORE = 8


def main() -> None:
    """Draw the page."""
    kit.title(
        "Respond",
        "Which factor of the picture breaks a network, and which does it not care about?",
        "A **system** is a causal model that pictures are drawn from. The same units are drawn again and again, with the same chance in them, "
        "while one factor is **set by hand** to value after value; what the factor does not cause stays as it was. So each network is compared "
        "with itself on the same units, and differences have narrow intervals. **Shaded** is what the factor can be in training, that is in the "
        "system as it is; **dashed and hollow** is beyond that. The thin dotted line is the base world, in which the factor comes about by itself. "
        "Bands are 95 % intervals.",
    )  # fmt: skip
    world = worlds.chosen()
    finding_at = st.container()
    spec = form.asked(world)
    if spec is None:
        return
    try:
        planned = form.planned(spec.text(), store.version())
    except errors.UserError as problem:
        kit.problem(problem)
        return
    job = _job(spec)
    if job is not None and job.active:
        kit.progress(lambda: jobs.now(job.id, "cells"), key="run", cancel=lambda: control.cancel(job.id))
        st.fragment(_streaming, run_every=EVERY)(world, spec, planned, job.id)
        return
    known = kit.made(_known, spec.text())
    if (network := kit.followed(list(spec.networks))) is not None:
        kit.onward(network, hops.INTERVENTION)
    if not known.whole:
        _offer(spec, planned, job, known)
    if known.answered > len(spec.networks):  # more than the base world
        with finding_at:
            _found(known, spec)
        _shown(world, spec, planned, known)
    _answered(spec)


def _known(spec: str) -> views.Known:
    return views.known(InterventionsSpec.read(spec), form.planned(spec, store.version()))


def _answered(spec: InterventionsSpec) -> None:
    """Offer what was asked before of this system."""
    others = [one for one in views.questions(spec.system) if one.text() != spec.text()][:MOST_BEFORE]
    if others:
        with st.expander(f"Asked before of this system ({len(others)})", key="before"):
            for i, one in enumerate(others):
                st.button(kit.escape(asking.title(one)), key=f"before-{i}", type="tertiary", on_click=form.show, args=(one,))


def _job(spec: InterventionsSpec) -> control.Job | None:
    """Return the newest job that asks this very question, whoever asked it."""
    text = spec.text()
    return next((job for job in control.jobs(limit=50) if job.study == spec.study and job.spec == text), None)


def _found(known: views.Known, spec: InterventionsSpec) -> None:
    margin = figures.margin_before()
    kit.finding(figures.finding(known, spec, margin), plainly=lambda: plainly.of_responses(known, spec.system, margin))


def _shown(world: World, spec: InterventionsSpec, planned: Plan, known: views.Known) -> None:
    """Show the figures of what is known."""
    if spec.ask == "profile":
        limit = figures.margin()
        figures.profiles(world, known, spec, limit)
    elif spec.ask == "map":
        figures.maps(world, known, spec)
    else:
        left, right = st.columns(2)
        with left:
            shown = figures.kind()
        with right:
            figures.margin()
        for factor in spec.factors:
            figures.curves(world, known, factor, shown)
    figures.reasons(known.rows, planned)


def _streaming(world: World, spec: InterventionsSpec, planned: Plan, run: str) -> None:
    """Show what a run has computed so far; when it ends the whole page runs again."""
    if not control.job(run).active:
        st.rerun()
    known = views.known(spec, planned, run)
    if known.answered > len(spec.networks):  # the finding waits until all is known
        _shown(world, spec, planned, known)


def _offer(spec: InterventionsSpec, planned: Plan, job: control.Job | None, known: views.Known) -> None:
    """Say what the question costs, and offer to ask it, or to go on where it stopped; in plain view only that it is not answered."""
    if kit.plain.on():
        st.info("This question was not asked yet, or not to its end. Here is what is known of it.")
        return
    with st.container(border=True, key="offer"):
        if job is not None and job.state in {"failed", "cancelled"}:
            st.warning(f"This question is {job.state}: {formats.share(job.done, job.total, 'cells')} are done and kept. {jobs.why(job)}")
        elif known.answered:
            st.markdown(f"{formats.share(known.answered, known.cells, 'cells')} of this question are answered already.")
        left, right = st.columns([3, 1], vertical_alignment="center")
        cost = asking.cost(spec, planned)
        with left:
            if cost.unmeasured:
                st.fragment(_measuring, run_every=MEASURING_SECONDS)(spec, planned)
            else:
                st.markdown(_cost_text(planned, cost))
        if right.button("Run", type="primary", key="go", width="stretch"):
            _ask(spec, planned, job)
            st.rerun()


def _ask(spec: InterventionsSpec, planned: Plan, job: control.Job | None) -> None:
    """Put the question into the queue, or a stopped one back into it."""
    if job is not None and job.state in {"failed", "cancelled"}:
        control.resume(job.id)
    else:
        control.submit(spec, asking.title(spec), total=planned.cells, images_total=planned.images)
    workers.ensure()


def _measuring(spec: InterventionsSpec, planned: Plan) -> None:
    """Say the cost while rates are being measured; once they are known the page runs again and stops asking."""
    cost = asking.cost(spec, planned)
    if not cost.unmeasured:
        st.rerun()
    workers.ensure_measured(cost.unmeasured)
    st.markdown(_cost_text(planned, cost))


def _cost_text(planned: Plan, cost: Cost) -> str:
    """Return what a question costs: worlds, images, seconds, and what is answered already."""
    worlds_said = f"**{formats.count(len(planned.worlds))} worlds** of {formats.count(planned.units)} units for {len(planned.networks)} networks"
    if not cost.images:
        return f"{worlds_said}, all answered already: only the comparisons are computed, in seconds."
    when = f"about **{formats.duration(cost.seconds)}** on this machine"
    if cost.seconds is None:
        when = f"time not known yet: how fast {len(cost.unmeasured)} of the networks run here is being measured"
    stored = f" {formats.count(cost.reused)} of {formats.count(cost.cells)} cells are read from the store." if cost.reused else ""
    return f"{worlds_said}: **{formats.count(cost.images)} images** to look at, {when}.{stored}"


main()
