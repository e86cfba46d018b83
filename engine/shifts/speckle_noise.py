"""Speckle noise, which grows with the brightness of the pixel.

Every value of every channel is multiplied by 1 plus a normal number of standard deviation `sigma`. Black stays black,
so little happens to a digit's background. The grain is one pixel at every size. One of the four extra types of
ImageNet-C.
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

SIGMA = (0.15, 0.2, 0.35, 0.45, 0.6)


def parameters(strength: float, size: int) -> dict[str, float]:
    """Return the standard deviation of the factor."""
    return {"sigma": _strength.level(SIGMA, strength)}


def apply(image: UInt8[np.ndarray, "h w c"], strength: float, rng: np.random.Generator) -> UInt8[np.ndarray, "h w c"]:
    """Return the image with each value multiplied by a normal factor around 1."""
    sigma = parameters(strength, _pixels.side(image))["sigma"]
    noise = rng.standard_normal(image.shape, np.float32)
    return _pixels.to_bytes(_pixels.to_unit(image) * (1 + np.float32(sigma) * noise))
