"""The question of an audit as a form asks it and an address holds it: which file, what its columns mean, where a score is cut."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine import errors, hashing, places
from engine.datasets import tables
from engine.heads import audit, columns, told
from engine.heads.audit import Audited
from engine.heads.columns import Guess, Looked

HAND = "hand"  # in the address: an upload that is in hand
EXAMPLE = places.DATA / "tables" / "compas.parquet"
NONE = "none"
UNKNOWN = "(no outcome)"  # there is none in the file


@dataclass(frozen=True)
class Question:
    """What the columns mean, as the person says."""

    label: str | None  # None = no outcome is known
    groups: tuple[str, ...]
    score: str
    positive: str | None
    threshold: float | None
    below: bool
    weights: str | None
    leave_out_missing: bool
    accepted: tuple[str, ...] = ()


def key(name: str, found: Looked) -> str:
    """Return a widget's key: columns of other names get fresh widgets, and a reload finds the choices of these."""
    return f"{name}-{hashing.of_parts(list(found.names))[:4]}"


def guessed(path: Path, found: Looked) -> Guess:
    """Return what the columns probably mean; of the example it is known."""
    return Guess("two_year_recid", "0", ("race",), "decile_score", None) if path == EXAMPLE else columns.of_decisions(found)


def number(text: str) -> float | None:
    """Return a threshold; raises UserError for what is no number."""
    if not text.strip():
        return None
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise errors.UserError(f"“{text[:40]}” is no threshold.", "Write a number, such as 0.5 or 600.") from None


@dataclass(frozen=True)
class Words:
    """A score column that holds decisions in words: the name of the choice which of them mean accepted, what there is, what is usual."""

    name: str
    values: tuple[str, ...]
    usual: tuple[str, ...]


def in_words(found: Looked, score: str, label: str | None, positive: str | None) -> Words | None:
    """Return how decisions in words are read; None for a column of scores. Raises UserError for a column of many texts."""
    column = found.column(score)
    if not column.listed or (column.number and set(column.listed) != {"0", "1"}):
        if column.number:
            return None
        raise errors.UserError(
            f"“{score}” holds {column.distinct:,} different texts: neither scores nor decisions.", "Choose a column with numbers or few values."
        )
    in_its_words = label is not None and set(column.listed) <= set(found.column(label).listed)
    yes = [value for value in column.listed if (value == positive if in_its_words else value.casefold() in tables.YES)]
    name = f"accepted-{score}-{positive}" if in_its_words else f"accepted-{score}"
    return Words(name, tuple(sorted(column.listed)), tuple(yes) if len(yes) == 1 else ())


def favourable(listed: Sequence[str], label: str | None, guess: Guess) -> str | None:
    """Return which of two values of an outcome is probably the favourable one."""
    return guess.positive if label == guess.label else next((value for value in listed if value.casefold() in tables.YES), None)


def looked(path: Path) -> Looked:
    """Return a file's columns; raises UserError for one that cannot be read."""
    return columns.look(path)


def read(path: Path, asked: Question) -> Audited:
    """Return a file's decisions; raises UserError as `audit.read`."""
    return audit.read(
        path, label=asked.label, groups=asked.groups, score=asked.score, positive=asked.positive, threshold=asked.threshold, below=asked.below,
        weights=asked.weights, leave_out_missing=asked.leave_out_missing, accepted=asked.accepted,
    )  # fmt: skip


def worded(note: str) -> str:
    """Return a note of an audit with rates in words."""
    for name, words in told.SHORT.items():
        note = note.replace(name, words)
    return note
