"""The manifest of a run names its parts; what no manifest names does not exist for readers."""

import fcntl
import functools
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from engine import errors, hashing, places
from engine.store import files
from engine.store import roots as store_roots
from engine.store.objects import Bucket
from engine.store.roots import Root

_SETTLED_NS = 1_000_000_000
_versions: dict[Path, tuple[int, list[tuple]]] = {}


@dataclass(frozen=True)
class Part:
    """One immutable Parquet file of one table."""

    table: str
    file: str  # relative to the root
    rows: int
    bytes: int
    keys: tuple[str, ...] = ()  # hashes of what it answers: cells in prediction parts, evaluations in score parts


@dataclass(frozen=True)
class Manifest:
    """All parts of one run, and whether its row in `runs` is written."""

    run: str
    attempt: int = 1
    finished: bool = False
    archived: bool = False
    parts: tuple[Part, ...] = ()
    root: str = field(default="results", compare=False)

    def keys(self, table: str) -> frozenset[str]:
        """Return the hashes of what this run's parts of a table answer."""
        return frozenset(key for part in self.parts if part.table == table for key in part.keys)


@dataclass(frozen=True)
class Problem:
    """A file of the store that is left out of every answer, and why."""

    root: str
    file: str
    why: str


def roots() -> dict[str, Root]:
    """Return the roots of the store: the shipped sample and the results made here."""
    return store_roots.every()


def path(root: Path, run: str) -> Path:
    """Return where a run's manifest lies."""
    return root / "manifests" / f"{run}.json"


def read(root: Root, run: str, name: str = "results") -> Manifest | None:
    """Return a run's manifest, or None where there is none."""
    if isinstance(root, Bucket):
        return _newest(root, root.manifests().get(run, []), name)[0]
    file = path(root, run)
    return _read(file, file.stat().st_mtime_ns, name) if file.is_file() else None


def _newest(root: Bucket, versions: Sequence[str], name: str) -> tuple[Manifest | None, Problem | None]:
    """Return the newest version that can be read, and what is wrong with one that is newer still."""
    problem = None
    for version in versions:
        try:
            return _read(root.local(version), 0, name), problem
        except FileNotFoundError:
            continue  # a newer one has come since it was listed
        except (ValueError, KeyError, TypeError) as broken:
            problem = Problem(name, version, f"this version of the manifest cannot be read ({broken}); the one before counts")
    return None, problem


@functools.lru_cache(maxsize=4096)
def _read(file: Path, _mtime: int, root: str) -> Manifest:
    said = json.loads(file.read_text())
    parts = tuple(Part(**{**part, "keys": tuple(part.get("keys", ()))}) for part in said["parts"])
    return Manifest(said["run"], said["attempt"], said["finished"], said.get("archived", False), parts, root)


def is_under_way(file: Path, mtime: int, root: str) -> bool:
    """Return whether a manifest is of a run that is not finished; False for one that cannot be read."""
    try:
        return not _read(file, mtime, root).finished
    except (ValueError, KeyError, TypeError, OSError):
        return False


def write(root: Root, manifest: Manifest) -> None:
    """Put a manifest in place whole; in an object store, as its next version."""
    said = asdict(manifest)
    del said["root"]
    if isinstance(root, Bucket):
        root.put_manifest(manifest.run, manifest.attempt, json.dumps(said, indent=1))
    else:
        files.write_text(path(root, manifest.run), json.dumps(said, indent=1))


def version(root: Root, name: str) -> list[tuple]:
    """Return what changes whenever the manifest of a finished run appears, changes or goes.

    Runs under way are left out: no reader sees them yet, and each flush of one would rebuild every table.
    """
    return _version_of_bucket(root, name) if isinstance(root, Bucket) else _version_of_folder(root / "manifests", name)


def _version_of_folder(folder: Path, name: str) -> list[tuple]:
    """Look at every manifest only when the folder has changed: each is written by renaming, which changes the folder's time."""
    try:
        changed = folder.stat().st_mtime_ns
    except OSError:
        return []
    known = _versions.get(folder)
    if known and known[0] == changed:
        return known[1]
    seen = []
    for file in sorted(folder.glob("*.json")):
        try:
            stat = file.stat()
        except OSError:
            continue
        if not is_under_way(file, stat.st_mtime_ns, name):
            seen.append((str(file), stat.st_mtime_ns, stat.st_size))
    said: list[tuple] = [(hashing.of_parts(seen),)]
    if time.time_ns() - changed > _SETTLED_NS:  # else a change within the clock's grain could go unseen
        _versions[folder] = (changed, said)
    return said


def _version_of_bucket(root: Bucket, name: str) -> list[tuple]:
    found, problems = every(root, name)
    parts = [(one.run, one.archived, [part.file for part in one.parts]) for one in found if one.finished]
    return [(str(root), parts, [problem.file for problem in problems])]


def every(root: Root, name: str) -> tuple[list[Manifest], list[Problem]]:
    """Return all manifests of a root, and those that cannot be read. A store that is away is a problem, not an error."""
    return _every_of_bucket(root, name) if isinstance(root, Bucket) else _every_of_folder(root, name)


def _every_of_bucket(root: Bucket, name: str) -> tuple[list[Manifest], list[Problem]]:
    try:
        found = [_newest(root, versions, name) for _, versions in sorted(root.manifests().items())]
    except errors.UserError as problem:
        return [], [Problem(name, str(root), str(problem))]
    return [manifest for manifest, _ in found if manifest], [problem for _, problem in found if problem]


def _every_of_folder(root: Path, name: str) -> tuple[list[Manifest], list[Problem]]:
    found, problems = [], []
    for file in sorted((root / "manifests").glob("*.json")):
        try:
            found.append(_read(file, file.stat().st_mtime_ns, name))
        except (ValueError, KeyError, TypeError) as problem:
            problems.append(Problem(name, f"manifests/{file.name}", f"the manifest cannot be read ({problem})"))
        except OSError:
            continue  # removed while we looked
    return found, problems


@contextmanager
def locked(root: Root, run: str) -> Iterator[None]:
    """Hold a run's write lock, so that a writer that lost its claim cannot write over the one that has it.

    An object store has no locks: the lock lies on this machine, where the queue is too, and versions of a later attempt win.
    """
    folder = (places.home() if isinstance(root, Bucket) else root) / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{run}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def check(root: Root, name: str, part: Part) -> Problem | None:
    """Return what is wrong with a part: missing, another size, unreadable footer, another row count."""
    try:
        seen = store_roots.seen(root, part.file)
        if seen is None:
            return Problem(name, part.file, "the file is missing")
        if seen.size != part.bytes:
            return Problem(name, part.file, f"the file has {seen.size} bytes, its manifest says {part.bytes}: cut short or changed")
        return _check_footer(store_roots.local(root, part.file), seen.changed, name, part)
    except FileNotFoundError:
        return Problem(name, part.file, "the file is missing")
    except errors.UserError as away:
        return Problem(name, part.file, str(away))


@functools.lru_cache(maxsize=65536)
def _check_footer(file: Path, _mtime: int, name: str, part: Part) -> Problem | None:
    try:
        counted = pq.read_metadata(file).num_rows
    except (pa.ArrowException, OSError, ValueError) as problem:
        return Problem(name, part.file, f"the file is no readable Parquet ({str(problem).splitlines()[0][:120]})")
    if counted != part.rows:
        return Problem(name, part.file, f"the file has {counted} rows, its manifest says {part.rows}")
    return None


def strangers(root: Root, name: str, known: set[str]) -> list[Problem]:
    """Return Parquet files that no manifest names: half-copied, foreign, or left by a killed writer."""
    try:
        found = store_roots.part_files(root)
    except errors.UserError:
        return []  # away: said already
    return [Problem(name, file, "no manifest names this file; it is not read") for file in found if file not in known]


def add(manifest: Manifest, *parts: Part) -> Manifest:
    """Return the manifest with more parts."""
    return replace(manifest, parts=manifest.parts + parts)
