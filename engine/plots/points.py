"""Points for the canvas: everything a scatter of many networks needs, frozen, and its compact bytes."""

import functools
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Float32, UInt8

from engine.plots import looks
from engine.stats import lines
from engine.stats.lines import Axes

MOST = 50_000
MANY = 2_000  # names that are worth shortening
SHARED = 90  # letters that one sign can count
_ARRAYS = ("x", "y", "x_low", "x_high", "y_low", "y_high", "x_n", "y_n")
_MAGIC = b"TSP1"


@dataclass(frozen=True, eq=False)
class Axis:
    """What an axis shows and how."""

    title: str
    unit: str | None = "fraction"
    scale: Axes = "linear"
    within: tuple[float, float] | None = None  # fixed bounds in data units; None: from the data, then kept


@dataclass(frozen=True, eq=False)
class Points:
    """A scatter with intervals. Bounds and n may be NaN where they are not known; x and y may not.

    Raises:
        ValueError: for arrays of different lengths, non-finite places, looks outside their lists, or too many points.
    """

    x: Float32[np.ndarray, " points"]
    y: Float32[np.ndarray, " points"]
    ids: Sequence[str]
    labels: Sequence[str]
    x_axis: Axis
    y_axis: Axis
    x_low: Float32[np.ndarray, " points"] | None = None
    x_high: Float32[np.ndarray, " points"] | None = None
    y_low: Float32[np.ndarray, " points"] | None = None
    y_high: Float32[np.ndarray, " points"] | None = None
    x_n: Float32[np.ndarray, " points"] | None = None  # examples behind x
    y_n: Float32[np.ndarray, " points"] | None = None
    colours: UInt8[np.ndarray, " points"] | None = None  # place in `groups`
    groups: Sequence[tuple[str, looks.Look]] = ()  # what the colours and symbols stand for
    reference: bool = True  # the line y = x
    fit: Mapping[str, Sequence[float]] | None = None  # x, y and, where there is a band, low and high; in data units
    hidden: int = 0  # how many are left out of this figure, so that it can say so

    def __post_init__(self) -> None:
        size = len(self.x)
        if size > MOST:
            raise ValueError(f"{size} points; at most {MOST} are drawn one by one")
        for name in (*_ARRAYS, "ids", "labels", "colours"):
            column = getattr(self, name)
            if column is not None and len(column) != size:
                raise ValueError(f"{name} has {len(column)} values, expected {size}")
        if not (np.isfinite(self.x).all() and np.isfinite(self.y).all()):
            raise ValueError("x and y must be finite: leave out what is not measured or undefined, and count it in `hidden`")
        if self.colours is not None and size and int(self.colours.max()) >= len(self.groups):
            raise ValueError(f"colour {int(self.colours.max())} for {len(self.groups)} groups")

    @functools.cached_property
    def names_as_json(self) -> bytes:
        """The names as members of the JSON header; of many points they are what takes longest, and stay the same while a brush moves."""
        labels = coded(self.labels) if list(self.labels) != list(self.ids) else None
        return json.dumps({"ids": coded(self.ids), "labels": labels}, ensure_ascii=False, separators=(",", ":")).encode()[1:-1]

    @functools.cached_property
    def arrays_as_bytes(self) -> bytes:
        """The numbers as the browser reads them: arrays of float32, then the colours."""
        arrays = [value for name in _ARRAYS if (value := getattr(self, name)) is not None]
        body = b"".join(np.ascontiguousarray(a, dtype="<f4").tobytes() for a in arrays)
        return body + (self.colours.tobytes() if self.colours is not None else b"")

    def __len__(self) -> int:
        return len(self.x)


def of_frame(
    frame: pd.DataFrame,
    *,
    x_axis: Axis,
    y_axis: Axis,
    x: str = "x",
    y: str = "y",
    ids: str = "network",
    label: str | None = None,
    colour: str | None = None,
    **more: Any,
) -> Points:
    """Return the points of a frame; rows without a finite x and y are left out and counted.

    Args:
        frame: One row a point. Bounds are read from `{x}_low`, `{x}_high`, `{y}_low`, `{y}_high`, and n from `{x}_n`, `{y}_n`
            or `n`, where there are such columns.
        x_axis: What x shows.
        y_axis: What y shows.
        x: Column of x.
        y: Column of y.
        ids: Column of what a click reports.
        label: Column of what a hover says, `ids` by default.
        colour: Column whose values give colour and symbol, each the same in every figure.
        more: `reference`, `fit`.
    """
    finite = np.isfinite(frame[x].to_numpy(np.float64, na_value=np.nan)) & np.isfinite(frame[y].to_numpy(np.float64, na_value=np.nan))
    kept = frame[finite]
    arrays = {"x": _column(kept, x), "y": _column(kept, y)}
    arrays |= {f"{axis}_{end}": _column(kept, f"{name}_{end}") for axis, name in (("x", x), ("y", y)) for end in ("low", "high")}
    arrays |= {f"{axis}_n": _column(kept, f"{name}_n" if f"{name}_n" in kept else "n") for axis, name in (("x", x), ("y", y))}
    codes, groups = _groups(kept, colour)
    return Points(
        **arrays,
        ids=kept[ids].astype(str).tolist(),
        labels=kept[label or ids].astype(str).tolist(),
        x_axis=x_axis,
        y_axis=y_axis,
        colours=codes,
        groups=groups,
        hidden=int((~finite).sum()),
        **more,
    )


def _column(frame: pd.DataFrame, name: str) -> Any:
    return frame[name].to_numpy(np.float32, na_value=np.nan) if name in frame else None


def _groups(frame: pd.DataFrame, colour: str | None) -> tuple[Any, list[tuple[str, looks.Look]]]:
    if colour is None:
        return None, []
    codes, values = pd.factorize(frame[colour].astype(str), sort=True)
    given = looks.looks(values)
    if len(values) > 255:
        raise ValueError(f"{colour} has {len(values)} values; at most 255 can be told apart")
    return codes.astype(np.uint8), [(str(value), given[value]) for value in values]


def pack(points: Points, **more: Any) -> bytes:
    """Return the points as one block of bytes: magic, header length, JSON header, then arrays of float32 and uint8.

    Args:
        points: What to draw.
        more: Anything else for the component, JSON-serialisable: `height`, `selected`, `name`, `alt`.
    """
    header = {
        "count": len(points),
        "arrays": [name for name in _ARRAYS if getattr(points, name) is not None],
        "colours": points.colours is not None,
        "groups": [[name, look.colour, look.symbol] for name, look in points.groups],
        "reference": points.reference,
        "x": vars(points.x_axis),
        "y": vars(points.y_axis),
        "epsilon": lines.EPSILON,
        "hidden": points.hidden,
        "fit": {name: [float(v) for v in column] for name, column in points.fit.items()} if points.fit else None,
    }
    text = json.dumps(header | more, ensure_ascii=False, separators=(",", ":")).encode()
    text = text[:-1] + b"," + points.names_as_json + b"}"
    text += b" " * (-len(text) % 4)  # so that the arrays are aligned
    return _MAGIC + struct.pack("<I", len(text)) + text + points.arrays_as_bytes


def coded(names: Sequence[str]) -> list[str] | dict[str, str]:
    """Return names as they are, or, where there are many, each as what it does not share with the one before it.

    Names of a sweep share most of their letters with their neighbours: 31,104 of them take a fifth of the room. A line is a sign whose
    code less 33 counts the letters shared, then the rest of the name.
    """
    if len(names) < MANY or any("\n" in name or "\r" in name for name in names):
        return list(names)
    letters = np.array(names, dtype=np.str_)
    codes = letters.view(np.uint32).reshape(len(names), -1)
    if codes.max() > 0xFFFF:  # such letters are two in the browser
        return list(names)
    same = np.cumprod(codes[1:] == codes[:-1], axis=1, dtype=np.uint8)[:, :SHARED].sum(axis=1).tolist()
    short = [names[0], *(name[min(n, len(name)) :] for n, name in zip(same, names[1:], strict=True))]
    counts = [0, *(min(n, len(name)) for n, name in zip(same, names[1:], strict=True))]
    return {"shared": "\n".join(f"{chr(33 + n)}{rest}" for n, rest in zip(counts, short, strict=True))}


def inside(region: Mapping[str, Any], x: Float[np.ndarray, " points"], y: Float[np.ndarray, " points"]) -> Bool[np.ndarray, " points"]:
    """Return which points lie in a region that a brush sent.

    Args:
        region: {"kind": "box", "x": [low, high], "y": [low, high]} in data units, or {"kind": "lasso", "path": [[x, y], …],
            "scales": [x scale, y scale]}, whose straight edges are straight on those axes.
        x: The points' x.
        y: The points' y.

    Raises:
        ValueError: for a region of another form.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    match region:
        case {"kind": "box", "x": [x_low, x_high], "y": [y_low, y_high]}:
            return (x >= x_low) & (x <= x_high) & (y >= y_low) & (y <= y_high)
        case {"kind": "lasso", "path": [_, _, _, *_] as path, "scales": [x_scale, y_scale]}:
            corners = np.asarray(path, dtype=np.float64)
            scaled = [lines.to_axis(v, s) for v, s in ((corners[:, 0], x_scale), (corners[:, 1], y_scale), (x, x_scale), (y, y_scale))]
            return _in_polygon(*scaled)
    raise ValueError(f"not a region: {str(region)[:200]}")


def _in_polygon(
    corner_x: Float[np.ndarray, " corners"],
    corner_y: Float[np.ndarray, " corners"],
    x: Float[np.ndarray, " points"],
    y: Float[np.ndarray, " points"],
) -> Bool[np.ndarray, " points"]:
    """Return which points a polygon contains, by the parity of crossings of a ray to the right."""
    found = np.zeros(len(x), dtype=bool)
    for i in range(len(corner_x)):
        ax, ay, bx, by = corner_x[i - 1], corner_y[i - 1], corner_x[i], corner_y[i]
        if ay == by:
            continue  # a level edge is never crossed by a level ray
        crosses = (ay > y) != (by > y)
        found ^= crosses & (x < (bx - ax) * (y - ay) / (by - ay) + ax)
    return found
