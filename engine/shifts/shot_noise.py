"""Shot noise, from counting single photons.

Every value of every channel is replaced by a Poisson count whose mean is the value times `photons`, divided by
`photons` again. Fewer photons are noisier. Black stays black. The grain is one pixel at every size. Counts are read off
the distribution at one uniform number per value, so that they move together as the strength changes.
"""

import functools

import numpy as np
from jaxtyping import Float64, Int64, UInt8
from scipy import special

from engine.shifts import _pixels, _strength

VERSION = 1
FAMILY = "noise"
STRENGTHS = (1.0, 2.0, 3.0, 4.0, 5.0)
LIMITS = (1.0, 5.0)
UNIT = "level 1 to 5 of ImageNet-C"
SOURCE = "written anew from the published description and parameters of ImageNet-C"
CITATION = "Hendrycks and Dietterich (2019), Benchmarking Neural Network Robustness to Common Corruptions and Perturbations, ICLR, arXiv:1903.12261"

PHOTONS = (60.0, 25.0, 12.0, 5.0, 3.0)
STEPS = 256


def parameters(strength: float, size: int) -> dict[str, float]:
    """Return how many photons a white value counts on average."""
    return {"photons": _strength.level(PHOTONS, strength)}


def apply(image: UInt8[np.ndarray, "h w c"], strength: float, rng: np.random.Generator) -> UInt8[np.ndarray, "h w c"]:
    """Return the image with each value counted anew."""
    photons = parameters(strength, _pixels.side(image))["photons"]
    counts = poisson(image, photons, rng.random(image.shape))
    return _pixels.to_bytes(counts.astype(np.float32) / np.float32(photons))


def poisson(values: UInt8[np.ndarray, "h w c"], photons: float, uniform: Float64[np.ndarray, "h w c"]) -> Int64[np.ndarray, "h w c"]:
    """Return the Poisson quantiles at `uniform` of means `values` / 255 * `photons`: least k with P(count <= k) > u.

    There are but 256 means, hence tables: `starts` gives the count at the start of each 1/STEPS of probability, from
    which those that are not there yet walk on.
    """
    below, starts = _tables(photons)
    u, row = uniform.ravel(), values.ravel().astype(np.intp)
    counts = starts.take(row * STEPS + (u * STEPS).astype(np.intp))
    row *= below.shape[1]
    walking = np.flatnonzero(below.take(row + counts) <= u)
    while walking.size:
        counts[walking] += 1
        walking = walking[below.take(row[walking] + counts[walking]) <= u[walking]]
    return counts.reshape(values.shape)


@functools.lru_cache(maxsize=32)
def _tables(photons: float) -> tuple[Float64[np.ndarray, "256 counts"], Int64[np.ndarray, "256 steps"]]:
    """Return P(count <= k) for each value and count k, ending in 1, and the quantiles at multiples of 1 / STEPS."""
    last = int(photons + 8 * np.sqrt(photons) + 16)  # beyond it lies less than 1e-12
    below = special.pdtr(np.arange(last + 1)[None, :], np.arange(256)[:, None] / 255 * photons)
    below[:, -1] = 1
    starts = [np.searchsorted(row, np.arange(STEPS) / STEPS, side="right") for row in below]
    return below, np.array(starts, np.int64)
