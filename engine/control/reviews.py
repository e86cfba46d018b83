"""Notes that people write about networks, runs and findings, and where their review stands. Nothing is overwritten: a change is a new note."""

from dataclasses import dataclass
from datetime import UTC, datetime

from engine import errors, people
from engine.control.database import read, write

KINDS = ("network", "run", "finding")
OPEN, IN_REVIEW, APPROVED, REJECTED = "open", "in review", "approved", "rejected"
STATUSES = (OPEN, IN_REVIEW, APPROVED, REJECTED)
LONGEST = 4_000  # characters of a note


@dataclass(frozen=True)
class Note:
    """What somebody wrote about something, and the status that it has since then."""

    kind: str
    subject: str  # name of a network, id of a run, address of a finding
    status: str
    text: str
    created: float  # seconds since 1970
    user: str | None


def write_note(kind: str, subject: str, text: str, status: str | None = None, user: str | None = None) -> Note:
    """Add a note; the status stays as it is where none is given.

    Raises:
        UserError: where this person may not write notes, for an unknown kind or status, for a note that is too long, and for one that says and
            changes nothing.
    """
    user = people.require("note").name if user is None else user
    text = text.strip()
    if kind not in KINDS:
        raise errors.unknown("kind of thing to review", kind, KINDS)
    if status is not None and status not in STATUSES:
        raise errors.unknown("review status", status, STATUSES)
    if len(text) > LONGEST:
        raise errors.UserError(f"A note has at most {LONGEST:,} characters; this one has {len(text):,}.", "Shorten it, or write two.")
    before = status_of(kind, subject)
    if not text and status in (None, before):
        raise errors.UserError("There is nothing to keep: no words, and the same status as before.", "Write something, or change the status.")
    made = Note(kind, subject, status or before, text, datetime.now(UTC).timestamp(), user)
    with write() as db:
        db.execute(
            'INSERT INTO notes (kind, subject, status, text, created, "user") VALUES (?, ?, ?, ?, ?, ?)',
            (kind, subject, made.status, text, made.created, user),
        )
        db.execute("INSERT INTO audit VALUES (?, ?, ?, ?)", (made.created, user, f"note: {made.status}", f"{kind} {subject}"))
    return made


def notes(kind: str, subject: str) -> list[Note]:
    """Return what was written about one thing, the newest first."""
    with read() as db:
        found = db.execute(
            'SELECT kind, subject, status, text, created, "user" FROM notes WHERE kind = ? AND subject = ? ORDER BY id DESC', (kind, subject)
        ).fetchall()
    return [Note(*row) for row in found]


def status_of(kind: str, subject: str) -> str:
    """Return where the review of a thing stands: open until somebody says otherwise."""
    found = notes(kind, subject)
    return found[0].status if found else OPEN


def statuses(kind: str) -> dict[str, str]:
    """Return the status of everything of a kind that was written about."""
    with read() as db:
        found = db.execute("SELECT subject, status FROM notes WHERE id IN (SELECT max(id) FROM notes WHERE kind = ? GROUP BY subject)", (kind,))
        return dict(found.fetchall())
