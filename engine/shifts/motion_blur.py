"""Motion blur, as of a camera that moves.

Neighbours along a line are averaged, with the weights of one half of a Gaussian of `sigma_px`, over `length_px`. Its
direction is drawn per image from -45 to 45 degrees off the horizontal. The line is spread over the pixels by bilinear
weights, so that a trace of less than a pixel (sigma 0.4 to 1.9 at 28 pixels) still blurs.
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

RADIUS = (10.0, 15.0, 15.0, 15.0, 20.0)
SIGMA = (3.0, 5.0, 8.0, 12.0, 15.0)
DEGREES = 45  # the direction is drawn from -45 to 45


def parameters(strength: float, size: int) -> dict[str, float]:
    """Return length and fading of the trace in pixels."""
    scale = _strength.scale(size)
    return {
        "length_px": 2 * _strength.level(RADIUS, strength) * scale,
        "sigma_px": _strength.level(SIGMA, strength) * scale,
    }


def apply(image: UInt8[np.ndarray, "h w c"], strength: float, rng: np.random.Generator) -> UInt8[np.ndarray, "h w c"]:
    """Return the image smeared along one direction."""
    angle = np.deg2rad(rng.uniform(-DEGREES, DEGREES))
    scale = _strength.scale(_pixels.side(image))
    kernel, start = _blur.trail(_strength.level(RADIUS, strength), _strength.level(SIGMA, strength), angle, scale)
    return _pixels.to_bytes(_blur.convolved(_pixels.to_unit(image), kernel, start))
