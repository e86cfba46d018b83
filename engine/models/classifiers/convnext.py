"""Small ConvNeXt: convolutions arranged as in a transformer.

Patches of 2 x 2 pixels, then blocks of a depthwise 5 x 5 convolution, one normalisation and a perceptron on each place, added to what came
in; the side halves between stages. Features are the last maps averaged over a coarse grid.
"""

import itertools

import torch
from jaxtyping import Float
from torch import nn
from torch.nn import functional

from engine.models.classifiers._classifier import Classifier

VERSION = 1
CITATION = "Z. Liu, H. Mao, C.-Y. Wu, C. Feichtenhofer, T. Darrell, S. Xie. A ConvNet for the 2020s. CVPR 2022."


class Norm(nn.LayerNorm):
    """Layer normalisation of the channels of each place."""

    def forward(self, x: Float[torch.Tensor, "n c h w"]) -> Float[torch.Tensor, "n c h w"]:  # type: ignore[override]
        """Return normalised maps."""
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Block(nn.Module):
    """Depthwise convolution, normalisation, perceptron on each place, added to what came in."""

    def __init__(self, width: int, ratio: int) -> None:
        super().__init__()
        self.spatial = nn.Conv2d(width, width, 5, padding=2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.wide, self.narrow = nn.Linear(width, ratio * width), nn.Linear(ratio * width, width)

    def forward(self, x: Float[torch.Tensor, "n c h w"]) -> Float[torch.Tensor, "n c h w"]:
        """Return the maps after one block."""
        places = self.norm(self.spatial(x).permute(0, 2, 3, 1))  # (n, h, w, c)
        return x + self.narrow(functional.gelu(self.wide(places))).permute(0, 3, 1, 2)


def build(classes: int, channels: int, size: int, *, widths: tuple[int, ...] = (24, 48), depth: int = 1, ratio: int = 2, grid: int = 2) -> Classifier:
    """Return a network with `depth` blocks a width; the first layer and each further stage halve the side."""
    layers: list[nn.Module] = []
    for before, after in itertools.pairwise((channels, *widths)):
        layers += [Norm(before)] if layers else []
        layers += [nn.Conv2d(before, after, 2, stride=2), *(Block(after, ratio) for _ in range(depth))]
    layers += [Norm(widths[-1]), nn.AdaptiveAvgPool2d(grid), nn.Flatten()]
    return Classifier(nn.Sequential(*layers), widths[-1] * grid * grid, classes)
