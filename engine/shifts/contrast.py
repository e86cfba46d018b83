"""Contrast: everything closer to the mean.

Each channel's distance from its mean over the image is multiplied by `factor`. Nothing here has a length, so all sizes
are alike.
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

FACTOR = (0.4, 0.3, 0.2, 0.1, 0.05)


def parameters(strength: float, size: int) -> dict[str, float]:
    """Return what distances from the mean are multiplied by."""
    return {"factor": _strength.level(FACTOR, strength)}


def apply(image: UInt8[np.ndarray, "h w c"], strength: float, rng: np.random.Generator) -> UInt8[np.ndarray, "h w c"]:
    """Return the flatter image; the random generator is not used."""
    pixels = _pixels.to_unit(image)
    mean = pixels.mean((0, 1), dtype=np.float64).astype(np.float32)
    return _pixels.to_bytes((pixels - mean) * np.float32(parameters(strength, _pixels.side(image))["factor"]) + mean)
