"""Gaussian noise, as of a sensor in poor light.

To every value of every channel a normal number is added, independent of all others, with standard deviation `sigma`,
where 1 is the range from black to white. The grain is one pixel at every size, since sigma has no unit of length. Grey
images have one channel of it.
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

SIGMA = (0.08, 0.12, 0.18, 0.26, 0.38)


def parameters(strength: float, size: int) -> dict[str, float]:
    """Return the standard deviation of the noise."""
    return {"sigma": _strength.level(SIGMA, strength)}


def apply(image: UInt8[np.ndarray, "h w c"], strength: float, rng: np.random.Generator) -> UInt8[np.ndarray, "h w c"]:
    """Return the image with normal noise added to each value."""
    sigma = parameters(strength, _pixels.side(image))["sigma"]
    noise = rng.standard_normal(image.shape, np.float32)
    return _pixels.to_bytes(_pixels.to_unit(image) + np.float32(sigma) * noise)
