"""Impulse noise: salt and pepper.

A `share` of all values, drawn per channel, is set to black or white with equal chance. The grain is one pixel at every
size. A value that is hit at one strength is hit at all higher ones.
"""

import numpy as np
from jaxtyping import UInt8

from engine.shifts import _pixels, _strength

VERSION = 1
FAMILY = "noise"
STRENGTHS = (1.0, 2.0, 3.0, 4.0, 5.0)
LIMITS = (1.0, 5.0)
UNIT = "level 1 to 5 of ImageNet-C"
SOURCE = "written anew from the published description and parameters of ImageNet-C"
CITATION = "Hendrycks and Dietterich (2019), Benchmarking Neural Network Robustness to Common Corruptions and Perturbations, ICLR, arXiv:1903.12261"

SHARE = (0.03, 0.06, 0.09, 0.17, 0.27)


def parameters(strength: float, size: int) -> dict[str, float]:
    """Return the share of values that are hit."""
    return {"share": _strength.level(SHARE, strength)}


def apply(image: UInt8[np.ndarray, "h w c"], strength: float, rng: np.random.Generator) -> UInt8[np.ndarray, "h w c"]:
    """Return the image with some values set to 0 or 255."""
    share = np.float32(parameters(strength, _pixels.side(image))["share"])
    hit = rng.random(image.shape, np.float32) < share
    salt = rng.random(image.shape, np.float32) < np.float32(0.5)
    return np.where(hit, salt * np.uint8(255), image)
