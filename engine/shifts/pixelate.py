"""Pixelation, as of a small image blown up.

The image is averaged down to `share` of its side (cut to whole pixels) and each of the fewer pixels is repeated. A
share has no unit of length: a block is 1.7 to 4 pixels wide at every size, so a small image loses relatively more.
Strengths that give the same number of pixels give the same image.
"""

import cv2
import numpy as np
from jaxtyping import UInt8

from engine.shifts import _pixels, _strength

VERSION = 1
FAMILY = "digital"
STRENGTHS = (1.0, 2.0, 3.0, 4.0, 5.0)
LIMITS = (1.0, 5.0)
UNIT = "level 1 to 5 of ImageNet-C"
SOURCE = "written anew from the published description and parameters of ImageNet-C"
CITATION = "Hendrycks and Dietterich (2019), Benchmarking Neural Network Robustness to Common Corruptions and Perturbations, ICLR, arXiv:1903.12261"

SHARE = (0.6, 0.5, 0.4, 0.3, 0.25)


def parameters(strength: float, size: int) -> dict[str, float]:
    """Return the share of the side that is left, and how many pixels that is."""
    share = _strength.level(SHARE, strength)
    return {"share": share, "side_px": float(_left(size, share))}


def apply(image: UInt8[np.ndarray, "h w c"], strength: float, rng: np.random.Generator) -> UInt8[np.ndarray, "h w c"]:
    """Return the image in larger pixels; the random generator is not used."""
    share = parameters(strength, _pixels.side(image))["share"]
    height, width = image.shape[:2]
    fewer = cv2.resize(_pixels.to_unit(image), (_left(width, share), _left(height, share)), interpolation=cv2.INTER_AREA)
    blown_up = cv2.resize(fewer, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
    return _pixels.to_bytes(_pixels.channels(blown_up, image))


def _left(size: int, share: float) -> int:
    return max(int(size * share + 1e-9), 1)
