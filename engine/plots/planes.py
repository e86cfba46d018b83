"""The two-head plane for the browser: one dot a person and the lines that the slack tilts, as one block of bytes.

Accept where f + b·g + c > 0, with the score f (log-odds) along x and the group value g along y. A person stands in the wedge, and is decided
otherwise, where that and f > 0 disagree.
"""

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32, Int

_MAGIC = b"TSH1"


@dataclass(frozen=True)
class Line:
    """One position of the line, and what it gives on the people shown."""

    slack: float
    b: float
    c: float
    accuracy: float
    gap: float  # signed, between the groups, as the question's constraint counts it
    thresholds: tuple[float, ...]  # what it asks of a typical member of each group: probabilities


@dataclass(frozen=True, eq=False)
class Dots:
    """People and lines.

    Raises:
        ValueError: for arrays of different lengths, scores that are not finite, no line, or members outside the groups.
    """

    task: Float32[np.ndarray, " n"]
    group: Float32[np.ndarray, " n"]
    members: Int[np.ndarray, " n"]
    labels: Int[np.ndarray, " n"]
    groups: Sequence[str]
    lines: Sequence[Line]
    at: int = 0  # which line is drawn first
    x_title: str = "score"
    y_title: str = "group value"

    def __post_init__(self) -> None:
        if not all(len(column) == len(self.task) for column in (self.group, self.members, self.labels)):
            raise ValueError("task, group, members and labels have different lengths")
        if not (np.isfinite(self.task).all() and np.isfinite(self.group).all()):
            raise ValueError("scores must be finite")
        if not self.lines or not 0 <= self.at < len(self.lines):
            raise ValueError("a plane has at least one line")
        if len(self.members) and not 0 <= int(self.members.min()) <= int(self.members.max()) < len(self.groups):
            raise ValueError(f"members outside {len(self.groups)} groups")

    def __len__(self) -> int:
        return len(self.task)


def pack(dots: Dots, **more: Any) -> bytes:
    """Return header and arrays: float32 task and group, then uint8 members and labels.

    Args:
        dots: What to draw.
        more: Anything else for the component, JSON-serialisable: `height`, `name`, `alt`, `slide`.
    """
    header: Mapping[str, Any] = {
        "count": len(dots),
        "groups": list(dots.groups),
        "lines": [vars(line) for line in dots.lines],
        "at": dots.at,
        "xTitle": dots.x_title,
        "yTitle": dots.y_title,
    }
    text = json.dumps({**header, **more}, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    body = b"".join(np.ascontiguousarray(column, dtype="<f4").tobytes() for column in (dots.task, dots.group))
    return _MAGIC + struct.pack("<I", len(text)) + text + body + b"".join(column.astype(np.uint8).tobytes() for column in (dots.members, dots.labels))


def nearest(lines: Sequence[Line], slack: float) -> int:
    """Return which line's slack is nearest to one.

    >>> nearest([Line(0.001, 0, 0, 1, 0, ()), Line(0.02, 0, 0, 1, 0, ())], 0.03)
    1
    """
    return int(np.argmin([abs(line.slack - slack) for line in lines]))
