"""A clip as a browser steps through it: single frames, pages of run-length codes, probabilities, and numbers for a timeline. No torch.

Nothing here grows with a clip but the clip itself: masks leave in pages of `PAGE` frames, frames one by one as the bytes they lie in.
Addresses of clips are those of `engine.datasets.clips`; who answered what is `engine.amodal.replies`.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int64

from engine import errors, rle, safety, shelf
from engine.amodal import answering, baselines, replies
from engine.datasets import clips
from engine.datasets.clips import Clip, Files, Masks
from engine.rle import Rle

PAGE = 64  # frames a page
KEPT = shelf.Shelf(48_000_000)
_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp", ".bmp": "image/bmp"}
_WARM = 20  # frames before a page that a memory is begun at
NEAR = 12  # frames to each side that belong to one moment, in long clips
_OWN = 1_000_000  # weighs more than all that may hide an object


def frame(address: str, number: int) -> tuple[bytes, str]:
    """Return one frame as a picture file and its media type: the file that lies there, or a PNG of what is drawn.

    Raises:
        UserError: for an unknown clip, or a number that it does not have.
    """
    clip = replies.clip(address)
    _check(clip, number)
    if isinstance(clip.frames, Files):
        file = safety.inside(clip.frames.folder, clip.frames.names[number])
        if kind := _TYPES.get(file.suffix.lower()):
            return file.read_bytes(), kind
    _, code = cv2.imencode(".png", clip.frames[number][..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1])
    return code.tobytes(), "image/png"


def _check(clip: Clip, number: int) -> None:
    if not 0 <= number < clip.length:
        raise errors.UserError(f"{clip.name} has no frame {number:,}.", f"Its frames are 0 to {clip.length - 1:,}.")


def _page(clip: Clip, number: int) -> range:
    """Return the frames of a page; raises UserError for one that the clip does not have."""
    _check(clip, number * PAGE)
    return range(number * PAGE, min(clip.length, (number + 1) * PAGE))


def masks(address: str, track: str, number: int, names: Sequence[str]) -> dict[str, Any]:
    """Return a page of one object's masks as COCO counts, null where there is none.

    Args:
        address: of the clip.
        track: the object.
        number: of the page, from 0.
        names: whose answers are wanted.

    Returns:
        `first` frame, `visible`, `whole` (null where the truth is not known), `occluder` (all that may hide the object), `answers` by name.

    Raises:
        UserError: for an unknown clip, object, page or answer.
    """
    clip = replies.clip(address)
    mine, frames = clip.track(track), _page(clip, number)
    return {
        "first": frames.start, "visible": _counts(mine.visible, frames), "whole": None if mine.whole is None else _counts(mine.whole, frames),
        "occluder": [_text(covering(clip, track, t)) for t in frames],
        "answers": {name: _answered(address, name, track, frames) for name in names},
    }  # fmt: skip


def _counts(found: Masks, frames: range) -> list[str | None]:
    return [_text(found[t]) for t in frames]


def _answered(address: str, name: str, track: str, frames: range) -> list[str | None] | None:
    found = replies.answer(address, name, track)
    return None if found is None else _counts(found.whole, frames)


def _text(mask: Rle | None) -> str | None:
    return None if mask is None else mask.counts.decode("ascii")


def covering(clip: Clip, track: str, t: int) -> Rle | None:
    """Return where something may hide an object in a frame, as `Clip.others` has it, without decoding a mask."""
    others = [one.visible[t] for one in clip.tracks if one.name != track] + [clip.occluder[t] if clip.occluder else None]
    there = [mask for mask in others if mask is not None]
    if not there:
        return None
    edges, weights = zip(*(_edges(mask, 1) for mask in there), strict=True)
    own = clip.track(track).visible[t]
    more = [_edges(own, -_OWN)] if own is not None else []
    places, weighed = (np.concatenate([*first, *(pair[k] for pair in more)]) for k, first in enumerate((edges, weights)))
    order = np.argsort(places, kind="stable")
    places, level = places[order], np.cumsum(weighed[order])
    last = np.concatenate([places[1:] != places[:-1], [True]])[: len(places)]  # of several at one place the last one has seen them all
    return _coded(places[last], level[last] > 0, clip.height, clip.width)


def _edges(mask: Rle, weight: int) -> tuple[Int64[np.ndarray, " n"], Int64[np.ndarray, " n"]]:
    """Return where a mask begins and ends, column by column, and what that adds."""
    ends = np.cumsum(rle.runs(mask))[: 2 * (len(rle.runs(mask)) // 2)]
    return ends, np.where(np.arange(len(ends)) % 2 == 0, weight, -weight)


def _coded(places: Int64[np.ndarray, " n"], on: Bool[np.ndarray, " n"], height: int, width: int) -> Rle:
    """Return the code of a mask that is switched on or off at places in rising order."""
    changes = places[on != np.concatenate([[False], on[:-1]])] if len(on) else places
    lengths = np.diff(np.concatenate([[0], changes, [height * width]]))
    return Rle(height, width, rle.pack(lengths[:-1] if len(lengths) > 1 and lengths[-1] == 0 else lengths))


def odds(address: str, track: str, number: int, name: str) -> dict[str, Any]:
    """Return a page of probabilities as nested masks: `over`, the limits, and `levels`, a frame's COCO counts for each, null where all is 0 or 1.

    Raises:
        UserError: for an unknown clip, object, page or answer.
    """
    frames = _page(replies.clip(address), number)
    found = replies.answer(address, name, track)
    nested = [found.levels[t] if found else None for t in frames]
    levels = [None if one is None else [_text(mask) for mask in one] for one in nested]
    return {"first": frames.start, "over": answering.LEVELS, "levels": levels}


def beside(address: str, track: str, number: int) -> dict[str, Any]:
    """Return a page of what follows from visible masks and motion: `revealed` and `memory`, as COCO counts.

    Revealed: visible now, and not where the visible part of the frame before was carried by the object's motion (the published training
    signal). Memory: all that was visible in frames before, carried along the motion, before this frame is seen.

    Raises:
        UserError: for an unknown clip, object or page.
    """
    return KEPT.get(("beside", address, replies.identity(address), track, number), lambda: _beside(address, track, number))


def _beside(address: str, track: str, number: int) -> dict[str, Any]:
    clip = replies.clip(address)
    frames = _page(clip, number)
    none: list[str | None] = [None] * len(frames)
    if not any(mask is not None and mask.area for mask in clip.track(track).visible):
        return {"first": frames.start, "revealed": none, "memory": none}
    squares = KEPT.get(("windows", address, replies.identity(address), track), lambda: clips.windows(clip, track))
    wanted = range(max(0, frames.start - _WARM), frames.stop)
    patch = clips.patch(clip, track, frames=wanted, squares=squares, coarse=_coarse(clip, squares[1]))
    so_far, revealed, memory = patch.visible[0].astype(np.float32), list(none), list(none)
    for k in range(1, len(patch)):
        before = clips.warped(patch.visible[k - 1].astype(np.float32), patch.backward[k])
        carried = clips.warped(so_far, patch.backward[k])
        if (t := patch.start + k) >= frames.start:
            left, was = clips.stripped(before, patch.corners[k], patch.square, clip.height, clip.width)
            mine = clip.dense(clip.track(track).visible[t], (left, left + was.shape[1]))
            revealed[t - frames.start] = _text(rle.encode(mine & ~(was > 0.5), left, clip.width))
            held = clips.stripped(carried, patch.corners[k], patch.square, clip.height, clip.width)[1]
            memory[t - frames.start] = _text(rle.encode(held > 0.5, left, clip.width))
        so_far = np.maximum(patch.visible[k], carried)
    return {"first": frames.start, "revealed": revealed, "memory": memory}


def _coarse(clip: Clip, square: int) -> int:
    """Return which pixels are read where squares are larger than patches: so many that a patch's pixel still has several."""
    return 1 if clip.flow is not None else next((factor for factor in (8, 4, 2) if square >= 2 * factor * clips.SIDE), 1)


def series(address: str, track: str, names: Sequence[str]) -> dict[str, Any]:
    """Return an object's timeline: `occlusion`, and for each answer `hidden` (IoU of the hidden part), in thousandths, null where undefined.

    `moments` has the worst frame of each moment of an answer, worst first. Where the truth is not known `occlusion` is None, and each answer has
    `share`: what part of its whole mask it says to be hidden.

    Raises:
        UserError: for an unknown clip, object or answer.
    """
    clip = replies.clip(address)
    mine = clip.track(track)
    found: dict[str, Any] = {"occlusion": None if mine.whole is None else _thousandths(_share(mine.visible, mine.whole)), "answers": {}}
    for name in names:
        rows = replies.frames(address, name, track)
        answer = replies.answer(address, name, track)
        share = _share(mine.visible, answer.whole) if mine.whole is None and answer else None
        hidden = None if rows is None else rows["iou_hidden"].to_numpy(np.float64)
        bad = 1 - hidden if hidden is not None else share
        found["answers"][name] = {
            "hidden": None if hidden is None else _thousandths(hidden), "share": None if share is None else _thousandths(share),
            "moments": [] if bad is None else [frame for frame, _ in moments(bad)],
        }  # fmt: skip
    return found


def moments(bad: Float[np.ndarray, " n"]) -> list[tuple[int, float]]:
    """Return the worst moments of a clip, worst first: the worst frame of each, and how bad its frames are together.

    A moment is a frame with those near it, about a second of film in long clips and one frame in short ones. Many bad frames in a row are
    worse than a single one; frames that are not judged count nothing.

    Args:
        bad: how bad each frame is, from 0 to 1, NaN where it is not judged.
    """
    near = min(NEAR, len(bad) // 16)
    known, left, found = np.nan_to_num(bad), ~np.isnan(bad), []
    total = _around(known, near)
    while left.any():
        centre = int(np.argmax(np.where(left, total + 1e-6 * known, -1)))
        here = slice(max(0, centre - near), centre + near + 1)
        found.append((here.start + int(np.argmax(np.where(left[here], known[here], -1))), float(total[centre])))
        left[here], known[here] = False, 0
        first, wide = max(0, here.start - near), slice(max(0, here.start - 2 * near), here.stop + 2 * near)
        total[first : here.stop + near] = _around(known[wide], near)[first - wide.start :][: here.stop + near - first]
    return found


def _around(values: Float[np.ndarray, " n"], near: int) -> Float[np.ndarray, " n"]:
    """Return each value and those near it, added up."""
    return np.convolve(values, np.ones(2 * near + 1))[near : near + len(values)]


def _share(visible: Masks, whole: Masks) -> Float[np.ndarray, " n"]:
    """Return what part of whole masks is not visible, NaN where there is no whole mask."""
    areas = np.array([[mask.area if mask else 0 for mask in column] for column in (visible, whole)], np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(areas[1] > 0, np.maximum(0, 1 - areas[0] / areas[1]), np.nan)


def _thousandths(values: Float[np.ndarray, " n"]) -> list[int | None]:
    return [None if value != value else round(1000 * value) for value in values.tolist()]


@dataclasses.dataclass(frozen=True)
class Said:
    """How well an answer completes one object."""

    filled: float  # share of hidden pixels that it finds, all frames together
    mean: float  # IoU of the hidden part, mean over frames
    worst: int  # frame of the smallest one in the worst moment
    least: float  # and its value
    lost: float  # what IoU that moment lacks, added up over its frames
    judged: int  # frames that hide enough to be judged


def said(address: str, track: str, name: str) -> Said | None:
    """Return how well an answer completes an object, None where no frame can be judged.

    Raises:
        UserError: for an unknown clip, object or answer.
    """
    rows = replies.frames(address, name, track)
    if rows is None:
        return None
    values, hidden, found = (rows[column].to_numpy(np.float64) for column in ("iou_hidden", "hidden_px", "hidden_both_px"))
    judged = np.flatnonzero(np.isfinite(values))
    if not len(judged):
        return None
    worst, lost = moments(1 - values)[0]
    filled = float(found[judged].sum() / hidden[judged].sum())
    return Said(filled, float(values[judged].mean()), worst, float(values[worst]), lost, len(judged))


def about(address: str) -> dict[str, Any]:
    """Return what a viewer needs of a clip before it asks for more: size, objects, answers, and how well each completes each object.

    Raises:
        UserError: for an unknown clip.
    """
    return KEPT.get(("about", address, replies.identity(address)), lambda: _about(address))


def _about(address: str) -> dict[str, Any]:
    clip = replies.clip(address)
    names = replies.names(address)
    tracks = [
        {
            "name": track.name, "truth": track.whole is not None, "visible": sum(mask is not None and mask.area > 0 for mask in track.visible),
            "said": {name: None if (one := said(address, track.name, name)) is None else dataclasses.asdict(one) for name in names},
        }
        for track in clip.tracks
    ]  # fmt: skip
    return {
        "clip": address, "title": clip.name, "frames": clip.length, "height": clip.height, "width": clip.width, "rate": clip.rate, "page": PAGE,
        "occluder": clip.occluder is not None or len(clip.tracks) > 1, "tracks": tracks,
        "answers": [{"name": name, "title": replies.title(name), "baseline": name in baselines.names()} for name in names],
        "identity": replies.identity(address),
    }  # fmt: skip
