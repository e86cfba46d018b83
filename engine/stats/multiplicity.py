"""Many tests at once: p values made larger, so that what stays small may be believed although so much was asked.

Each adjusted p is the least level at which its comparison would be called a difference.
"""

from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
from jaxtyping import Float, Float64

Control = Literal["bh", "holm", "none"]


def adjusted(p: Float[np.ndarray, " tests"], control: Control = "bh") -> Float64[np.ndarray, " tests"]:
    """Return the p values adjusted for their number; NaN (no test was possible) stays NaN and does not count.

    Args:
        p: One p value a test.
        control: `bh` keeps the expected share of false discoveries (Benjamini and Hochberg, "Controlling the false discovery
            rate", 1995; for tests that depend on each other positively, as comparisons with one network do), `holm` the chance of
            any (Holm, "A simple sequentially rejective multiple test procedure", 1979), `none` neither.
    """
    p = np.asarray(p, dtype=np.float64)
    found = np.full(p.shape, np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    found[order] = np.minimum(1.0, _CONTROLS[control](p[order]))
    return found


def benjamini_hochberg(ascending: Float64[np.ndarray, " tests"]) -> Float64[np.ndarray, " tests"]:
    """Return Benjamini and Hochberg's adjustment of ascending p values."""
    n = len(ascending)
    return np.minimum.accumulate((ascending * n / np.arange(1, n + 1))[::-1])[::-1]


def holm(ascending: Float64[np.ndarray, " tests"]) -> Float64[np.ndarray, " tests"]:
    """Return Holm's adjustment of ascending p values."""
    return np.maximum.accumulate(ascending * np.arange(len(ascending), 0, -1))


_CONTROLS: Mapping[Control, Callable[[np.ndarray], np.ndarray]] = {"bh": benjamini_hochberg, "holm": holm, "none": np.positive}
