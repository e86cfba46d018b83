"""Train: circuits of chosen priors and controls, with loss and graph as they come; what was trained last is shown first."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from engine import errors
from engine.plots import drawn, estimates, formats
from engine.training import _circuit_arms as known
from engine.wiring import arms, plots, views
from engine.wiring import spec as asking
from engine.wiring.spec import CHOSEN, WiringSpec
from pages.circuits import adapting
from pages.parts import jobs, kit

Links = dict[int, np.ndarray]  # by training step: receivers x processors
MOST_SEEDS = 5
MODULES = (8, 16, 24, 32, 48, 64, 96, 128)
STEPS = (0, 100, 300, 600, 1200, 2000, 4000)
BANDWIDTHS, TRUNCATIONS, WEIGHTS = (0.2, 0.25, 0.3, 0.5, 1.0), ("any", "0.8", "0.9", "1"), ("best of each prior", "0", "0.1", "1", "5", "20")
EVERY = 2.0  # seconds between two looks at a training that goes on
QUESTION = (
    "How does a network learn its own wiring? Below is the last training: move the slider to see the graph form. Then choose priors and data, and "
    "train circuits of your own."
)
HOW = (
    "A **circuit** learns a task and, at the same time, who listens to whom: each module's **signature** is trained, and near signatures link. A "
    "**prior** pulls the links towards a kind of graph: *scale free* (a few hubs), *planted partition* (communities), *ring of cliques*, "
    "*Erdős-Rényi* (no structure). Without prior, only the task shapes the links. The **controls** say what the learned graph is worth: *dense* (all "
    "listen to all, with plain or coded maps, or with links dropped at random), *frozen random graph* (as dense as the learned one, never trained), "
    "and the *neural interpreter*, which routes tokens to functions. Arms of one seed start alike and see the same images in the same order.\n\n"
    "**Loss** is on training images, **accuracy** on validation images. The matrix shows link probabilities at a training step: a row a module "
    "that listens, ordered by the communities of the finished graph, so that nothing moves but the colours."
)


def main() -> None:
    """Draw the page."""
    kit.title("Train", QUESTION, HOW, paper="circuits")
    run = _run()
    if run is not None:
        job = jobs.watch(run, "circuits", key="wiring-run")
        if job is not None and job.active:
            st.fragment(_live, run_every=EVERY)(run)
        else:
            _shown(run)
    else:
        jobs.under_way("wiring", "circuits")
        newest = views.newest()
        if newest is None:
            kit.empty("Nothing has been trained from this page yet: choose below what to train.")
        else:
            _shown(newest)
    _form()
    _arms()
    adapting.show()
    kit.links([("Bring weights and configuration", "library"), ("Look into circuits", "circuits"), ("Interpreters", "interpreters")])


def _run() -> str | None:
    """Return the run in the address, where it trained circuits."""
    run = st.query_params.get("run")
    if run is None:
        return None
    try:
        views.question(run)
    except errors.UserError as problem:
        kit.problem(problem)
        return None
    return run


def _live(run: str) -> None:
    """Show what a training that goes on has said so far."""
    found = views.history(run)
    if found.empty:
        st.caption("The first numbers come after a few seconds of training.")
        return
    _curves(found, plots.losses(found), plots.accuracies(found))
    graphs = _graphs(run)
    _graph(graphs, run, now=next(reversed(graphs), None))


def _shown(run: str) -> None:
    """Show a training that has ended."""
    found = kit.made(views.history, run)
    if found.empty:
        return
    spec = views.question(run)
    kit.finding(kit.made(_finding, run))
    losses, accuracies = kit.made(_figures, run)
    _curves(found, losses, accuracies)
    _graph(kit.made(_graphs, run), run)
    circuits = [job.name for job in spec.jobs() if job.arm != "interpreter"]
    if circuits:
        first = chosen if (chosen := st.session_state.get("circuit-trained")) in circuits else circuits[0]
        kit.links([
            ("Look into this circuit", f"circuits?circuit={first}"), ("What one input uses", f"circuit-input?circuit={first}"),
            ("How this was made", f"runs?open={run}"),
        ])  # fmt: skip


def _graphs(run: str) -> dict[str, Links]:
    """Return the links at each mark of the circuits that have any, in the order in which they were trained."""
    there = set(views.history(run)["circuit"].astype(str))
    names = [job.name for job in views.question(run).jobs() if job.name in there]
    return {name: one for name in names if (one := views.links(run, name))}


def _finding(run: str) -> str:
    """Return what came out, in Markdown."""
    last = views.history(run).groupby("title", sort=False).last()
    best = last["accuracy"].max()
    if len(last) == 1:
        return f"The circuit ({last.index[0]}) is right on **{formats.percent(float(best))}** of the validation images after training."
    first, worst = last["accuracy"].idxmax(), formats.percent(float(last["accuracy"].min()))
    return f"**{len(last)} circuits** end between **{worst}** and **{formats.percent(float(best))}** right on validation images; highest: {first}."


def _figures(run: str) -> tuple[go.Figure, go.Figure]:
    found = views.history(run)
    return drawn.drawn(plots.losses, found), drawn.drawn(plots.accuracies, found)


def _curves(found: pd.DataFrame, losses: go.Figure, accuracies: go.Figure) -> None:
    left, right = st.columns(2)
    with left:
        kit.figure(losses, key="wiring-loss", data=found, name="Training loss", alt="Mean training loss against training step, a line a circuit")
    with right:
        kit.figure(
            accuracies, key="wiring-accuracy", data=found, name="Validation accuracy",
            alt="Accuracy on validation images against training step, a line a circuit",
        )  # fmt: skip


def _graph(graphs: Mapping[str, Links], run: str, now: str | None = None) -> None:
    """Show one circuit's links at a step that a slider chooses; `now`: the circuit that is being trained, which is followed."""
    if not graphs:
        return
    st.header("The graph over training", anchor="graph")
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    with left:
        moving = [one for one, mine in graphs.items() if len(mine) > 1 and (mine[max(mine)] != mine[min(mine)]).any()]
        if now is not None:
            _newest("circuit-trained", now)
        titles = kit.made(_titles, run)
        name = kit.choose(
            "Circuit", list(graphs), key="circuit-trained", default=moving[0] if moving else next(iter(graphs)),
            format_func=lambda one: titles.get(one, one),
        )  # fmt: skip
    mine = graphs[name]
    steps = list(mine)
    with right:
        step = steps[0]
        if len(steps) > 1:
            step = st.select_slider("Training step", steps, key=_newest(f"wiring-step-{run}-{name}", steps[-1]), format_func=formats.count)
    links, order = mine[step], views.order(mine[steps[-1]])
    figure = plots.matrix(links, order)
    rows = pd.DataFrame({"listens": [i for i in order for _ in order], "is heard": order * len(order)})
    rows["link probability"] = [float(links[i, j]) for i in order for j in order]
    kit.figure(
        figure,
        key="wiring-graph",
        data=rows,
        name=f"Links of {titles.get(name, name)} at step {step}",
        alt="Link probabilities between modules as a matrix",
    )
    u = links.shape[1]
    off = links[:u][[[i != j for j in range(u)] for i in range(u)]]
    st.caption(
        f"At step {formats.count(step)} the mean link probability between different modules is {formats.number(float(off.mean()))}; "
        f"{formats.percent(float((off >= 0.5).mean()))} of the links are one half or more."
    )


def _titles(run: str) -> dict[str, str]:
    """Return what the circuits of a run are called."""
    return {job.name: f"{asking.titles()[job.arm]}, seed {job.seed}" for job in views.question(run).jobs()}


def _newest(key: str, last: int | str) -> str:
    """Let a choice stand at what came last, and follow it while more comes, unless a hand has moved it; return its key."""
    if st.session_state[key] == st.session_state.get(f"{key}-last") if key in st.session_state else key not in st.query_params:
        st.session_state[key] = last
    st.session_state[f"{key}-last"] = last
    return key


def _arms() -> None:
    """Show how the arms that were evaluated compare elsewhere, seed by seed; nothing where too few were."""
    for data in known.SETTINGS:
        try:
            rows, said, figure = kit.made(_compared, data)
        except errors.UserError:
            continue
        st.header(f"Does sparse learned connectivity generalise better? {known.SETTINGS[data].title}", anchor=f"arms-{data}")
        kit.finding(said, key=f"finding-arms-{data}")
        kit.figure(
            figure, key=f"arms-{data}", data=rows, name=f"Arms on {data}, minus the dense circuit with coded maps",
            alt="For each arm the difference of mean accuracy elsewhere from the dense circuit with coded maps, paired by seed, with its interval",
        )  # fmt: skip
        st.caption(
            "Mean accuracy over all sets elsewhere, minus that of the dense circuit of the same seed; 95 % intervals over seeds. What is compared "
            "was fixed before anything was measured. All circuits are networks of the assay too: Explore and Pairs show them beside "
            "the others."
        )


def _compared(data: str) -> tuple[pd.DataFrame, str, go.Figure]:
    """Return the arms' rows, the finding, and the figure of differences."""
    rows = arms.table(data)
    there = rows[rows["difference"].notna()]
    points = {name: 100 * there[column].astype(float) for name, column in (("points", "difference"), ("points_low", "low"), ("points_high", "high"))}
    shown = there.assign(**points)[["title", *points]]
    figure = drawn.drawn(estimates.estimates, shown, {"minus dense": "points"}, title="points of accuracy elsewhere, minus dense", label="title")
    return rows, arms.finding(data), figure


def _form() -> None:
    """Ask what to train, say what it costs, and put it into the queue."""
    st.header("Train circuits", anchor="form")
    with st.container(border=True, key="wiring-form"):
        try:
            spec = _asked()
            if spec is None:
                return
            planned = asking.plan(spec)
        except errors.UserError as problem:
            kit.problem(problem)
            return
        title = asking.title(spec)
        jobs.ask(_cost(spec, planned), "Train", lambda: jobs.submitted(spec, title, planned.cells), key="wiring-go")


def _asked() -> WiringSpec | None:
    titles = asking.titles()
    chosen = kit.choose_many("Priors and controls", list(titles), key="arm", default=["scale_free"], format_func=titles.__getitem__)
    first, second, third = st.columns(3)
    with first:
        data = kit.choose("Data", list(known.SETTINGS), key="data", format_func=lambda name: known.SETTINGS[name].title)
    with second:
        seeds = kit.choose("Seeds", list(range(1, MOST_SEEDS + 1)), key="seeds", format_func=lambda k: f"{k} circuit{'s' * (k > 1)} each")
    with third:
        modules = kit.choose("Modules", MODULES, key="modules", default=known.MODULES)
    with st.expander("More", key="wiring-more", type="compact"):
        usual = known.SETTINGS[data].steps
        left, middle, right = st.columns(3)
        with left:
            steps = kit.choose("Training steps", STEPS, key="steps", format_func=lambda k: formats.count(k) if k else f"as usual ({usual:,})")
            start = kit.choose("First seed", list(range(10)), key="first-seed", help="Seeds count from here.")
        with middle:
            told = WiringSpec.model_fields
            bandwidth = kit.choose("eps", BANDWIDTHS, key="eps", default=CHOSEN["bandwidth"], help=told["bandwidth"].description)
            cut = kit.choose("Truncation", TRUNCATIONS, key="tau", default=f"{CHOSEN['truncation']:g}", help=told["truncation"].description)
        with right:
            weight = kit.choose("Prior weight", WEIGHTS, key="weight", help=told["prior_weight"].description)
            st.caption("As they stand these three were best on validation digits.")
    if not chosen:
        st.caption("Choose at least one prior or control.")
        return None
    return WiringSpec(
        arms=tuple(name for name in titles if name in chosen), data=data, seeds=tuple(range(start, start + seeds)), modules=modules, steps=steps,
        bandwidth=bandwidth, truncation=None if cut == "any" else float(cut), prior_weight=None if weight == WEIGHTS[0] else float(weight),
    )  # fmt: skip


def _cost(spec: WiringSpec, planned: asking.Plan) -> str:
    cost = asking.cost(spec, planned)
    there = f", {formats.count(cost.reused)} of them there already" if cost.reused else ""
    first = f" Before them {len(planned.before)} without prior, whose density controls take over." if planned.before else ""
    return (
        f"**{formats.count(cost.cells)} circuit{'s' * (cost.cells > 1)}**{there}: about **{formats.duration(cost.seconds)}** on a core that nobody "
        f"else uses.{first} What is stopped goes on with the circuit it was at."
    )


main()
