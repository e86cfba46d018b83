"""The worker: claims a job, runs its study, stores what comes, closes it. It leaves when there is nothing to do."""

import contextlib
import importlib
import os
import random
import threading
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import numpy as np
import torch

from engine import control, errors, executors, people, provenance, rows, space, store
from engine.assay import prepared
from engine.control import workers
from engine.models import predict
from engine.spec import Spec
from engine.steps import Before

STUDIES = ("assay", "sweep", "remedies", "interventions", "heads", "circuits", "amodal", "scaling", "wiring", "lowshot", "intake", "evidence")
IDLE_SECONDS = 20.0
BEAT_SECONDS = 0.5
FLUSH_SECONDS = 1.0
FLUSH_ROWS = 50_000


class Stopped(Exception):  # noqa: N818
    """The person asked to stop."""


class Lost(Exception):  # noqa: N818
    """Another worker has the job now."""


def work(idle_seconds: float = IDLE_SECONDS) -> None:
    """Answer jobs until none has come for a while."""
    with contextlib.suppress(OSError):
        os.nice(10)  # the dashboard on the same machine goes first
    until = time.monotonic() + idle_seconds
    preparing = _preparing()
    while time.monotonic() < until:
        workers.beat()
        if job := control.claim(f"worker {os.getpid()}"):
            answer(job)
            space.tidy()
            until, preparing = time.monotonic() + idle_seconds, _preparing()
        elif next(preparing, False):
            until = time.monotonic() + idle_seconds
        else:
            time.sleep(0.3)
    workers.leave()
    # Whoever submitted before we left saw a beating worker and started none.
    if job := control.claim(f"worker {os.getpid()}"):
        answer(job)


def _preparing() -> Iterator[bool]:
    """Make beforehand what pages on a very large store ask first; yields between two questions, so that a job need not wait for all."""
    if not prepared.due():
        return
    try:
        for _ in prepared.prepare():
            yield True
    except Exception:  # noqa: BLE001  pages then make it when they are asked
        traceback.print_exc()


def study_of(name: str) -> tuple[type[Spec], ModuleType]:
    """Return a study's question class and its run module.

    Raises:
        UserError: for an unknown study.
    """
    if name not in STUDIES:
        raise errors.unknown("study", name, STUDIES)
    spec = importlib.import_module(f"engine.{name}.spec")
    return getattr(spec, f"{name.title()}Spec"), importlib.import_module(f"engine.{name}.run")


@dataclass
class _Progress:
    """What the beating thread says, and what it hears."""

    done: int = 0
    images: int = 0
    message: str = "starting"
    began: float = field(default_factory=time.monotonic)
    cancel: bool = False
    lost: bool = False
    over: threading.Event = field(default_factory=threading.Event)

    def rate(self) -> float | None:
        """Images a second since this attempt began."""
        seconds = time.monotonic() - self.began
        return self.images / seconds if self.images and seconds > 0 else None


def answer(job: control.Job, watch: Callable[[_Progress], None] | None = None) -> str:
    """Run one claimed job to its end and return the state it ended in; what was stored stays, whatever happens.

    Args:
        job: a job that this process has claimed.
        watch: called after every step, for a progress bar.
    """
    progress = _Progress()
    beating = threading.Thread(target=_beat, args=(job, progress), daemon=True)
    beating.start()
    state, problem = "done", None
    try:
        with people.acting_for(job.user):
            _run(job, progress, watch)
    except Stopped:
        state = "cancelled"
    except Lost:
        state = "lost"
    except errors.UserError as told:
        state, problem = "failed", str(told)
    except Exception:  # noqa: BLE001  whatever a study does wrong must not end the worker
        state, problem = "failed", traceback.format_exc()
    finally:
        progress.over.set()
        beating.join()
    if state != "lost":
        with contextlib.suppress(errors.UserError):  # a full disk: the beat goes stale, and the next worker takes the job up again
            _say_progress(job, progress)
            control.close(job.id, attempt=job.attempt, state=state, error=problem)
    return state


def _beat(job: control.Job, progress: _Progress) -> None:
    """Tell how far the job is, and hear whether it should stop, twice a second."""
    while not progress.over.wait(BEAT_SECONDS):
        try:
            _say_progress(job, progress)
            workers.beat()
        except errors.UserError:
            continue  # a full disk may pass; the run itself will say so


def _say_progress(job: control.Job, progress: _Progress) -> None:
    heard = control.beat(job.id, attempt=job.attempt, done=progress.done, images=progress.images, rate=progress.rate(), message=progress.message)
    progress.lost, progress.cancel = heard is None, bool(heard)


def _run(job: control.Job, progress: _Progress, watch: Callable[[_Progress], None] | None) -> None:
    torch.set_num_threads(1)
    provenance.code()  # as it is now; the tree may change while we run
    question, module = study_of(job.study)
    spec = question.read(job.spec)
    _seed(spec.seed)
    if store.manifest(job.id) is not None and store.manifest(job.id).finished:  # type: ignore[union-attr]
        return  # killed between the last row and closing the job
    if getattr(module, "STORES_ITSELF", False):
        with contextlib.closing(module.run(spec, job.id)) as steps:
            _take(steps, None, job, progress, watch)
        return
    writer = store.Writer(job.id)
    before = Before(job.id, {table.table: writer.manifest().keys(table.table) for table in rows.TABLES})
    sink = _Sink(writer)
    where = executors.Where.read(job.executor)
    with _steps(job.study, module, spec, before, where) as steps:
        _take(steps, sink, job, progress, watch)
    sink.flush()
    progress.message = "storing"
    writer.finish(_row(job, spec, progress, where))
    for (kind, name), rate in sink.rates().items():
        control.set_rate(kind, name, rate)


@contextlib.contextmanager
def _steps(study: str, module: ModuleType, spec: Spec, before: Any, where: executors.Where) -> Iterator[Iterator[Any]]:
    """Give a study's steps, made in this process or in an executor that ends with the block."""
    if where.kind == executors.IN_PROCESS:
        yield module.run(spec, before)
        return
    distributed = importlib.import_module(f"engine.{study}.distributed")
    with executors.open(where) as executor:
        yield distributed.run(spec, before, executor)


def _take(steps: Iterator[Any], sink: "_Sink | None", job: control.Job, progress: _Progress, watch: Callable[[_Progress], None] | None) -> None:
    """Store what comes and tell of it.

    Raises:
        Stopped: when a person asked for that; what came before is stored.
        Lost: when another worker has the job.
    """
    for step in steps:
        if sink:
            sink.take(step)
        progress.done += step.cells
        progress.images += step.images
        progress.message = step.message or progress.message
        if step.log:
            control.say(job.id, step.log)
        if watch:
            watch(progress)
        if progress.lost:
            raise Lost
        if progress.cancel:
            if sink:
                sink.flush()
            raise Stopped


class _Sink:
    """Collects steps and stores them by time and size, whole cells at once."""

    def __init__(self, writer: store.Writer) -> None:
        self.writer = writer
        self.blocks: list[rows.Block] = []
        self.keys: dict[str, list[str]] = defaultdict(list)
        self.seen: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
        self.stored = time.monotonic()

    def take(self, step: object) -> None:
        """Keep a step's rows; store all kept ones when they are many or old."""
        self.blocks += step.blocks  # type: ignore[attr-defined]
        for table, keys in step.keys.items():  # type: ignore[attr-defined]
            self.keys[table] += keys
        for want, (images, seconds) in step.rates.items():  # type: ignore[attr-defined]
            self.seen[want][0] += images
            self.seen[want][1] += seconds
        if sum(b.length for b in self.blocks) >= FLUSH_ROWS or time.monotonic() - self.stored >= FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Store what is kept."""
        self.writer.append(self.blocks, self.keys)
        self.blocks, self.keys, self.stored = [], defaultdict(list), time.monotonic()

    def rates(self) -> dict[tuple[str, str], float]:
        """Return the measured images a second, where enough was seen to tell."""
        return {want: images / seconds for want, (images, seconds) in self.seen.items() if seconds > 0 and images >= 8}


def _row(job: control.Job, spec: Spec, progress: _Progress, where: executors.Where) -> rows.Run:
    now = control.job(job.id)
    revision, dirty = provenance.code()
    finished = datetime.now(UTC)
    started = datetime.fromtimestamp(now.started or now.created, UTC)
    return rows.Run(
        run=job.id, study=job.study, title=job.title, spec=spec.text(), state="done", seed=spec.seed,
        created=datetime.fromtimestamp(job.created, UTC), started=started, finished=finished, seconds=(finished - started).total_seconds(),
        cells=progress.done, images=progress.images, device=_device(spec, where), code_revision=revision, code_dirty=dirty,
        packages=provenance.packages(), machine=provenance.machine(), error=None, user=job.user,
    )  # fmt: skip


def _device(spec: Spec, where: executors.Where) -> str:
    if where.address:
        return f"{getattr(spec, 'device', 'auto')}, on Dask workers"
    return predict.choose(getattr(spec, "device", "auto"))


def _seed(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  libraries that we call may use the global generator
    torch.manual_seed(seed)
