"""What a network sees of an object: a square around it in each frame, at one scale for the whole clip, and the way back to the full frame.

A patch holds no truth: what is hidden never enters it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float, Float32, Int, UInt8

from engine import errors, rle
from engine.datasets.clips import _motion
from engine.datasets.clips._clip import Clip, Frames
from engine.datasets.clips._files import Files
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
    frames: range | None = None, squares: Squares | None = None, coarse: int = 1,
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
        coarse: read only each so many-th pixel of large frames without exact flow, 1, 2, 4 or 8: quick, for what is only looked at.

    Raises:
        UserError: for an unknown object, or one that is visible nowhere.
    """
    frames = frames or range(clip.length)
    corners, square = squares or windows(clip, name, side)
    corners = corners[frames.start : frames.stop]
    view = _View(clip, name, corners // coarse, -(-square // coarse), side, coarse)
    pictures = np.stack([view.picture(t, k) for k, t in enumerate(frames)])
    visible = np.stack([view.mask(clip.track(name).visible[t], k) for k, t in enumerate(frames)])
    hiding = np.stack([view.hiding(t, k) for k, t in enumerate(frames)])
    inside = np.stack([view.inside(k) for k in range(len(frames))])
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
    view = _View(clip, name, like.corners, like.square, like.pictures.shape[1])
    return np.stack([view.mask(whole[like.start + k], k) for k in range(len(like))])


def windows(clip: Clip, name: str, side: int = SIDE) -> tuple[Int[np.ndarray, "t 2"], int]:
    """Return the (x, y) corner of the square in each frame and its side: the whole frame where that fits, else around what is visible.

    Where nothing is visible the square moves evenly between its neighbours in time.
    """
    if max(clip.height, clip.width) <= side:
        return np.tile([(clip.width - side) // 2, (clip.height - side) // 2], (clip.length, 1)), side
    boxes = [None if mask is None else rle.box(mask) for mask in clip.track(name).visible]
    there = [t for t, box in enumerate(boxes) if box is not None]
    if not there:
        raise errors.UserError(f"The object {name} of {clip.name} is visible in no frame.", "Choose another object.")
    found = np.array([box for box in boxes if box is not None], np.float64)  # left, top, right, bottom
    square = max(side // 2, int(np.ceil(_GROWTH * (found[:, 2:] - found[:, :2]).max())))
    middles = np.stack([np.interp(np.arange(clip.length), there, (found[:, k] + found[:, k + 2]) / 2) for k in range(2)], axis=1)
    return np.round(middles - square / 2).astype(np.int64), square


def pasted(probability: Float[np.ndarray, "s s"], corner: Int[np.ndarray, " 2"], square: int, height: int, width: int) -> Float32[np.ndarray, "h w"]:
    """Return a patch's values in the full frame, 0 outside the square."""
    left, strip = stripped(probability, corner, square, height, width)
    return np.pad(strip, ((0, 0), (left, width - left - strip.shape[1])))


def stripped(
    probability: Float[np.ndarray, "s s"], corner: Int[np.ndarray, " 2"], square: int, height: int, width: int
) -> tuple[int, Float32[np.ndarray, "h c"]]:
    """Return the first column of the frame that a square covers, and a patch's values in all that it covers, 0 above and below it."""
    big = np.ascontiguousarray(probability, np.float32)
    if square != len(big):
        big = cv2.resize(big, (square, square), interpolation=cv2.INTER_AREA if square < len(big) else cv2.INTER_LINEAR)
    (x0, x1), (y0, y1) = (_overlap(int(corner[k]), square, length) for k, length in enumerate((width, height)))
    if x0 >= x1 or y0 >= y1:
        return 0, np.zeros((height, 0), np.float32)
    found = np.zeros((height, x1 - x0), np.float32)
    found[y0:y1] = big[y0 - corner[1] : y1 - corner[1], x0 - corner[0] : x1 - corner[0]]
    return x0, found


def completed(
    clip: Clip, name: str, like: Patch, probability: Float[np.ndarray, "t s s"], frames: range | None = None, levels: Sequence[float] = ()
) -> Iterator[tuple[Rle, tuple[Rle, ...] | None]]:
    """Yield an object's whole mask in each full frame of a patch (or only some), and the masks of probability above each level.

    Known pixels are fixed: what is visible belongs to the object, what nothing hides does not. Only pixels of occluders are decided. Where the
    probability is 0 or 1 everywhere there is None for the levels.
    """
    for t in frames or range(like.start, like.start + len(like)):
        place, seen = t - like.start, clip.track(name).visible[t]
        left, value = stripped(probability[place], like.corners[place], like.square, clip.height, clip.width)
        box = None if seen is None else rle.box(seen)
        if box is not None and not (left <= box[0] and box[2] <= left + value.shape[1]):  # what is visible counts wherever it is
            left, value = 0, pasted(probability[place], like.corners[place], like.square, clip.height, clip.width)
        ends = left, left + value.shape[1]
        value = np.where(clip.others(name, t, ends), value, np.float32(0))
        value[clip.dense(seen, ends)] = 1
        sure = not levels or not ((value > 0) & (value < 1)).any()
        above = [rle.encode(value > limit, left, clip.width) for limit in (0.5, *(() if sure else levels))]
        yield above[0], None if sure else tuple(above[1:])


@dataclass(frozen=True, eq=False)
class _View:
    """An object's squares in a clip, at the size that networks see; of large frames only each so many-th pixel is read."""

    clip: Clip
    name: str
    corners: Int[np.ndarray, "t 2"]  # of what is read
    square: int
    side: int
    coarse: int = 1

    def picture(self, t: int, k: int) -> UInt8[np.ndarray, "s s 3"]:
        """Return frame t in the k-th square."""
        return _cut(_read(self.clip.frames, t, self.coarse), self.corners[k], self.square, self.side)

    def mask(self, mask: Rle | None, k: int) -> Bool[np.ndarray, "s s"]:
        """Return a mask of the clip in the k-th square."""
        return self._cut(lambda ends: self.clip.dense(mask, ends), k)

    def hiding(self, t: int, k: int) -> Bool[np.ndarray, "s s"]:
        """Return what may hide the object in frame t."""
        return self._cut(lambda ends: self.clip.others(self.name, t, ends), k)

    def inside(self, k: int) -> Bool[np.ndarray, "s s"]:
        """Return where the k-th square lies within the frame."""
        (x0, x1), (y0, y1) = self._ends(k)
        if (x1 - x0, y1 - y0) == (self.square, self.square):
            return np.ones((self.side, self.side), np.bool_)
        return self._cut(lambda ends: np.ones((self.clip.height, ends[1] - ends[0]), np.bool_), k)

    def _ends(self, k: int) -> list[tuple[int, int]]:
        sizes = (-(-length // self.coarse) for length in (self.clip.width, self.clip.height))
        return [_overlap(int(self.corners[k][axis]), self.square, size) for axis, size in enumerate(sizes)]

    def _cut(self, read: Callable[[tuple[int, int]], Bool[np.ndarray, "h c"]], k: int) -> Bool[np.ndarray, "s s"]:
        """Return what is read of some columns in the k-th square."""
        (x0, x1), (y0, y1) = self._ends(k)
        if x0 >= x1 or y0 >= y1:
            return np.zeros((self.side, self.side), np.bool_)
        columns = read((x0 * self.coarse, min(self.clip.width, x1 * self.coarse)))[:: self.coarse, :: self.coarse]
        return _cut(columns, self.corners[k] - [x0, 0], self.square, self.side, np.float32) > 0.5


def _read(frames: Frames, t: int, coarse: int) -> UInt8[np.ndarray, "h w 3"]:
    """Return a frame, or each so many-th pixel of it."""
    if coarse > 1 and isinstance(frames, Files):
        return frames.reduced(t, coarse)
    return frames[t][::coarse, ::coarse]


def _overlap(start: int, square: int, length: int) -> tuple[int, int]:
    return max(0, start), min(length, start + square)


def _cut(picture: np.ndarray, corner: Int[np.ndarray, " 2"], square: int, side: int, dtype: type | None = None) -> np.ndarray:
    """Return a square of a picture at another size, counted in another type; outside the frame it is 0."""
    height, width = picture.shape[:2]
    found = np.zeros((square, square, *picture.shape[2:]), dtype or picture.dtype)
    (x0, x1), (y0, y1) = (_overlap(int(corner[k]), square, length) for k, length in enumerate((width, height)))
    if x0 < x1 and y0 < y1:
        found[y0 - corner[1] : y1 - corner[1], x0 - corner[0] : x1 - corner[0]] = picture[y0:y1, x0:x1]
    if square == side:
        return found
    return cv2.resize(found, (side, side), interpolation=cv2.INTER_AREA if square > side else cv2.INTER_LINEAR)


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
