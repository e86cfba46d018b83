"""Where things lie on disk. Everything made at run time lies under one folder that TOUCHSTONE_HOME can move."""

import os
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENGINE = ROOT / "engine"
DATA = ROOT / "data"
_SETTLED_NANOSECONDS = 50_000_000


def home() -> Path:
    """Return the folder for everything made at run time (TOUCHSTONE_HOME, else `data/` of the clone)."""
    return Path(os.environ.get("TOUCHSTONE_HOME") or DATA)


def sample() -> Path:
    """Return the read-only root of the shipped results (TOUCHSTONE_SAMPLE moves it, for tests)."""
    return Path(os.environ.get("TOUCHSTONE_SAMPLE") or DATA / "sample")


def weights() -> Path:
    """Return the folder of the shipped network cards and weights."""
    return DATA / "weights"


def results() -> Path:
    """Return the folder of the results made here (TOUCHSTONE_RESULTS, where it names a folder, moves it: a shared one, say)."""
    named = os.environ.get("TOUCHSTONE_RESULTS") or ""
    return Path(named) if named and "://" not in named else home() / "results"


def object_store() -> str | None:
    """Return the address of the object store that holds the results made here (TOUCHSTONE_RESULTS, where it is one such as s3://…)."""
    named = os.environ.get("TOUCHSTONE_RESULTS") or ""
    return named if "://" in named else None


def control() -> Path:
    """Return the SQLite file of queue, rates and audit log."""
    return home() / "control.sqlite"


def cache() -> Path:
    """Return the folder of what can be made again."""
    return home() / "cache"


def inputs(kind: str) -> Path:
    """Return the folder of what people brought, for one kind: `networks` or `datasets`."""
    return home() / "inputs" / kind


def changed(folder: Path) -> int:
    """Return a number that changes whenever an entry of a folder appears or goes: its mtime in nanoseconds, 0 where there is none.

    The clock of some file systems moves in steps of milliseconds: a folder that has just changed gives a new number each time.
    """
    try:
        seen = folder.stat().st_mtime_ns
    except OSError:
        return 0
    now = time.time_ns()
    return now if now - seen < _SETTLED_NANOSECONDS else seen


def extensions(room: str) -> Path:
    """Return the folder of a person's own files for one room, outside the clone."""
    return home() / "extensions" / room
