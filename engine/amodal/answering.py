"""Answers in full frames: whole masks, and probabilities as nested masks; and the rows that are stored of them. No torch."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from engine import rows
from engine.amodal import baselines, scoring
from engine.amodal.scoring import Completer
from engine.datasets import clips
from engine.datasets.clips import Clip, Masks
from engine.metrics import masks
from engine.rle import Rle

LEVELS = (0.1, 0.3, 0.7, 0.9)
Nested = tuple[tuple[Rle, ...] | None, ...]
FEW = f"fewer than {masks.FEWEST} pixels of it are hidden"
UNKNOWN = "its whole mask is not known here"
ABSENT = "it is not in this frame"


@dataclass(frozen=True, eq=False)
class Answer:
    """One object's whole masks in full frames by one answer."""

    name: str
    flow: str
    whole: Masks
    levels: Nested  # a frame: masks of probability > LEVELS; None = 0 or 1 everywhere, the whole mask says it all
    run: str = ""  # that it is stored in


def completed(
    clip: Clip, track: str, ask: Mapping[str, Completer], *, flow: str = "given", noise: float = 0.0, seed: int = 0
) -> Iterator[tuple[range, dict[str, list[tuple[Rle, tuple[Rle, ...] | None]]]]]:
    """Yield an object's masks and levels by each completer, piece by piece of a clip; all of them see the same patches."""
    for patch, frames in clips.pieces(clip, track, flow=flow, noise=noise, seed=seed):
        yield frames, {name: list(clips.completed(clip, track, patch, completer(patch), frames, LEVELS)) for name, completer in ask.items()}


def answer(clip: Clip, track: str, name: str, ask: Completer, *, flow: str = "given", noise: float = 0.0, seed: int = 0) -> Answer:
    """Return one answer to one object of a clip."""
    found = [one for _, piece in completed(clip, track, {name: ask}, flow=flow, noise=noise, seed=seed) for one in piece[name]]
    return Answer(name, flow, tuple(whole for whole, _ in found), tuple(nested for _, nested in found))


def baseline(clip: Clip, track: str, name: str, flow: str = "given") -> Answer:
    """Return a baseline's answer, made now; raises UserError for an unknown baseline or object, or one that is visible nowhere."""
    return answer(clip, track, name, lambda patch: baselines.answer(name, patch), flow=flow)


def objects(clip: Clip, only: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the objects that are completed: visible somewhere, and hidden at some time where the truth is known; or only these.

    Raises:
        UserError: for an object that the clip does not have.
    """
    if only:
        return tuple(clip.track(name).name for name in only)
    visible = [track for track in clip.tracks if any(mask is not None and mask.area for mask in track.visible)]
    return tuple(track.name for track in visible if track.whole is None or scoring.is_hidden(track))


def completions(clip: Clip, address: str, track: str, found: Answer, cell: str) -> rows.Block:
    """Return an answer's masks as rows, one a frame."""
    columns = {
        "clip": address, "track": track, "answer": found.name, "flow": found.flow, "frame": list(range(clip.length)), "height": clip.height,
        "width": clip.width, "whole": [None if mask is None else mask.counts.decode("ascii") for mask in found.whole],
        "levels": [None if nested is None else " ".join(one.counts.decode("ascii") for one in nested) for nested in found.levels], "cell": cell,
    }  # fmt: skip
    return rows.Block(rows.Completion, columns, clip.length)


def frame_rows(clip: Clip, where: tuple[str, str, str], track: str, found: Answer, cell: str) -> rows.Block:
    """Return what an answer gets right, one row a frame.

    Args:
        clip: the clip.
        where: its address, set and split.
        track: the object.
        found: the answer.
        cell: hash of what it depends on.
    """
    tally = scoring.tally(clip, track, found.whole)
    counts = {_COLUMN.get(one.name, f"{one.name}_px"): _whole(getattr(tally, one.name)) for one in fields(tally)}
    counts["visible_px"] = [int(value) for value in tally.visible]
    measured = {name: _known(masks.compute(name, tally)) for name in masks.names()}
    address, dataset, split = where
    columns = {
        "clip": address, "dataset": dataset, "split": split, "source": source(clip, track, address), "track": track, "answer": found.name,
        "flow": found.flow, "frame": list(range(clip.length)), "occlusion": _known(tally.occlusion), **measured, "reason": reasons(tally),
        **counts, "cell": cell,
    }  # fmt: skip
    return rows.Block(rows.MaskFrame, columns, clip.length)


_COLUMN = {"false": "false_px"}


def source(clip: Clip, track: str, address: str) -> str:
    """Return what an object is cut from, where the clip says so: clips of one source are not independent."""
    return str(clip.about.get("sources", {}).get(track, address))


def reasons(tally: masks.Tally) -> list[str | None]:
    """Return why the hidden part of each frame is not judged."""
    said = np.where(np.isnan(tally.whole), UNKNOWN, np.where(tally.whole == 0, ABSENT, np.where(tally.judged, "", FEW)))
    return [str(one) or None for one in said]


def _known(values: np.ndarray) -> list[float | None]:
    return [None if value != value else float(value) for value in values]


def _whole(values: np.ndarray) -> list[int | None]:
    return [None if value != value else int(value) for value in values]
