"""Small residual network with batch normalisation.

One basic block of two 3 x 3 convolutions a stage, halving the side between stages; features are the last maps averaged over a coarse
grid.
"""

import itertools

import torch
from jaxtyping import Float
from torch import nn
from torch.nn import functional

from engine.models.classifiers import _inference
from engine.models.classifiers._classifier import Classifier

VERSION = 1
CITATION = "K. He, X. Zhang, S. Ren, J. Sun. Deep Residual Learning for Image Recognition. CVPR 2016."


class Block(nn.Module):
    """Two convolutions beside a shortcut (a 1 x 1 convolution where the shape changes)."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(after)
        same = stride == 1 and before == after
        self.shortcut = nn.Identity() if same else nn.Conv2d(before, after, 1, stride)

    def forward(self, x: Float[torch.Tensor, "n c h w"]) -> Float[torch.Tensor, "n d i j"]:
        """Return the rectified sum of residual and shortcut."""
        residual = functional.relu(self.norm1(self.conv1(x)))
        return functional.relu(self.norm2(self.conv2(residual)) + self.shortcut(x))


def build(classes: int, channels: int, size: int, *, widths: tuple[int, ...] = (16, 32, 48), grid: int = 2) -> Classifier:
    """Return a residual network with one block a width and `grid` x `grid` averaged cells."""
    stem = [nn.Conv2d(channels, widths[0], 3, padding=1, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU()]
    stages = itertools.pairwise((widths[0], *widths))
    blocks = [Block(before, after, stride=2 if i else 1) for i, (before, after) in enumerate(stages)]
    trunk = nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(grid), nn.Flatten())
    return Classifier(trunk, widths[-1] * grid * grid, classes)


def for_inference(module: nn.Module) -> nn.Module:
    """Return the network with every normalisation folded into the convolution before it."""
    return _inference.folded(module)
