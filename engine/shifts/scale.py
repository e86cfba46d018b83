"""Scale: the picture shrunk, or enlarged, about its centre.

The strength is the factor: 0.5 shows everything at half its size, 2 shows the middle at twice its size, 1 changes
nothing. The usual strengths shrink. What is shrunk is first blurred by a Gaussian of (1 / factor - 1) / 2 pixels
against false patterns. The uncovered rim takes the median colour of the image's frame. A factor is the same at every
size; the blur is counted in pixels.
"""

import numpy as np
from jaxtyping import UInt8

from engine.shifts import _blur, _pixels, _strength, _warp

VERSION = 1
FAMILY = "geometric"
NEUTRAL = 1.0  # the factor that changes nothing
STRENGTHS = (0.9, 0.8, 0.7, 0.6, 0.5)
LIMITS = (0.25, 4.0)
UNIT = "factor"
SOURCE = "own; the strengths are ours"
CITATION = "Mu and Gilmer (2019), MNIST-C: A Robustness Benchmark for Computer Vision"


def parameters(strength: float, size: int) -> dict[str, float]:
    """Return the factor, and the blur before shrinking in pixels."""
    factor = _strength.within(strength, *LIMITS)
    return {"factor": factor, "blur_px": max((1 / factor - 1) / 2, 0.0)}


def apply(image: UInt8[np.ndarray, "h w c"], strength: float, rng: np.random.Generator) -> UInt8[np.ndarray, "h w c"]:
    """Return the image at another scale; the random generator is not used."""
    known = parameters(strength, _pixels.side(image))
    if known["blur_px"] > 0:
        image = _pixels.to_bytes(_blur.gaussian(_pixels.to_unit(image), known["blur_px"]))
    return _warp.about_centre(image, np.eye(2) / known["factor"])
