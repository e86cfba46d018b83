"""What metrics that are a mean over examples share."""

import numpy as np
from jaxtyping import Float, Float64


def column(values: np.ndarray) -> Float64[np.ndarray, "n 1"]:
    """Return one number an example as statistics of one column."""
    return values.astype(np.float64)[:, None]


def combine(sums: Float[np.ndarray, "*resamples 1"], n: int) -> Float64[np.ndarray, " *resamples"]:
    """Return the mean from the sum."""
    return np.asarray(sums[..., 0] / n, dtype=np.float64)
