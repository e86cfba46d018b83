"""Notes and review status of what a view shows: its networks, its runs, the finding itself."""

from collections.abc import Sequence
from datetime import UTC, datetime

from engine.control import reviews
from engine.evidence.parts import Part
from engine.plots.markdown import spoken

MOST = 40  # notes of one view


def of(part: Part, address: str, runs: Sequence[str]) -> list[str]:
    """Return what was written about a view, its networks and its runs, each note a sentence in Markdown, the newest of each thing first."""
    things = [("finding", address)]
    for kind, names in (("network", part.networks if not part.collection else ()), ("run", runs)):
        known = reviews.statuses(kind)
        things += [(kind, name) for name in names if name in known]
    return [_sentence(note) for kind, name in things for note in reviews.notes(kind, name)][:MOST]


def _sentence(note: reviews.Note) -> str:
    about = "this finding" if note.kind == "finding" else f"{note.kind} {note.subject}"
    when, by = datetime.fromtimestamp(note.created, UTC).strftime("%Y-%m-%d"), f", {note.user}" if note.user else ""
    return spoken(f"**{note.status}** · {about} ({when}{by}): {' '.join(note.text.split()) or 'no words'}")
