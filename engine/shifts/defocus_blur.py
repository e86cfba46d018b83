"""Defocus blur, as of a lens out of focus.

Neighbours are averaged over a disc of `radius_px`, its edge softened by a Gaussian of `edge_px`. The disc is spread
over the pixels by bilinear weights, so a radius below a pixel (0.4 to 1.25 at 28 pixels) still blurs, the more the
larger it is.
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

RADIUS = (3.0, 4.0, 6.0, 8.0, 10.0)
EDGE = (0.1, 0.5, 0.5, 0.5, 0.5)


def parameters(strength: float, size: int) -> dict[str, float]:
    """Return radius and softness of the disc in pixels."""
    scale = _strength.scale(size)
    return {"radius_px": _strength.level(RADIUS, strength) * scale, "edge_px": _strength.level(EDGE, strength) * scale}


def apply(image: UInt8[np.ndarray, "h w c"], strength: float, rng: np.random.Generator) -> UInt8[np.ndarray, "h w c"]:
    """Return the image blurred by a disc; the random generator is not used."""
    lengths = parameters(strength, _pixels.side(image))
    kernel = _blur.disc(lengths["radius_px"], lengths["edge_px"])
    return _pixels.to_bytes(_blur.convolved(_pixels.to_unit(image), kernel))
