"""What the calibration errors share: the sum over bins of absolute gaps, and the sums of a calibrated network."""

import numpy as np
from jaxtyping import Float, Float64


def combine(sums: Float[np.ndarray, "*resamples bins"], n: int) -> Float64[np.ndarray, " *resamples"]:
    """Return the expected calibration error from the summed gaps of each bin."""
    return np.asarray(np.abs(sums).sum(axis=-1) / n, dtype=np.float64)


def null(sums: Float[np.ndarray, " bins"], n: int) -> Float64[np.ndarray, " bins"]:
    """Return the summed gaps of a calibrated network."""
    return np.zeros_like(sums, dtype=np.float64)
