"""The run of this study: train what is not there, tell its loss and its links at each mark, look into the finished graph."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from engine import networks, places, rows, store
from engine.circuits import observing
from engine.circuits import run as circuits
from engine.circuits import spec as seeing
from engine.steps import Before, Step
from engine.training import _circuit_arms as arms
from engine.training import circuits as recipe
from engine.training._circuit_arms import Job
from engine.training._circuit_fitting import Passed, Snapshot
from engine.wiring.spec import WiringSpec, key, plan

TABLE = "circuit_training"


def run(spec: WiringSpec, before: Before) -> Iterator[Step]:
    """Train and look into circuits one by one; what `before` holds, and what is a network already, is not trained again.

    Raises:
        UserError: where the question names what does not exist.
    """
    planned = plan(spec)
    yield Step(message="preparing", log=" ".join(planned.notes))
    for job in planned.before:
        for step in _trained(job):
            yield Step(message=step.message, log=step.log)
    for job in planned.jobs:
        if not before.has(TABLE, key(job)):
            yield from _trained(job) if job.name not in networks.names() else _remembered(job)
            yield Step((), {TABLE: (key(job),)})
        yield from _seen(job, before)
        yield Step(cells=1, message=f"{job.name} is done")


def folder() -> Path:
    """Return where circuits that are trained here come to lie."""
    return places.inputs("circuits")


def _trained(job: Job) -> Iterator[Step]:
    """Train a circuit, yielding a row at each mark, and make it a network."""
    into = folder()
    into.mkdir(parents=True, exist_ok=True)
    if job.arm in arms.NEEDS_LEARNED and not recipe.exists(job.learned, into):
        _copied(job.learned, into)
    for one in recipe.fit_one(job, into):
        said = f"training {job.name}: step {one.step:,} of {one.steps:,}"
        if isinstance(one, Passed):
            yield Step(message=f"{said}, loss {one.loss:.3f}")
            continue
        log = f"{job.name}: validation accuracy {one.accuracy:.3f}" if one.step == one.steps else ""
        yield Step((store.block(rows.CircuitTraining, [_row(job, one)]),), message=f"{said}, validation accuracy {one.accuracy:.3f}", log=log)
    recipe.offer(job, into)


def _copied(job: Job, into: Path) -> None:
    """Lay a network that is here already beside those that are trained, for the control that takes its density from it."""
    if job.name not in networks.names():
        return
    card, lies = networks.card(job.name), networks.folder(job.name)
    for name in card.weights:
        (into / f"{job.name}.safetensors").write_bytes((lies / name).read_bytes())
    said = card.model_copy(update={"weights": (f"{job.name}.safetensors",)})
    (into / f"{job.name}.json").write_text(said.model_dump_json(exclude_defaults=True))


def _row(job: Job, one: Snapshot) -> rows.CircuitTraining:
    links = None if one.links is None else one.links.double().numpy()
    return rows.CircuitTraining(
        job.name, one.step, one.steps, _known(one.loss), _known(one.prior_loss) if job.prior else None, one.accuracy, one.nll,
        0 if links is None else links.shape[1], [] if links is None else observing.rounded(links.ravel()).tolist(),
    )  # fmt: skip


def _remembered(job: Job) -> Iterator[Step]:
    """Yield the rows of a circuit that was trained before, from the timeline beside its weights; none where there is no such file."""
    card, lies = networks.card(job.name), networks.folder(job.name)
    graphs: dict[int, np.ndarray] = dict(observing.timeline(card, lies))
    found = []
    for one in observing.history(card, lies):
        links = graphs.get(int(one["step"]), np.zeros((0, 0)))
        found.append(rows.CircuitTraining(
            job.name, int(one["step"]), job.length, one["loss"], one["prior_loss"] if job.prior else None, one["accuracy"], one["nll"],
            links.shape[1], observing.rounded(links.ravel()).tolist(),
        ))  # fmt: skip
    if found:
        yield Step((store.block(rows.CircuitTraining, found),), message=f"{job.name} was trained before")


def _seen(job: Job, before: Before) -> Iterator[Step]:
    """Look into a finished circuit's graph, where it has one and nobody did."""
    card = networks.card(job.name)
    if card.architecture != seeing.ARCHITECTURE:
        return
    question = seeing.CircuitsSpec(networks=(job.name,), parts=("graph",))
    planned = seeing.plan(question)
    for cell in planned.todo:
        if cell.key not in planned.stored and not before.has(circuits.TABLE[cell.part], cell.key):
            yield Step(message=f"looking into {job.name}")
            yield Step(circuits.observed(question, cell), {circuits.TABLE[cell.part]: (cell.key,)})


def _known(number: float) -> float | None:
    return None if math.isnan(number) else round(number, 6)
