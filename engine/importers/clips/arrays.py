"""Arrays of an .npz: visible masks, and where they are known whole masks and an occluder.

`visible` and `whole` are (objects, frames, height, width) or (frames, height, width) of 0 and 1; or `labels`, (frames, height, width), whose values
are objects, 0 the background. `occluder` is (frames, height, width). `names` may name the objects. Arrays of Python objects are refused.
"""

from pathlib import Path

import numpy as np

from engine import errors, rle, safety
from engine.datasets.clips import Masks
from engine.importers.clips import _given
from engine.importers.clips._given import Given, Shape, Track

VERSION = 1
SUFFIXES = (".npz",)
NEEDS = "an .npz with visible or labels, and if known whole and occluder"
_LIMITS = safety.ZipLimits(members=64, total_bytes=8_000_000_000, member_bytes=8_000_000_000, ratio=5_000)  # masks pack well


def read(path: Path, shape: Shape) -> Given:
    """Return the objects; raises UserError for arrays of other sizes, values or types."""
    arrays = safety.read_npz(path, _LIMITS)
    strange = set(arrays) - {"visible", "whole", "labels", "occluder", "names"}
    if strange or not {"visible", "labels", "whole"} & set(arrays):
        raise errors.UserError(f"{safety.shown(path.name)} holds {safety.few(sorted(arrays))}.", f"Bring {NEEDS}.")
    parts = {kind: _stack(path, kind, arrays[kind], shape) for kind in ("visible", "whole") if kind in arrays}
    if "labels" in arrays:
        labels = _sized(path, "labels", arrays["labels"], shape)
        values = [value for value in np.unique(labels) if value]
        if len(values) > _given.MOST_OBJECTS:
            raise errors.UserError(f"{safety.shown(path.name)}: labels holds {len(values):,} values: these are no objects.", f"Bring {NEEDS}.")
        parts["visible"] = [_codes(labels == value) for value in values]
        names = [str(value) for value in values]
    else:
        names = [str(k) for k in range(1, max(len(masks) for masks in parts.values()) + 1)]
    if "names" in arrays:
        names = [str(name) for name in arrays["names"].ravel()]
    if any(len(masks) != len(names) for masks in parts.values()) or len(set(names)) != len(names):
        raise errors.UserError(f"{safety.shown(path.name)}: visible, whole and names are of different objects.", "Give each one entry an object.")
    nothing: Masks = (None,) * shape.length
    whole = parts.get("whole")
    tracks = [Track(name, parts["visible"][k] if "visible" in parts else nothing, whole[k] if whole else None) for k, name in enumerate(names)]
    apart, more = _given.apart(path, tracks, shape, strict=True)
    occluder = _codes(_sized(path, "occluder", arrays["occluder"], shape) != 0) if "occluder" in arrays else None
    return Given(apart, occluder, more)


def _stack(path: Path, kind: str, array: np.ndarray, shape: Shape) -> list[Masks]:
    objects = array[None] if array.ndim == 3 else array
    if objects.ndim != 4 or len(objects) > _given.MOST_OBJECTS:
        raise errors.UserError(f"{safety.shown(path.name)}: {kind} has the shape {array.shape}.", f"Bring {NEEDS}.")
    if objects.dtype != np.bool_ and not np.isin(np.unique(objects), (0, 1, 255)).all():
        raise errors.UserError(f"{safety.shown(path.name)}: {kind} holds other values than 0 and 1.", "Write masks of 0 and 1, or “labels”.")
    return [_codes(_sized(path, kind, one, shape) != 0) for one in objects]


def _sized(path: Path, kind: str, array: np.ndarray, shape: Shape) -> np.ndarray:
    if array.ndim != 3 or array.dtype.kind not in "biu":
        raise errors.UserError(f"{safety.shown(path.name)}: {kind} is {array.dtype} of the shape {array.shape}.", f"Bring {NEEDS}.")
    _given.counted(path, len(array), shape)
    if array.shape[1:] != (shape.height, shape.width):
        raise errors.UserError(
            f"{safety.shown(path.name)}: {kind} is {array.shape[2]} x {array.shape[1]} pixels, the frames are {shape.width} x {shape.height}.",
            "Bring masks of the frames' size.",
        )
    return array


def _codes(masks: np.ndarray) -> Masks:
    return tuple(rle.encode(mask) for mask in masks)
