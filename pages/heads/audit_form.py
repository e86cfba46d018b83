"""What is audited: a file in hand or the example, and what its columns mean; choices are in the address."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from engine import errors, hashing, places, safety
from engine.heads import columns
from engine.heads.columns import Guess, Looked
from pages.parts import kit
from pages.store.bring import given

FILE = "audit"  # the kind under which a file of people is kept
HAND = "hand"  # in the address: an upload that is in hand
ACCEPTS = "Parquet, CSV, TSV or JSON lines with a header"
EXAMPLE = places.DATA / "tables" / "compas.parquet"
NONE = "none"


@dataclass(frozen=True)
class Asked:
    """What the columns mean, as the person says."""

    label: str
    groups: tuple[str, ...]
    score: str
    positive: str | None
    threshold: float | None
    below: bool
    weights: str | None
    leave_out_missing: bool


def resume(kind: str, name: str) -> None:
    """Take in hand again the upload that the address names, after a reload; names that lead elsewhere are left alone."""
    said = st.query_params.get(name)
    if not said or f"given-{kind}" in st.session_state:
        return
    try:
        path = safety.inside(given.uploads(), said)
    except errors.UserError:
        return
    if path.is_file():
        st.session_state[f"given-{kind}"] = path


def keep(kind: str, name: str, path: Path | None) -> None:
    """Write into the address which upload is in hand."""
    uploads = given.uploads().resolve()
    inside = path is not None and path.resolve().is_relative_to(uploads)
    kit.remember(name, str(path.resolve().relative_to(uploads)) if path is not None and inside else None)


def stamp(path: Path) -> int:
    """Return what changes with a file."""
    return path.stat().st_mtime_ns


def looked(path: Path) -> Looked:
    """Return a file's columns; raises UserError for one that cannot be read."""
    return kit.made(_looked, str(path), stamp(path))


def _looked(path: str, _stamp: int) -> Looked:
    return columns.look(Path(path))


def key(name: str, found: Looked) -> str:
    """Return a widget's key: columns of other names get fresh widgets, and a reload finds the choices of these."""
    return f"{name}-{hashing.of_parts(list(found.names))[:4]}"


def guessed(path: Path, found: Looked) -> Guess:
    """Return what the columns probably mean; of the example it is known."""
    return Guess("two_year_recid", "0", ("race",), "decile_score", None) if path == EXAMPLE else columns.guess(found)


def ask(path: Path) -> Asked | None:
    """Ask what a file's columns mean; None until label, group and score are said."""
    found = looked(path)
    guess = guessed(path, found)
    with st.container(border=True, key="audit-form"):
        a, b, c = st.columns(3)
        with a:
            label = _column("Outcome", found, "outcome", guess.label, "What turned out: a column with two values.")
            positive = favourable(found, label, guess)
        with b:
            groups = kit.choose_many(
                "Groups",
                found.names,
                key=key("by", found),
                default=list(guess.groups),
                help="Several are looked at alone, and crossed.",
                max_selections=3,
            )
            weights = _column("Weights", found, "weights", None, "A column of positive numbers, where people count differently.", none=True)
        with c:
            score = _column("Score or decision", found, "score", guess.score, "Probabilities, other scores, or decisions in the outcome's words.")
            threshold, below = _cut(path, found, score, label)
        leave = st.toggle("Leave out people of whom something is missing", key="leave", bind="query-params")
    if not label or not groups or not score:
        st.caption("Say which columns hold the outcome, the groups, and the score or decision.")
        return None
    return Asked(label, tuple(groups), score, positive, threshold, below, weights, bool(leave))


def _column(label: str, found: Looked, name: str, usual: str | None, why: str, *, none: bool = False) -> str | None:
    """Ask for a column; None where none is chosen."""
    options = [NONE, *found.names]
    first = usual if usual in options else NONE
    told = kit.choose(label, options, key=key(name, found), default=first, help=why, format_func=_named if none else _needed)
    return None if told == NONE else told


def _named(name: str) -> str:
    return name


def _needed(name: str) -> str:
    return "choose a column" if name == NONE else name


def favourable(found: Looked, label: str | None, guess: Guess) -> str | None:
    """Ask which value of the label is favourable, where its values can be listed."""
    listed = sorted(found.column(label).listed) if label else []
    if len(listed) != 2:
        return None
    usual = guess.positive if label == guess.label else next((value for value in listed if value.casefold() in {"1", "true", "yes"}), None)
    options = [NONE, *listed]
    told = kit.choose("Favourable outcome", options, key=key("favourable", found), default=usual or NONE, format_func=_value)
    return None if told == NONE else told


def _value(name: str) -> str:
    return "choose a value" if name == NONE else name


def _cut(path: Path, found: Looked, score: str | None, label: str | None) -> tuple[float | None, bool]:
    """Ask where scores are cut; decisions need nothing."""
    if score is None:
        return None, False
    words = found.column(score).listed
    if label and words and set(words) <= set(found.column(label).listed):
        st.caption("The score holds decisions in the outcome's words.")
        return None, False
    example = path == EXAMPLE and score == "decile_score"
    own = st.text_input(
        "Threshold", value="5" if example else "", placeholder="0.5, for probabilities", key=key("cut", found), bind="query-params",
        help="Who reaches it is accepted. With a threshold of its own a score may have any scale.",
    )  # fmt: skip
    below = st.toggle("Who is below is accepted", value=example, key=key("below", found), bind="query-params")
    return _number(own), bool(below)


def _number(text: str) -> float | None:
    """Return a threshold; raises UserError for what is no number."""
    if not text.strip():
        return None
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise errors.UserError(f"“{text[:40]}” is no threshold.", "Write a number, such as 0.5 or 600.") from None


def command(name: str, asked: Asked) -> str:
    """Return the command that gives the same numbers."""
    words = ["python -m engine heads audit", _quoted(name), "--label", _quoted(asked.label)]
    words += [word for group in asked.groups for word in ("--group", _quoted(group))]
    words += ["--score", _quoted(asked.score)]
    words += ["--positive", _quoted(asked.positive)] if asked.positive else []
    words += ["--threshold", f"{asked.threshold:g}"] if asked.threshold is not None else []
    words += ["--below"] if asked.below and asked.threshold is not None else []
    words += ["--weights", _quoted(asked.weights)] if asked.weights else []
    words += ["--leave-out-missing"] if asked.leave_out_missing else []
    return " ".join([*words, "--json"])


def _quoted(text: str) -> str:
    return text if text.replace("_", "").replace("-", "").replace(".", "").isalnum() else "'" + text.replace("'", "'\\''") + "'"


def options(names: Sequence[str]) -> list[str]:
    """Return names with “none” in front."""
    return [NONE, *names]
