"""Who completed a clip, and how: answers that are stored, and baselines, made on the first ask where a clip is small. No torch."""

import contextlib
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from engine import completers, errors, hashing, shelf, store
from engine.amodal import answering, baselines, scoring, views
from engine.amodal.answering import Answer
from engine.datasets import clips
from engine.datasets.clips import Clip
from engine.metrics import masks

SMALL = 20_000_000  # pixels of all frames, for each object, up to which baselines are made while somebody waits
CLIPS = shelf.Shelf(160_000_000)
KEPT = shelf.Shelf(96_000_000)
COLUMNS = ("frame", "iou_hidden", "hidden_px", "hidden_both_px")
Made = TypeVar("Made")


def identity(address: str) -> str:
    """Return what changes with a clip and with what is stored of it; raises UserError for an unknown clip."""
    return hashing.of_parts(clips.digest(address), _stored(address).to_json())


def _stored(address: str) -> pd.DataFrame:
    return KEPT.get(("stored", address, store.version()), lambda: views.answers(address))


def clip(address: str) -> Clip:
    """Return the clip at an address, kept while it is the same; raises UserError for an unknown one."""
    return CLIPS.get((address, clips.digest(address)), lambda: clips.find(address))


def _kept(what: str, address: str, *of: str, make: Callable[[], Made]) -> Made:
    return KEPT.get((what, address, *of, identity(address)), make)


def names(address: str) -> tuple[str, ...]:
    """Return who completed a clip in a way that can be stepped through: what is stored first, then baselines; raises UserError as `clip` does."""
    return _kept("names", address, make=lambda: _names(address))


def _flows(address: str) -> dict[str, str]:
    """Return the flow under which each answer that can be stepped through was stored last."""
    found = _stored(address)
    return {str(name): str(flow) for name, flow, masks in zip(found["answer"][::-1], found["flow"][::-1], found["masks"][::-1], strict=True) if masks}


def _names(address: str) -> tuple[str, ...]:
    stored = _flows(address)
    learned = sorted((name for name in stored if name not in baselines.names()), key=lambda name: (_rank(name), name))
    return (*learned, *(name for name in reversed(baselines.names()) if name in stored or small(clip(address))))


def _rank(name: str) -> int:
    """Return where an answer stands: label-free, two-way networks are what this is about."""
    return 0 if name.startswith("two_way") else 1


def small(clip: Clip) -> bool:
    """Return whether baselines of a clip are made on the spot."""
    return clip.length * clip.height * clip.width * max(1, len(clip.tracks)) <= SMALL


def title(name: str) -> str:
    """Return how people call an answer."""
    if name in baselines.names():
        return name.replace("union", "warp-union").replace("_", " ").replace("one way", "one-way").replace("two way", "two-way")
    return completers.card(name).title if name in completers.names() else name


def answer(address: str, name: str, track: str) -> Answer | None:
    """Return an answer to one object; None where it has none. Raises UserError for an unknown clip, answer or object."""
    if name not in names(address):
        raise errors.unknown(f"answer to {address}", name, names(address))
    clip(address).track(track)
    return _kept("answer", address, name, track, make=lambda: _answer(address, name, track))


def _answer(address: str, name: str, track: str) -> Answer | None:
    if (flow := _flows(address).get(name)) is not None:
        with contextlib.suppress(errors.UserError):  # stored for another object
            return views.answer(address, track, name, flow)
    if name not in baselines.names() or not small(clip(address)):
        return None
    return _kept("baselines", address, track, make=lambda: _baselines(clip(address), track)).get(name)


def _baselines(clip: Clip, track: str) -> dict[str, Answer]:
    """Return all baselines' answers to an object, made of the same patches; none where the object is visible nowhere."""
    if not any(mask is not None and mask.area for mask in clip.track(track).visible):
        return {}
    found: dict[str, list] = {name: [] for name in baselines.names()}
    for _, piece in answering.completed(clip, track, baselines.BASELINES):
        for name, masks_of in piece.items():
            found[name] += masks_of
    return {name: Answer(name, "given", tuple(whole for whole, _ in one), tuple(levels for _, levels in one)) for name, one in found.items()}


def frames(address: str, name: str, track: str) -> pd.DataFrame | None:
    """Return an answer's numbers, one row a frame: `frame`, `iou_hidden` (NaN = undefined), `hidden_px`, `hidden_both_px`; None without truth.

    Raises:
        UserError: for an unknown clip, answer or object.
    """
    if clip(address).track(track).whole is None:
        return None
    if (stored := _kept("numbers", address, make=lambda: _numbers(address)).get((name, track))) is not None:
        return stored
    found = answer(address, name, track)
    return None if found is None else _kept("frames", address, name, track, make=lambda: _frames(address, track, found))


def _numbers(address: str) -> dict[tuple[str, str], pd.DataFrame]:
    """Return all stored numbers of a clip by answer and object; one look at the store for all of them."""
    flows = _flows(address)
    found = views.frames(address) if flows else pd.DataFrame({"answer": [], "track": []})
    parts = found.groupby(["answer", "track"], sort=False)
    return {(str(name), str(track)): _columns(part[part["flow"] == flows[name]]) for (name, track), part in parts if name in flows}  # type: ignore[misc]


def _columns(part: Any) -> pd.DataFrame:
    return part[list(COLUMNS)].astype(np.float64).reset_index(drop=True)


def _frames(address: str, track: str, found: Answer) -> pd.DataFrame:
    tally = scoring.tally(clip(address), track, found.whole)
    said = [np.arange(len(found.whole)), masks.compute("iou_hidden", tally), tally.hidden, tally.hidden_both]
    return pd.DataFrame(dict(zip(COLUMNS, said, strict=True)))
