"""How well a layer tells the group: a logistic regression on what the layer makes of people, fitted on one side, tried on another.

A clean form of the probe of Lohaus and others (2022, section 1.2 of the method): the layer is computed once, in evaluation mode, and the read-out
starts from nothing and converges. The floor is the share of the largest group; the ceiling is what can be read off the inputs.
"""

import warnings
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64, Int

from engine.stats import intervals, roc

RIDGE = 1e-3  # of the least-squares read-out, as a share of the mean squared activation


@dataclass(frozen=True)
class Reading:
    """How well a group is told on people that the read-out was not fitted to."""

    accuracy: float
    low: float
    high: float
    auc: float  # NaN with more than two groups
    auc_low: float
    auc_high: float
    n: int


def read(train: Float[np.ndarray, "m w"], members: Int[np.ndarray, " m"], test: Float[np.ndarray, "n w"], truth: Int[np.ndarray, " n"]) -> Reading:
    """Return how well a logistic regression on activations tells the group.

    Args:
        train: activations that it is fitted to.
        members: their groups.
        test: activations that it is tried on.
        truth: their groups.
    """
    from sklearn.exceptions import ConvergenceWarning  # late: pages import this file and fit nothing
    from sklearn.linear_model import LogisticRegression

    centre, scale = train.mean(0), np.maximum(train.std(0), 1e-6)
    model = LogisticRegression(max_iter=300)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # 300 steps are within 1e-4 of the end; what is asked is how well, not which weights
        model.fit((train - centre) / scale, members)
    scaled = (test - centre) / scale
    right = int(np.sum(model.predict(scaled) == truth))
    low, high = intervals.wilson(right, len(truth))
    if len(model.classes_) > 2:
        return Reading(right / len(truth), float(low), float(high), np.nan, np.nan, np.nan, len(truth))
    scores = model.decision_function(scaled)
    one, zero = scores[truth == 1], scores[truth == 0]
    return Reading(right / len(truth), float(low), float(high), roc.auroc(one, zero), *roc.auroc_interval(one, zero), len(truth))


def floor(members: Int[np.ndarray, " n"]) -> float:
    """Return the share of the largest group: what is right without looking."""
    return float(np.bincount(members).max() / len(members))


@dataclass(frozen=True)
class ReadOut:
    """A linear read-out of a layer: raw values, as a group head gives."""

    weight: Float64[np.ndarray, "k w"]
    bias: Float64[np.ndarray, " k"]

    def __call__(self, hidden: Float[np.ndarray, "n w"]) -> Float32[np.ndarray, "n k"]:
        """Return the raw values."""
        return (hidden @ self.weight.T + self.bias).astype(np.float32)


def least_squares(hidden: Float[np.ndarray, "m w"], members: Int[np.ndarray, " m"], groups: int) -> ReadOut:
    """Return the read-out with the least squared error on 0 and 1 (one column for two groups, one-hot for more): a group head made afterwards."""
    target = members[:, None].astype(np.float64) if groups == 2 else np.eye(groups)[members]
    centre, middle = hidden.mean(0, dtype=np.float64), target.mean(0)
    shifted = hidden - centre
    gram = shifted.T @ shifted
    gram[np.diag_indices_from(gram)] += RIDGE * max(float(np.trace(gram)) / len(gram), 1e-12)
    weight = np.linalg.solve(gram, shifted.T @ (target - middle)).T
    return ReadOut(weight, middle - weight @ centre)


def at_random(hidden: Float[np.ndarray, "m w"], like: Float[np.ndarray, "m k"], seed: int) -> ReadOut:
    """Return a read-out in a random direction of the standardised layer, with the means and deviations of another: what any read-out would do."""
    rng = np.random.default_rng([seed, 0])
    weight = rng.standard_normal((like.shape[1], hidden.shape[1])) / np.maximum(hidden.std(0), 1e-6) * (hidden.std(0) > 0)
    raw = hidden @ weight.T
    weight *= (like.std(0) / np.maximum(raw.std(0), 1e-9))[:, None]
    return ReadOut(weight, like.mean(0) - weight @ hidden.mean(0, dtype=np.float64))


def noise(n: int, like: Float[np.ndarray, "m k"], seed: int) -> Float32[np.ndarray, "n k"]:
    """Return values that know nothing of anybody, with the means and deviations of a read-out."""
    drawn = np.random.default_rng([seed, 1]).standard_normal((n, like.shape[1]))
    return (like.mean(0) + drawn * like.std(0)).astype(np.float32)
