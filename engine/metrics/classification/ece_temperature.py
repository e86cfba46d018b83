"""ECE after temperature scaling.

The expected calibration error of logits divided by one temperature, which was fitted on the network's in-distribution
set. Read on another set, it shows whether calibration survives the shift. The interval takes the temperature as
given.
"""

import numpy as np
from jaxtyping import Float, Float64, Int

from engine.metrics.classification import ece

VERSION = 1
UNIT = "fraction"
BETTER = "lower"
NEEDS = ("temperature",)
CITATION = "Guo et al., On calibration of modern neural networks, ICML 2017"

combine = ece.combine
null = ece.null


def statistics(logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"], temperature: float) -> Float64[np.ndarray, "n bins"]:
    """Return what each example adds, see `ece`."""
    return ece.statistics(logits / temperature, labels)


def compute(logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"], temperature: float) -> float:
    """Return the expected calibration error of the scaled logits, 0..1."""
    return ece.compute(logits / temperature, labels)
