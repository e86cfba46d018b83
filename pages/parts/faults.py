"""Faults of our own: each gets an id that the visitor sees, and its traceback lands in a log that the runs page can list."""

import json
import logging
import secrets
import traceback
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from engine import places

_LOG = logging.getLogger("touchstone")
MOST_BYTES = 5_000_000


@dataclass(frozen=True)
class Fault:
    """One exception that nobody caught: when, on which page, what."""

    id: str
    time: str  # ISO 8601, UTC
    page: str
    error: str
    traceback: str


def log_file() -> Path:
    """Return the file of faults, one JSON object a line."""
    return places.home() / "faults.log"


def record(error: BaseException, page: str = "") -> Fault:
    """Write an exception down and return what was written; failing to write is said in the server's log only."""
    text = "".join(traceback.format_exception(error))
    fault = Fault(secrets.token_hex(4), datetime.now(UTC).isoformat(timespec="seconds"), page, _sentence(error), text)
    _LOG.error("fault %s on page %s\n%s", fault.id, page or "?", text)
    try:
        _append(log_file(), json.dumps(asdict(fault)))
    except OSError as problem:
        _LOG.error("the log of faults could not be written: %s", problem)
    return fault


def recent(most: int = 50) -> tuple[Fault, ...]:
    """Return the latest faults, newest first; lines that cannot be read are left out."""
    try:
        lines = log_file().read_text(encoding="utf-8").splitlines()
    except OSError:
        return ()
    found = []
    for line in reversed(lines[-10 * most :]):
        try:
            found.append(Fault(**json.loads(line)))
        except (ValueError, TypeError):
            continue
    return tuple(found[:most])


def _sentence(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:500]


def _append(file: Path, line: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.is_file() and file.stat().st_size > MOST_BYTES:
        file.replace(file.with_suffix(".old.log"))
    with file.open("a", encoding="utf-8") as out:
        out.write(line + "\n")
