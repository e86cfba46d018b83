"""What lies on the disk, and how it is given back: runs out of sight, uploads deleted, cache and reports kept within limits.

`used()` says what takes how much; `archive`, `restore`, `erase` move runs; `brought` lists and removes what people brought; `cached` and
`reports` hold the limits; `tidy()` keeps them and is called by the worker after each job. Who did what is in the audit log.
"""

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from engine import control, errors, places, store
from engine.space import cached, reports
from engine.space.sizes import Held, held_in

LEFT_SECONDS = 24 * 3600.0  # a folder beside what was brought is left over from a crash when it is older
OTHER = (
    "control.sqlite", "control.sqlite-wal", "control.sqlite-shm", "worker.log", "faults.log", "heads", "sweep", "amodal", "live", "extensions",
    "locks",
)  # fmt: skip


@dataclass(frozen=True)
class Use:
    """One kind of thing on the disk."""

    what: str
    files: int
    bytes: int
    limit: int | None  # bytes
    about: str


def used() -> list[Use]:
    """Return what takes how much of the disk; results in an object store are counted there."""
    files, size = store.stored()
    home = places.home()
    rest = [held_in(home / name) for name in OTHER]
    told = [
        ("results", Held(files, size), None, "Runs made and tables imported here; an archived run keeps its files."),
        ("results that ship", held_in(places.sample()), None, "Read-only, part of the program."),
        ("brought", held_in(home / "inputs"), None, "Networks, pictures, tables, clips and masks of yours, and networks trained here."),
        ("reports", held_in(reports.folder()), reports.most_bytes(), f"Beyond the limit, or {reports.most()} of them, the oldest are deleted."),
        ("cache", held_in(places.cache()), cached.most_bytes(), "Can be made again; beyond the limit the oldest is deleted."),
        ("other", Held(sum(one.files for one in rest), sum(one.bytes for one in rest)), None, "Queue, logs, networks of heads, work under way."),
    ]
    return [Use(what, held.files, held.bytes, limit, about) for what, held, limit, about in told]


def free() -> tuple[int, int]:
    """Return the free bytes of the disk that results and cache are on, and all that it has."""
    place = next(one for one in (places.home(), *places.home().parents) if one.exists())
    there = shutil.disk_usage(place)
    return there.free, there.total


def archive(run: str) -> None:
    """Take a run out of every answer; its files stay. Raises UserError as `store.archive` does."""
    store.archive(run)
    control.audit("archive", run)


def restore(run: str) -> None:
    """Put an archived run back into every answer. Raises UserError as `store.restore` does."""
    store.restore(run)
    control.audit("restore", run)


def erase(run: str) -> int:
    """Delete the files of an archived run for good; returns the bytes. Raises UserError as `store.erase` does."""
    size = store.erase(run)
    control.audit("delete run", run)
    return size


def tidy() -> list[str]:
    """Keep the limits and sweep up what a crash has left; returns what was removed. What cannot be removed now is left for the next time."""
    removed: list[str] = []
    sweeps: tuple[Callable[[], Iterator[str]], ...] = (_leftovers, cached.make_room, reports.make_room)
    for sweep in sweeps:
        with contextlib.suppress(OSError, errors.UserError):
            removed.extend(sweep())
    return removed


def _leftovers() -> Iterator[str]:
    """Remove folders that were being made or deleted when a process ended; people's own have names without a dot in front."""
    inputs = places.home() / "inputs"
    for one in (*inputs.glob(".*"), *inputs.glob("*/.*")):
        if time.time() - one.stat().st_mtime > LEFT_SECONDS:
            shutil.rmtree(one, ignore_errors=True) if one.is_dir() else one.unlink(missing_ok=True)
            yield str(one.relative_to(places.home()))
