"""Blur kernels that stay true for lengths below a pixel.

A kernel sampled at pixel centres does nothing once its length falls below half a pixel, and then jumps. These do not:
below NARROWEST pixels a Gaussian of variance sigma² is that narrowest one mixed with leaving the pixel alone, and discs
and lines are spread over the pixels by bilinear weights, that is convolved with a tent two pixels wide.
"""

import functools
import math

import cv2
import numpy as np
from jaxtyping import Float32

from engine.shifts import _pixels

NARROWEST = 0.7  # sigma in pixels down to which the sampled Gaussian's variance is sigma² to within 0.3 %


@functools.lru_cache(maxsize=256)
def gaussian_taps(sigma: float) -> Float32[np.ndarray, " taps"]:
    """Return Gaussian weights of variance `sigma`² in pixels, cut at four sigma, of sum 1."""
    places = np.arange(-math.ceil(4 * max(sigma, NARROWEST)), math.ceil(4 * max(sigma, NARROWEST)) + 1)
    taps = np.exp(-(places**2) / (2 * max(sigma, NARROWEST) ** 2))
    taps /= taps.sum()
    if sigma < NARROWEST:
        share = sigma**2 / (taps * places**2).sum()
        taps = share * taps + (1 - share) * (places == 0)
    return taps.astype(np.float32)


def gaussian(image: Float32[np.ndarray, "h w *c"], sigma: float) -> Float32[np.ndarray, "h w *c"]:
    """Return the image under a Gaussian of `sigma` pixels; beyond the frame its edge goes on."""
    taps = gaussian_taps(sigma)
    return _pixels.channels(cv2.sepFilter2D(image, -1, taps, taps, borderType=cv2.BORDER_REPLICATE), image)


def convolved(
    image: Float32[np.ndarray, "h w c"], kernel: Float32[np.ndarray, "kh kw"], anchor: tuple[int, int] = (-1, -1)
) -> Float32[np.ndarray, "h w c"]:
    """Return each pixel as the kernel's weighted sum of its neighbours; `anchor` is its own (x, y) in the kernel."""
    return _pixels.channels(cv2.filter2D(image, -1, kernel, anchor=anchor, borderType=cv2.BORDER_REPLICATE), image)


@functools.lru_cache(maxsize=64)
def disc(radius: float, edge: float) -> Float32[np.ndarray, "k k"]:
    """Return a disc of `radius` pixels, softened by a Gaussian of `edge` pixels, summing to 1."""
    fine = max(8, math.ceil(32 / radius))  # points a pixel
    reach = math.ceil(radius) + 1 + math.ceil(4 * edge)
    steps = (np.arange(-math.ceil(radius * fine), math.ceil(radius * fine) + 1)) / fine
    x, y = np.meshgrid(steps, steps)
    inside = x**2 + y**2 <= radius**2
    kernel = _spread(x[inside] + reach, y[inside] + reach, np.ones(inside.sum()), (2 * reach + 1, 2 * reach + 1))
    taps = gaussian_taps(edge)
    return cv2.sepFilter2D(kernel, -1, taps, taps, borderType=cv2.BORDER_CONSTANT)


def trail(radius: float, sigma: float, angle: float, scale: float) -> tuple[Float32[np.ndarray, "kh kw"], tuple[int, int]]:
    """Return a one-sided line of Gaussian weights, and the place of its start (x, y): the trace of a moving camera.

    Args:
        radius: half the line's length, in published pixels: it has a tap at 0, 1, …, 2 radius.
        sigma: of the weights along the line, in published pixels.
        angle: direction in radians in which neighbours are gathered; 0 is right, positive is down.
        scale: what the lengths are multiplied by; taps are split where that would leave gaps between them.
    """
    weights, steps = _taps(radius, sigma, math.ceil(scale))
    x, y = steps * (scale * math.cos(angle)), steps * (scale * math.sin(angle))
    left, top = math.floor(min(x[-1], 0.0)), math.floor(min(y[-1], 0.0))
    width, height = math.ceil(max(x[-1], 0.0)) - left + 2, math.ceil(max(y[-1], 0.0)) - top + 2
    return _spread(x - left, y - top, weights, (height, width)), (-left, -top)


@functools.lru_cache(maxsize=64)
def _taps(radius: float, sigma: float, split: int) -> tuple[np.ndarray, np.ndarray]:
    steps = np.arange(math.floor(2 * radius * split + 1e-9) + 1) / split
    return np.exp(-(steps**2) / (2 * sigma**2)), steps


def _spread(x: np.ndarray, y: np.ndarray, weights: np.ndarray, shape: tuple[int, int]) -> Float32[np.ndarray, "kh kw"]:
    """Return a kernel of sum 1 in which each weighted point is shared among its four pixels."""
    left, top = np.floor(x).astype(np.intp), np.floor(y).astype(np.intp)
    right, below = x - left, y - top
    first = top * shape[1] + left
    places = np.concatenate((first, first + 1, first + shape[1], first + shape[1] + 1))
    shares = np.concatenate(((1 - right) * (1 - below), right * (1 - below), (1 - right) * below, right * below))
    kernel = np.bincount(places, shares * np.tile(weights, 4), shape[0] * shape[1])
    return (kernel / kernel.sum()).reshape(shape).astype(np.float32)
