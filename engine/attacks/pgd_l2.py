"""Projected gradient descent within a Euclidean distance (L2).

Twenty normalised steps up the cross-entropy from a random start, by foolbox; white box, untargeted. The strength is that of
the L-infinity attack: the budget is the length of a change by strength / 255 in every one of the input's d numbers.
"""

import math

import numpy as np
from jaxtyping import Float32, Int

from engine.attacks import _projected
from engine.attacks._projected import unsupported
from engine.models.predict import Predictor
from engine.preprocess import Pictures, Preprocess

__all__ = ["budget", "perturb", "unsupported"]

VERSION = 1
NORM = "l2"
STEPS = 20
UNIT = "1/255 of the pixel range, root mean square over the input's numbers"
STRENGTHS = {"small": (2.0, 8.0, 25.0), "large": (0.005, 0.05, 0.1, 0.15, 0.3, 0.5)}
CITATION = "A. Madry et al. Towards Deep Learning Models Resistant to Adversarial Attacks. ICLR 2018. Budgets: Wenzel et al. NeurIPS 2022."


def budget(strength: float, preprocess: Preprocess) -> float:
    """Return strength / 255 * sqrt(d), the largest Euclidean distance with pixel values scaled to 0..1."""
    return strength / 255 * math.sqrt(preprocess.channels * preprocess.size**2)


def perturb(
    predictor: Predictor, images: Pictures, labels: Int[np.ndarray, " n"],
    strength: float, seed: int,
) -> Float32[np.ndarray, "n c h w"]:  # fmt: skip
    """Return the attacked images as the network takes them; labels count in the network's classes.

    Raises:
        UserError: for a network without a gradient.
    """
    attack = _projected.L2ProjectedGradientDescentAttack(steps=STEPS, rel_stepsize=_projected.relative_step(STEPS))
    return _projected.perturbed(attack, predictor, images, labels, budget(strength, predictor.card.preprocess), seed)
