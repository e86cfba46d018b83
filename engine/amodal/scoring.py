"""What an answer gets right: counts for each frame of each object, and the table of measures over clips, bands and ways to average."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float32

from engine import errors
from engine.datasets import clips
from engine.datasets.clips import Clip, Masks, Patch
from engine.metrics import masks
from engine.metrics.masks import Tally
from engine.rle import Rle

Completer = Callable[[Patch], Float32[np.ndarray, "t s s"]]
ALL = "all"


@dataclass(frozen=True, eq=False)
class Scored:
    """Counts of one answer to one object of one clip, an entry a frame."""

    clip: str
    track: str
    answer: str
    tally: Tally


def answered(
    clip: Clip, track: str, completers: Mapping[str, Completer], *, flow: str = "given", noise: float = 0.0, seed: int = 0
) -> dict[str, Masks]:
    """Return an object's whole masks in full frames by each completer; all of them see the same patches.

    A clip of more than 400 frames is answered in pieces that overlap.
    """
    found: dict[str, list[Rle]] = {name: [] for name in completers}
    for patch, frames in clips.pieces(clip, track, flow=flow, noise=noise, seed=seed):
        for name, completer in completers.items():
            found[name] += [mask for mask, _ in clips.completed(clip, track, patch, completer(patch), frames)]
    return {name: tuple(masks) for name, masks in found.items()}


def tally(clip: Clip, track: str, predicted: Masks) -> Tally:
    """Return the counts of predicted whole masks; frames without a prediction count as predicting nothing, without truth as NaN.

    Raises:
        UserError: for an unknown object, or another number of masks than frames.
    """
    mine = clip.track(track)
    if len(predicted) != clip.length:
        raise errors.UserError(f"{clip.name} has {clip.length:,} frames, the prediction has {len(predicted):,}.", "Bring one mask a frame.")
    return masks.stacked(list(_counts(clip, track, mine, predicted)))


def _counts(clip: Clip, name: str, track: clips.Track, predicted: Masks) -> Iterator[tuple[float, ...]]:
    for t in range(clip.length):
        known = None if track.whole is None or track.whole[t] is None else clip.dense(track.whole[t])
        seen = None if track.seen is None else clip.dense(track.seen[t])
        yield masks.counted(clip.dense(predicted[t]), clip.dense(track.visible[t]), clip.others(name, t), known, seen)


def scored(
    given: Iterable[Clip], completers: Mapping[str, Completer], *, flow: str = "given", noise: float = 0.0, tracks: Sequence[str] = ()
) -> Iterator[Scored]:
    """Yield counts of every answer to every object with a known whole mask; all answers of an object see the same patch.

    Args:
        given: clips.
        completers: name and function of each answer.
        flow: "given" or "dis", as `clips.patch` has it.
        noise: on given flow, pixels; drawn anew for each clip, and the same for every answer.
        tracks: only objects of these names; empty = all that are hidden at some time.
    """
    for number, clip in enumerate(given):
        for track in clip.tracks:
            if track.whole is None or (tracks and track.name not in tracks) or not (tracks or is_hidden(track)):
                continue
            for name, predicted in answered(clip, track.name, completers, flow=flow, noise=noise, seed=number).items():
                yield Scored(clip.name, track.name, name, tally(clip, track.name, predicted))


def is_hidden(track: clips.Track) -> bool:
    """Return whether an object is ever covered: those that never are would only count what is visible anyway."""
    assert track.whole is not None
    return any(whole and whole.area > (visible.area if visible else 0) for whole, visible in zip(track.whole, track.visible, strict=True))


def frames(found: Sequence[Scored]) -> pd.DataFrame:
    """Return one row a frame: clip, track, answer, frame, occlusion, band, and every metric (NaN where it is undefined)."""
    parts = []
    for one in found:
        bands = masks.bands(one.tally)
        band = np.full(len(one.tally.whole), "", dtype=object)
        for name, *_ in masks.BANDS:
            band[bands[name]] = name
        said = {name: masks.compute(name, one.tally) for name in masks.names()}
        parts.append(
            pd.DataFrame(
                {
                    "clip": one.clip,
                    "track": one.track,
                    "answer": one.answer,
                    "frame": np.arange(len(band)),
                    "occlusion": one.tally.occlusion,
                    "band": band,
                    **said,
                }
            )
        )
    return (
        pd.concat(parts, ignore_index=True)
        if parts
        else pd.DataFrame(columns=["clip", "track", "answer", "frame", "occlusion", "band", *masks.names()])
    )


def measures(found: Sequence[Scored], bands: Sequence[str] = (ALL, masks.PUBLISHED), ways: Sequence[str] = masks.WAYS) -> pd.DataFrame:
    """Return one row an answer, band, metric and way: value, low, high (95 %, over clips), n frames, clips, reason."""
    rows = []
    for answer in dict.fromkeys(one.answer for one in found):
        mine = [one for one in found if one.answer == answer]
        whole = masks.joined([one.tally for one in mine])
        names = np.concatenate([[one.clip] * len(one.tally.whole) for one in mine])
        parts = {ALL: np.ones(len(names), np.bool_), **masks.bands(whole)}
        for band in bands:
            if band not in parts:
                raise errors.unknown("band of occlusion", band, parts)
            here = whole.only(parts[band])
            for metric in masks.names():
                for way in ways:
                    one = masks.measure(metric, here, names[parts[band]], way)
                    rows.append((answer, band, metric, way, one.value, one.low, one.high, one.n, len(set(names[parts[band]])), one.reason))
    return pd.DataFrame(rows, columns=["answer", "band", "metric", "way", "value", "low", "high", "n", "clips", "reason"])
