"""What the sets of ImageNet's classes share: the class names and one framing."""

import functools
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps

from engine import places
from engine.preprocess import framed

FRAME = 256
CLASSES_FILE = "imagenet_classes.txt"


@functools.cache
def classes() -> tuple[str, ...]:
    """Return the 1,000 class names in the order of the networks' outputs."""
    return tuple((places.DATA / CLASSES_FILE).read_text().splitlines())


def photo(path: Path) -> UInt8[np.ndarray, "256 256 3"]:
    """Return a photo with its short side resized to 256 and its centre cut out, RGB; a grey one is repeated."""
    with Image.open(path) as picture:
        return framed(np.asarray(ImageOps.exif_transpose(picture).convert("RGB")), FRAME)
