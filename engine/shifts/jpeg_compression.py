"""JPEG compression of low quality.

The image is written as JPEG at `quality` (of 100; colour at half resolution) and read again. JPEG works on blocks of 8
pixels, which no setting changes: they cover more of a small image. Grey images are written with one channel. Between
the published ones, qualities are rounded to whole numbers.
"""

import cv2
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

QUALITY = (25.0, 18.0, 15.0, 10.0, 7.0)


def parameters(strength: float, size: int) -> dict[str, float]:
    """Return the quality, a whole number."""
    return {"quality": float(round(_strength.level(QUALITY, strength)))}


def apply(image: UInt8[np.ndarray, "h w c"], strength: float, rng: np.random.Generator) -> UInt8[np.ndarray, "h w c"]:
    """Return the image after a round trip through JPEG; the random generator is not used."""
    quality = int(parameters(strength, _pixels.side(image))["quality"])
    settings = (
        cv2.IMWRITE_JPEG_QUALITY,
        quality,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
    )
    if image.shape[2] == 1:
        _, code = cv2.imencode(".jpg", image, settings[:2])
        return _read(code, cv2.IMREAD_GRAYSCALE)[..., None]
    _, code = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), settings)
    return cv2.cvtColor(_read(code, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def _read(code: UInt8[np.ndarray, " bytes"], mode: int) -> UInt8[np.ndarray, "h w *c"]:
    image = cv2.imdecode(code, mode)
    assert image is not None  # what was just written can be read
    return image
