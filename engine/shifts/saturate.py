"""Saturation: paler colours (levels 1 and 2), then gaudier ones (3 to 5).

Each pixel's saturation, in hue, saturation and value, is multiplied by `factor`, `added` is added, and it is cut at 1.
A pixel without any colour has hue 0, so where something is added it turns red, as in ImageNet-C. On the way from level
2 (factor 0.1) to 3 (factor 2) the factor passes through 1, where the image is unchanged. Grey images have no saturation
and stay as they are at every strength. Nothing here has a length, so all sizes are alike. One of the four extra types
of ImageNet-C.
"""

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

FACTOR = (0.3, 0.1, 2.0, 5.0, 20.0)
ADDED = (0.0, 0.0, 0.0, 0.1, 0.2)


def parameters(strength: float, size: int) -> dict[str, float]:
    """Return what saturation is multiplied by, and what is added then."""
    return {"factor": _strength.level(FACTOR, strength), "added": _strength.level(ADDED, strength)}


def apply(image: UInt8[np.ndarray, "h w c"], strength: float, rng: np.random.Generator) -> UInt8[np.ndarray, "h w c"]:
    """Return the image with other saturation; the random generator is not used."""
    known = parameters(strength, _pixels.side(image))
    if image.shape[2] == 1:
        return image.copy()
    pixels = _pixels.to_unit(image)
    value = _pixels.highest(pixels)
    below = value - pixels  # how far each channel lies below the highest
    furthest = value - _pixels.lowest(pixels)  # saturation times value
    wanted = np.minimum(furthest * np.float32(known["factor"]) + value * np.float32(known["added"]), value)
    red = np.array([0, 1, 1], np.float32)  # hue 0
    spread = np.where(furthest > 0, below / np.maximum(furthest, np.float32(1e-6)), red)
    return _pixels.to_bytes(value - spread * wanted)
