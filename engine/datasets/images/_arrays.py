"""An .npz with pictures and labels, read as items. Never with pickle, and only after its headers have been checked."""

import math
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Num, Shaped

from engine import errors
from engine.datasets.images import _pictures
from engine.datasets.images._items import SPLITS, Found, Item, Skips, Unusable, few, label_text

MOST_BYTES = 8 * 2**30
MOST_RATIO = 500
RATIO_FROM = 256 * 2**20
IMAGES = ("images", "image", "imgs", "x", "data", "pixels", "arr_0")
LABELS = ("labels", "label", "y", "targets", "target", "classes_true", "arr_1")
NAMES = ("classes", "class_names", "label_names", "names")
_SPLIT = "|".join(SPLITS)
_ROLE = re.compile(rf"^(?:(?P<before>{_SPLIT})_?)?(?P<role>.*?)(?:_?(?P<after>{_SPLIT}))?$")


@contextmanager
def opened(file: Path, image: str | None, label: str | None) -> Iterator[Found]:
    """Yield the pictures of an .npz.

    Args:
        file: Holds images (n, h, w), (n, h, w, c) or (n, c, h, w) and labels (n,) or (n, 1) as numbers or text, in one
            pair of arrays or one a split (`x_train`, `y_train`, `test_images` …); names for numbered classes in
            `classes`.
        image: The array of pictures; by default found by its name.
        label: The array of labels; by default found by its name.

    Raises:
        UserError: for a file that cannot be read, holds Python objects, claims more than it can hold, or whose shapes
            do not fit.
    """
    shapes = _headers(file)
    try:
        with np.load(file, allow_pickle=False) as stored:
            pairs = {"": (image, label)} if image and label else _pairs(file, shapes)
            names = _names(stored)
            skips, notes, items = Skips(), [], []
            for split, (pictures, labels) in pairs.items():
                for name in (pictures, labels):
                    if name not in shapes:
                        raise errors.unknown("array", name, shapes)
                found = _pair(stored[pictures], stored[labels], (pictures, labels), notes)
                items += _items(*found, split, pictures, names, skips)
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, MemoryError) as problem:
        raise errors.UserError(f"{file.name} is damaged or cut off.", "Save the arrays again.") from problem
    yield Found("npz", items, skips, tuple(shapes), tuple(dict.fromkeys(notes)))


def _headers(file: Path) -> dict[str, tuple[int, ...]]:
    """Return name -> shape of each array, read from the headers alone."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            claimed = sum(member.file_size for member in members)
            if claimed > MOST_BYTES or (claimed > RATIO_FROM and claimed > MOST_RATIO * file.stat().st_size):
                raise errors.UserError(
                    f"{file.name} ({file.stat().st_size:,} bytes) claims to unpack to {claimed:,} bytes.",
                    f"At most {MOST_BYTES // 2**30} GB, and {MOST_RATIO} times the file, are read; bring a part.",
                )
            return {member.filename.removesuffix(".npy"): _shape(archive, member, file) for member in members}
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, RuntimeError) as problem:
        raise errors.UserError(f"{file.name} is no .npz that can be read.", "It may be cut off: save it again.") from problem


def _shape(archive: zipfile.ZipFile, member: zipfile.ZipInfo, file: Path) -> tuple[int, ...]:
    with archive.open(member) as stream:
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(stream)
        size = stream.tell() + math.prod(shape) * dtype.itemsize
    if dtype.hasobject:
        raise errors.UserError(
            f"The array “{member.filename}” of {file.name} holds Python objects, which can run code when they are opened.",
            "Save plain arrays: np.savez(file, images=np.stack(images), labels=np.array(labels)).",
        )
    if size != member.file_size:
        raise ValueError(f"{member.filename} says {size} bytes, has {member.file_size}")
    return shape


def _pairs(file: Path, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[str, str]]:
    """Return split -> (array of pictures, array of labels), found by their names."""
    roles: dict[tuple[str, str], str] = {}
    for name in shapes:
        match = _ROLE.match(name.lower())
        assert match is not None, "every part of the pattern may be empty"
        split = SPLITS.get(match["before"] or match["after"] or "", "")
        for role, known in (("images", IMAGES), ("labels", LABELS)):
            if match["role"].strip("_") in known:
                roles.setdefault((split, role), name)
    pairs = {s: (roles[s, "images"], roles[s, "labels"]) for s, r in roles if r == "images" and (s, "labels") in roles}
    if not pairs:
        raise errors.UserError(
            f"{file.name} has no arrays named images and labels; it has {few(list(shapes), 12)}.",
            "Name the array of pictures and the array of labels.",
        )
    return pairs


def _names(stored: Mapping[str, Any]) -> tuple[str, ...]:
    key = next((name for name in NAMES if name in stored and stored[name].dtype.kind in "US"), None)
    return tuple(label_text(value) for value in stored[key].ravel()) if key else ()


def _pair(
    images: Shaped[np.ndarray, "..."], labels: Shaped[np.ndarray, "..."], names: tuple[str, str], notes: list[str]
) -> tuple[Num[np.ndarray, "n h w c"], Shaped[np.ndarray, " n"], float]:
    """Return pictures as (n, h, w, c), labels as (n,), and the factor to 0..255; raises UserError where they do not fit."""
    said = f"“{names[0]}” has shape {images.shape}, “{names[1]}” {labels.shape}"
    if images.dtype.kind not in "uifb":
        raise errors.UserError(f"“{names[0]}” holds {images.dtype}, not pixels.", "Save pixels as numbers 0..255.")
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim == 4 and images.shape[1] in {1, 3} and images.shape[3] not in {1, 3, 4}:
        images = images.transpose(0, 2, 3, 1)
        notes.append(f"“{names[0]}” is read as n x channels x height x width.")
    if images.ndim != 4 or images.shape[3] not in {1, 3, 4} or 0 in images.shape:
        raise errors.UserError(f"{said}, expected images n x height x width (x 1, 3 or 4).", "Save them in that shape.")
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or len(labels) != len(images):
        raise errors.UserError(f"{said}, expected one label an image.", "Save labels as n numbers or texts.")
    return images, labels, _scale(images, names[0], notes)


def _scale(images: Num[np.ndarray, "n h w c"], name: str, notes: list[str]) -> float:
    """Return what brings the values to 0..255."""
    if images.dtype == np.uint8:
        return 1.0
    finite = images[np.isfinite(images)] if images.dtype.kind == "f" else images
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if low < 0 or high > 65535:
        raise errors.UserError(
            f"“{name}” has values from {low:g} to {high:g}, which are no pixels: normalised, perhaps.",
            "Save the pictures as they are before normalising, 0..255 or 0..1.",
        )
    scale = 255.0 if high <= 1 else 1.0 if high <= 255 else 255 / 65535
    notes.append(f"“{name}” has values from {low:g} to {high:g}; they are multiplied by {scale:g}.")
    return scale


def _items(
    images: Num[np.ndarray, "n h w c"], labels: Shaped[np.ndarray, " n"], scale: float,
    split: str, name: str, names: tuple[str, ...], skips: Skips,
) -> Iterator[Item]:  # fmt: skip
    for position, label in enumerate(labels):
        source = f"{name}[{position}]"
        try:
            text = _named(label_text(label), names)
            yield Item(text, source, lambda pixels=images[position]: _pictures.from_array(pixels, scale), split)
        except Unusable as problem:
            skips.add(str(problem), source)


def _named(label: str, names: tuple[str, ...]) -> str:
    """Return the name of a numbered class where the file has names."""
    if not names or not label.lstrip("-").isdecimal():
        return label
    if not 0 <= int(label) < len(names):
        raise Unusable(f"with a label outside of the {len(names)} named classes")
    return names[int(label)]
