"""A clip frame by frame: what is hidden, and what an answer makes of it, as a few pictures and a line over all frames."""

import itertools
from collections.abc import Sequence

import cv2
import numpy as np
import pandas as pd
from jaxtyping import UInt8

from engine import errors
from engine.amodal import baselines, drawing, plots, reel, replies, views
from engine.datasets import clips
from engine.evidence.asked import Asked
from engine.evidence.parts import Figure, Offer, Part, Picture, Pictures, Table
from engine.plots import formats, markdown

PATH = "amodal"
TITLE = "Step through a clip"
ORDER = 102
FIRST = "composited/own_motion/1"
FRAMES = 5
WIDTH, SHARP, QUALITY = 168, 1.6, 82  # pixels on a screen, by how many of the file's, and how well it keeps them
METHOD = (
    "The visible mask is what a tracker gives; the hidden part is what an answer adds to it. Tinted stripes are the hidden part that is predicted, "
    "the full line is the whole mask that is predicted, the dashed line the truth, which is used for nothing but judging. IoU of the hidden part: "
    "of the pixels that something covers, those that both the answer and the truth claim, over those that either claims; frames that hide fewer "
    "than 16 pixels are left out."
)
LIMITS = ("A few frames of one clip say how an answer looks, not how good it is: see the measures over many clips.",)


def offered() -> list[Offer]:
    """Return the clip that the page opens on, where somebody has completed it."""
    if views.answers(FIRST).empty:
        return []
    return [Offer(f"{PATH}?clip={FIRST}", f"Step through {FIRST}", usual=True)]


def part(asked: Asked) -> Part:
    """Return frames of a clip with an answer drawn on them, and its numbers over all frames."""
    address = asked.text("clip", FIRST)
    about = reel.about(address)
    known = [one["name"] for one in about["answers"]]
    first = asked.one("a", known)
    tracks = {one["name"]: one["said"].get(first) for one in about["tracks"]}
    track = asked.one("object", tracks, min(tracks, key=lambda name: tracks[name]["least"] if tracks[name] else 2.0))
    others = [name for name in ("union_two_way", "convex_hull", *known) if name in known and name != first]
    second = asked.one("b", ["", *others], next(iter(others), ""))
    start = asked.number("frame", -1)
    for name in ("layers", "mode"):
        asked.text(name)
    names = [one for one in (first, second) if one]
    figure, rows = plots.over_frames(address, track, names)
    alt = f"IoU of the hidden part of {track} frame by frame, a line an answer, beside the share of it that is hidden"
    numbers = replies.frames(address, first, track)
    shown = _frames(about["frames"], int(start))
    return Part(
        title=f"{track} in {address}", findings=[_finding(about, track, names)], method=METHOD, limits=LIMITS,
        figures=[Figure(f"Frame by frame: {track} in {address}", alt, {"": figure}, rows)],
        pictures=[_pictures(address, track, name, shown) for name in names],
        tables=[] if numbers is None else [Table(f"Numbers of {replies.title(first)}", numbers)],
        networks=[name for name in names if name not in baselines.names()], runs=sorted(map(str, views.frames(address)["run"].unique())),
        datasets=[family] if (family := address.partition("/")[0]) in clips.names() else [], paper="amodal",
    )  # fmt: skip


def _finding(about: dict, track: str, names: Sequence[str]) -> str:
    """Return how well each answer completes the object, in Markdown."""
    said = next(one for one in about["tracks"] if one["name"] == track)["said"]
    parts = [
        f"**{markdown.escape(replies.title(name))}** finds {formats.percent(one['filled'])} of the hidden pixels of {markdown.escape(track)}; its "
        f"IoU of the hidden part is **{formats.percent(one['mean'])}** on average over {formats.count(one['judged'])} frames, "
        f"{formats.percent(one['least'])} in the worst (frame {one['worst']})."
        for name in names
        if (one := said.get(name))
    ]
    return " ".join(parts) or f"Where the truth is not known, nothing can be judged: {about['frames']} frames were completed."


def _frames(length: int, start: int) -> list[int]:
    """Return a few frames, evenly from the first to the last; the one of the address stands for the nearest of them."""
    wanted = {int(n) for n in np.linspace(0, length - 1, FRAMES)}
    return sorted({*sorted(wanted, key=lambda n: abs(n - start))[1:], start} if 0 <= start < length else wanted)


def _pictures(address: str, track: str, name: str, shown: Sequence[int]) -> Pictures:
    """Return frames with an answer drawn on them."""
    clip, found = replies.clip(address), replies.answer(address, name, track)
    if found is None:
        raise errors.UserError(f"“{name}” has no answer to {track} in {address}.", "Choose another answer.")
    numbers = replies.frames(address, name, track)
    frames = itertools.islice(drawing.pictures(clip, track, found.whole), shown[-1] + 1)
    drawn = [Picture(_small(picture), f"frame {t}{_number(numbers, t)}", kind="webp") for t, picture in enumerate(frames) if t in shown]
    rows = pd.DataFrame({"frame": shown}) if numbers is None else numbers.iloc[list(shown)].reset_index(drop=True)
    return Pictures(f"{replies.title(name)}: {track} in {address}", drawn, rows, "Stripes: hidden part predicted; dashed: truth.", WIDTH)


def _number(numbers: pd.DataFrame | None, t: int) -> str:
    value = None if numbers is None else float(numbers["iou_hidden"].iloc[t])
    return "" if value is None or value != value else f", IoU {formats.percent(value)}"


def _small(picture: UInt8[np.ndarray, "h w 3"]) -> bytes:
    """Return a picture of a photo's size in the report, sharp on fine screens and in print."""
    scale = min(1.0, SHARP * WIDTH / picture.shape[1])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".webp", small[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, QUALITY])[1].tobytes()
