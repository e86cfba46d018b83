"""Small MLP-Mixer.

Perceptrons only: one mixes the patches of an image, channel by channel, the next mixes the channels of each patch. Features are the
tokens averaged over a coarse grid.
"""

import torch
from jaxtyping import Float
from torch import nn

from engine.models.classifiers._classifier import Classifier, TokenGrid, patches_a_side

VERSION = 1
CITATION = "I. Tolstikhin et al. MLP-Mixer: An all-MLP Architecture for Vision. NeurIPS 2021."


def _perceptron(width: int, hidden: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))


class Block(nn.Module):
    """Mixing over tokens, then over channels, each added to what came in."""

    def __init__(self, tokens: int, width: int, token_hidden: int, channel_hidden: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.over_tokens = _perceptron(tokens, token_hidden)
        self.over_channels = _perceptron(width, channel_hidden)

    def forward(self, x: Float[torch.Tensor, "n t d"]) -> Float[torch.Tensor, "n t d"]:
        """Return the tokens after one block."""
        x = x + self.over_tokens(self.norm1(x).transpose(1, 2)).transpose(1, 2)  # (n, d, t) inside
        return x + self.over_channels(self.norm2(x))


class Trunk(nn.Module):
    """Patch embedding, blocks, averages over tokens."""

    def __init__(self, channels: int, patch: int, width: int, blocks: list[Block], grid: int) -> None:
        super().__init__()
        self.embed = nn.Conv2d(channels, width, patch, stride=patch)
        self.blocks = nn.Sequential(*blocks)
        self.norm = nn.LayerNorm(width)
        self.average = TokenGrid(grid)

    def forward(self, images: Float[torch.Tensor, "n c h w"]) -> Float[torch.Tensor, "n d"]:
        """Return one feature vector an image."""
        tokens = self.embed(images).flatten(2).transpose(1, 2)  # (n, t, d)
        return self.average(self.norm(self.blocks(tokens)))


def build(
    classes: int, channels: int, size: int,
    *, patch: int = 4, width: int = 64, depth: int = 4, token_hidden: int = 32, channel_hidden: int = 80, grid: int = 2,
) -> Classifier:  # fmt: skip
    """Return a mixer over `patch` x `patch` patches; raises UserError where they do not divide the size."""
    tokens = patches_a_side(size, patch) ** 2
    blocks = [Block(tokens, width, token_hidden, channel_hidden) for _ in range(depth)]
    return Classifier(Trunk(channels, patch, width, blocks, grid), width * grid * grid, classes)
