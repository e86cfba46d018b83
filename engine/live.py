"""The warm process: holds networks ready and answers what `engine.ask` sends, until nobody has asked for a while.

It owns transport, order and time; what is answered stands in each study's `answer.py`:
`answer(question, arrays, cache) -> (said, arrays)`, with `cache` from `engine.models.warm`. Questions are answered a few
at a time. A client's newer question overtakes its older ones; an answer that nobody waits for any more ends at its next
`cache.check()`, and a process that does not get out of one is ended, for the next ask starts another.
"""

import contextlib
import fcntl
import gc
import importlib
import math
import os
import select
import socket
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from engine import ask, errors, places, wire
from engine.models import warm

IDLE_SECONDS = 600.0
LANES = min(2, os.cpu_count() or 1)  # answers at a time
MOST_CONNECTIONS = 32
SPEAK_SECONDS = 10.0  # to say a question, and to take an answer
GRACE_SECONDS = 10.0  # that an answer may go on when nobody waits for it
LONGEST_SECONDS = 600.0
STUCK = 70  # exit status
_TICK = 0.25
_QUESTION = {"study": str, "question": dict, "client": str, "turn": int, "seconds": (int, float)}


class _Late(Exception):  # noqa: N818
    """The time for this answer is over."""


class _Alone(Exception):  # noqa: N818
    """Nobody is there to take the answer."""


@dataclass(eq=False)
class _Request:
    """One question under way."""

    connection: socket.socket
    client: str
    turn: float
    until: float
    superseded: bool = False
    running: bool = False
    over: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Raise where the answer is no longer wanted."""
        if self.superseded:
            raise ask.Superseded
        if time.monotonic() > self.until:
            raise _Late
        readable, _, _ = select.select([self.connection], [], [], 0)
        try:
            gone = bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)
        except ConnectionError:
            gone = True
        if gone:
            raise _Alone


class Server:
    """One warm process's work, from the lock that makes it the only one to its leaving."""

    def __init__(self, code: str, idle_seconds: float = IDLE_SECONDS, limit_bytes: int = warm.LIMIT_BYTES) -> None:
        self.code = code
        self.idle_seconds = idle_seconds
        self.cache = warm.Cache(limit_bytes)
        self._turn = threading.Condition()
        self._requests: set[_Request] = set()
        self._connections = 0
        self._asked = time.monotonic()
        self._leaving = False

    def serve(self) -> None:
        """Answer until nobody has asked for a while, the socket is gone, or newer code asks; returns at once where another process serves."""
        try:
            lock = _only_one()
        except BlockingIOError:
            return
        path = ask.address()
        _prepare()  # before anybody can connect: the time for an answer begins then
        with lock, _listening(path) as listening:
            inode = path.stat().st_ino
            while not self._done(path, inode):
                self._take(listening)
                self._end_if_stuck()
            self._leave(listening, path)

    def _done(self, path: Path, inode: int) -> bool:
        """Return whether to leave."""
        try:
            ours = path.stat().st_ino == inode
        except OSError:  # the home was removed
            ours = False
        idle = not self._connections and time.monotonic() - self._asked > self.idle_seconds
        return self._leaving or not ours or idle

    def _take(self, listening: socket.socket) -> None:
        """Take the next connection, if one comes soon."""
        try:
            connection, _ = listening.accept()
        except TimeoutError:
            return
        except OSError:  # no more files can be opened now
            time.sleep(_TICK)
            return
        with self._turn:
            self._connections += 1
            self._asked = time.monotonic()
        threading.Thread(target=self._attend, args=(connection,), daemon=True).start()

    def _leave(self, listening: socket.socket, path: Path) -> None:
        """Stop listening, let what runs finish, and take nothing new: who connects meanwhile starts the next process."""
        with contextlib.suppress(OSError):
            path.unlink()
        listening.close()
        until = time.monotonic() + ask.SECONDS
        while self._connections and time.monotonic() < until:
            time.sleep(_TICK / 10)

    def _end_if_stuck(self) -> None:
        """End the process where an answer goes on long after its time: nothing else gets a thread out of foreign code."""
        now = time.monotonic()
        with self._turn:
            stuck = [one for one in self._requests if one.running and now > one.until + GRACE_SECONDS]
        if stuck:
            _log(f"An answer did not end {GRACE_SECONDS:g} seconds after its time; this process ends.")
            os._exit(STUCK)

    def _attend(self, connection: socket.socket) -> None:
        """Hear one question and answer it; whatever goes wrong ends this connection and no other."""
        try:
            with connection, contextlib.suppress(OSError):
                reply = self._heard(connection)
                if reply is not None:
                    wire.send(connection, reply, time.monotonic() + SPEAK_SECONDS)
        except Exception:  # noqa: BLE001  the process outlives any connection
            _log(traceback.format_exc())
        finally:
            with self._turn:
                self._connections -= 1
                self._asked = time.monotonic()

    def _heard(self, connection: socket.socket) -> bytes | None:
        """Return the reply to what comes; None where nobody waits for one."""
        if self._connections > MOST_CONNECTIONS:
            return _told("More is asked at once than can be answered.", "Ask again in a moment.")
        try:
            said, arrays = wire.receive(connection, time.monotonic() + SPEAK_SECONDS)
            study, question, client, turn, seconds = (_said(said, name, kind) for name, kind in _QUESTION.items())
        except wire.Ended:
            return None  # somebody looked whether we are here
        except TimeoutError:
            return _told("This is no question: it does not come to its end.", "Ask again.")
        except wire.Broken as problem:
            return _told(f"This is no question: {problem}.", "Ask with engine.ask of the same version.")
        if said.get("code") != self.code:
            self._leaving = True
            return wire.packed({"state": "leaves"})
        request = _Request(connection, client, turn, time.monotonic() + min(seconds, LONGEST_SECONDS))
        try:
            return self._replied(request, study, question, arrays)
        except _Alone:
            return None

    def _replied(self, request: _Request, study: str, question: dict, arrays: dict[str, np.ndarray]) -> bytes:
        try:
            with self._turn_of(request), warm.watched(request.check):
                said, found = _answering(study)(question, arrays, self.cache)
                request.check()
            return wire.packed({"state": "answer", "said": said}, found)
        except ask.Superseded:
            return wire.packed({"state": "superseded"})
        except _Late:
            return wire.packed({"state": "late"})
        except errors.UserError as told:
            return _told(told.message, told.hint)
        except _Alone:
            raise
        except Exception as problem:  # noqa: BLE001  whatever a study does wrong must not end the process
            _log(traceback.format_exc())
            return wire.packed({"state": "failed", "message": f"{type(problem).__name__}: {str(problem)[:300]}"})

    @contextlib.contextmanager
    def _turn_of(self, request: _Request) -> Iterator[None]:
        """Let older questions of the client give way, and wait until there is room."""
        with self._turn:
            for other in self._requests:
                if request.client and other.client == request.client:
                    older = request if request.turn < other.turn else other  # questions may come in another order than they were asked in
                    older.superseded = True
            self._requests.add(request)
            self._turn.notify_all()
        try:
            with self._turn:
                while sum(one.running for one in self._requests) >= LANES:
                    self._turn.wait(_TICK)
                    request.check()
                request.running = True
            request.check()
            yield
        finally:
            with self._turn:
                self._requests.discard(request)
                self._turn.notify_all()


def _said(said: dict[str, Any], name: str, kind: type | tuple[type, ...]) -> Any:
    """Return one part of a question; raises Broken where it is not there or is of another kind."""
    found = said.get(name)
    if found is None or not isinstance(found, kind) or (name == "seconds" and not 0 < found < math.inf):
        raise wire.Broken(f"its “{name}” is {str(found)[:80]}")
    return found


def _told(message: str, hint: str) -> bytes:
    return wire.packed({"state": "told", "message": message, "hint": hint})


def studies() -> tuple[str, ...]:
    """Return the studies that answer."""
    return tuple(sorted(file.parent.name for file in places.ENGINE.glob("*/answer.py")))


def _answering(study: str) -> Any:
    """Return a study's `answer`; raises UserError for a study that has none."""
    if study not in studies():
        raise errors.unknown("study that answers", study, studies())
    return importlib.import_module(f"engine.{study}.answer").answer


def _prepare() -> None:
    """Import what answers will need, and keep the collector from looking through it again."""
    for study in studies():
        try:
            _answering(study)
        except Exception:  # noqa: BLE001  a study that cannot be imported says so when it is asked
            _log(traceback.format_exc())
    gc.collect()
    gc.freeze()


def _only_one() -> TextIO:
    """Return the lock that one process a home can have, until it is closed; raises BlockingIOError where another has it."""
    lock = (ask.folder() / ask.LOCK).open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _listening(path: Path) -> socket.socket:
    """Return the socket that questions come in by; the folder that it lies in is closed to others."""
    path.unlink(missing_ok=True)  # of a process that was killed: the lock says that there is no other
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.bind(str(path))
    path.chmod(0o600)
    made.listen(MOST_CONNECTIONS)
    made.settimeout(_TICK)
    return made


def _log(text: str) -> None:
    """Write to the log with the time: standard error is the log."""
    sys.stderr.write(f"{datetime.now(UTC).isoformat(timespec='seconds')} {text.rstrip()}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    Server(sys.argv[1]).serve()
