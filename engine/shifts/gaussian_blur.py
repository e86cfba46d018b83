"""Gaussian blur, as of a lens out of focus with soft edges.

Neighbours are averaged with Gaussian weights of standard deviation `sigma_px`. Where that is below a pixel (0.1 to 0.75
at 28 pixels), the weights keep that variance exactly, so that a blur of a tenth of a pixel still does a tenth-pixel's
work. One of the four extra types of ImageNet-C.
"""

import numpy as np
from jaxtyping import UInt8

from engine.shifts import _blur, _pixels, _strength

VERSION = 1
FAMILY = "blur"
STRENGTHS = (1.0, 2.0, 3.0, 4.0, 5.0)
LIMITS = (1.0, 5.0)
UNIT = "level 1 to 5 of ImageNet-C"
SOURCE = "written anew from the published description and parameters of ImageNet-C"
CITATION = "Hendrycks and Dietterich (2019), Benchmarking Neural Network Robustness to Common Corruptions and Perturbations, ICLR, arXiv:1903.12261"

SIGMA = (1.0, 2.0, 3.0, 4.0, 6.0)


def parameters(strength: float, size: int) -> dict[str, float]:
    """Return the standard deviation of the weights in pixels."""
    return {"sigma_px": _strength.level(SIGMA, strength) * _strength.scale(size)}


def apply(image: UInt8[np.ndarray, "h w c"], strength: float, rng: np.random.Generator) -> UInt8[np.ndarray, "h w c"]:
    """Return the blurred image; the random generator is not used."""
    sigma = parameters(strength, _pixels.side(image))["sigma_px"]
    return _pixels.to_bytes(_blur.gaussian(_pixels.to_unit(image), sigma))
