"""What people bring, looked at before it is taken in: a folder or .zip of class folders, a Parquet file, an .npz."""

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from engine import errors
from engine.datasets.images import _arrays, _folders, _pictures, _tables
from engine.datasets.images._items import Found, Item, Unusable, shortened

MOST_CLASSES = 20_000
LOOKED_AT = 48  # pictures that a preview decodes
THUMBNAIL = 128  # pixels, the longer side

_RUNS_CODE = "Files of this kind can run code when they are opened, so they are refused for everybody."
_SAVE_ELSE = "Bring a folder or .zip of class folders, a Parquet file with picture bytes and labels, or an .npz."
REFUSED = {
    **dict.fromkeys((".pt", ".pth", ".pt2", ".ckpt", ".pkl", ".pickle", ".joblib", ".dill", ".mar"), _RUNS_CODE),
    **dict.fromkeys((".npy",), "One array has no room for labels."),
    **dict.fromkeys((".csv", ".tsv", ".json", ".jsonl"), "Text files hold no pictures."),
    **dict.fromkeys((".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar"), "Archives other than .zip are not read."),
    **dict.fromkeys((".h5", ".hdf5", ".mat", ".tfrecord", ".arrow"), "Files of this kind are not read."),
}


@dataclass(frozen=True)
class Example:
    """One picture of a preview, small."""

    label: str
    source: str
    image: UInt8[np.ndarray, "h w c"]


@dataclass(frozen=True)
class Preview:
    """What a folder or file holds, before anything is taken in."""

    kind: str  # folder | zip | parquet | npz
    n: int
    classes: Mapping[str, int]  # as found -> number of pictures
    splits: Mapping[str, int]  # train, val, test -> number of pictures; empty where the files say nothing
    sizes: Mapping[str, int]  # "640 x 480" -> how many of the pictures looked at
    frame: int  # side that suits the pictures
    channels: int  # 1 where all pictures looked at are grey, else 3
    examples: tuple[Example, ...]
    columns: tuple[str, ...]  # columns or arrays to choose from
    notes: tuple[str, ...]  # how it was understood
    problems: tuple[str, ...]  # what will be left out, as far as seen


def opened(
    path: Path, image_column: str | None = None, label_column: str | None = None, group_columns: Sequence[str] = ()
) -> AbstractContextManager[Found]:
    """Return a context with what a folder or file holds.

    Raises:
        UserError: for what is missing, refused or not understood, with the way out.
    """
    if not path.exists():
        raise errors.UserError(f"There is no file or folder {shortened(str(path))}.", "Check the path.")
    if path.is_dir():
        return _folders.opened_folder(path)
    suffix = path.suffix.lower()
    if suffix in REFUSED:
        raise errors.UserError(f"{shortened(path.name)} cannot be brought as pictures. {REFUSED[suffix]}", _SAVE_ELSE)
    if suffix == ".zip":
        return _folders.opened_zip(path)
    if suffix in {".parquet", ".pq"}:
        return _tables.opened(path, image_column, label_column, group_columns)
    if suffix == ".npz":
        return _arrays.opened(path, image_column, label_column)
    raise errors.UserError(f"{shortened(path.name)} is of no kind that can be brought.", _SAVE_ELSE)


def preview(path: Path, image_column: str | None = None, label_column: str | None = None, group_columns: Sequence[str] = ()) -> Preview:
    """Return what a folder or file holds; a few pictures of each class are decoded, none is kept.

    Raises:
        UserError: where nothing can be brought from it, with the reason.
    """
    with opened(path, image_column, label_column, group_columns) as found:
        checked(found)
        classes = Counter(item.label for item in found.items)
        seen: list[tuple[Item, UInt8[np.ndarray, "h w c"]]] = []
        for item in _sample(found.items, classes):
            try:
                seen.append((item, item.read()))
            except Unusable as problem:
                found.skips.add(str(problem), item.source)
        return _preview(found, classes, seen)


def _preview(found: Found, classes: Counter[str], seen: list[tuple[Item, UInt8[np.ndarray, "h w c"]]]) -> Preview:
    sides = [min(image.shape[:2]) for _, image in seen]
    splits = Counter(item.split for item in found.items if item.split)
    return Preview(
        kind=found.kind,
        n=len(found.items),
        classes={label: classes[label] for label in naturally(classes)},
        splits={split: splits[split] for split in ("train", "val", "test") if split in splits},
        sizes=dict(Counter(f"{image.shape[1]} x {image.shape[0]}" for _, image in seen).most_common(6)),
        frame=min(256, max(8, int(np.median(sides)))) if sides else 224,
        channels=1 if seen and all(image.shape[2] == 1 for _, image in seen) else 3,
        examples=tuple(Example(item.label, item.source, _thumbnail(image)) for item, image in seen[:24]),
        columns=found.columns,
        notes=found.notes,
        problems=found.skips.sentences(),
    )


def checked(found: Found) -> None:
    """Raise UserError where nothing can be taken in, with what was left out as the reason."""
    if not found.items:
        why = " ".join(found.skips.sentences()) or "It is empty."
        hint = "Put the pictures of each class into a folder of its own." if found.kind in {"folder", "zip"} else ""
        raise errors.UserError(f"No picture with a class was found. {why}", hint)
    if len({item.label for item in found.items}) > MOST_CLASSES:
        raise errors.UserError(f"There are more than {MOST_CLASSES:,} different labels.", "Choose the column of classes.")


def _sample(items: Sequence[Item], classes: Counter[str]) -> list[Item]:
    """Return up to LOOKED_AT items that come from as many classes as possible."""
    each = max(1, LOOKED_AT // len(classes))
    taken: Counter[str] = Counter()
    chosen: list[Item] = []
    for item in items:
        if taken[item.label] < each and len(chosen) < LOOKED_AT:
            taken[item.label] += 1
            chosen.append(item)
    return chosen


def _thumbnail(image: UInt8[np.ndarray, "h w c"]) -> UInt8[np.ndarray, "thumb_h thumb_w c"]:
    height, width, channels = image.shape
    factor = THUMBNAIL / max(height, width)
    if factor >= 1:
        return image
    target = (max(1, round(width * factor)), max(1, round(height * factor)))
    return cv2.resize(image, target, interpolation=cv2.INTER_AREA).reshape(target[1], target[0], channels)


def naturally(names: Iterable[str]) -> list[str]:
    """Return names sorted as people count: 2 before 10."""
    return sorted(names, key=lambda name: [(part.isdecimal(), int(part) if part.isdecimal() else 0, part)
                                           for part in re.split(r"(\d+)", name.casefold())])  # fmt: skip


def suggest(classes: Iterable[str], known: Sequence[str]) -> dict[str, str | None]:
    """Return for each found class the known class it is likely to be, None where none is near.

    Equal names come first (whatever the case, with - and _ as spaces), then, where all found classes are numbers and
    the known ones are not, the known class at that place, then the nearest name.
    """
    found = list(classes)
    plain = {_plain(name): name for name in reversed(known)}
    counted = all(name.isdecimal() for name in found) and not all(name.isdecimal() for name in known)
    return {name: _nearest(name, plain, known, counted) for name in found}


def _nearest(name: str, plain: Mapping[str, str], known: Sequence[str], counted: bool) -> str | None:
    if exact := plain.get(_plain(name)):
        return exact
    if counted:
        return known[int(name)] if int(name) < len(known) else None
    if name.isdecimal():
        return None
    near = difflib.get_close_matches(_plain(name), plain, n=1, cutoff=0.75)
    return plain[near[0]] if near else None


def _plain(name: str) -> str:
    return " ".join(re.split(r"[\s_-]+", name.casefold().strip()))


def framed(
    picture: UInt8[np.ndarray, "h w c"], *, frame: int, channels: int, fit: str = "crop", invert: bool = False
) -> UInt8[np.ndarray, "frame frame channels"] | None:
    """Return a picture as it would be stored, see `bring`; None where it cannot be framed so."""
    try:
        return _pictures.canonical(picture, frame, channels, fit, invert)
    except Unusable:
        return None
