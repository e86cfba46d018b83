"""Small multiples: many little scatters at the resolution of the screen, and their compact bytes.

Both axes of a panel run over the same range, so that its diagonal is y = x and the shape of a cloud is what it is, unless panels are
given ranges that they share.
"""

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, UInt8

from engine.stats import lines
from engine.stats.lines import Axes

SIDE = 128  # places along each axis
MOST = 36  # panels at once
EDGE = 0.04  # of the range, free on each side
_MAGIC = b"TSM1"


@dataclass(frozen=True, eq=False)
class Panel:
    """One little scatter. Places count from 0 (left, bottom) to `SIDE` - 1."""

    id: str  # what a click reports
    title: str
    note: str
    group: str  # the heading under which it stands
    count: int  # how many points it shows; those that fall on the same place are drawn once
    x: UInt8[np.ndarray, " places"]
    y: UInt8[np.ndarray, " places"]
    chosen: Bool[np.ndarray, " places"] | None = None  # what is drawn strongly; None: all
    fit: Sequence[float] = field(default=())  # the line's two ends: x, y, x, y
    diagonal: bool = True  # whether the diagonal is y = x


def panel(
    x: Float[np.ndarray, " n"],
    y: Float[np.ndarray, " n"],
    axes: Axes = "linear",
    *,
    slope: float = np.nan,
    intercept: float = np.nan,
    chosen: Bool[np.ndarray, " n"] | None = None,
    within: tuple[tuple[float, float], tuple[float, float]] | None = None,
    **words: Any,
) -> Panel:
    """Return the panel of finite numbers.

    Args:
        x: One number a point.
        y: The other.
        axes: Scale of both axes.
        slope: Of the line, on the axes; NaN for none.
        intercept: Likewise.
        chosen: Points to be drawn strongly.
        within: Lowest and highest x, and y, for panels that are compared; by default both axes run over all numbers of the panel.
        words: `id`, `title`, `note`, `group`.
    """
    u, v = lines.to_axis(x, axes), lines.to_axis(y, axes)
    ranges = [_range(u, v)] * 2 if within is None else [_range(lines.to_axis(np.array(ends), axes)) for ends in within]
    where = [np.clip((places - low) / width * SIDE, 0, SIDE - 1).astype(np.int64) for places, (low, width) in zip((u, v), ranges, strict=True)]
    strong = np.ones(len(u), bool) if chosen is None else chosen
    places, back = np.unique(where[0] * SIDE + where[1], return_inverse=True)
    marked = np.bincount(back[strong], minlength=len(places)) > 0
    ends: tuple[float, ...] = ()
    if np.isfinite(slope) and len(u):
        across = np.array([u.min(), u.max()])
        both = [(places - low) / width * SIDE for places, (low, width) in zip((across, intercept + slope * across), ranges, strict=True)]
        ends = tuple(float(place) for place in np.round(np.stack(both, axis=1).ravel(), 2))
    return Panel(
        count=len(u), x=(places // SIDE).astype(np.uint8), y=(places % SIDE).astype(np.uint8), chosen=None if chosen is None else marked,
        fit=ends, diagonal=within is None, **words,
    )  # fmt: skip


def _range(*places: Float[np.ndarray, " n"]) -> tuple[float, float]:
    """Return where an axis begins and how long it is."""
    every = np.concatenate(places)
    if not len(every):
        return 0.0, 1.0
    low, high = float(every.min()), float(every.max())
    width = (high - low) or 1.0
    return low - EDGE * width, (1 + 2 * EDGE) * width


def pack(panels: Sequence[Panel], **more: Any) -> bytes:
    """Return panels as one block of bytes: magic, header length, JSON header, then x, y and chosen of each panel, a byte a place.

    Args:
        panels: What to draw, in order; those of one group stand together.
        more: Anything else for the component, JSON-serialisable.
    """
    names = ("id", "title", "note", "group", "count", "diagonal")
    described = [{n: getattr(p, n) for n in names} | {"places": len(p.x), "marked": p.chosen is not None, "fit": [*p.fit]} for p in panels]
    text = json.dumps({"side": SIDE, "panels": described} | more, ensure_ascii=False, separators=(",", ":")).encode()
    arrays = [a for p in panels for a in (p.x, p.y, *(() if p.chosen is None else (p.chosen.astype(np.uint8),)))]
    return _MAGIC + struct.pack("<I", len(text)) + text + b"".join(np.ascontiguousarray(a).tobytes() for a in arrays)
