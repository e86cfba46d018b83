"""COCO instances: run-length codes or polygons of visible masks, one annotation an object and picture.

Objects are joined over time by track_id (or instance_id, object_id, obj_id); without one a category is an object, where a frame has one of each.
"""

from pathlib import Path

from engine.importers.clips import _pictures
from engine.importers.clips._given import Given, Shape

VERSION = 1
SUFFIXES = (".json",)
NEEDS = "a JSON file with images and annotations (segmentation: RLE or polygons); track_id where a category has several objects"


def read(path: Path, shape: Shape) -> Given:
    """Return the objects; raises UserError for what fits no frame."""
    return _pictures.read(path, shape, visible="segmentation", whole=None)
