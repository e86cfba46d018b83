"""Class names, from a data set, a text file or pasted lines."""

import json
import re
from collections.abc import Sequence

from engine import errors, safety
from engine.datasets import images
from engine.importers._audit import Finding

MOST_CLASSES = 50_000
MOST_LETTERS = 200


def of_set(dataset: str) -> tuple[str, ...]:
    """Return a data set's class names; raises UserError for an unknown set, or one that cannot be read here."""
    card = images.card(dataset)
    if card.missing:
        raise errors.UserError(f"The data set “{dataset}” cannot be used here.", card.missing)
    return card.classes


def of_text(text: str) -> tuple[str, ...]:
    """Return class names from lines (one a line, in the order of the outputs), a JSON list, or JSON from position to name.

    `3 cat`, `3: cat` and `3,cat` are lines with a position, if all lines are and the positions run from 0.

    Raises:
        UserError: for no names, too many, too long ones, or positions with gaps.
    """
    clean = text.lstrip("\ufeff").strip()
    names = _of_json(clean) if clean[:1] in {"[", "{"} else _of_lines(clean.splitlines())
    if not names:
        raise errors.UserError("There are no class names.", "Give one a line, in the order of the network's outputs.")
    if len(names) > MOST_CLASSES:
        raise errors.UserError(f"There are {len(names):,} class names; the limit is {MOST_CLASSES:,}.")
    if long := [name for name in names if len(name) > MOST_LETTERS]:
        raise errors.UserError(f"A class name has {len(long[0]):,} letters (“{safety.shown(long[0], 40)}”); the limit is {MOST_LETTERS}.")
    return names


def _of_lines(lines: Sequence[str]) -> tuple[str, ...]:
    names = [line.strip() for line in lines if line.strip()]
    placed = [re.fullmatch(r"(\d+)\s*[:,;\t ]\s*(\S.*)", name) for name in names]
    if all(placed) and sorted(int(m[1]) for m in placed if m) == list(range(len(names))):
        return tuple(name for _, name in sorted((int(m[1]), m[2].strip().strip("'\"")) for m in placed if m))
    return tuple(names)


def _of_json(text: str) -> tuple[str, ...]:
    """Return names from `["cat", …]`, `{"0": "cat", …}` or `{"0": ["n02123045", "tabby"], …}`."""
    try:
        found = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as problem:
        raise errors.UserError("The class names begin like JSON but are none.", "Give one name a line.") from problem
    if isinstance(found, dict):
        places = sorted((int(key), value) for key, value in found.items() if str(key).isdecimal())
        if [place for place, _ in places] != list(range(len(found))):
            raise errors.UserError("The positions of the class names have gaps, or do not begin at 0.", "Name every output.")
        found = [value for _, value in places]
    return tuple(str(entry[-1] if isinstance(entry, list) and entry else entry).strip() for entry in found)


def check(names: Sequence[str], width: int | None) -> list[Finding]:
    """Return what is wrong about class names for a network with `width` outputs (None = not known)."""
    findings = []
    if not names:
        said = f"The network answers with {width:,} numbers; say what they mean." if width else "The network's outputs have no names."
        findings.append(Finding("error", said, "Give the class names: those of a data set, a file or one a line."))
    elif width is not None and len(names) != width:
        sentence = f"The network answers with {width:,} numbers, but {len(names):,} class names were given ({safety.few(names)})."
        findings.append(Finding("error", sentence, "Give one name an output, in their order."))
    if doubled := sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []:
        findings.append(
            Finding("warning", f"Class names stand more than once: {safety.few(doubled)}.", "Sets are matched by name: the last of them counts.")
        )
    return findings
