"""The sweep's shards: a shard is one run of the store, written whole; what is done of an unfinished one is kept beside."""

import contextlib
import fcntl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from engine import executors, places, provenance, rows, store
from engine.store import manifests, packing, roots
from engine.sweep import run
from engine.sweep.spec import DOMAINS, Shard, SweepSpec, check, shards, wheres


@dataclass(frozen=True)
class Status:
    """How far one shard is."""

    shard: Shard
    done: int  # networks
    finished: bool

    @property
    def total(self) -> int:
        """Number of its networks."""
        return len(self.shard.jobs)


def work(home: Path | None = None) -> Path:
    """Return the folder for what is under way; it has the form of a store, but no reader looks there."""
    return (home or places.home()) / "sweep" / "work"


def status(spec: SweepSpec, home: Path | None = None, into: roots.Root | None = None) -> list[Status]:
    """Return how far each shard of a question is."""
    check(spec)
    found = []
    for shard in shards(spec):
        over = finished(shard, into)
        manifest = manifests.read(work(home), shard.run)
        done = len(shard.jobs) if over else len(manifest.keys("networks")) if manifest else 0
        found.append(Status(shard, done, over))
    return found


def finished(shard: Shard, into: roots.Root | None = None) -> bool:
    """Return whether a shard lies whole in the target, in the results made here, or in the sample that ships."""
    roots = {into, *manifests.roots().values()} - {None}
    return any(found.finished for root in roots if (found := manifests.read(root, shard.run)))


def make(spec: SweepSpec, where: executors.Where | None = None, home: Path | None = None, into: roots.Root | None = None) -> Iterator[str]:
    """Make every shard that is not finished and yield a line a network.

    Two processes may work at the same question: a shard that another one has under way is passed over. What is stopped goes on at the next
    network.

    Args:
        spec: the question.
        where: what `run.answer` is called in; None = this process. Rows come back here, and only this process writes.
        home: the folder for what is under way, by default that of everything made at run time.
        into: the root of the store that gets finished shards, by default the results made here.

    Raises:
        UserError: for a question that cannot be answered, a scheduler that does not answer, or a full disk.
    """
    check(spec)
    with executors.open(where or executors.Where()) as executor:
        for shard in shards(spec):
            with claimed(shard, work(home)) as mine:
                if mine and not finished(shard, into):
                    yield from _make(shard, executor, work(home), into or manifests.roots()["results"])


@contextlib.contextmanager
def claimed(shard: Shard, folder: Path) -> Iterator[bool]:
    """Hold a shard against other processes on this machine; False where another one holds it."""
    file = folder / "claims" / f"{shard.run}.lock"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True


def _make(shard: Shard, executor: executors.Executor, folder: Path, into: roots.Root) -> Iterator[str]:
    before = manifests.read(folder, shard.run)
    if not (before and before.finished):
        yield from _train(shard, executor, folder)
    size = packing.pack(shard.run, folder, into)
    _forget(folder, shard.run)
    yield f"{shard.run}: finished, {size:,} bytes"


def _train(shard: Shard, executor: executors.Executor, folder: Path) -> Iterator[str]:
    started = datetime.now(UTC)
    provenance.code()
    writer = store.Writer(shard.run, folder)
    done = writer.manifest().keys("networks")
    todo = [job for job in shard.jobs if job.name not in done]
    seconds, looked = 0.0, 0
    for one in executors.as_results(executor, run.answer, todo):
        if one is not None:
            answer: run.Answer = one.result()
            writer.append(answer.blocks, {"networks": (answer.network,), "predictions": answer.cells})
            seconds, looked = seconds + answer.seconds, looked + answer.images
            yield f"{answer.network}: {answer.seconds:.1f} s"
    if holds_examples(shard) and not any(part.table == "examples" for part in writer.manifest().parts):
        writer.append(run.example_blocks(shard.domain))
    writer.finish(_row(shard, started, seconds, looked))


def holds_examples(shard: Shard) -> bool:
    """Return whether a shard also tells of its domain's examples: one for each domain does, so that none is told twice."""
    return (shard.architecture, shard.seed) == ("linear", 0) and shard.domain in DOMAINS


def _row(shard: Shard, started: datetime, seconds: float, looked: int) -> rows.Run:
    revision, dirty = provenance.code()
    q, now = shard.question, datetime.now(UTC)
    sets = len(wheres(shard.domain, q.strengths, q.shifted_images))
    return rows.Run(
        shard.run, q.study, shard.title, q.text(), "done", q.seed, started, started, now, seconds, sets * len(shard.jobs), looked, "cpu",
        revision, dirty, provenance.packages(), provenance.machine(), None,
    )  # fmt: skip


def _forget(folder: Path, name: str) -> None:
    """Remove what was kept of a shard while it was under way."""
    manifest = manifests.read(folder, name)
    manifests.path(folder, name).unlink(missing_ok=True)
    for part in manifest.parts if manifest else ():
        (folder / part.file).unlink(missing_ok=True)
