"""Projected gradient descent, each pixel changed by at most a budget (L-infinity).

Twenty steps up the cross-entropy from a random start, by foolbox; white box, untargeted, so an upper bound on how robust a
network is, not a proof.
"""

import numpy as np
from jaxtyping import Float32, Int

from engine.attacks import _projected
from engine.attacks._projected import unsupported
from engine.models.predict import Predictor
from engine.preprocess import Pictures, Preprocess

__all__ = ["budget", "perturb", "unsupported"]

VERSION = 1
NORM = "linf"
STEPS = 20
UNIT = "1/255 of the pixel range, at most, for each pixel"
STRENGTHS = {"small": (2.0, 8.0, 25.0), "large": (0.005, 0.05, 0.1, 0.15, 0.3, 0.5)}
CITATION = "A. Madry et al. Towards Deep Learning Models Resistant to Adversarial Attacks. ICLR 2018. Budgets: Wenzel et al. NeurIPS 2022."


def budget(strength: float, preprocess: Preprocess) -> float:
    """Return the largest change of a pixel value scaled to 0..1; the same for all inputs."""
    return strength / 255


def perturb(
    predictor: Predictor, images: Pictures, labels: Int[np.ndarray, " n"],
    strength: float, seed: int,
) -> Float32[np.ndarray, "n c h w"]:  # fmt: skip
    """Return the attacked images as the network takes them; labels count in the network's classes.

    Raises:
        UserError: for a network without a gradient.
    """
    attack = _projected.LinfProjectedGradientDescentAttack(steps=STEPS, rel_stepsize=_projected.relative_step(STEPS))
    return _projected.perturbed(attack, predictor, images, labels, budget(strength, predictor.card.preprocess), seed)
