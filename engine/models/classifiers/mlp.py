"""Multilayer perceptron on pixels.

Two hidden layers of rectified linear units; it sees pixels as an unordered list, so nothing ties neighbours together.
"""

from torch import nn

from engine.models.classifiers._classifier import Classifier

VERSION = 1
CITATION = "D. E. Rumelhart, G. E. Hinton, R. J. Williams. Learning representations by back-propagating errors. Nature 323, 1986."


def build(classes: int, channels: int, size: int, *, width: int = 64, features: int = 256) -> Classifier:
    """Return a perceptron with hidden layers of `width` and `features` units."""
    trunk = nn.Sequential(nn.Flatten(), nn.Linear(channels * size * size, width), nn.ReLU(), nn.Linear(width, features), nn.ReLU())
    return Classifier(trunk, features, classes)
