"""NLL after temperature scaling.

The negative log-likelihood of logits divided by one temperature, which was fitted on the network's in-distribution
set. Read on another set, it shows whether calibration survives the shift. The interval takes the temperature as
given.
"""

import numpy as np
from jaxtyping import Float, Float64, Int

from engine.metrics.classification import nll

VERSION = 1
UNIT = "nats"
BETTER = "lower"
NEEDS = ("temperature",)
CITATION = "Guo et al., On calibration of modern neural networks, ICML 2017"

combine = nll.combine


def statistics(logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"], temperature: float) -> Float64[np.ndarray, "n 1"]:
    """Return what each example adds, see `nll`."""
    return nll.statistics(logits / temperature, labels)


def compute(logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"], temperature: float) -> float:
    """Return the mean cross-entropy of the scaled logits in nats."""
    return nll.compute(logits / temperature, labels)
