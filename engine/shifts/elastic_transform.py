"""Elastic transform: bent like rubber.

Three points around the centre move by up to `corner_px` along each axis and take the image with them (an affine map);
on top of it each pixel is displaced by a random field, smooth over `sigma_px` and about `moved_px` long. Levels 1 and 2
move the whole image far, levels 3 to 5 little but ripple it, so that the mean change does not grow from 2 to 3. At 28
pixels the ripples are of single pixels (smooth over 0.3) and a tenth to a quarter of a pixel high.
"""

import functools

import cv2
import numpy as np
from jaxtyping import Float32, Float64, UInt8
from scipy import fft

from engine.shifts import _pixels, _strength, _warp

VERSION = 1
FAMILY = "digital"
STRENGTHS = (1.0, 2.0, 3.0, 4.0, 5.0)
LIMITS = (1.0, 5.0)
UNIT = "level 1 to 5 of ImageNet-C"
SOURCE = "written anew from the published description and parameters of ImageNet-C"
CITATION = "Hendrycks and Dietterich (2019), Benchmarking Neural Network Robustness to Common Corruptions and Perturbations, ICLR, arXiv:1903.12261"

ALPHA = (488.0, 488.0, 12.2, 17.08, 29.28)  # published as shares of 244 pixels
SIGMA = (170.8, 19.52, 2.44, 2.44, 2.44)
CORNER = (24.4, 48.8, 4.88, 4.88, 4.88)


def parameters(strength: float, size: int) -> dict[str, float]:
    """Return how far corners move, and the width and standard deviation of the field, in pixels."""
    scale = _strength.scale(size)
    sigma = _strength.level(SIGMA, strength) * scale
    return {
        "corner_px": _strength.level(CORNER, strength) * scale,
        "sigma_px": sigma,
        "moved_px": _height(strength, scale) / np.sqrt(3) * float(np.square(_response(size, sigma)).mean()),
    }


def apply(image: UInt8[np.ndarray, "h w c"], strength: float, rng: np.random.Generator) -> UInt8[np.ndarray, "h w c"]:
    """Return the image bent."""
    height, width = image.shape[:2]
    scale = _strength.scale(_pixels.side(image))
    corners = rng.uniform(-1, 1, (3, 2)) * _strength.level(CORNER, strength) * scale
    noise = 2 * rng.random((2, height, width), np.float32) - 1
    field = smoothed(noise, _strength.level(SIGMA, strength) * scale) * np.float32(_height(strength, scale))
    backward = _backward(height, width, corners).astype(np.float32)
    x, y = _warp.places(image.shape)
    x, y = x + field[0], y + field[1]
    from_x, from_y = (row[0] * x + row[1] * y + row[2] for row in backward)
    made = cv2.remap(_pixels.to_unit(image), from_x, from_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return _pixels.to_bytes(_pixels.channels(made, image))


def _height(strength: float, scale: float) -> float:
    """Return what the smoothed noise is multiplied by, in pixels.

    A displacement is a length, hence one `scale`; and a field smooth over fewer pixels averages less noise away, hence
    the other.
    """
    return _strength.level(ALPHA, strength) * scale**2


def smoothed(noise: Float32[np.ndarray, "k h w"], sigma: float) -> Float32[np.ndarray, "k h w"]:
    """Return each field under a Gaussian of `sigma` pixels, mirrored at the border; no sigma is too wide."""
    waves = np.asarray(fft.dctn(noise, axes=(1, 2)))
    waves *= _response(noise.shape[1], sigma)[:, None] * _response(noise.shape[2], sigma)
    return np.asarray(fft.idctn(waves, axes=(1, 2), overwrite_x=True))


@functools.lru_cache(maxsize=64)
def _response(size: int, sigma: float) -> Float32[np.ndarray, " size"]:
    """Return what a Gaussian leaves of each cosine."""
    return np.exp(-np.square(sigma * np.pi * np.arange(size) / size) / 2).astype(np.float32)


def _backward(height: int, width: int, corners: Float64[np.ndarray, "3 2"]) -> Float64[np.ndarray, "2 3"]:
    """Return the map from new to old places (x, y) that takes the three moved points back."""
    reach = min(height, width) / 3
    before = np.array([width, height]) / 2 + reach * np.array([[1, 1], [1, -1], [-1, -1]])
    after = np.column_stack((before + corners, np.ones(3)))
    return np.linalg.solve(after, before).T
