"""Small densely connected network with batch normalisation.

Every layer of a block sees what all layers before it made; between blocks a 1 x 1 convolution halves the channels and an average halves
the side. Features are the last maps averaged over a coarse grid.
"""

import torch
from jaxtyping import Float
from torch import nn
from torch.nn import functional

from engine.models.classifiers._classifier import Classifier

VERSION = 1
CITATION = "G. Huang, Z. Liu, L. van der Maaten, K. Q. Weinberger. Densely Connected Convolutional Networks. CVPR 2017."


class Layer(nn.Module):
    """Normalise, rectify, convolve; what comes out is put beside what came in."""

    def __init__(self, before: int, growth: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(before)
        self.conv = nn.Conv2d(before, growth, 3, padding=1, bias=False)

    def forward(self, x: Float[torch.Tensor, "n c h w"]) -> Float[torch.Tensor, "n d h w"]:
        """Return the input's channels and `growth` new ones."""
        return torch.cat([x, self.conv(functional.relu(self.norm(x)))], dim=1)


def build(classes: int, channels: int, size: int, *, stem: int = 8, growth: int = 8, blocks: tuple[int, ...] = (3, 4), grid: int = 2) -> Classifier:
    """Return a network with so many layers in each dense block; its first convolution halves the side."""
    layers: list[nn.Module] = [nn.Conv2d(channels, stem, 3, stride=2, padding=1, bias=False)]
    width = stem
    for i, depth in enumerate(blocks):
        if i:
            layers += [nn.BatchNorm2d(width), nn.ReLU(), nn.Conv2d(width, width // 2, 1, bias=False), nn.AvgPool2d(2)]
            width //= 2
        layers += [Layer(width + k * growth, growth) for k in range(depth)]
        width += depth * growth
    layers += [nn.BatchNorm2d(width), nn.ReLU(), nn.AdaptiveAvgPool2d(grid), nn.Flatten()]
    return Classifier(nn.Sequential(*layers), width * grid * grid, classes)
