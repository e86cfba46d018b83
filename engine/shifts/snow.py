"""Snow, falling and blurred by its fall.

Flakes are where an enlarged field of normal numbers (mean `mean`, standard deviation 0.3) exceeds `threshold`; they are
smeared downwards by a motion blur in a direction drawn per image, added once as they are and once turned by half a
turn, over the image bleached by 1 - `kept`. A flake is about `flake_px` wide, which is never less than FINEST pixels:
at 28 pixels flakes are relatively larger than published.
"""

import numpy as np
from jaxtyping import Float32, UInt8

from engine.shifts import _blur, _pixels, _strength, _warp

VERSION = 1
FAMILY = "weather"
STRENGTHS = (1.0, 2.0, 3.0, 4.0, 5.0)
LIMITS = (1.0, 5.0)
UNIT = "level 1 to 5 of ImageNet-C"
SOURCE = "written anew from the published description and parameters of ImageNet-C"
CITATION = "Hendrycks and Dietterich (2019), Benchmarking Neural Network Robustness to Common Corruptions and Perturbations, ICLR, arXiv:1903.12261"

MEAN = (0.1, 0.2, 0.55, 0.55, 0.55)
SPREAD = 0.3
FLAKE = (3.0, 2.0, 4.0, 4.5, 2.5)
THRESHOLD = (0.5, 0.5, 0.9, 0.85, 0.85)
RADIUS = (10.0, 12.0, 12.0, 12.0, 12.0)
SIGMA = (4.0, 4.0, 8.0, 8.0, 12.0)
KEPT = (0.8, 0.7, 0.7, 0.65, 0.55)
FINEST = 1.5  # pixels


def parameters(strength: float, size: int) -> dict[str, float]:
    """Return how dense the flakes are, their size and trace in pixels, and how much of the image is kept."""
    scale = _strength.scale(size)
    return {
        "mean": _strength.level(MEAN, strength),
        "threshold": _strength.level(THRESHOLD, strength),
        "flake_px": max(_strength.level(FLAKE, strength) * scale, FINEST),
        "length_px": 2 * _strength.level(RADIUS, strength) * scale,
        "sigma_px": _strength.level(SIGMA, strength) * scale,
        "kept": _strength.level(KEPT, strength),
    }


def apply(image: UInt8[np.ndarray, "h w c"], strength: float, rng: np.random.Generator) -> UInt8[np.ndarray, "h w c"]:
    """Return the image bleached, with two layers of snow."""
    known = parameters(strength, _pixels.side(image))
    flakes = _flakes(rng.standard_normal(image.shape[:2], np.float32), known)
    angle = np.deg2rad(rng.uniform(-135, -45))  # gathered from above: smeared downwards
    scale = _strength.scale(_pixels.side(image))
    kernel, start = _blur.trail(_strength.level(RADIUS, strength), _strength.level(SIGMA, strength), angle, scale)
    flakes = _blur.convolved(flakes, kernel, start)
    pixels, kept = _pixels.to_unit(image), np.float32(known["kept"])
    bleached = kept * pixels + (1 - kept) * np.maximum(pixels, np.float32(1.5) * _pixels.luma(pixels) + np.float32(0.5))
    return _pixels.to_bytes(bleached + flakes + flakes[::-1, ::-1])


def _flakes(noise: Float32[np.ndarray, "h w"], known: dict[str, float]) -> Float32[np.ndarray, "h w 1"]:
    """Return the middle of the field enlarged, cut to [0, 1], and 0 below the threshold."""
    field = _warp.enlarged(noise[..., None], known["flake_px"])
    field = field * np.float32(SPREAD) + np.float32(known["mean"])
    return np.where(field < np.float32(known["threshold"]), np.float32(0), np.minimum(field, np.float32(1)))
