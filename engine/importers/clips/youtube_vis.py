"""YouTube-VIS: one entry an object, with a mask or null for each frame; the list of results that models write is read too.

Our extension: `amodal_segmentations` (whole masks) and `occluder_segmentations` beside `segmentations`, which are the visible ones.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine import errors, rle, safety
from engine.importers.clips import _given
from engine.importers.clips._given import Given, Shape, Track
from engine.rle import Rle

VERSION = 1
SUFFIXES = (".json",)
NEEDS = "a JSON file with videos and annotations, or a list of results (video_id, segmentations)"


def read(path: Path, shape: Shape) -> Given:
    """Return the objects; raises UserError for several videos none of which fits, other numbers of masks, and masks that fit no frame."""
    content = _given.said(path)
    entries = content if isinstance(content, list) else content.get("annotations") if isinstance(content, Mapping) else None
    if not isinstance(entries, list) or not all(isinstance(one, Mapping) and isinstance(one.get("segmentations"), list) for one in entries):
        raise errors.UserError(f"{safety.shown(path.name)} has no annotations with “segmentations”.", "Bring a file in YouTube-VIS form.")
    mine, notes = _of_one_video(path, entries, content.get("videos", []) if isinstance(content, Mapping) else [], shape)
    tracks, occluders = [], []
    for name, one in zip(_names(mine), mine, strict=True):
        masks = {key: _masks(path, one, key, name, shape) for key in ("segmentations", "amodal_segmentations", "occluder_segmentations")}
        tracks.append(Track(name, masks["segmentations"] or (None,) * shape.length, masks["amodal_segmentations"]))
        occluders += [masks["occluder_segmentations"]] if masks["occluder_segmentations"] else []
    apart, more = _given.apart(path, tracks, shape, strict=False)
    return Given(apart, united(occluders, shape) if occluders else None, notes + more)


def _of_one_video(
    path: Path, entries: Sequence[Mapping[str, Any]], videos: Sequence[Mapping[str, Any]], shape: Shape
) -> tuple[list[Mapping[str, Any]], tuple[str, ...]]:
    """Return the entries of the video that these frames are of: the only one, or the one with the frames' file names."""
    ids = list(dict.fromkeys(one.get("video_id") for one in entries))
    if len(ids) > 1:
        stems = {Path(name).stem for name in shape.names}
        fitting = [v.get("id") for v in videos if stems and {Path(str(name)).stem for name in v.get("file_names", [])} == stems]
        ids = [one for one in ids if one in fitting]
        if len(ids) != 1:
            raise errors.UserError(
                f"{safety.shown(path.name)} has masks of several videos.", "Bring a file with one, or frames with the names in its list."
            )
    for video in videos:
        size = video.get("width"), video.get("height")
        if video.get("id") in ids and None not in size and size != (shape.width, shape.height):
            raise errors.UserError(
                f"{safety.shown(path.name)}: the video is {size[0]} x {size[1]} pixels, the frames are {shape.width} x {shape.height}.",
                "Bring the masks that belong to these frames.",
            )
    return [one for one in entries if one.get("video_id") in ids], ()


def _names(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return each entry's name: a given one, its number, or its place."""
    names = [str(one.get("name", one.get("id", place))) for place, one in enumerate(entries, start=1)]
    return names if len(set(names)) == len(names) else [str(place) for place in range(1, len(names) + 1)]


def _masks(path: Path, one: Mapping[str, Any], key: str, name: str, shape: Shape) -> tuple[Rle | None, ...] | None:
    if one.get(key) is None:
        return None
    if not isinstance(one[key], list):
        raise errors.UserError(f"{safety.shown(path.name)}, object {safety.shown(name)}: “{key}” is no list.", "Give a mask or null for each frame.")
    if len(one[key]) != shape.length:
        raise errors.UserError(
            f"{safety.shown(path.name)}, object {safety.shown(name)}: {len(one[key]):,} masks for {shape.length:,} frames.",
            "Give a mask or null for each frame.",
        )
    return tuple(
        _given.coded(segment, shape, f"{safety.shown(path.name)}, frame {t}, object {safety.shown(name)}") for t, segment in enumerate(one[key])
    )


def united(given: Sequence[tuple[Rle | None, ...]], shape: Shape) -> tuple[Rle | None, ...]:
    """Return the union of several occluders in each frame."""
    found: list[Rle | None] = []
    for t in range(shape.length):
        there = [rle.decode(code) for masks in given if (code := masks[t]) is not None]
        found.append(rle.encode(sum(there[1:], there[0])) if there else None)
    return tuple(found)
