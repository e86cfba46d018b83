"""Linear softmax regression on pixels.

The simplest thing that can be called a classifier: one weight per pixel and class. A network that does not beat it has
learned nothing that needs depth.
"""

from torch import nn

from engine.models.classifiers._classifier import Classifier

VERSION = 1
CITATION = "D. R. Cox. The Regression Analysis of Binary Sequences. Journal of the Royal Statistical Society B 20, 1958."


def build(classes: int, channels: int, size: int) -> Classifier:
    """Return a linear classifier of `channels` x `size` x `size` images."""
    return Classifier(nn.Flatten(), channels * size * size, classes)
