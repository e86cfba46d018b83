"""Zoom blur, as of a camera that rushes towards its subject.

The image is averaged with copies of itself enlarged about the centre by factors from 1 to `highest_factor` in equal
steps; the unchanged image counts once more. Factors have no unit of length: the picture's edge moves by the same share
of the side at every size (1.5 to 4.2 pixels at 28).
"""

import numpy as np
from jaxtyping import UInt8

from engine.shifts import _pixels, _strength, _warp

VERSION = 1
FAMILY = "blur"
STRENGTHS = (1.0, 2.0, 3.0, 4.0, 5.0)
LIMITS = (1.0, 5.0)
UNIT = "level 1 to 5 of ImageNet-C"
SOURCE = "written anew from the published description and parameters of ImageNet-C"
CITATION = "Hendrycks and Dietterich (2019), Benchmarking Neural Network Robustness to Common Corruptions and Perturbations, ICLR, arXiv:1903.12261"

HIGHEST = (1.11, 1.15, 1.2, 1.24, 1.3)
COPIES = (12.0, 16.0, 11.0, 13.0, 11.0)


def parameters(strength: float, size: int) -> dict[str, float]:
    """Return the highest factor and the number of enlarged copies."""
    return {"highest_factor": _strength.level(HIGHEST, strength), "copies": float(round(_strength.level(COPIES, strength)))}


def apply(image: UInt8[np.ndarray, "h w c"], strength: float, rng: np.random.Generator) -> UInt8[np.ndarray, "h w c"]:
    """Return the mean of the image and its enlarged copies; the random generator is not used."""
    known = parameters(strength, _pixels.side(image))
    pixels = _pixels.to_unit(image)
    total = 2 * pixels  # the image itself, and the copy of factor 1
    for factor in np.linspace(1, known["highest_factor"], int(known["copies"]))[1:]:
        total += _warp.enlarged(pixels, factor)
    return _pixels.to_bytes(total / np.float32(known["copies"] + 1))
