"""Small gated perceptron over patches (gMLP).

No attention: in each block half of the channels is mixed over the patches by one learned matrix and gates the other half. Features are the
tokens averaged over a coarse grid.
"""

import torch
from jaxtyping import Float
from torch import nn
from torch.nn import functional

from engine.models.classifiers._classifier import Classifier, TokenGrid, patches_a_side

VERSION = 1
CITATION = "H. Liu, Z. Dai, D. R. So, Q. V. Le. Pay Attention to MLPs. NeurIPS 2021."


class Block(nn.Module):
    """Widen, gate one half by the spatially mixed other half, narrow, add to what came in."""

    def __init__(self, tokens: int, width: int, hidden: int) -> None:
        super().__init__()
        self.norm, self.gate_norm = nn.LayerNorm(width), nn.LayerNorm(hidden)
        self.wide, self.narrow = nn.Linear(width, 2 * hidden), nn.Linear(hidden, width)
        self.over_tokens = nn.Linear(tokens, tokens)
        nn.init.normal_(self.over_tokens.weight, std=1e-3)  # gates start near 1, so that a block starts as a perceptron on each token
        nn.init.ones_(self.over_tokens.bias)

    def forward(self, x: Float[torch.Tensor, "n t d"]) -> Float[torch.Tensor, "n t d"]:
        """Return the tokens after one block."""
        kept, gate = functional.gelu(self.wide(self.norm(x))).chunk(2, dim=-1)
        gate = self.over_tokens(self.gate_norm(gate).transpose(1, 2)).transpose(1, 2)  # (n, hidden, t) inside
        return x + self.narrow(kept * gate)


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
    classes: int, channels: int, size: int, *, patch: int = 7, width: int = 64, depth: int = 3, hidden: int = 64, grid: int = 2
) -> Classifier:  # fmt: skip
    """Return a gated perceptron over `patch` x `patch` patches; raises UserError where they do not divide the size."""
    tokens = patches_a_side(size, patch) ** 2
    blocks = [Block(tokens, width, hidden) for _ in range(depth)]
    return Classifier(Trunk(channels, patch, width, blocks, grid), width * grid * grid, classes)
