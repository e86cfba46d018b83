"""The control plane: a small SQLite file (WAL, local disk only) with queue, measured rates and audit log.

Alone knows sqlite3. A job is a question on its way to becoming a run; job and run have the same id.
"""

import os
import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import psutil

from engine import errors, people
from engine.control import reports as reports
from engine.control import reviews as reviews
from engine.control import sets as sets
from engine.control import workers as workers
from engine.control.database import read, write
from engine.spec import Spec

STALE_SECONDS = 10.0
ACTIVE = ("queued", "running")
MOST_ATTEMPTS = 20


@dataclass(frozen=True)
class Job:
    """A question in the queue and how far it has come."""

    id: str
    study: str
    title: str
    spec: str
    state: str  # queued | running | done | failed | cancelled
    done: int  # cells
    total: int
    images: int
    images_total: int
    rate: float | None  # images a second
    message: str
    log: str
    pid: int | None
    host: str | None
    beat: float | None
    cancel: bool
    attempt: int
    created: float
    started: float | None
    finished: float | None
    error: str | None
    user: str | None
    executor: str  # where its cells run, as `engine.executors.Where.text` tells it; empty = in the worker

    @property
    def active(self) -> bool:
        """Whether it waits or runs."""
        return self.state in ACTIVE


_COLUMNS = ", ".join(f'"{name}"' for name in Job.__annotations__)


def submit(spec: Spec, title: str, *, total: int = 0, images_total: int = 0, user: str | None = None, executor: str = "") -> str:
    """Put a question into the queue and return its id (sortable by time); starting a worker is the caller's.

    Args:
        spec: the question.
        title: how people call it.
        total: its cells.
        images_total: images that networks will look at.
        user: who asks; who acts unless given.
        executor: where its cells are to run (JSON of `engine.executors.Where`); no part of the question.

    Raises:
        UserError: where this person may not run anything, or has as many questions waiting as a person may have.
    """
    user = people.require("run").name if user is None else user
    _check_limit(user)
    now = datetime.now(UTC)
    job = f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    with write() as db:
        db.execute(
            """INSERT INTO jobs (id, study, title, spec, state, total, images_total, created, "user", executor)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (job, spec.study, title, spec.text(), "queued", total, images_total, now.timestamp(), user, executor),
        )
    audit("submit", job, user)
    return job


def _check_limit(user: str | None) -> None:
    most = people.jobs_each()
    mine = sum(one.user == user for one in jobs(ACTIVE)) if most is not None else 0
    if most is not None and mine >= most:
        raise errors.UserError(f"{mine} of your questions wait or run; a person may have {most}.", "Wait until one is done, or stop one.")


def claim(worker: str, only: str | None = None) -> Job | None:
    """Take a job that waits, or runs with a stale beat; None where there is none.

    Whose last job began longest ago comes first, so that nobody waits for all questions of another; then the oldest job.

    Args:
        worker: how the log calls the one who claims.
        only: claim this job or none.
    """
    now = datetime.now(UTC).timestamp()
    with write() as db:
        for held, pid in db.execute("SELECT id, pid FROM jobs WHERE state = 'running' AND host = ?", (socket.gethostname(),)).fetchall():
            if not _runs(pid):
                db.execute("UPDATE jobs SET beat = 0 WHERE id = ?", (held,))  # killed here: no need to wait until its beat is stale
        db.execute(
            "UPDATE jobs SET state = 'failed', finished = ?, error = ? WHERE state = 'running' AND beat < ? AND attempt >= ?",
            (now, f"Its worker died {MOST_ATTEMPTS} times; it is not tried again by itself.", now - STALE_SECONDS, MOST_ATTEMPTS),
        )
        row = db.execute(
            """SELECT id FROM jobs WHERE (state = 'queued' OR (state = 'running' AND beat < ?)) AND cancel = 0
               AND (? IS NULL OR id = ?)
               ORDER BY (SELECT coalesce(max(started), 0) FROM jobs mine WHERE mine."user" IS jobs."user" AND mine.started IS NOT NULL), created
               LIMIT 1""",
            (now - STALE_SECONDS, only, only),
        ).fetchone()
        if row is None:
            return None
        db.execute(
            """UPDATE jobs SET state = 'running', pid = ?, host = ?, beat = ?, attempt = attempt + 1, started = coalesce(started, ?),
               message = 'starting', error = NULL, log = log || ? WHERE id = ?""",
            (os.getpid(), socket.gethostname(), now, now, _line(f"claimed by {worker}"), row[0]),
        )
    return job(row[0])


def _runs(pid: int | None) -> bool:
    """Return whether a process of this machine lives (a zombie does not)."""
    try:
        return pid is not None and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def beat(job_id: str, *, attempt: int, **progress: object) -> bool | None:
    """Say that the holder of a job is alive, and how far it has come.

    Args:
        job_id: the job.
        attempt: the attempt that the caller holds; a later one shuts it out.
        progress: any of `done`, `total`, `images`, `images_total`, `rate`, `message`.

    Returns:
        True where the job should stop (cancel was asked), False to go on, None where the claim is lost.
    """
    allowed = {"done", "total", "images", "images_total", "rate", "message"}
    assert set(progress) <= allowed, set(progress) - allowed
    sets = "".join(f", {name} = ?" for name in progress)
    with write() as db:
        row = db.execute(
            f"UPDATE jobs SET beat = ?{sets} WHERE id = ? AND attempt = ? AND state = 'running' RETURNING cancel",
            (datetime.now(UTC).timestamp(), *progress.values(), job_id, attempt),
        ).fetchone()
    return None if row is None else bool(row[0])


def close(job_id: str, *, attempt: int, state: str, error: str | None = None) -> bool:
    """End a job that the caller holds; returns whether the caller still held it."""
    with write() as db:
        row = db.execute(
            """UPDATE jobs SET state = ?, error = ?, finished = ?, pid = NULL, log = log || ?
               WHERE id = ? AND attempt = ? AND state = 'running' RETURNING id""",
            (state, error, datetime.now(UTC).timestamp(), _line(state), job_id, attempt),
        ).fetchone()
    return row is not None


def say(job_id: str, text: str) -> None:
    """Add a line to a job's log."""
    with write() as db:
        db.execute("UPDATE jobs SET log = log || ? WHERE id = ?", (_line(text), job_id))


def cancel(job_id: str, user: str | None = None) -> None:
    """Ask for a job to stop: a waiting one at once, a running one at its next step.

    Raises:
        UserError: for an unknown job, and for one of somebody else where the person is no admin.
    """
    user = _allowed(job_id, "stop", user)
    with write() as db:
        db.execute(
            "UPDATE jobs SET state = 'cancelled', finished = ? WHERE id = ? AND state = 'queued'",
            (datetime.now(UTC).timestamp(), job_id),
        )
        # A running job whose worker died has nobody to hear the wish.
        db.execute(
            "UPDATE jobs SET state = 'cancelled', finished = ? WHERE id = ? AND state = 'running' AND beat < ?",
            (datetime.now(UTC).timestamp(), job_id, datetime.now(UTC).timestamp() - STALE_SECONDS),
        )
        db.execute("UPDATE jobs SET cancel = 1 WHERE id = ? AND state = 'running'", (job_id,))
    audit("cancel", job_id, user)


def resume(job_id: str, user: str | None = None, *, executor: str | None = None) -> None:
    """Put a cancelled or failed job back into the queue; what it has stored is kept.

    Args:
        job_id: the job.
        user: who asks.
        executor: where its cells run from now on, as in `submit`; None = where they ran before.

    Raises:
        UserError: when the job is done or still active, or somebody else's where the person is no admin.
    """
    user, now = _allowed(job_id, "resume", user), job(job_id)
    if now.state not in {"cancelled", "failed"}:
        raise errors.UserError(f"This run is {now.state}; only a cancelled or failed one can be resumed.")
    with write() as db:
        db.execute(
            """UPDATE jobs SET state = 'queued', cancel = 0, error = NULL, finished = NULL, executor = ?, log = log || ?
               WHERE id = ? AND state = ?""",
            (now.executor if executor is None else executor, _line("resumed"), job_id, now.state),
        )
    audit("resume", job_id, user)


def _allowed(job_id: str, what: str, user: str | None) -> str | None:
    """Return the name of who acts, where they may do something with a job."""
    person, owner = people.require("run"), job(job_id).user
    if owner != person.name and not person.may("manage"):
        raise errors.UserError(f"This run was asked by {owner or 'somebody else'}; only they or an admin can {what} it.")
    return person.name if user is None else user


def job(job_id: str) -> Job:
    """Return one job; raises UserError for an unknown id."""
    with read() as db:
        row = db.execute(f"SELECT {_COLUMNS} FROM jobs WHERE id = ?", (job_id,)).fetchone()
    if row is None:
        raise errors.unknown("run", job_id, [j.id for j in jobs(limit=200)])
    return _job(row)


def jobs(states: Sequence[str] = (), limit: int = 200) -> list[Job]:
    """Return the newest jobs, newest first."""
    where = f"WHERE state IN ({', '.join('?' * len(states))})" if states else ""
    with read() as db:
        found = db.execute(f"SELECT {_COLUMNS} FROM jobs {where} ORDER BY created DESC, id DESC LIMIT ?", (*states, limit)).fetchall()
    return [_job(row) for row in found]


def _job(row: tuple) -> Job:
    found = dict(zip(Job.__annotations__, row, strict=True))
    return Job(**{**found, "cancel": bool(found["cancel"])})


def place_in_queue(job_id: str) -> int:
    """Return how many jobs are before this one."""
    with read() as db:
        return db.execute(
            "SELECT count(*) FROM jobs WHERE state IN ('queued', 'running') AND created < (SELECT created FROM jobs WHERE id = ?)",
            (job_id,),
        ).fetchone()[0]


def set_rate(kind: str, name: str, images_per_second: float) -> None:
    """Keep a rate that was measured on this machine (`kind`: network | shift | attack)."""
    with write() as db:
        db.execute(
            """INSERT INTO rates VALUES (?, ?, ?, ?, ?) ON CONFLICT (host, kind, name)
               DO UPDATE SET rate = excluded.rate, measured = excluded.measured""",
            (socket.gethostname(), kind, name, images_per_second, datetime.now(UTC).timestamp()),
        )


def rates() -> dict[tuple[str, str], float]:
    """Return the rates measured on this machine: (kind, name) -> images a second."""
    with read() as db:
        found = db.execute("SELECT kind, name, rate FROM rates WHERE host = ?", (socket.gethostname(),)).fetchall()
    return {(kind, name): rate for kind, name, rate in found}


def audit(action: str, subject: str, user: str | None = None) -> None:
    """Note who did what to which; who acts now, unless somebody is named."""
    user = people.now().name if user is None else user
    with write() as db:
        db.execute("INSERT INTO audit VALUES (?, ?, ?, ?)", (datetime.now(UTC).timestamp(), user, action, subject))


def audited(limit: int = 200) -> list[tuple[float, str | None, str, str]]:
    """Return the newest entries of the audit log: time, user, action, subject."""
    with read() as db:
        return db.execute('SELECT time, "user", action, subject FROM audit ORDER BY time DESC LIMIT ?', (limit,)).fetchall()


def _line(text: str) -> str:
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {text}\n"
