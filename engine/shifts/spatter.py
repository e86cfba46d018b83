"""Spatter: drops of water (levels 1 to 3), then splashes of mud (4 and 5).

Drops are where a smooth random field exceeds `threshold`. Water is shaded by the slope towards its rim and brightens
the image in pale turquoise; mud covers it in brown. The field's mean and spread are the published ones, its grain is
`grain_px`, which is never less than half a pixel: at 28 pixels drops are relatively larger than published but cover the
same share. Between levels 3 and 4 water and mud are mixed. On grey images the colours are taken as their brightness.
"""

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from engine.shifts import _blur, _pixels, _strength

VERSION = 1
FAMILY = "weather"
STRENGTHS = (1.0, 2.0, 3.0, 4.0, 5.0)
LIMITS = (1.0, 5.0)
UNIT = "level 1 to 5 of ImageNet-C"
SOURCE = "written anew from the published description and parameters of ImageNet-C"
CITATION = "Hendrycks and Dietterich (2019), Benchmarking Neural Network Robustness to Common Corruptions and Perturbations, ICLR, arXiv:1903.12261"

MEAN = (0.65, 0.65, 0.65, 0.65, 0.67)
SPREAD = (0.3, 0.3, 0.3, 0.3, 0.4)
GRAIN = (4.0, 3.0, 2.0, 1.0, 1.0)
THRESHOLD = (0.69, 0.68, 0.68, 0.65, 0.65)
OPACITY = (0.6, 0.6, 0.5)  # of water
SOFTNESS = 1.5  # of mud's rim, in grains
SOLID = 0.8  # mud thinner than this is left out
FINEST = 0.5  # pixels
WATER = (175, 238, 238)
MUD = (63, 42, 20)


def parameters(strength: float, size: int) -> dict[str, float]:
    """Return the field's mean, spread, grain in pixels and threshold, and the share of mud against water."""
    return {
        "mean": _strength.level(MEAN, strength),
        "spread": _strength.level(SPREAD, strength),
        "grain_px": max(_strength.level(GRAIN, strength) * _strength.scale(size), FINEST),
        "threshold": _strength.level(THRESHOLD, strength),
        "mud": min(max(strength - 3, 0.0), 1.0),
    }


def apply(image: UInt8[np.ndarray, "h w c"], strength: float, rng: np.random.Generator) -> UInt8[np.ndarray, "h w c"]:
    """Return the image with drops on the lens."""
    pixels = _pixels.to_unit(image)
    noise = rng.standard_normal(image.shape[:2], np.float32)
    mud = parameters(strength, _pixels.side(image))["mud"]
    made = np.zeros_like(pixels)
    if mud < 1:
        made = made + np.float32(1 - mud) * _wet(pixels, noise, min(strength, 3.0))
    if mud > 0:
        made = made + np.float32(mud) * _muddy(pixels, noise, max(strength, 4.0))
    return _pixels.to_bytes(made)


def _field(noise: Float32[np.ndarray, "h w"], strength: float) -> Float32[np.ndarray, "h w"]:
    """Return the smooth field, with the spread that smoothing leaves at the published size."""
    known = parameters(strength, min(noise.shape))
    grain = _strength.level(GRAIN, strength)
    left = known["spread"] / (2 * np.sqrt(np.pi) * grain)  # a Gaussian of that width leaves so much of white noise
    smooth = _blur.gaussian(noise, known["grain_px"]) / np.square(_blur.gaussian_taps(known["grain_px"])).sum()
    return np.float32(left) * smooth + np.float32(known["mean"])


def _wet(pixels: Float32[np.ndarray, "h w c"], noise: Float32[np.ndarray, "h w"], strength: float) -> Float32[np.ndarray, "h w c"]:
    field = _field(noise, strength)
    drops = np.where(field < np.float32(_strength.level(THRESHOLD, strength)), np.float32(0), np.minimum(field, 1))
    lit = drops * _shading((drops * 255).astype(np.uint8))
    lit *= np.float32(_strength.level(OPACITY, strength)) / max(lit.max(), np.float32(1e-6))
    return np.minimum(pixels + lit[..., None] * _pixels.colour(WATER, pixels), 1)


def _shading(drops: UInt8[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
    """Return the light on the drops: the slope, towards the lower right, of the distance to the nearest rim."""
    away = cv2.distanceTransform(255 - cv2.Canny(drops, 50, 150), cv2.DIST_L2, 5)
    reach = 20 * max(_strength.scale(min(drops.shape)), FINEST / GRAIN[0])
    depth = cv2.equalizeHist((cv2.blur(np.minimum(away, reach), (3, 3)) * (20 / reach)).astype(np.uint8))
    slope = cv2.filter2D(depth, cv2.CV_8U, np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]], np.float32))
    return cv2.blur(slope, (3, 3)).astype(np.float32)


def _muddy(pixels: Float32[np.ndarray, "h w c"], noise: Float32[np.ndarray, "h w"], strength: float) -> Float32[np.ndarray, "h w c"]:
    known = parameters(strength, _pixels.side(pixels))
    splashes = (_field(noise, strength) > np.float32(known["threshold"])).astype(np.float32)
    cover = _blur.gaussian(splashes, SOFTNESS * known["grain_px"])
    cover = np.where(cover < np.float32(SOLID), np.float32(0), cover)[..., None]
    return pixels * (1 - cover) + cover * _pixels.colour(MUD, pixels)
