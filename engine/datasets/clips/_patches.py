"""What a network sees of an object: a square around it in each frame, at one scale for the whole clip, and the way back to the full frame.

A patch holds no truth: what is hidden never enters it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float, Float32, Int, UInt8

from engine import errors, rle
from engine.datasets.clips import _motion
from engine.datasets.clips._clip import Clip, Masks
from engine.rle import Rle

SIDE = 64
LONGEST = 400  # frames that a network is asked about at once
SHARED = 20  # frames that two such pieces have in common on each side, so that a memory is warm when it counts
_GROWTH = 1.75  # side of the square, times the largest side of the visible mask in any frame


Squares = tuple[Int[np.ndarray, "t 2"], int]
"""(x, y) of the corner of the square in each frame of a clip, and its side."""


@dataclass(frozen=True, eq=False)
class Patch:
    """An object's surroundings at the scale that networks see; motion in patch pixels, (x, y), filled in where it is hidden."""

    pictures: UInt8[np.ndarray, "t s s 3"]
    visible: Bool[np.ndarray, "t s s"]
    occluder: Bool[np.ndarray, "t s s"]
    inside: Bool[np.ndarray, "t s s"]  # within the frame
    forward: Float32[np.ndarray, "t s s 2"]  # to the next frame; the last one is the reverse of the way there
    backward: Float32[np.ndarray, "t s s 2"]  # to the frame before; the first one is the reverse of the way on
    corners: Int[np.ndarray, "t 2"]  # (x, y) of each square in the frame
    square: int  # its side in the frame, pixels
    start: int = 0  # number of its first frame in the clip

    def __len__(self) -> int:
        return len(self.pictures)


def patch(
    clip: Clip, name: str, *, side: int = SIDE, flow: str = "given", noise: float = 0.0, seed: int = 0, affine: bool = True,
    frames: range | None = None, squares: Squares | None = None,
) -> Patch:  # fmt: skip
    """Return an object's patch.

    Args:
        clip: the clip.
        name: the object.
        side: of the patch, pixels.
        flow: "given" takes the clip's exact flow where it has one; "dis" always estimates.
        noise: standard deviation added to a given flow, pixels.
        seed: of the noise.
        affine: fill hidden parts with an affine fit of the visible motion; else with its mean.
        frames: only these; None = all.
        squares: what `windows` says, where it was asked before.

    Raises:
        UserError: for an unknown object, or one that is visible nowhere.
    """
    frames = frames or range(clip.length)
    corners, square = squares or windows(clip, name, side)
    corners = corners[frames.start : frames.stop]
    pictures = np.stack([_cut(clip.frames[t], corner, square, side) for t, corner in zip(frames, corners, strict=True)])
    visible = _masks(clip, clip.track(name).visible, frames, corners, square, side)
    hiding = np.stack([_cut_mask(clip.others(name, t), corner, square, side) for t, corner in zip(frames, corners, strict=True)])
    inside = np.stack([_cut_mask(np.ones((clip.height, clip.width), np.bool_), corner, square, side) for corner in corners])
    there, back = _given(clip, frames, corners, square, side, noise, seed) if flow == "given" and clip.flow else _motion.estimated(pictures)
    if len(frames) == 1:
        there = back = np.zeros((1, side, side, 2), np.float32)
    else:
        there, back = np.concatenate([there, -back[-1:]]), np.concatenate([-there[:1], back])
    forward, backward = (_motion.filled(one, visible, affine=affine) for one in (there, back))
    return Patch(pictures, visible, hiding & ~visible, inside, forward, backward, corners, square, frames.start)


def pieces(clip: Clip, name: str, *, flow: str = "given", noise: float = 0.0, seed: int = 0) -> Iterator[tuple[Patch, range]]:
    """Yield an object's patches piece by piece, in constant memory, and the frames of the clip that each one is to answer."""
    squares = windows(clip, name)
    for start in range(0, clip.length, LONGEST):
        end = min(clip.length, start + LONGEST)
        frames = range(max(0, start - SHARED), min(clip.length, end + SHARED))
        yield patch(clip, name, flow=flow, noise=noise, seed=seed, frames=frames, squares=squares), range(start, end)


def truth(clip: Clip, name: str, like: Patch) -> Bool[np.ndarray, "t s s"]:
    """Return an object's whole masks in the squares of a patch; raises UserError where they are not known."""
    whole = clip.track(name).whole
    if whole is None:
        raise errors.UserError(f"The whole masks of {name} in {clip.name} are not known.", "Choose a clip with truth.")
    return _masks(clip, whole, range(like.start, like.start + len(like)), like.corners, like.square, like.pictures.shape[1])


def windows(clip: Clip, name: str, side: int = SIDE) -> tuple[Int[np.ndarray, "t 2"], int]:
    """Return the (x, y) corner of the square in each frame and its side: the whole frame where that fits, else around what is visible.

    Where nothing is visible the square moves evenly between its neighbours in time.
    """
    if max(clip.height, clip.width) <= side:
        return np.tile([(clip.width - side) // 2, (clip.height - side) // 2], (clip.length, 1)), side
    boxes = [_box(clip.dense(mask)) for mask in clip.track(name).visible]
    there = [t for t, box in enumerate(boxes) if box is not None]
    if not there:
        raise errors.UserError(f"The object {name} of {clip.name} is visible in no frame.", "Choose another object.")
    found = np.array([box for box in boxes if box is not None], np.float64)  # left, top, right, bottom
    square = max(side // 2, int(np.ceil(_GROWTH * (found[:, 2:] - found[:, :2]).max())))
    middles = np.stack([np.interp(np.arange(clip.length), there, (found[:, k] + found[:, k + 2]) / 2) for k in range(2)], axis=1)
    return np.round(middles - square / 2).astype(np.int64), square


def pasted(probability: Float[np.ndarray, "s s"], corner: Int[np.ndarray, " 2"], square: int, height: int, width: int) -> Float32[np.ndarray, "h w"]:
    """Return a patch's values in the full frame, 0 outside the square."""
    big = np.ascontiguousarray(probability, np.float32)
    if square != len(big):
        big = cv2.resize(big, (square, square), interpolation=cv2.INTER_AREA if square < len(big) else cv2.INTER_LINEAR)
    found = np.zeros((height, width), np.float32)
    (x0, x1), (y0, y1) = (_overlap(int(corner[k]), square, length) for k, length in enumerate((width, height)))
    if x0 < x1 and y0 < y1:
        found[y0:y1, x0:x1] = big[y0 - corner[1] : y1 - corner[1], x0 - corner[0] : x1 - corner[0]]
    return found


def completed(
    clip: Clip, name: str, like: Patch, probability: Float[np.ndarray, "t s s"], frames: range | None = None, threshold: float = 0.5
) -> Iterator[tuple[Rle, Float32[np.ndarray, "h w"]]]:
    """Yield an object's whole mask in each full frame of a patch (or only some), and the probability behind it.

    Known pixels are fixed: what is visible belongs to the object, what nothing hides does not. Only pixels of occluders are decided.
    """
    track = clip.track(name)
    for t in frames or range(like.start, like.start + len(like)):
        place = t - like.start
        value = pasted(probability[place], like.corners[place], like.square, clip.height, clip.width)
        value = np.where(clip.others(name, t), value, np.float32(0))
        value[clip.dense(track.visible[t])] = 1
        yield rle.encode(value > threshold), value


def _overlap(start: int, square: int, length: int) -> tuple[int, int]:
    return max(0, start), min(length, start + square)


def _box(mask: Bool[np.ndarray, "h w"]) -> tuple[int, int, int, int] | None:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1) if len(rows) else None


def _cut(picture: np.ndarray, corner: Int[np.ndarray, " 2"], square: int, side: int) -> np.ndarray:
    """Return a square of a picture at another size; outside the frame it is 0."""
    height, width = picture.shape[:2]
    found = np.zeros((square, square, *picture.shape[2:]), picture.dtype)
    (x0, x1), (y0, y1) = (_overlap(int(corner[k]), square, length) for k, length in enumerate((width, height)))
    if x0 < x1 and y0 < y1:
        found[y0 - corner[1] : y1 - corner[1], x0 - corner[0] : x1 - corner[0]] = picture[y0:y1, x0:x1]
    if square == side:
        return found
    return cv2.resize(found, (side, side), interpolation=cv2.INTER_AREA if square > side else cv2.INTER_LINEAR)


def _cut_mask(mask: Bool[np.ndarray, "h w"], corner: Int[np.ndarray, " 2"], square: int, side: int) -> Bool[np.ndarray, "s s"]:
    return _cut(mask.astype(np.float32), corner, square, side) > 0.5


def _masks(clip: Clip, masks: Masks, frames: range, corners: Int[np.ndarray, "t 2"], square: int, side: int) -> Bool[np.ndarray, "t s s"]:
    return np.stack([_cut_mask(clip.dense(masks[t]), corner, square, side) for t, corner in zip(frames, corners, strict=True)])


def _given(
    clip: Clip, frames: range, corners: Int[np.ndarray, "t 2"], square: int, side: int, noise: float, seed: int
) -> tuple[Float32[np.ndarray, "n s s 2"], Float32[np.ndarray, "n s s 2"]]:
    """Return a clip's own flow in patches: less what the square itself moves, in patch pixels."""
    assert clip.flow is not None
    rng, steps = np.random.default_rng([seed, frames.start, 77]), np.diff(corners, axis=0).astype(np.float32)
    shape, found = (len(steps), side, side, 2), []
    for flow, first, sign in ((clip.flow.forward, 0, 1), (clip.flow.backward, 1, -1)):
        cut = (
            np.stack([_cut(flow[frames.start + t], corners[t + first], square, side) - sign * steps[t] for t in range(len(steps))])
            if len(steps)
            else np.zeros(shape)
        )
        there = cut * (side / square) + (rng.normal(0, noise, shape) if noise else 0.0)
        found.append(there.astype(np.float32))
    return found[0], found[1]
