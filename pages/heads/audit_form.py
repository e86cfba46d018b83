"""What is audited: a file in hand or the example, and what its columns mean; choices are in the address."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from engine import errors, hashing, places, safety
from engine.datasets import tables
from engine.heads import columns
from engine.heads.columns import Guess, Looked
from pages.parts import kit
from pages.store.bring import given

FILE = "audit"  # the kind under which a file of people is kept
HAND = "hand"  # in the address: an upload that is in hand
ACCEPTS = "Parquet, CSV, TSV or JSON lines with a header"
EXAMPLE = places.DATA / "tables" / "compas.parquet"
NONE = "none"
UNKNOWN = "(no outcome)"  # there is none in the file


@dataclass(frozen=True)
class Asked:
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
    return Guess("two_year_recid", "0", ("race",), "decile_score", None) if path == EXAMPLE else columns.of_decisions(found)


def ask(path: Path) -> Asked | None:
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
    return Asked(known, tuple(groups), score, positive, cut.threshold, cut.below, weights, bool(leave), cut.accepted)


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
    usual = guess.positive if label == guess.label else next((value for value in listed if value.casefold() in tables.YES), None)
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
    column = found.column(score)
    if column.listed and (not column.number or set(column.listed) == {"0", "1"}):
        in_its_words = label is not None and set(column.listed) <= set(found.column(label).listed)
        yes = [value for value in column.listed if (value == positive if in_its_words else value.casefold() in tables.YES)]
        name = key(f"accepted-{score}-{positive}" if in_its_words else f"accepted-{score}", found)
        chosen = kit.choose_many("Accepted is", sorted(column.listed), key=name, default=yes if len(yes) == 1 else [])
        return Cut(words=True, accepted=tuple(chosen))
    if not column.number:
        raise errors.UserError(
            f"“{score}” holds {column.distinct:,} different texts: neither scores nor decisions.",
            "Choose a column with numbers or few values.",
        )
    example = path == EXAMPLE and score == "decile_score"
    own = st.text_input(
        "Threshold", value="5" if example else "", placeholder="0.5, for probabilities", key=key("cut", found), bind="query-params",
        help="Who reaches it is accepted. With a threshold of its own a score may have any scale.",
    )  # fmt: skip
    below = st.toggle("Who is below is accepted", value=example, key=key("below", found), bind="query-params")
    return Cut(_number(own), bool(below))


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
