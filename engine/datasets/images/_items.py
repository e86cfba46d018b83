"""What every kind of brought file is read into: items that decode when asked, and an account of what is left out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import UInt8

SPLITS = {
    "train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val", "dev": "val",
    "test": "test", "testing": "test", "eval": "test",
}  # fmt: skip
LONGEST_LABEL = 200
NAMED = 5  # so many names stand in a sentence about what was left out


class Unusable(Exception):  # noqa: N818, it says of one picture what is wrong; nothing has failed
    """One picture or label that cannot be used; the text completes “2 left out, …”."""


@dataclass(frozen=True)
class Item:
    """One picture that was found, not decoded yet."""

    label: str
    source: str
    read: Callable[[], UInt8[np.ndarray, "h w c"]]  # raises Unusable
    split: str = ""  # train | val | test, or empty where the files say nothing
    groups: Mapping[str, str] = field(default_factory=dict)


class Skips:
    """What was left out, by reason."""

    def __init__(self) -> None:
        self.names: dict[str, list[str]] = {}

    def add(self, reason: str, name: str) -> None:
        """Note one thing that was left out."""
        self.names.setdefault(reason, []).append(name)

    def sentences(self) -> tuple[str, ...]:
        """Return one sentence a reason, with the count and the first few names."""
        return tuple(f"{len(names):,} left out, {reason}: {few(names)}." for reason, names in self.names.items())


@dataclass(frozen=True)
class Found:
    """What a folder or file holds."""

    kind: str  # folder | zip | parquet | npz
    items: Sequence[Item]
    skips: Skips
    columns: tuple[str, ...] = ()  # what may be chosen as image, label or group
    notes: tuple[str, ...] = ()  # sentences on how it was understood


def few(names: Sequence[str], most: int = NAMED) -> str:
    """Return the first names, shortened, and how many more there are."""
    shown = ", ".join(shortened(name) for name in names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown


def shortened(name: str, longest: int = 80) -> str:
    """Return a name without control characters, its middle left out where it is very long."""
    clean = "".join(c if c.isprintable() else "�" for c in name)
    return clean if len(clean) <= longest else f"{clean[: longest // 2]}…{clean[-longest // 2 + 1 :]}"


def label_text(value: Any) -> str:
    """Return a label as text: “3” for 3, 3.0 and "3".

    Raises:
        Unusable: for a missing, fractional, empty or very long label, or one that is no single value.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or (isinstance(value, float) and not np.isfinite(value)):
        raise Unusable("without a label")
    if isinstance(value, float):
        if value != int(value):
            raise Unusable("with a fraction as label")
        value = int(value)
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    if not isinstance(value, (str, int)):
        raise Unusable("with a label that is no single value")
    text = str(value).strip()
    if not text:
        raise Unusable("without a label")
    if len(text) > LONGEST_LABEL:
        raise Unusable(f"with a label longer than {LONGEST_LABEL} characters")
    return text
