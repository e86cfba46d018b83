"""What a file of masks gives, checked against the frames it belongs to."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool

from engine import errors, rle, safety
from engine.datasets.clips import Masks, Track
from engine.rle import Rle

MOST_JSON = 800_000_000  # bytes
MOST_OBJECTS = 500
_RIM = 0.02  # share of the smaller mask that two drawn outlines may share


@dataclass(frozen=True)
class Shape:
    """The frames that masks must fit: how large, how many, and their file names where they have some."""

    height: int
    width: int
    length: int
    names: tuple[str, ...] = ()
    overlap: bool = False  # whether masks may overlap: whole ones do, visible ones do not


@dataclass(frozen=True)
class Given:
    """Objects of one clip as a file has them, and what was done to read them."""

    tracks: tuple[Track, ...]
    occluder: Masks | None = None
    notes: tuple[str, ...] = ()


def said(path: Path) -> Any:
    """Return a JSON file; raises UserError where it is too large or none."""
    safety.check_size(path, MOST_JSON)
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError) as problem:
        raise errors.UserError(f"{safety.shown(path.name)} is no JSON ({str(problem)[:120]}).", "Check that it was written to its end.") from problem


def coded(segment: Any, shape: Shape, where: str) -> Rle | None:
    """Return COCO's run-length code or polygons as a code of the frames' size; None stays none.

    Args:
        segment: a dict with size and counts, a list of polygons, or None.
        shape: the frames.
        where: file, frame and object, for the sentence.

    Raises:
        UserError: for a code or polygon that is none, does not fill its picture, or is of another size.
    """
    if segment is None or (isinstance(segment, list) and not segment):
        return None
    try:
        if isinstance(segment, Mapping):
            code = rle.from_json(segment)
        elif isinstance(segment, list):
            code = rle.encode(polygons(segment, shape.height, shape.width))
        else:
            raise errors.UserError("A mask is neither a run-length code nor a list of polygons.", "Write COCO's segmentations.")
    except errors.UserError as problem:
        raise errors.UserError(f"{where}: {problem.message}", problem.hint) from problem
    if (code.height, code.width) != (shape.height, shape.width):
        raise errors.UserError(
            f"{where}: the mask is {code.width} x {code.height} pixels, the frames are {shape.width} x {shape.height}.",
            "Bring masks of the frames' size.",
        )
    return code


def polygons(parts: Sequence[Any], height: int, width: int) -> Bool[np.ndarray, "h w"]:
    """Return the union of polygons, x0, y0, x1, y1, … in pixels from the upper left corner: pixels whose centre lies inside (even-odd)."""
    found = np.zeros((height, width), np.bool_)
    for part in parts if isinstance(parts[0], list) else [parts]:
        try:
            corners = np.asarray(part, np.float64).reshape(-1, 2)
        except (TypeError, ValueError) as problem:
            raise errors.UserError("A polygon is no list of x, y, x, y, ….", "Write COCO's polygons.") from problem
        if len(corners) < 3 or not np.isfinite(corners).all():
            raise errors.UserError("A polygon has fewer than three corners, or corners that are no numbers.", "Write COCO's polygons.")
        _fill(found, corners)
    return found


def _fill(found: Bool[np.ndarray, "h w"], corners: np.ndarray) -> None:
    height, width = found.shape
    (xa, ya), (xb, yb) = corners.T, np.roll(corners, -1, axis=0).T
    first, last = int(np.floor(max(0, corners[:, 1].min()))), int(np.ceil(min(height, corners[:, 1].max())))
    for row in range(first, last):
        y = row + 0.5
        crossing = (ya <= y) != (yb <= y)
        x = np.sort(xa[crossing] + (y - ya[crossing]) / (yb - ya)[crossing] * (xb - xa)[crossing])
        ends = np.ceil(x - 0.5).clip(0, width).astype(np.int64)
        for start, end in zip(ends[::2], ends[1::2], strict=True):
            found[row, start:end] = True


def in_order(found: Mapping[str, Mapping[int, Rle]], length: int) -> dict[str, Masks]:
    """Return each object's masks as one a frame; raises UserError for more objects than can be shown."""
    if len(found) > MOST_OBJECTS:
        raise errors.UserError(f"There are {len(found):,} objects; the limit is {MOST_OBJECTS}.", "Bring those that matter.")
    return {name: tuple(by_frame.get(t) for t in range(length)) for name, by_frame in found.items()}


def counted(path: Path, what: int, shape: Shape) -> None:
    """Raise UserError where a file has masks for another number of frames."""
    if what != shape.length:
        raise errors.UserError(
            f"{safety.shown(path.name)} has masks for {what:,} frames, the clip has {shape.length:,}.", "Bring the masks that belong to these frames."
        )


def apart(path: Path, tracks: Sequence[Track], shape: Shape, *, strict: bool) -> tuple[tuple[Track, ...], tuple[str, ...]]:
    """Return tracks whose visible masks do not overlap, and a note where drawn outlines shared a rim.

    Args:
        path: the file, for the sentence.
        tracks: objects, the first ones win a shared rim.
        shape: the frames.
        strict: allow no shared pixel at all.

    Raises:
        UserError: where two objects claim the same visible pixels.
    """
    if shape.overlap:
        return tuple(tracks), ()
    masks = {track.name: list(track.visible) for track in tracks}
    shared = 0
    for t in range(shape.length):
        there = [track.name for track in tracks if masks[track.name][t] is not None]
        if len(there) < 2:
            continue
        taken, owner = np.zeros((shape.height, shape.width), np.bool_), {}
        for name in there:
            code = masks[name][t]
            assert code is not None
            mine = rle.decode(code)
            common = int((mine & taken).sum())
            if common:
                other = next(one for one, mask in owner.items() if (mask & mine).any())
                if strict or common > _RIM * min(mine.sum(), owner[other].sum()):
                    raise errors.UserError(
                        f"{safety.shown(path.name)}, frame {t}: the objects {safety.shown(other)} and {safety.shown(name)} "
                        f"claim {common:,} of the same visible pixels.",
                        "A pixel shows one object: bring visible masks apart, whole masks as such.",
                    )
                shared += common
                masks[name][t] = rle.encode(mine & ~taken)
            owner[name] = mine & ~taken
            taken |= mine
    note = (f"{shared:,} pixels on the rims of two objects were given to the one that comes first.",) if shared else ()
    return tuple(Track(track.name, tuple(masks[track.name]), track.whole, track.seen) for track in tracks), note
