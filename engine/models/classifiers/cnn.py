"""Small convolutional network without normalisation.

Four 3 x 3 convolutions with two poolings in between, in the manner of LeNet; features are the last maps averaged over a
coarse grid, so that it keeps where a stroke lies.
"""

import itertools

from torch import nn

from engine.models.classifiers._classifier import Classifier

VERSION = 1
CITATION = "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner. Gradient-based learning applied to document recognition. Proc. IEEE 86(11), 1998."


def build(classes: int, channels: int, size: int, *, widths: tuple[int, ...] = (16, 32, 48, 64), grid: int = 3) -> Classifier:
    """Return a network with one convolution a width, halving after every second, and `grid` x `grid` averaged cells."""
    layers: list[nn.Module] = []
    for i, (before, after) in enumerate(itertools.pairwise((channels, *widths))):
        layers += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU()]
        layers += [nn.MaxPool2d(2)] if i % 2 else []
    layers += [nn.AdaptiveAvgPool2d(grid), nn.Flatten()]
    return Classifier(nn.Sequential(*layers), widths[-1] * grid * grid, classes)
