"""KINS: whole masks (segmentation) and visible ones (inmodal_seg) of objects in pictures.

Pictures that are not labelled have no truth. Objects are joined over time by track_id, which KINS itself lacks.
"""

from pathlib import Path

from engine.importers.clips import _pictures
from engine.importers.clips._given import Given, Shape

VERSION = 1
SUFFIXES = (".json",)
NEEDS = "a JSON file in COCO's form whose annotations have segmentation (whole) and inmodal_seg (visible)"


def read(path: Path, shape: Shape) -> Given:
    """Return the objects; raises UserError for what fits no frame."""
    return _pictures.read(path, shape, visible="inmodal_seg", whole="segmentation")
