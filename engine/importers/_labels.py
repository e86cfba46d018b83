"""From the labels in a file to positions among a network's outputs."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from engine import safety
from engine.importers._audit import Finding, rows_said

BAD, LACKING = -1, -2  # no readable label; a class of the set that the network has no output for


@dataclass(frozen=True)
class Labels:
    """Labels as positions, BAD or LACKING where there is none."""

    codes: Int[np.ndarray, " n"]
    named: bool  # read by name and not by position
    findings: tuple[Finding, ...] = ()


def read(values: np.ndarray, names: Sequence[str], set_names: Sequence[str] = ()) -> Labels:
    """Return labels as positions among `names`.

    Numbers are positions from 0, unless they fit as names only; text is looked up, then looked up whatever its case.

    Args:
        values: one label an example, numbers or text.
        names: the names of the network's outputs, in order.
        set_names: the names of the set's classes; those that the network lacks are no mistake.
    """
    numbers = _numbers(values)
    if numbers is None:
        return _by_name(np.array([_text(v) for v in values], object), names, set_names)
    whole = np.isfinite(numbers) & (np.floor(numbers) == numbers)
    codes = np.where(whole, np.where(whole, numbers, BAD), BAD).astype(np.int64)
    inside = whole & (codes >= 0) & (codes < len(names))
    texts = np.array([str(code) for code in codes], object)
    if whole.all() and not inside.all() and set(texts) <= set(names):
        return _by_name(texts, names, set_names)
    findings = [*_unwhole(whole, values), *_outside(whole & ~inside, codes, len(names)), *_ambiguous(names)]
    return Labels(np.where(inside, codes, BAD), False, tuple(findings))


def _numbers(values: np.ndarray) -> np.ndarray | None:
    """Return the labels as numbers, None where they are text."""
    if values.dtype.kind in "iub":
        return values.astype(np.float64)
    if values.dtype.kind == "f":
        return values.astype(np.float64)
    texts = [_text(value) for value in values]
    try:
        numbers = np.array([float(text) if text else np.nan for text in texts])
    except ValueError:
        return None
    return None if np.isnan(numbers).all() else numbers


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value).strip()


def _unwhole(whole: np.ndarray, values: np.ndarray) -> list[Finding]:
    if whole.all():
        return []
    example = _text(values[int(np.flatnonzero(~whole)[0])]) or "nothing"
    sentence = f"{int((~whole).sum()):,} of {len(whole):,} labels are no whole numbers ({rows_said(~whole)}: {safety.shown(example, 30)})."
    return [Finding("error", sentence, "A label is a position from 0 or a class name; correct these rows or leave them out.")]


def _outside(where: np.ndarray, codes: np.ndarray, classes: int) -> list[Finding]:
    if not where.any():
        return []
    sentence = (
        f"{int(where.sum()):,} of {len(where):,} labels are none of the {classes} classes, which are numbered 0 to {classes - 1} "
        f"({rows_said(where)}; labels run from {codes.min()} to {codes.max()})."
    )
    from_one = codes.min() == 1 and codes.max() == classes
    fix = "The labels seem to count from 1: subtract 1." if from_one else "Check that the labels belong to these outputs."
    return [Finding("error", sentence, fix)]


def _ambiguous(names: Sequence[str]) -> list[Finding]:
    """Return a warning where class names are numbers in another order than their positions."""
    if not all(name.isdecimal() for name in names) or list(names) == [str(i) for i in range(len(names))]:
        return []
    sentence = f"The class names are numbers in an order of their own ({safety.few(names)}); labels were read as positions, not as names."
    return [Finding("warning", sentence, "Check that label 0 means the first of them.")]


def _by_name(texts: np.ndarray, names: Sequence[str], set_names: Sequence[str]) -> Labels:
    place = {name: i for i, name in enumerate(names)}
    folded = _unique({name.strip().casefold(): i for i, name in enumerate(names)}, names)
    lacking = {name.strip().casefold() for name in set_names}
    findings = []
    found: dict[str, int] = {}
    for text in dict.fromkeys(texts):
        key = text.casefold()
        found[text] = place.get(text, folded.get(key, LACKING if key in lacking else BAD))
    codes = np.array([found[text] for text in texts], np.int64)
    if (bad := codes == BAD).any():
        findings.append(_unknown(bad, [text for text, code in found.items() if code == BAD], names))
    return Labels(codes, True, tuple(findings))


def _unique(folded: Mapping[str, int], names: Sequence[str]) -> Mapping[str, int]:
    return folded if len(folded) == len(names) else {}


def _unknown(where: np.ndarray, unknown: Sequence[str], names: Sequence[str]) -> Finding:
    said = [f"“{safety.shown(text, 30)}”{_near(text, names)}" if text else "nothing" for text in unknown]
    sentence = f"{int(where.sum()):,} of {len(where):,} labels are no known class ({rows_said(where)}): {_few(said)}."
    if list(names) == [str(i) for i in range(len(names))]:
        return Finding("error", sentence, "The labels are text: give the class names in the order of the outputs.")
    return Finding("error", sentence, f"Known classes: {safety.few(names, 8)}. Correct the labels, or give the class names.")


def _near(text: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(text, names[:5000], n=1, cutoff=0.6)
    return f" (nearest: {near[0]})" if near else ""


def _few(said: Sequence[str]) -> str:
    return ", ".join(said[:4]) + (f" and {len(said) - 4:,} more" if len(said) > 4 else "")
