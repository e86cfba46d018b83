"""Starting workers: in a session of their own, so that the dashboard's end does not end them."""

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from engine import places
from engine.control.database import read, write

ALIVE_SECONDS = 5.0
MEASURED_AGAIN_SECONDS = 60.0
_measured: dict[str, float] = {}
_started: dict[tuple[str, ...], subprocess.Popen] = {}


def ensure() -> None:
    """Start a worker unless one beats; it leaves by itself when there is nothing to do."""
    if not alive():
        _start("work")


def ensure_measured(names: Sequence[str]) -> None:
    """Start measuring the named rates (as in a question's cost), unless that is going on or was just tried."""
    new = [name for name in names if _now() - _measured.get(name, 0.0) > MEASURED_AGAIN_SECONDS]
    _measured.update(dict.fromkeys(new, _now()))
    if new:
        _start("measure", *(word for name in new for word in ("--only", name)))


def _start(*words: str) -> None:
    """Start a command of the engine in a session of its own, unless one that we started still runs."""
    started = _started.get(words)
    if started is not None and started.poll() is None:
        return
    places.home().mkdir(parents=True, exist_ok=True)
    with (places.home() / "worker.log").open("ab") as log:
        _started[words] = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "engine", *words],
            cwd=places.ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip


def alive() -> int:
    """Return how many workers beat."""
    with read() as db:
        return db.execute("SELECT count(*) FROM workers WHERE beat > ?", (_now() - ALIVE_SECONDS,)).fetchone()[0]


def beat() -> None:
    """Say that this worker is alive."""
    with write() as db:
        db.execute("DELETE FROM workers WHERE beat < ?", (_now() - 60,))
        db.execute("INSERT OR REPLACE INTO workers VALUES (?, ?, ?)", (os.getpid(), socket.gethostname(), _now()))


def leave() -> None:
    """Say that this worker goes."""
    with write() as db:
        db.execute("DELETE FROM workers WHERE pid = ? AND host = ?", (os.getpid(), socket.gethostname()))


def _now() -> float:
    return datetime.now(UTC).timestamp()
