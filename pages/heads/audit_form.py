"""What is audited: a file in hand or the example, and what its columns mean; choices are in the address."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from engine import errors, safety
from engine.heads import auditing, columns
from engine.heads.auditing import EXAMPLE, NONE, UNKNOWN, Question, guessed, key
from engine.heads.columns import Guess, Looked
from pages.parts import kit
from pages.store.bring import given

LOCAL = "on this machine"  # in the address: a file that is read where it lies
FILE = "audit"  # the kind under which a file of people is kept
ACCEPTS = "Parquet, CSV, TSV or JSON lines with a header"


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
    kit.remember(name, None if path is None else str(path.resolve().relative_to(uploads)) if inside else LOCAL)


def stamp(path: Path) -> int:
    """Return what changes with a file."""
    return path.stat().st_mtime_ns


def looked(path: Path) -> Looked:
    """Return a file's columns; raises UserError for one that cannot be read."""
    return kit.made(_looked, str(path), stamp(path))


def _looked(path: str, _stamp: int) -> Looked:
    return columns.look(Path(path))


def ask(path: Path) -> Question | None:
    """Ask what a file's columns mean; None until groups, the score or decision, and the outcome or that there is none are said."""
    found = looked(path)
    guess = guessed(path, found)
    with st.container(border=True, key="audit-form"):
        a, b, c = st.columns(3)
        with c:  # asked first: decisions may be in the outcome's words
            why = "How it turned out: a column with two values. Without one, only how often each group is accepted can be told."
            label = _column("Outcome", found, "outcome", guess.label or UNKNOWN, why, also=(UNKNOWN,))
            known = None if label == UNKNOWN else label
            positive = favourable(found, known, guess)
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
        leave = st.toggle("Leave out people of whom something is missing", key="leave", bind="query-params")
        with a:  # last: what is wrong with a score ends the form
            score = _column("Score or decision", found, "score", guess.score, "What the system said: probabilities, other scores, or words.")
            cut = _cut(path, found, score, known, positive)
    if not label or not groups or not score:
        st.caption("Say which columns hold the score or decision, and the groups; and the outcome, where it is known.")
        return None
    if cut.words and not cut.accepted:
        st.caption(f"Say which values of {kit.escape(score)} mean accepted.")
        return None
    return Question(known, tuple(groups), score, positive, cut.threshold, cut.below, weights, bool(leave), cut.accepted)


def _column(label: str, found: Looked, name: str, usual: str | None, why: str, *, none: bool = False, also: Sequence[str] = ()) -> str | None:
    """Ask for a column; None where none is chosen."""
    options = [NONE, *also, *found.names]
    first = usual if usual in options else NONE
    told = kit.choose(label, options, key=key(name, found), default=first, help=why, format_func=_named if none else _needed)
    return None if told == NONE else told


def _named(name: str) -> str:
    return name


def _needed(name: str) -> str:
    return {NONE: "choose a column", UNKNOWN: "none is known"}.get(name, name)


def favourable(found: Looked, label: str | None, guess: Guess) -> str | None:
    """Ask which value of the label is favourable, where its values can be listed."""
    listed = sorted(found.column(label).listed) if label else []
    if len(listed) != 2:
        return None
    usual = auditing.favourable(listed, label, guess)
    options = [NONE, *listed]
    told = kit.choose("Favourable outcome", options, key=key("favourable", found), default=usual or NONE, format_func=_value)
    return None if told == NONE else told


def _value(name: str) -> str:
    return "choose a value" if name == NONE else name


@dataclass(frozen=True)
class Cut:
    """How a score becomes a decision: by a threshold, or by values that mean accepted."""

    threshold: float | None = None
    below: bool = False
    words: bool = False  # it holds decisions in words
    accepted: tuple[str, ...] = ()


def _cut(path: Path, found: Looked, score: str | None, label: str | None, positive: str | None) -> Cut:
    """Ask where scores are cut, or which of few values mean accepted."""
    if score is None:
        return Cut()
    if (words := auditing.in_words(found, score, label, positive)) is not None:
        chosen = kit.choose_many("Accepted is", words.values, key=key(words.name, found), default=words.usual)
        return Cut(words=True, accepted=tuple(chosen))
    example = path == EXAMPLE and score == "decile_score"
    own = st.text_input(
        "Threshold", value="5" if example else "", placeholder="0.5, for probabilities", key=key("cut", found), bind="query-params",
        help="Who reaches it is accepted. With a threshold of its own a score may have any scale.",
    )  # fmt: skip
    below = st.toggle("Who is below is accepted", value=example, key=key("below", found), bind="query-params")
    return Cut(auditing.number(own), bool(below))


def command(name: str, asked: Question) -> str:
    """Return the command that gives the same numbers."""
    words = ["python -m engine heads audit", _quoted(name), *(["--label", _quoted(asked.label)] if asked.label else [])]
    words += [word for group in asked.groups for word in ("--group", _quoted(group))]
    words += ["--score", _quoted(asked.score)]
    words += ["--positive", _quoted(asked.positive)] if asked.positive and asked.label else []
    words += [word for value in asked.accepted for word in ("--accepted", _quoted(value))]
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
