"""DAVIS: one PNG a frame whose pixel values are objects, 0 the background; as a folder or a zip of one.

Palette and grey pictures are read by value. Values 0 and 255 alone are one object. Such pictures hold visible masks only.
"""

from pathlib import Path

import numpy as np
from jaxtyping import Int
from PIL import Image, UnidentifiedImageError

from engine import errors, rle, safety
from engine.importers import _sources
from engine.importers.clips import _given
from engine.importers.clips._given import Given, Shape, Track
from engine.rle import Rle

VERSION = 1
SUFFIXES = ("folder", ".zip")
NEEDS = "a folder or zip with one indexed PNG a frame, pixel value = object"
_MODES = {"P", "L", "1", "I", "I;16"}


def read(path: Path, shape: Shape) -> Given:
    """Return the objects; raises UserError for another number or size of pictures, and for pictures in colour."""
    files = _sources.files(path, (".png",))
    _given.counted(path, len(files), shape)
    found: dict[str, dict[int, Rle]] = {}
    for t, file in enumerate(files):
        for value, mask in split(indexed(file, t, shape), f"{safety.shown(file.name)} (frame {t})").items():
            found.setdefault(str(value), {})[t] = mask
    tracks = tuple(Track(name, masks) for name, masks in sorted(_given.in_order(found, shape.length).items(), key=lambda one: int(one[0])))
    return Given(tracks, None, ())


def indexed(file: Path, t: int, shape: Shape) -> Int[np.ndarray, "h w"]:
    """Return the values of a PNG's pixels; raises UserError where it is in colour, of another size, or broken."""
    where = f"{safety.shown(file.name)} (frame {t})"
    try:
        with Image.open(file, formats=["PNG"]) as picture:
            mode, (width, height) = picture.mode, picture.size
            if (height, width) != (shape.height, shape.width):
                raise errors.UserError(
                    f"{where} is {width} x {height} pixels, the frames are {shape.width} x {shape.height}.", "Bring masks of the frames' size."
                )
            if mode not in _MODES:
                raise errors.UserError(
                    f"{where} is a picture in colour: which object a pixel is cannot be told.", "Write indexed PNGs, value = object."
                )
            return np.asarray(picture).astype(np.int64)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as problem:
        raise errors.UserError(f"{where} is no PNG that can be read.", "Copy it again.") from problem


def split(values: Int[np.ndarray, "h w"], where: str) -> dict[int, Rle]:
    """Return the mask of each value but 0; raises UserError for more values than there can be objects."""
    found = [int(value) for value in np.unique(values) if value]
    if len(found) > _given.MOST_OBJECTS:
        raise errors.UserError(f"{where} holds {len(found):,} values: that is no picture of objects.", "Write indexed PNGs, value = object.")
    return {value: rle.encode(values == value) for value in found}
