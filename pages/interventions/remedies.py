"""Remedies: train networks where a factor goes with the class, by ERM and by remedies, and compare them where it does not."""

from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from engine import control, errors, systems
from engine.plainly import interventions as plainly
from engine.plots import formats
from engine.remedies import findings, told, views, worlds
from engine.remedies import spec as asking
from engine.remedies.spec import RemediesSpec
from engine.training import methods
from engine.training.methods import METHODS
from pages.interventions import world
from pages.interventions.world import World
from pages.parts import jobs, kit

STRENGTHS = ("0.5", "0.7", "0.8", "0.9", "0.95", "0.98", "0.99", "1")
UNITS = (500, 1000, 2000, 5000)
MOST_SEEDS = 5
HOW = (
    "In training, a factor (the **ink**) follows the class as often as the **strength** says. **ERM** trains on that as it is. A **remedy** is "
    "told more (see *How they were trained*) and tries to rely less on the factor. All networks of one strength answer the same test units, whose "
    "chance is the same in every world: only what an intervention reaches differs. **As in training**: no intervention. **No longer follows**: the "
    "arrow from class to factor is cut (a cause that both share may still tie them a little). **Of another class**: each unit gets the factor "
    "value of some other class, so that to go by it is to be wrong. **Never seen**: values that no training picture has.\n\n"
    "Small dots are networks, one a seed; marks are means over seeds with 95 % intervals in which both seeds and units count as drawn. With few "
    "seeds they are wide. No network was chosen by any of these tests: the last state counts, and what had to be chosen for a remedy was chosen "
    "on validation units like those in training."
)


def main() -> None:
    """Draw the page."""
    kit.title("Remedies", "Does a remedy make a network rely less on what only goes with the class?", HOW)
    chosen = world.chosen()
    system = _system(chosen)
    run = _run(system)
    if run is not None:
        jobs.watch(run, "networks", key="run")
    else:
        jobs.under_way("remedies", "networks")
    newest = run if run in set(views.runs()["run"]) else views.newest(system)
    if newest is not None:
        _found(newest)
    elif run is None:
        kit.empty(f"Nothing has been trained on {systems.card(system).title.lower()} yet: choose below what to train.")
    _form(system, chosen)


def _system(chosen: World) -> str:
    """Ask for a system; of one without a strength say so, and take another."""
    offered = methods.confounded()
    if chosen.system not in offered:
        st.info(f"In {systems.card(chosen.system).title.lower()} no parameter sets how often a factor follows the class; this is another system.")
    first = chosen.system if chosen.system in offered else offered[0]
    titles = {name: systems.card(name).title for name in offered}
    key = f"remedies-system-{first}"
    return st.selectbox(
        "System", offered, index=offered.index(first), key=key, format_func=titles.__getitem__, width=280,
        on_change=lambda: _other(st.session_state[key]),
    )  # fmt: skip


def _other(system: str) -> None:
    world.remember(World(system, systems.parameters(system, {})))
    kit.remember("run", None)


def _run(system: str) -> str | None:
    """Return the run in the address, where it is of this system."""
    said = st.query_params.get("run")
    if said is None:
        return None
    try:
        spec = RemediesSpec.read(control.job(said).spec)
    except errors.UserError:
        try:
            spec = views.question(said)
        except errors.UserError as problem:
            kit.problem(problem)
            return None
    return said if spec.system == system else None


def _found(run: str) -> None:
    """Show what a run found at one strength."""
    spec = views.question(run)
    try:
        every = views.methods_found(run)
    except errors.UserError as problem:
        kit.problem(problem)
        return
    if every.empty:
        st.info("This run's answers cannot be read. The page Runs says which file is left out, and why.")
        return
    finding_at = st.container()
    strengths = [f"{strength:g}" for strength in spec.strengths]
    said = st.segmented_control("Strength in training", strengths, default=strengths[-1], key="strength", bind="query-params", required=True)
    strength = spec.strengths[strengths.index(said)]
    with finding_at:
        kit.finding(kit.made(told.sentences, run, strength)[0], plainly=lambda: kit.made(plainly.of_remedies, run, strength))
    _accuracy(run, strength)
    _reliance(run, spec, strength)
    _trained(run, spec, strength)


def _accuracy(run: str, strength: float) -> None:
    st.header("Accuracy under intervention", anchor="accuracy")
    figure, rows = kit.made(told.accuracies, run, strength)
    kit.figure(
        figure, key="accuracy", data=rows, name=f"Accuracy under intervention, trained at strength {strength:g}",
        alt="For each world the accuracy of each method: its mean with interval, and each seed as a dot",
    )  # fmt: skip
    if text := kit.made(told.sentences, run, strength)[1]:
        st.markdown(text)
    st.caption("The data below the figure hold each difference from ERM too, paired over seeds and units, with its interval.")


def _reliance(run: str, spec: RemediesSpec, strength: float) -> None:
    factor = methods.confounder(spec.system).factor
    st.header(f"Reliance on {factor}", anchor="reliance")
    if text := kit.made(told.sentences, run, strength)[2]:
        st.markdown(text)
    figure, rows = kit.made(told.changes, run, strength)
    kit.figure(
        figure, key="reliance", data=rows, name=f"Reliance on {factor}, trained at strength {strength:g}",
        alt=f"For each method the share of answers that change when only the {factor} does: its mean with interval, and each seed as a dot",
    )  # fmt: skip
    st.caption(f"Each unit before and after: its {factor} becomes that of another class, everything else about the unit stays.")


def _trained(run: str, spec: RemediesSpec, strength: float) -> None:
    """Say what each method was told, and where to go on with these networks."""
    st.header("How they were trained", anchor="methods")
    kit.table(pd.DataFrame(findings.of_methods(spec)), key="methods", name="Methods")
    low, high = methods.environments(spec.system, strength)
    st.caption(
        f"Half of the training units come from an environment of strength {low:g}, half from one of {high:g}; together that is {strength:g}. All "
        "methods see the same pictures (the upper line those of the cut system), and only IRM is told which is which. Seeds differ in first "
        "weights and order."
    )
    _links(run, spec, strength)


def _links(run: str, spec: RemediesSpec, strength: float) -> None:
    """Show where to go on with these networks: one of each method, the first seed of each."""
    tied = methods.confounder(spec.system)
    at = World(spec.system, systems.parameters(spec.system, {"strength": strength}))
    mine = [job.name for job in spec.jobs() if job.strength == strength and job.seed == spec.seeds[0]]
    asked = {**world.query(at), f"factor-{at.system}": tied.factor, f"networks-{at.system}": mine}
    cut = World(at.system, at.parameters, tied.cut.text())
    kit.links([
        (f"How they respond to {tied.factor}", f"respond?{urlencode(asked, doseq=True)}"), ("See this world", world.address("act", cut)),
        ("How this was made", f"runs?open={run}"),
    ])  # fmt: skip
    st.caption(f"They are networks like all others, and can be chosen wherever networks are: {', '.join(f'`{name}`' for name in mine[:2])} …")


def _form(system: str, chosen: World) -> None:
    """Ask what to train, say what it costs, and put it into the queue; nothing in plain view."""
    if kit.plain.on():
        return
    st.header("Train and compare", anchor="form")
    with st.container(border=True, key="remedies-form"):
        spec = _asked(system, chosen)
        if spec is None:
            return
        try:
            planned = asking.plan(spec)
        except errors.UserError as problem:
            kit.problem(problem)
            return
        title = asking.title(spec)
        jobs.ask(_cost(spec, planned), "Train and compare", lambda: jobs.submitted(spec, title, planned.cells, planned.images), key="go")


def _asked(system: str, chosen: World) -> RemediesSpec | None:
    """Return what the form asks, None where something is left out."""
    usual = systems.parameters(system, {})["strength"]
    here = chosen.parameters.get("strength", usual) if chosen.system == system else usual
    offered = sorted({*STRENGTHS, f"{here:g}"}, key=float)
    asked = kit.choose_many("Strengths in training", offered, key="strengths", default=[f"{here:g}"], max_selections=MOST_SEEDS)
    ways = kit.choose_many("Methods", list(METHODS), key="methods", default=list(METHODS), format_func=lambda name: METHODS[name].title)
    first, second, third = st.columns(3)
    with first:
        seeds = kit.choose("Seeds", list(range(1, MOST_SEEDS + 1)), key="seeds", default=3, format_func=lambda k: f"{k} network{'s' * (k > 1)} each")
    with second:
        kind = kit.choose("Architecture", list(methods.ARCHITECTURES), key="architecture", format_func=lambda name: methods.ARCHITECTURES[name].title)
    with third:
        units = kit.choose("Test units", list(UNITS), key="test-units", default=2000, format_func=formats.count)
    if not asked or not ways:
        st.caption("Choose at least one strength and one method.")
        return None
    return RemediesSpec(
        system=system, strengths=tuple(float(one) for one in asked), methods=tuple(name for name in METHODS if name in ways),
        seeds=tuple(range(seeds)), architecture=kind, units=units,
    )  # fmt: skip


def _cost(spec: RemediesSpec, planned: asking.Plan) -> str:
    cost = asking.cost(spec, planned)
    there = f", {formats.count(cost.reused)} of them there already" if cost.reused else ""
    return (
        f"**{formats.count(cost.cells)} networks**{there}, each asked about {formats.count(spec.units)} units in {len(worlds.worlds(spec.system))} "
        f"worlds: about **{formats.duration(cost.seconds)}** on a core that nobody else uses."
    )


main()
