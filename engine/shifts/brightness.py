"""Brightness: everything lighter, as in overexposure.

`added` is added to the value V of each pixel's hue, saturation and value, and cut at 1. Hue and saturation stay. On
grey images it is added to the one channel. Nothing here has a length, so all sizes are alike.
"""

import numpy as np
from jaxtyping import UInt8

from engine.shifts import _pixels, _strength

VERSION = 1
FAMILY = "weather"
STRENGTHS = (1.0, 2.0, 3.0, 4.0, 5.0)
LIMITS = (1.0, 5.0)
UNIT = "level 1 to 5 of ImageNet-C"
SOURCE = "written anew from the published description and parameters of ImageNet-C"
CITATION = "Hendrycks and Dietterich (2019), Benchmarking Neural Network Robustness to Common Corruptions and Perturbations, ICLR, arXiv:1903.12261"

ADDED = (0.1, 0.2, 0.3, 0.4, 0.5)


def parameters(strength: float, size: int) -> dict[str, float]:
    """Return what is added to the value, where 1 is white."""
    return {"added": _strength.level(ADDED, strength)}


def apply(image: UInt8[np.ndarray, "h w c"], strength: float, rng: np.random.Generator) -> UInt8[np.ndarray, "h w c"]:
    """Return the brighter image; the random generator is not used."""
    pixels = _pixels.to_unit(image)
    value = _pixels.highest(pixels)
    brighter = np.minimum(value + np.float32(parameters(strength, _pixels.side(image))["added"]), 1)
    # equal hue and saturation means equal proportions of the channels; black has none and becomes grey
    return _pixels.to_bytes(np.where(value > 0, pixels * (brighter / np.maximum(value, np.float32(1e-6))), brighter))
