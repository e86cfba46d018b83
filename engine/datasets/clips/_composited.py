"""Composites: a silhouette in its own footage, cut-outs of other footage drawn across it."""

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from engine import errors, places, rle, safety
from engine.datasets.clips._clip import Clip, Held, Masks, Track
from engine.datasets.clips._motion import estimated, warped
from engine.rle import Rle

cv2.setNumThreads(1)
SEED = 20_241_119
LENGTH = 24  # frames, where a silhouette has so many
_FILE = places.DATA / "clips" / "footage.npz"
_LIMITS = safety.ZipLimits(members=64, total_bytes=40_000_000, member_bytes=20_000_000, ratio=1_000)
_RIM = 4  # pixels round a silhouette within which its motion is looked at


@dataclass(frozen=True, eq=False)
class Cut:
    """A silhouette and its footage."""

    frames: UInt8[np.ndarray, "t h w 3"]
    masks: Bool[np.ndarray, "t h w"]


@functools.lru_cache(maxsize=1)
def _arrays() -> dict[str, np.ndarray]:
    if not _FILE.is_file():
        raise errors.UserError("The footage of the composites is missing (data/clips/footage.npz).", "Restore the file from the repository.")
    return safety.read_npz(_FILE, _LIMITS)


@functools.lru_cache(maxsize=1)
def _about() -> dict[str, Any]:
    return json.loads(_arrays()["silhouettes"].tobytes())


@functools.lru_cache(maxsize=6)
def cut(name: str) -> Cut:
    """Return a silhouette by name."""
    said = _about()[name]
    ends = _arrays()[f"{said['shot']}.ends"]
    codes = np.split(_arrays()[said["shot"]], ends[:-1])
    frames = np.stack([np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR_RGB)) for code in codes])
    height, width = frames.shape[1:3]
    return Cut(frames.astype(np.uint8), np.stack([rle.decode(Rle(height, width, text.encode("ascii"))) for text in said["masks"]]))


def made(name: str, silhouette: str, occluders: Sequence[str], number: tuple[int, int]) -> Clip:
    """Return a clip of a silhouette with one or two cut-outs across it; equal arguments give equal clips."""
    rng = np.random.default_rng([SEED, *number])
    mine = cut(silhouette)
    length = min(LENGTH, len(mine.frames))
    start = int(rng.integers(0, len(mine.frames) - length + 1))
    frames, whole = mine.frames[start : start + length].copy(), mine.masks[start : start + length]
    filmed = frames.copy()
    hiding = np.zeros(whole.shape, np.bool_)
    chosen = [str(one) for one in rng.choice(occluders, int(rng.integers(1, 3)), replace=False)]
    for one in chosen:
        hiding |= _across(frames, whole, cut(one), rng)
    visible = whole & ~hiding
    track = Track(silhouette, _coded(visible), _coded(whole), _coded(_shown(filmed, whole, visible)))
    about = {"hidden": silhouette, "sources": {silhouette: silhouette}, "occluders": chosen}
    height, width = whole.shape[1:]
    return Clip(name, height, width, Held(frames), (track,), _coded(hiding), rate=25.0, about=about)


def _across(
    frames: UInt8[np.ndarray, "t h w 3"], whole: Bool[np.ndarray, "t h w"], other: Cut, rng: np.random.Generator
) -> Bool[np.ndarray, "t h w"]:  # fmt: skip
    """Draw a cut-out into frames so that it crosses the silhouette at some time; returns where it is."""
    length, height, width = whole.shape
    size = np.sqrt(whole.sum((1, 2)).mean())
    scale = float(rng.uniform(0.4, 0.75) * size / np.sqrt(other.masks.sum((1, 2)).mean()))
    when = rng.uniform(0.15, 0.85) * length
    y, x = np.nonzero(whole[int(when)])
    meeting = np.array([x.mean(), y.mean()]) + rng.normal(0, 0.12, 2) * size
    angle = float(rng.choice([0, np.pi]) + rng.normal(0, 0.35))
    way = rng.uniform(0.7, 1.8) * size / length * np.array([np.cos(angle), np.sin(angle)])
    found = np.zeros(whole.shape, np.bool_)
    for t in range(length):
        picture, mask = _played(other, t, scale)
        corner = np.round(meeting + (t - when) * way - np.array(mask.shape[::-1]) / 2).astype(int)
        (x0, x1), (y0, y1) = ((max(0, corner[k]), min(limit, corner[k] + mask.shape[1 - k])) for k, limit in enumerate((width, height)))
        if x0 < x1 and y0 < y1:
            inside = slice(y0 - corner[1], y1 - corner[1]), slice(x0 - corner[0], x1 - corner[0])
            found[t, y0:y1, x0:x1] = mask[inside]
            frames[t, y0:y1, x0:x1][mask[inside]] = picture[inside][mask[inside]]
    return found


def _played(other: Cut, t: int, scale: float) -> tuple[UInt8[np.ndarray, "h w 3"], Bool[np.ndarray, "h w"]]:
    """Return a cut-out's frame at another size; its frames are played to and fro."""
    turn = 2 * (len(other.frames) - 1)
    place = t % turn if turn else 0
    k = min(place, turn - place)
    rows, columns = np.flatnonzero(other.masks[k].any(1)), np.flatnonzero(other.masks[k].any(0))
    inside = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    size = tuple(max(1, round(length * scale)) for length in other.masks[k][inside].shape[::-1])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    mask = cv2.resize(other.masks[k][inside].astype(np.float32), size, interpolation=how) > 0.5
    return np.asarray(cv2.resize(other.frames[k][inside], size, interpolation=how), np.uint8), mask


def _shown(
    filmed: UInt8[np.ndarray, "t h w 3"], whole: Bool[np.ndarray, "t h w"], visible: Bool[np.ndarray, "t h w"]
) -> Bool[np.ndarray, "t h w"]:  # fmt: skip
    """Return the hidden pixels whose point is visible in another frame, by the flow of the footage as it was filmed."""
    rows, columns = np.flatnonzero(whole.any((0, 2))), np.flatnonzero(whole.any((0, 1)))
    inside = (slice(max(0, rows[0] - _RIM), rows[-1] + _RIM + 1), slice(max(0, columns[0] - _RIM), columns[-1] + _RIM + 1))
    forward, backward = estimated(filmed[:, *inside])
    known = visible[:, *inside].astype(np.float32)
    there = np.maximum(_carried(known, backward), _carried(known[::-1], forward[::-1])[::-1]) > 0.5
    found = np.zeros(whole.shape, np.bool_)
    found[:, *inside] = there & (whole & ~visible)[:, *inside]
    return found


def _carried(known: Float[np.ndarray, "t h w"], back: Float[np.ndarray, "s h w 2"]) -> Float[np.ndarray, "t h w"]:
    """Return what was visible in any frame before, carried along; `back[t]` leads from frame t + 1 to t in this order."""
    found = known.copy()
    for t in range(1, len(known)):
        found[t] = np.maximum(known[t], warped(found[t - 1], back[t - 1]))
    return found


def _coded(masks: Bool[np.ndarray, "t h w"]) -> Masks:
    return tuple(rle.encode(mask) for mask in masks)
