"""Taking in what was brought, step by step, in the worker: pictures one by one, predictions and tables in a few steps.

A kill loses nothing: what was brought still lies where it lay, and the next worker begins anew; what was half made is out of sight.
"""

import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from engine import control, errors
from engine.datasets import images
from engine.intake import spec as asking
from engine.intake.spec import IntakeSpec
from engine.steps import Step

STORES_ITSELF = True  # the importers write and finish what they store; the worker keeps only time, cancel and end
Told = Callable[[int, int], None]


class _Ended(Exception):  # noqa: N818
    """Nobody waits for the rest."""


def run(spec: IntakeSpec, job: str) -> Iterator[Step]:
    """Take something in; the last step's message says what came of it.

    Args:
        spec: What is taken in.
        job: The job, which is the run that predictions and tables are stored as.

    Raises:
        UserError: for whatever is wrong with it; nothing of it is kept then.
    """
    if not spec.path.exists() or asking.digest(spec.path) != spec.digest:
        raise errors.UserError(f"What was at {spec.path.name} is gone or has changed since it was looked at.", "Bring it again.")
    yield from {"images": _images, "predictions": _predictions, "table": _table}[spec.kind](spec, job)


def _images(spec: IntakeSpec, job: str) -> Iterator[Step]:
    if control.job(job).attempt > 1 and spec.name in images.names():  # it was there already when an earlier attempt was killed
        yield Step(message=_of_set(spec.name))
        return
    yield from _told(lambda tell: images.bring(spec.path, spec.name, tell=tell, **spec.said))
    control.audit("bring data set", spec.name)
    yield Step(message=_of_set(spec.name))


def _of_set(name: str) -> str:
    sizes = images.card(name).sizes
    return "; ".join(f"{split} {n:,}" for split, n in sizes.items()) + f" images of {len(images.card(name).classes):,} classes"


def _predictions(spec: IntakeSpec, job: str) -> Iterator[Step]:
    from engine.assay import brought
    from engine.importers import predictions

    yield Step(message="reading")
    said = {**spec.said, "columns": _columns(spec.said["columns"])}
    trained_on = said.pop("trained_on", None)
    preview = predictions.read(spec.path, network=spec.name, **said)
    yield Step(cells=1, message=f"scoring {preview.n:,} answers")
    brought.store_preview(preview, trained_on=trained_on, run=job)
    yield Step(cells=1, images=preview.n, message=f"{preview.n:,} answers are stored")


def _columns(said: Mapping[str, Any]) -> Any:
    from engine.importers.predictions import Columns

    told: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in said.items()}
    return Columns(**told)


def _table(spec: IntakeSpec, job: str) -> Iterator[Step]:
    from engine.importers import _storing, _tabulated
    from engine.importers._collected import collect
    from engine.importers._mapping import Layout

    yield Step(message="reading")
    said = spec.said
    draft = _tabulated.read(said["kind"], spec.path, **said["options"])
    draft = replace(draft, layout=Layout.of(said["layout"]), decimal_commas=frozenset(said["decimal_commas"]))
    yield Step(cells=1, message="auditing")
    found = collect(draft, said["choices"])
    yield Step(cells=1, message=f"storing {found.scores:,} scores")
    stored = _storing.keep(found, spec.name, licence=said["licence"], citation=said["citation"], run=job)
    yield Step(cells=1, message=stored.sentence())


def _told(work: Callable[[Told], object]) -> Iterator[Step]:
    """Do work that calls back with (done, to do), and yield a step for each call; where nobody waits any more, the work ends at its next call."""
    told: queue.SimpleQueue[int | BaseException | None] = queue.SimpleQueue()
    ended = threading.Event()

    def tell(done: int, _of: int) -> None:
        if ended.is_set():
            raise _Ended
        told.put(done)

    def act() -> None:
        try:
            work(tell)
            told.put(None)
        except BaseException as problem:  # noqa: BLE001  raised again by the one who waits
            told.put(problem)

    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    before = 0
    try:
        while (said := told.get()) is not None:
            if isinstance(said, BaseException):
                raise said
            yield Step(cells=said - before, message="taking in pictures")
            before = said
    finally:
        ended.set()
        thread.join()
