"""Methods of fairlearn on the same people: thresholds that may be random, and a reduction to weighted classification.

Source: Hardt, Price and Srebro 2016 (ThresholdOptimizer, which knows the true group when it decides); Agarwal and others, "A Reductions Approach to
Fair Classification", ICML 2018 (ExponentiatedGradient, which does not).
"""

import warnings

import numpy as np
from fairlearn.postprocessing import ThresholdOptimizer
from fairlearn.reductions import DemographicParity, ExponentiatedGradient, TruePositiveRateParity
from jaxtyping import Bool, Float
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression

from engine.heads import merge
from engine.heads.people import Side

STEPS = 10  # of the reduction


class _Given(ClassifierMixin, BaseEstimator):
    """A classifier whose scores are given as its inputs."""

    def __init__(self) -> None:
        self.classes_ = np.array([0, 1])

    def fit(self, _inputs: object, _labels: object) -> "_Given":
        """Return itself: there is nothing to fit."""
        return self

    def decision_function(self, inputs: Float[np.ndarray, "n 1"]) -> Float[np.ndarray, " n"]:
        """Return the scores."""
        return np.asarray(inputs)[:, 0]


def thresholds(
    fitted: Float[np.ndarray, " m"], val: Side, tried: Float[np.ndarray, " n"], test: Side, constraint: str, seed: int
) -> Bool[np.ndarray, " n"]:
    """Return decisions about test people by fairlearn's ThresholdOptimizer, fitted to scores of validation people; random ones are seeded."""
    named = "demographic_parity" if constraint == merge.PARITY else "true_positive_rate_parity"
    method = ThresholdOptimizer(estimator=_Given(), constraints=named, prefit=True, predict_method="decision_function")
    method.fit(fitted[:, None].astype(np.float64), val.labels, sensitive_features=val.members)
    return np.asarray(method.predict(tried[:, None].astype(np.float64), sensitive_features=test.members, random_state=seed)) == 1


def gradient(train: Side, test: Side, constraint: str, slack: float, seed: int) -> Bool[np.ndarray, " n"]:
    """Return decisions about test people by fairlearn's ExponentiatedGradient over logistic regressions, fitted to training people."""
    bound = (DemographicParity if constraint == merge.PARITY else TruePositiveRateParity)(difference_bound=slack)
    method = ExponentiatedGradient(LogisticRegression(max_iter=100), bound, eps=slack, max_iter=STEPS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it uses what pandas 4 will not have; and a step of the reduction need not converge
        method.fit(train.inputs, train.labels, sensitive_features=train.members)
    return np.asarray(method.predict(test.inputs, random_state=seed)) == 1
