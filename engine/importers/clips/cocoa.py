"""COCOA: whole masks (segmentation), with visible_mask where an object is hidden in part, in the regions of each annotation.

Without visible_mask an object is visible as a whole. An object is a region's name or track_id.
"""

from collections.abc import Mapping
from pathlib import Path

from engine import errors, safety
from engine.importers.clips import _given, _pictures
from engine.importers.clips._given import Given, Shape, Track
from engine.rle import Rle

VERSION = 1
SUFFIXES = (".json",)
NEEDS = "a JSON file whose annotations have regions with segmentation (whole) and visible_mask"


def read(path: Path, shape: Shape) -> Given:
    """Return the objects; raises UserError for what fits no frame, or two regions of one name in a picture."""
    content = _given.said(path)
    if not isinstance(content, Mapping) or not all(isinstance(content.get(key), list) for key in ("images", "annotations")):
        raise errors.UserError(f"{safety.shown(path.name)} has no lists “images” and “annotations”.", "Bring a file in COCOA's form.")
    frames, notes = _pictures.frames_of(path, content["images"], shape)
    visible: dict[str, dict[int, Rle]] = {}
    whole: dict[str, dict[int, Rle]] = {}
    for one in content["annotations"]:
        t = frames.get(one.get("image_id"))
        for region in one.get("regions", []) if t is not None else []:
            assert t is not None
            name = str(region.get("track_id", region.get("name", "object")))
            where = f"{safety.shown(path.name)}, frame {t}, object {safety.shown(name)}"
            if t in whole.get(name, {}):
                raise errors.UserError(f"{where}: there are two regions of this name.", "Give each region a track_id.")
            full = _given.coded(region.get("segmentation"), shape, where)
            shown = _given.coded(region["visible_mask"], shape, where) if region.get("visible_mask") is not None else full
            if full is not None:
                whole.setdefault(name, {})[t] = full
            if shown is not None:
                visible.setdefault(name, {})[t] = shown
    wholes, shows = _given.in_order(whole, shape.length), _given.in_order(visible, shape.length)
    tracks = [Track(name, shows.get(name, (None,) * shape.length), masks) for name, masks in wholes.items()]
    apart, more = _given.apart(path, tracks, shape, strict=False)
    return Given(apart, None, notes + more)
