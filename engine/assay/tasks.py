"""The far end of a distributed run: what a worker process is asked to do, as functions of plain values.

A worker needs the same code, weights and images as the process that asked; where they differ the task refuses with a sentence, so
that no row is made from anything else. Neither the store nor the queue is opened here.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from engine import errors, hashing, networks, registry, rows, store
from engine.assay import scoring
from engine.assay.classes import Alignment
from engine.assay.run import Bench
from engine.assay.spec import ATTACKS, AssaySpec, Cell, Evaluation, Plan
from engine.datasets import images
from engine.steps import Before, Step

MOST_NETWORKS = 16  # kept loaded
Job = Mapping[str, Any]
Task = Callable[[Job], Any]
Answer = tuple[Step, None] | tuple[None, str]


def told(evaluation: Evaluation, cell: Cell) -> dict[str, Any]:
    """Return one cell of an evaluation as plain values, with the hashes of all that its answers depend on."""
    return {
        "evaluation": (evaluation.network, *evaluation.where, evaluation.kind),
        "cell": (cell.start, cell.stop, cell.key),
        "same": depends(evaluation),
    }


def _evaluation(said: Job) -> Evaluation:
    network, dataset, split, shift, strength, kind = said["evaluation"]
    return Evaluation(network, dataset, split, shift, strength, kind, (Cell(*said["cell"]),))


def depends(evaluation: Evaluation) -> dict[str, Any]:
    """Return what an evaluation's answers depend on, as it is in this process."""
    room = ATTACKS if evaluation.kind == "attack" else "shifts"
    shift = registry.card(room, evaluation.shift).constants.get("VERSION", 1) if evaluation.shift else None
    card = networks.card(evaluation.network)
    return {
        f"the network {card.name}": (card.key, _bytes(networks.folder(card.name), card.weights)),
        f"the images of {evaluation.dataset} ({evaluation.split})": _digest(evaluation.dataset, evaluation.split),
        f"the shift {evaluation.shift}": shift,
    }


def _bytes(folder: Path, weights: Sequence[str]) -> str:
    files = [folder / name for name in weights]
    return hashing.of_parts(*(_file(file, file.stat().st_mtime_ns) if file.is_file() else "missing" for file in files))


@functools.lru_cache(maxsize=4096)
def _file(file: Path, _mtime: int) -> str:
    return hashing.of_file(file)


@functools.lru_cache(maxsize=64)
def _digest(dataset: str, split: str) -> str:
    return images.load(dataset, split).digest


def answer(job: Job) -> list[Answer]:
    """Let networks look at one range of one (shifted) set.

    Args:
        job: `spec` (the question as JSON) and `asked`, what `told` tells of one cell for each network.

    Returns:
        For each network the step that a run in one process would have made, or the sentence that says why it cannot answer.

    Raises:
        UserError: where this process has other weights, images or shifts than the one that asked.
    """
    asked = [_evaluation(said) for said in job["asked"]]
    for said, evaluation in zip(job["asked"], asked, strict=True):
        _check_same(said["same"], evaluation)
    bench = _bench(job["spec"])
    if len(bench.loaded.keys() | {e.network for e in asked}) > MOST_NETWORKS:
        bench.forget()
    return [_answer(bench, evaluation) for evaluation in asked]


def _answer(bench: Bench, evaluation: Evaluation) -> Answer:
    try:
        return bench.answer(evaluation, evaluation.cells[0]), None
    except errors.UserError as problem:
        return None, str(problem)
    finally:
        bench.kept.clear()


@functools.lru_cache(maxsize=1)
def _bench(spec: str) -> Bench:
    return Bench(AssaySpec.read(spec), Plan((), frozenset()), Before("", {}))


def _check_same(asked: Mapping[str, Any], evaluation: Evaluation) -> None:
    """Raise UserError where what the answers depend on is not here as it is where they were asked for."""
    try:
        here = depends(evaluation)
    except errors.UserError as problem:
        raise errors.UserError(f"A worker lacks what the question needs: {problem.message}", _SHARE) from problem
    for what, value in asked.items():
        if here[what] != value:
            raise errors.UserError(f"A worker has other bytes or another version of {what} than the process that asked.", _SHARE)


_SHARE = "Give all workers the same clone and packages, and let TOUCHSTONE_HOME name one shared folder."


def score(job: Job) -> rows.Block:
    """Score an evaluation from its answers; neither network nor images are needed for that.

    Args:
        job: `metrics`, `reference` (the in-distribution set), `extra` (further columns), and `answered`: the evaluation's answers,
            then those of the reference's validation and test side, each as `plain` gives them, or None.

    Returns:
        The rows of `Score`.
    """
    answered, validation, test = (said and _answered(said) for said in job["answered"])
    assert answered is not None
    references = scoring.References(job["reference"], validation, test)
    return store.block(rows.Score, scoring.scores(answered, job["metrics"], references, **job["extra"]))


def plain(answered: scoring.Answered | None) -> dict[str, Any] | None:
    """Return answers as plain values."""
    if answered is None:
        return None
    said = {field.name: getattr(answered, field.name) for field in fields(answered)}
    return {**said, "alignment": tuple(getattr(answered.alignment, field.name) for field in fields(answered.alignment))}


def _answered(said: Mapping[str, Any]) -> scoring.Answered:
    return scoring.Answered(**{**said, "alignment": Alignment(*said["alignment"])})
