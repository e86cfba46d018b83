"""Runs out of sight: archived ones keep their files and count in no answer; they come back, or their files are deleted for good."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import pyarrow.parquet as pq

from engine import errors, people
from engine.store import manifests, roots
from engine.store.objects import Bucket

_TOLD = ("title", "study", "finished", "user")


@dataclass(frozen=True)
class Archived:
    """A run that is out of sight."""

    run: str
    title: str
    study: str
    finished: datetime | None
    user: str | None
    bytes: int
    rows: int


def archived() -> list[Archived]:
    """Return the runs that were archived, the newest first."""
    found, _ = manifests.every(roots.results(), "results")
    return [_told(one) for one in sorted(found, key=lambda one: one.run, reverse=True) if one.archived]


def _told(manifest: manifests.Manifest) -> Archived:
    said = dict.fromkeys(_TOLD)
    root = roots.results()
    for part in manifest.parts:
        if part.table == "runs" and not manifests.check(root, "results", part):
            said = pq.ParquetFile(roots.local(root, part.file)).read(columns=list(_TOLD)).to_pylist()[0]
    size, rows = sum(part.bytes for part in manifest.parts), sum(part.rows for part in manifest.parts if part.table != "runs")
    return Archived(manifest.run, said["title"] or manifest.run, said["study"] or "", said["finished"], said["user"], size, rows)


@people.needs("delete")
def archive(run: str) -> None:
    """Take a run out of every answer without deleting its files.

    Raises:
        UserError: for an unknown run or one of the read-only sample.
    """
    _set(run, archived=True)


@people.needs("delete")
def restore(run: str) -> None:
    """Put an archived run back into every answer.

    Raises:
        UserError: for an unknown run or one of the read-only sample.
    """
    _set(run, archived=False)


def _set(run: str, *, archived: bool) -> None:
    root = roots.results()
    with manifests.locked(root, run):
        manifests.write(root, replace(_mine(run), archived=archived))


@people.needs("delete")
def erase(run: str) -> int:
    """Delete the files of an archived run for good; returns the bytes.

    Nobody reads an archived run, so its parts go first and its manifest last: what is interrupted is finished by asking again.

    Raises:
        UserError: for an unknown run, and one that is not archived.
    """
    root = roots.results()
    with manifests.locked(root, run):
        mine = _mine(run)
        if not mine.archived:
            raise errors.UserError(f"The run {run} is not archived.", "Archive it first: then see whether anything is missing without it.")
        for part in mine.parts:
            roots.remove(root, part.file)
        for file in _manifests(run):
            roots.remove(root, file)
    return sum(part.bytes for part in mine.parts)


def _manifests(run: str) -> list[str]:
    """Return the files of a run's manifest: one, or in an object store its versions, the oldest first."""
    root = roots.results()
    return sorted(root.manifests().get(run, [])) if isinstance(root, Bucket) else [f"manifests/{run}.json"]


def _mine(run: str) -> manifests.Manifest:
    found = manifests.read(roots.results(), run)
    if found is None:
        raise errors.UserError(f"There is no run {run} among the results made here.", "Runs of the shipped sample are read-only.")
    return found


def stored() -> tuple[int, int]:
    """Return how many files the results made here have, and their bytes; what an object store holds is counted there."""
    sizes = list(_sizes())
    return len(sizes), sum(sizes)


def _sizes() -> Iterator[int]:
    root = roots.results()
    if isinstance(root, Bucket):
        yield from (one.size for one in root.entries().values())
    else:
        yield from (file.stat().st_size for file in root.rglob("*") if file.is_file() and not file.is_symlink())
