"""Asking the warm process, which holds networks ready, so that an answer takes milliseconds. No torch here.

The process (`engine.live`) is started by the first ask, in a session of its own, one a home; it leaves when nobody has
asked for a while, and the next ask starts another. It listens at a socket in a folder that only this user can enter.
A process that dies is started again and asked once more.
"""

import contextlib
import fcntl
import functools
import hashlib
import os
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from engine import errors, hashing, places, wire

SECONDS = 30.0  # that an answer may take, the start of the process not counted
START_SECONDS = 120.0
TRIES = 2
LONGEST_PATH = 100  # bytes: sockets cannot lie deeper (108 on Linux, 104 elsewhere)
LONGEST_LOG = 2_000_000
LOG, LOCK = "live.log", "live.lock"
WHERE = "live/live.log under TOUCHSTONE_HOME"
_STEP = 0.02
_started: list[subprocess.Popen] = []  # those that still run, as far as we know
_waking = threading.Lock()


class Superseded(Exception):  # noqa: N818
    """The same client has asked something newer, so nobody waits for this answer."""


class _Gone(Exception):  # noqa: N818
    """The process ended before it answered."""


class _Leaves(Exception):  # noqa: N818
    """The process is on its way out, for it runs other code than ours."""


def ask(
    study: str,
    question: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray] | None = None,
    *,
    seconds: float = SECONDS,
    client: str = "",
    turn: int = 0,
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return a study's answer to a question: what it says, and its arrays.

    Args:
        study: A folder of the engine with an `answer.py`.
        question: What is asked, as JSON can say it.
        arrays: Arrays that belong to the question.
        seconds: How long the answer may take.
        client: Who asks: of one client's questions only the newest is answered. Empty: each is.
        turn: Which of the client's questions is newer: the one with the higher number, or of equal ones that which comes later.

    Raises:
        UserError: for what a person can put right, and, as a sentence, for everything else that goes wrong; the log of
            the process has the details.
        Superseded: where the client has asked something newer.
    """
    said = {"study": study, "question": dict(question), "client": client, "turn": turn, "seconds": seconds, "code": code()}
    message = wire.packed(said, arrays)
    until, dead = time.monotonic() + START_SECONDS, set()
    while True:
        try:
            return _answer(*_asked(message, seconds), seconds)
        except _Leaves as problem:
            if time.monotonic() > until:
                raise errors.UserError("Two versions of this program ask at once.", "Restart the older one.") from problem
            time.sleep(_STEP)
        except _Gone as problem:
            dead.add(pid())  # one that is being ended may still take a connection or two
            if len(dead) >= TRIES or time.monotonic() > until:
                raise errors.UserError(
                    "The process that holds the networks ended while it answered, twice.", f"Ask for less; {WHERE} says why."
                ) from problem
            time.sleep(_STEP)


def _asked(message: bytes, seconds: float) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Send a question and return the reply, of whatever kind."""
    try:
        with _connected() as connection:
            until = time.monotonic() + seconds
            wire.send(connection, message, until)
            return wire.receive(connection, until + 1.0)  # it says itself that it is late, if it can
    except TimeoutError:
        return {"state": "late"}, {}
    except (ConnectionError, wire.Ended) as problem:
        raise _Gone from problem
    except wire.Broken as problem:
        raise errors.UserError(f"The answer cannot be read: {problem}.", "Ask again.") from problem


def _answer(reply: dict[str, Any], arrays: dict[str, np.ndarray], seconds: float) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return what a reply says, or raise what it tells of."""
    state = reply.get("state")
    if state == "answer":
        return reply["said"], arrays
    if state == "told":
        raise errors.UserError(reply["message"], reply["hint"])
    if state == "superseded":
        raise Superseded
    if state == "leaves":
        raise _Leaves
    if state == "late":
        raise errors.UserError(
            f"There was no answer within {seconds:g} seconds.", "Ask for less at once, or try again when the machine is less busy."
        )
    raise errors.UserError(f"The question could not be answered ({reply.get('message')}).", f"This is our fault; {WHERE} has the details.")


def wake() -> None:
    """Let the process start in the background, for a question that is likely to come; returns at once."""
    if _waking.acquire(blocking=False):
        threading.Thread(target=_wake, daemon=True).start()


def _wake() -> None:
    try:
        with contextlib.suppress(errors.UserError, OSError), _connected():
            pass
    finally:
        _waking.release()


def folder() -> Path:
    """Return the folder of the process's log and lock, made where it is not there.

    Raises:
        UserError: where it cannot be made.
    """
    return _private(places.home().resolve() / "live")


def address() -> Path:
    """Return where the process listens; below the temporary folder where the home's path is too long for a socket."""
    path = folder() / "ask.sock"
    if len(os.fsencode(path)) <= LONGEST_PATH:
        return path
    home = hashlib.sha256(os.fsencode(places.home().resolve())).hexdigest()[:16]
    return _private(Path(tempfile.gettempdir()) / f"touchstone-{os.getuid()}") / f"{home}.sock"


def _private(path: Path) -> Path:
    """Return a folder that is ours and closed to others, made where it is not there."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        about = path.lstat()
        if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.getuid():
            raise errors.UserError(f"{path} is not this user's folder.", "Remove it, or set TOUCHSTONE_HOME to a folder of yours.")
        if about.st_mode & 0o077:
            path.chmod(0o700)
    except OSError as problem:
        raise errors.UserError(f"{path} cannot be used: {problem.strerror}.", "Set TOUCHSTONE_HOME to a folder that can be written.") from problem
    return path


@functools.cache
def code() -> str:
    """Return what names the engine's code as it was when this process first asked: a process of other code is not asked."""
    files = sorted(places.ENGINE.rglob("*.py"))
    return hashing.of_parts(*((str(file), (about := file.stat()).st_mtime_ns, about.st_size) for file in files))


def _connected() -> socket.socket:
    """Return a connection to the process, started first where none listens."""
    found = _connection()
    if found is not None:
        return found
    until = time.monotonic() + START_SECONDS
    with _only_starter(until):
        started = None
        while time.monotonic() < until:
            found = _connection()
            if found is not None:
                return found
            if started is None or started.poll() == 0:  # 0: another one was there first, and may be on its way out
                started = _start() if _nobody_serves() else None
            elif started.poll() is not None:
                raise errors.UserError("The process that holds the networks does not start.", f"{WHERE} says why.")
            time.sleep(_STEP)
    raise errors.UserError(
        f"The process that holds the networks did not start within {START_SECONDS:g} seconds.", "Try again when the machine is less busy."
    )


def _connection() -> socket.socket | None:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        made.settimeout(1.0)
        made.connect(str(address()))
    except (FileNotFoundError, ConnectionRefusedError, TimeoutError, BlockingIOError):
        made.close()
        return None
    except BaseException:
        made.close()
        raise
    return made


@contextlib.contextmanager
def _only_starter(until: float) -> Iterator[None]:
    """Keep others from starting the process meanwhile; they find it started."""
    with (folder() / "starting.lock").open("ab") as lock:
        while time.monotonic() < until:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            time.sleep(_STEP)
        yield


def _nobody_serves() -> bool:
    """Return whether no process holds the lock: one that leaves holds it until its last answer."""
    with (folder() / LOCK).open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _start() -> subprocess.Popen:
    """Start the process in a session of its own; it ends by itself when it is not asked for long."""
    home = places.home().resolve()
    _started[:] = [one for one in _started if one.poll() is None]
    log = folder() / LOG
    if log.exists() and log.stat().st_size > LONGEST_LOG:
        log.replace(log.with_suffix(".old.log"))
    environment = os.environ | {"TOUCHSTONE_HOME": str(home), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with log.open("ab") as out:
        started = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "engine.live", code()], cwd=places.ROOT, env=environment,
            stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
    _started.append(started)
    return started


def pid() -> int | None:
    """Return the process's number, None where none has been started."""
    with contextlib.suppress(OSError, ValueError):
        return int((folder() / LOCK).read_text())
    return None
