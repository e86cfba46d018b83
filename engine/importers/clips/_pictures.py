"""Annotations in the manner of COCO: a list of pictures, a list of masks in them, joined over time by a track number."""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from engine import errors, safety
from engine.importers.clips import _given
from engine.importers.clips._given import Given, Shape
from engine.rle import Rle

_IDENTITY = ("track_id", "instance_id", "object_id", "obj_id")


def frames_of(path: Path, pictures: Sequence[Mapping[str, Any]], shape: Shape) -> tuple[dict[Any, int], tuple[str, ...]]:
    """Return picture id -> frame, by file name where the frames have names, else in the order of the list; and a note which."""
    stems = {PurePosixPath(name).stem: t for t, name in enumerate(shape.names)}
    named = {one.get("id"): stems.get(PurePosixPath(str(one.get("file_name", ""))).stem) for one in pictures}
    for one in pictures:
        size = one.get("width"), one.get("height")
        if None not in size and size != (shape.width, shape.height):
            raise errors.UserError(
                f"{safety.shown(path.name)}: the picture {safety.shown(str(one.get('file_name', one.get('id'))))} is {size[0]} x {size[1]} pixels, "
                f"the frames are {shape.width} x {shape.height}.",
                "Bring the masks that belong to these frames.",
            )
    if stems and all(t is not None for t in named.values()):
        return {key: t for key, t in named.items() if t is not None}, ("Pictures were found by their file names.",)
    _given.counted(path, len(pictures), shape)
    ordered = sorted(pictures, key=lambda one: str(one.get("file_name", ""))) if all(one.get("file_name") for one in pictures) else list(pictures)
    return {one.get("id"): t for t, one in enumerate(ordered)}, ("Pictures were taken in the order of their file names.",)


def read(path: Path, shape: Shape, *, visible: str | None, whole: str | None) -> Given:
    """Return the objects of a COCO-like file.

    Args:
        path: the JSON file.
        shape: the frames.
        visible: key of the visible mask in an annotation, None where there is none.
        whole: key of the whole mask.

    Raises:
        UserError: for a file without the keys, masks that fit no frame, or several masks of one object in a frame.
    """
    content = _given.said(path)
    if not isinstance(content, Mapping) or not isinstance(content.get("annotations"), list) or not isinstance(content.get("images"), list):
        raise errors.UserError(f"{safety.shown(path.name)} has no lists “images” and “annotations”.", "Bring a file in COCO's form.")
    frames, notes = frames_of(path, content["images"], shape)
    categories = {one.get("id"): str(one.get("name", one.get("id"))) for one in content.get("categories", []) if isinstance(one, Mapping)}
    rows = [_row(path, one, frames) for one in content["annotations"]]
    rows = [(row, t) for row, t in rows if t is not None]
    names = _names(path, rows, categories)
    masks: dict[str, dict[str, dict[int, Rle]]] = {kind: {} for kind in ("visible", "whole")}
    for (row, t), name in zip(rows, names, strict=True):
        where = f"{safety.shown(path.name)}, frame {t}, object {safety.shown(name)}"
        for kind, key in (("visible", visible), ("whole", whole)):
            code = _given.coded(row.get(key), shape, where) if key else None
            if code is not None:
                masks[kind].setdefault(name, {})[t] = code
    return _tracks(path, masks, shape, notes, has_visible=visible is not None)


def _row(path: Path, one: Any, frames: Mapping[Any, int]) -> tuple[Mapping[str, Any], int | None]:
    if not isinstance(one, Mapping):
        raise errors.UserError(f"{safety.shown(path.name)} has an annotation that is no object.", "Bring a file in COCO's form.")
    return one, frames.get(one.get("image_id"))


def _names(path: Path, rows: Sequence[tuple[Mapping[str, Any], int]], categories: Mapping[Any, str]) -> list[str]:
    """Return each annotation's object: its track number, else its category where a frame has one of each."""
    for key in _IDENTITY:
        if rows and all(row.get(key) is not None for row, _ in rows):
            names = [str(row[key]) for row, _ in rows]
            break
    else:
        names = [categories.get(row.get("category_id"), str(row.get("category_id", "object"))) for row, _ in rows]
    seen: set[tuple[str, int]] = set()
    for name, (_, t) in zip(names, rows, strict=True):
        if (name, t) in seen:
            raise errors.UserError(
                f"{safety.shown(path.name)}, frame {t}: the object {safety.shown(name)} has two masks.",
                f"Give each annotation the number of its object over time, as “{_IDENTITY[0]}”.",
            )
        seen.add((name, t))
    return names


def _tracks(path: Path, masks: Mapping[str, Mapping[str, Mapping[int, Rle]]], shape: Shape, notes: tuple[str, ...], *, has_visible: bool) -> Given:
    visible, whole = (_given.in_order(masks[kind], shape.length) for kind in ("visible", "whole"))
    nothing = (None,) * shape.length
    names = list(dict.fromkeys([*visible, *whole]))
    tracks = tuple(_given.Track(name, visible.get(name, nothing), whole.get(name)) for name in names)
    if not has_visible:
        return Given(tracks, None, notes)
    apart, more = _given.apart(path, tracks, shape, strict=False)
    return Given(apart, None, notes + more)
