"""The manifest of a run names its parts; what no manifest names does not exist for readers."""

import fcntl
import functools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from engine import places
from engine.store import files


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


def roots() -> dict[str, Path]:
    """Return the roots of the store: the shipped sample and the results made here."""
    return {"sample": places.sample(), "results": places.results()}


def path(root: Path, run: str) -> Path:
    """Return where a run's manifest lies."""
    return root / "manifests" / f"{run}.json"


def read(root: Path, run: str, name: str = "results") -> Manifest | None:
    """Return a run's manifest, or None where there is none."""
    file = path(root, run)
    return _read(file, file.stat().st_mtime_ns, name) if file.is_file() else None


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


def write(root: Path, manifest: Manifest) -> None:
    """Put a manifest in place whole."""
    said = asdict(manifest)
    del said["root"]
    files.write_text(path(root, manifest.run), json.dumps(said, indent=1))


def every(root: Path, name: str) -> tuple[list[Manifest], list[Problem]]:
    """Return all manifests of a root, and those that cannot be read."""
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
def locked(root: Path, run: str) -> Iterator[None]:
    """Hold a run's write lock, so that a writer that lost its claim cannot write over the one that has it."""
    folder = root / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{run}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def check(root: Path, name: str, part: Part) -> Problem | None:
    """Return what is wrong with a part: missing, another size, unreadable footer, another row count."""
    file = root / part.file
    try:
        size = file.stat().st_size
    except OSError:
        return Problem(name, part.file, "the file is missing")
    if size != part.bytes:
        return Problem(name, part.file, f"the file has {size} bytes, its manifest says {part.bytes}: cut short or changed")
    return _check_footer(file, file.stat().st_mtime_ns, name, part)


@functools.lru_cache(maxsize=65536)
def _check_footer(file: Path, _mtime: int, name: str, part: Part) -> Problem | None:
    try:
        counted = pq.read_metadata(file).num_rows
    except (pa.ArrowException, OSError, ValueError) as problem:
        return Problem(name, part.file, f"the file is no readable Parquet ({str(problem).splitlines()[0][:120]})")
    if counted != part.rows:
        return Problem(name, part.file, f"the file has {counted} rows, its manifest says {part.rows}")
    return None


def strangers(root: Path, name: str, known: set[str]) -> list[Problem]:
    """Return Parquet files that no manifest names: half-copied, foreign, or left by a killed writer."""
    found = (str(file.relative_to(root)) for file in root.glob("*/*.parquet"))
    return [Problem(name, file, "no manifest names this file; it is not read") for file in sorted(found) if file not in known]


def add(manifest: Manifest, *parts: Part) -> Manifest:
    """Return the manifest with more parts."""
    return replace(manifest, parts=manifest.parts + parts)
