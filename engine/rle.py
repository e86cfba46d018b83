"""Run-length codes of masks, as COCO writes them: column by column, starting with the zeros, packed into printable characters.

A packed count is the difference to the count two places before (from the fourth on), in groups of five bits, lowest first; the sixth bit says
that another group follows, the fifth bit of the last group is the sign; 48 is added to make a character.
Source: the published COCO mask format; compared with pycocotools in the tests.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Int64

from engine import errors

_LOWEST, _GROUP, _MORE, _SIGN = 48, 0x1F, 0x20, 0x10
_MOST_GROUPS = 7  # 35 bits: more than any picture has pixels
_WAY_OUT = "Write the masks again with the program they come from."


@dataclass(frozen=True, slots=True)
class Rle:
    """A mask of `height` x `width` pixels as packed runs."""

    height: int
    width: int
    counts: bytes

    def json(self) -> dict[str, Any]:
        """Return it as COCO's JSON has it."""
        return {"size": [self.height, self.width], "counts": self.counts.decode("ascii")}

    @property
    def area(self) -> int:
        """Number of pixels in the mask."""
        return int(runs(self)[1::2].sum())


def encode(mask: Bool[np.ndarray, "h w"], left: int = 0, width: int | None = None) -> Rle:
    """Return the run-length code of a mask; with `width`, of a picture so wide in which it begins at column `left`."""
    flat = np.asarray(mask, np.bool_).ravel(order="F")
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    edges = np.concatenate([[0], changes, [flat.size]]) if flat.size else np.zeros(1, np.int64)
    lengths = np.diff(edges)
    if flat.size and flat[0]:
        lengths = np.concatenate([[0], lengths])
    height, columns = mask.shape
    if width is None:
        return Rle(height, columns, pack(lengths))
    return Rle(height, width, pack(_between(lengths, left * height, (width - left - columns) * height)))


def _between(lengths: Int64[np.ndarray, " k"], before: int, after: int) -> Int64[np.ndarray, " n"]:
    """Return runs with so many zeros more before and after them."""
    found = np.concatenate([lengths, np.zeros(1 - len(lengths) % 2, np.int64)])  # ends with zeros
    found[0] += before
    found[-1] += after
    return found[:-1] if len(found) > 1 and not found[-1] else found


def decode(rle: Rle) -> Bool[np.ndarray, "h w"]:
    """Return the mask of a code; raises UserError where the runs do not fill the picture exactly."""
    lengths = checked(runs(rle), rle.height, rle.width)
    values = np.arange(len(lengths)) % 2 == 1
    return np.repeat(values, lengths).reshape(rle.height, rle.width, order="F")


def columns(rle: Rle, first: int, end: int) -> Bool[np.ndarray, "h c"]:
    """Return the columns from `first` to before `end`; raises UserError as `decode` does."""
    ends = np.cumsum(checked(runs(rle), rle.height, rle.width))
    lengths = np.diff(np.clip(ends, first * rle.height, end * rle.height), prepend=first * rle.height)
    return np.repeat(np.arange(len(lengths)) % 2 == 1, lengths).reshape(rle.height, end - first, order="F")


def box(rle: Rle) -> tuple[int, int, int, int] | None:
    """Return the left, top, right and bottom edge of a mask, the last two exclusive; None where it is empty."""
    ends = np.cumsum(runs(rle))
    starts, ends = ends[:-1:2], ends[1::2]
    starts, ends = (one[: len(ends)][ends > starts[: len(ends)]] for one in (starts, ends))
    if not len(ends):
        return None
    first, last = starts // rle.height, (ends - 1) // rle.height
    rows = (0, rle.height) if (first != last).any() else (int((starts % rle.height).min()), int(((ends - 1) % rle.height).max()) + 1)
    return int(first[0]), rows[0], int(last[-1]) + 1, rows[1]


def empty(height: int, width: int) -> Rle:
    """Return the code of a mask without any pixel."""
    return Rle(height, width, pack(np.array([height * width])))


def runs(rle: Rle) -> Int64[np.ndarray, " k"]:
    """Return the lengths of the runs, zeros first; raises UserError for characters that no code has."""
    return unpack(rle.counts)


def pack(lengths: Sequence[int] | Int64[np.ndarray, " k"]) -> bytes:
    """Return run lengths as packed characters."""
    counts = np.asarray(lengths, np.int64)
    deltas = counts.copy()
    deltas[3:] -= counts[1:-2]
    groups = np.stack([deltas >> 5 * k for k in range(_MOST_GROUPS)], axis=1)
    rest = groups >> 5
    ended = np.where((groups & _SIGN).astype(np.bool_), rest == -1, rest == 0)
    last = ended.argmax(axis=1)
    place = np.arange(_MOST_GROUPS)
    characters = (groups & _GROUP) | np.where(place < last[:, None], _MORE, 0)
    return (characters[place <= last[:, None]] + _LOWEST).astype(np.uint8).tobytes()


def unpack(text: bytes) -> Int64[np.ndarray, " k"]:
    """Return the run lengths of packed characters; raises UserError for characters that no code has, and for a code that breaks off."""
    codes = np.frombuffer(text, np.uint8).astype(np.int64) - _LOWEST
    if not codes.size:
        return np.zeros(0, np.int64)
    if codes.min() < 0 or codes.max() > 63:
        raise errors.UserError("A run-length code has characters that no such code has.", _WAY_OUT)
    ends = np.flatnonzero(~(codes & _MORE).astype(np.bool_))
    if not ends.size or ends[-1] != codes.size - 1:
        raise errors.UserError("A run-length code breaks off in the middle of a number.", _WAY_OUT)
    starts = np.concatenate([[0], ends[:-1] + 1])
    groups = ends - starts + 1
    if groups.max() > _MOST_GROUPS:
        raise errors.UserError("A run-length code holds a number larger than any picture.", _WAY_OUT)
    within = np.arange(codes.size) - np.repeat(starts, groups)
    deltas = np.add.reduceat((codes & _GROUP) << 5 * within, starts)
    deltas -= np.where(codes[ends] & _SIGN, 1 << 5 * groups, 0)
    counts = deltas.copy()
    counts[1::2] = np.cumsum(deltas[1::2])
    counts[2::2] = np.cumsum(deltas[2::2])
    return counts


def checked(lengths: Int64[np.ndarray, " k"], height: int, width: int) -> Int64[np.ndarray, " k"]:
    """Return run lengths that fill a picture exactly; raises UserError where one is negative, or they are too many or too few."""
    if lengths.size and lengths.min() < 0:
        raise errors.UserError("A run-length code has a run of negative length.", _WAY_OUT)
    if lengths.size and lengths.max() > height * width:
        raise errors.UserError(f"A run-length code has a run longer than its picture of {width} x {height} pixels.", _WAY_OUT)
    if (total := int(lengths.sum())) != height * width:
        raise errors.UserError(f"A run-length code fills {total:,} pixels, but its picture of {width} x {height} has {height * width:,}.", _WAY_OUT)
    return lengths


def from_json(said: Mapping[str, Any]) -> Rle:
    """Return the code in COCO's JSON, packed or as a list of counts; raises UserError where it is none, or does not fill its picture."""
    try:
        height, width = (int(side) for side in said["size"])
        counts = said["counts"]
    except (KeyError, TypeError, ValueError) as problem:
        raise errors.UserError("A mask is no run-length code: it needs “size” (height, width) and “counts”.", _WAY_OUT) from problem
    if not 0 < height <= 100_000 or not 0 < width <= 100_000:
        raise errors.UserError(f"A mask claims to be {width} x {height} pixels.", _WAY_OUT)
    if isinstance(counts, str | bytes):
        text = counts if isinstance(counts, bytes) else counts.encode("ascii", "replace")
        checked(unpack(text), height, width)
        return Rle(height, width, text)
    try:
        lengths = np.array([int(count) for count in counts], np.int64)
    except (TypeError, ValueError, OverflowError) as problem:
        raise errors.UserError("The counts of a run-length code are neither text nor whole numbers.", _WAY_OUT) from problem
    return Rle(height, width, pack(checked(lengths, height, width)))
