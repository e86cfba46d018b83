"""Masks of whatever moves, for footage of a camera that stands still and has no masks: background by median, objects by overlap over time.

The background is the median of up to 41 frames. A pixel belongs to an object where any colour differs from it by more than 35 of 255; specks go
(opening by 3 x 3), gaps close (11 rows by 5 columns), parts below 0.05 % of the frame do not count. A part continues the object whose mask of the
frame before it overlaps most (intersection over union 0.2 or more); objects that are there for fewer than 10 frames go. Where two objects
touch they are one part: the larger keeps its name. What does not move is not found, and what stops long enough becomes background.
"""

from collections.abc import Iterator

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

from engine import errors, rle
from engine.datasets.clips import Frames, Masks, Track
from engine.importers.clips._given import MOST_OBJECTS, Given
from engine.rle import Rle

cv2.setNumThreads(1)
SAMPLED = 41  # frames that the background is the median of
DIFFERENT = 35  # of 255
LEAST = 0.0005  # of the frame's pixels
OVERLAP = 0.2
_CLOSED = (11, 5)  # rows and columns within which gaps close
SHORTEST = 10  # frames
SHIFT = 0.005  # of the frame's width: a picture as a whole that moves further, between the first frame and another, is a moving camera
_LOOKED_AT = 6  # frames that are compared with the first one
_SMALL = 320  # pixels of width at which they are compared
NOTE = (
    "Masks were made here: whatever differs from the median of the frames, followed by overlap. That is right for a camera that stands still; "
    "objects that touch count as one."
)


def found(frames: Frames) -> Given:
    """Return the objects that move in front of a still background; raises UserError where the camera moves, or nothing does."""
    if (moved := shift(frames)) > SHIFT:
        raise errors.UserError(
            f"The picture as a whole moves by {moved:.1%} of its width: this camera does not stand still.",
            "Bring masks: they can be made here only where the camera stands still.",
        )
    still = background(frames)
    tracks: dict[int, dict[int, Rle]] = {}
    last: dict[int, Bool[np.ndarray, "h w"]] = {}
    for t in range(len(frames)):
        mask = differing(frames[t], still)
        last = _continued(last, list(parts(mask)), tracks, t)
    kept = {k: masks for k, masks in tracks.items() if len(masks) >= min(SHORTEST, len(frames))}
    if not kept:
        raise errors.UserError("Nothing moves in front of this background for ten frames.", "Bring masks of the objects.")
    longest = sorted(kept, key=lambda k: -sum(code.area for code in kept[k].values()))[:MOST_OBJECTS]
    named = tuple(Track(f"moving {n}", _each(kept[k], len(frames))) for n, k in enumerate(sorted(longest), start=1))
    return Given(named, None, (NOTE,))


def _each(masks: dict[int, Rle], length: int) -> Masks:
    return tuple(masks.get(t) for t in range(length))


def shift(frames: Frames) -> float:
    """Return how far the picture as a whole moves, at most, between the first frame and others: median flow, as a share of the width."""
    first, found = _small(frames[0]), 0.0
    method = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    for t in np.unique(np.linspace(0, len(frames) - 1, _LOOKED_AT).round().astype(int))[1:]:
        flow = method.calc(first, _small(frames[int(t)]), None)  # type: ignore[call-overload]
        found = max(found, float(np.linalg.norm(np.median(flow, axis=(0, 1)))) / first.shape[1])
    return found


def _small(frame: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w"]:
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    share = min(1.0, _SMALL / grey.shape[1])
    return np.asarray(cv2.resize(grey, None, fx=share, fy=share, interpolation=cv2.INTER_AREA))


def background(frames: Frames) -> UInt8[np.ndarray, "h w 3"]:
    """Return the median of frames that lie evenly over time."""
    chosen = np.unique(np.linspace(0, len(frames) - 1, min(SAMPLED, len(frames))).round().astype(int))
    stack = np.stack([frames[int(t)] for t in chosen])
    return np.median(stack, axis=0).astype(np.uint8)


def differing(frame: UInt8[np.ndarray, "h w 3"], still: UInt8[np.ndarray, "h w 3"]) -> Bool[np.ndarray, "h w"]:
    """Return where a frame is not background, without specks and gaps."""
    mask = (cv2.absdiff(frame, still).max(axis=2) > DIFFERENT).astype(np.uint8)
    opened = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    down, right = _CLOSED
    wide = np.pad(opened, ((down, down), (right, right)))  # else gaps to the border are closed too
    closed = cv2.morphologyEx(wide, cv2.MORPH_CLOSE, np.ones(_CLOSED, np.uint8))
    return closed[down:-down, right:-right].astype(np.bool_)


def parts(mask: Bool[np.ndarray, "h w"]) -> Iterator[Bool[np.ndarray, "h w"]]:
    """Yield connected parts that are large enough, the largest first."""
    count, labels, about, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    areas = about[:, cv2.CC_STAT_AREA]
    for k in sorted(range(1, count), key=lambda k: -areas[k]):
        if areas[k] >= LEAST * mask.size:
            yield labels == k


def _continued(
    last: dict[int, Bool[np.ndarray, "h w"]], now: list[Bool[np.ndarray, "h w"]], tracks: dict[int, dict[int, Rle]], t: int
) -> dict[int, Bool[np.ndarray, "h w"]]:  # fmt: skip
    """Give each part the object that it overlaps most, best pairs first, or a new one; returns the masks by object."""
    pairs = sorted(((_iou(old, new), k, place) for k, old in last.items() for place, new in enumerate(now)), reverse=True)
    named: dict[int, int] = {}
    for overlap, k, place in pairs:
        if overlap >= OVERLAP and place not in named and k not in named.values():
            named[place] = k
    found: dict[int, Bool[np.ndarray, "h w"]] = {}
    for place, mask in enumerate(now):
        k = named.get(place, len(tracks))
        tracks.setdefault(k, {})[t] = rle.encode(mask)
        found[k] = mask
    return found


def _iou(one: Bool[np.ndarray, "h w"], other: Bool[np.ndarray, "h w"]) -> float:
    return float((one & other).sum() / max(1, (one | other).sum()))
