"""Connections to the control file: short, one a call, with the tables made on first use."""

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine import errors, places

_TABLES = """
CREATE TABLE IF NOT EXISTS jobs (
  id TEXT PRIMARY KEY, study TEXT NOT NULL, title TEXT NOT NULL, spec TEXT NOT NULL, state TEXT NOT NULL,
  done INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0, images INTEGER NOT NULL DEFAULT 0, images_total INTEGER NOT NULL DEFAULT 0,
  rate REAL, message TEXT NOT NULL DEFAULT '', log TEXT NOT NULL DEFAULT '', pid INTEGER, host TEXT, beat REAL,
  cancel INTEGER NOT NULL DEFAULT 0, attempt INTEGER NOT NULL DEFAULT 0, created REAL NOT NULL, started REAL, finished REAL, error TEXT, "user" TEXT,
  executor TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, created);
CREATE TABLE IF NOT EXISTS rates (host TEXT, kind TEXT, name TEXT, rate REAL, measured REAL, PRIMARY KEY (host, kind, name));
CREATE TABLE IF NOT EXISTS audit (time REAL, "user" TEXT, action TEXT, subject TEXT);
CREATE TABLE IF NOT EXISTS workers (pid INTEGER, host TEXT, beat REAL, PRIMARY KEY (pid, host));
CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, kind TEXT NOT NULL, content TEXT NOT NULL, created REAL NOT NULL, "user" TEXT);
CREATE TABLE IF NOT EXISTS notes (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL, status TEXT NOT NULL, text TEXT NOT NULL, created REAL NOT NULL, "user" TEXT
);
CREATE TABLE IF NOT EXISTS report_views (
  "user" TEXT NOT NULL, place INTEGER NOT NULL, address TEXT NOT NULL, added REAL NOT NULL, PRIMARY KEY ("user", place)
);
CREATE INDEX IF NOT EXISTS notes_by_subject ON notes (kind, subject);
"""
_made: set[tuple[Path, int]] = set()


def _connect() -> sqlite3.Connection:
    file = places.control()
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        db = sqlite3.connect(file, timeout=30, isolation_level=None)
        identity = (file, file.stat().st_ino)
        if identity not in _made:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(_TABLES)
            _add_columns(db)
            _made.add(identity)
        db.execute("PRAGMA synchronous = NORMAL")
    except sqlite3.Error as problem:
        raise errors.UserError(
            f"The queue file {file.name} cannot be opened: {problem}.",
            "It must lie on a local disk with free space; moved away, a new empty one is made and no result is lost.",
        ) from problem
    return db


def _add_columns(db: sqlite3.Connection) -> None:
    """Give a file of an earlier version what was added since."""
    if "executor" not in {row[1] for row in db.execute("PRAGMA table_info(jobs)")}:
        with contextlib.suppress(sqlite3.OperationalError):  # another process was quicker
            db.execute("ALTER TABLE jobs ADD COLUMN executor TEXT NOT NULL DEFAULT ''")


@contextmanager
def read() -> Iterator[sqlite3.Connection]:
    """Give a connection for reading."""
    db = _connect()
    try:
        yield db
    finally:
        db.close()


@contextmanager
def write() -> Iterator[sqlite3.Connection]:
    """Give a connection inside one write transaction (BEGIN IMMEDIATE): committed at the end, rolled back on error."""
    db = _connect()
    try:
        db.execute("BEGIN IMMEDIATE")
        yield db
        db.execute("COMMIT")
    except sqlite3.Error as problem:
        _roll_back(db)
        raise errors.UserError(f"The queue could not be written: {problem}.", "Free some disk space, then try again; no result is lost.") from problem
    except BaseException:
        _roll_back(db)
        raise
    finally:
        db.close()


def _roll_back(db: sqlite3.Connection) -> None:
    if db.in_transaction:
        with contextlib.suppress(sqlite3.Error):
            db.execute("ROLLBACK")
