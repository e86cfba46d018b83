"""Sets that people keep by name: a choice of networks, or a slice of examples."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from engine import errors, people
from engine.control.database import read, write

KINDS = ("networks", "slice")
LONGEST = 80  # characters of a name


@dataclass(frozen=True)
class Kept:
    """A set under its name; `content` is what its kind needs to find it again."""

    name: str
    kind: str  # networks | slice
    content: Mapping[str, Any]
    created: float
    user: str | None = None


def keep(name: str, kind: str, content: Mapping[str, Any], user: str | None = None) -> Kept:
    """Keep a set under a name that is free.

    Raises:
        UserError: for a name that is empty, too long or taken, or an unknown kind.
    """
    user = people.require("keep").name if user is None else user
    name = " ".join(name.split())
    if not name or len(name) > LONGEST:
        raise errors.UserError(f"A name has at most {LONGEST} characters." if name else "A set needs a name.", "Write a short one.")
    if kind not in KINDS:
        raise errors.unknown("kind of set", kind, KINDS)
    made = Kept(name, kind, dict(content), datetime.now(UTC).timestamp(), user)
    with write() as db:
        taken = db.execute("SELECT 1 FROM kept WHERE name = ?", (name,)).fetchone()
        if not taken:
            db.execute("INSERT INTO kept VALUES (?, ?, ?, ?, ?)", (name, kind, json.dumps(made.content), made.created, user))
    if taken:
        raise errors.UserError(f"There is a set named “{name}” already.", "Take another name, or forget that one first.")
    return made


def kept(kind: str | None = None) -> list[Kept]:
    """Return the kept sets, of one kind or all, by name."""
    with read() as db:
        found = db.execute('SELECT name, kind, content, created, "user" FROM kept WHERE ?1 IS NULL OR kind = ?1 ORDER BY name', (kind,)).fetchall()
    return [Kept(name, kind_of, json.loads(content), created, user) for name, kind_of, content, created, user in found]


def named(name: str) -> Kept:
    """Return one kept set; raises UserError for an unknown name."""
    known = {one.name: one for one in kept()}
    if name not in known:
        raise errors.unknown("kept set", name, known)
    return known[name]


@people.needs("keep")
def forget(name: str) -> None:
    """Take a set out of what is kept; what it named stays. Raises UserError for an unknown name."""
    named(name)
    with write() as db:
        db.execute("DELETE FROM kept WHERE name = ?", (name,))
