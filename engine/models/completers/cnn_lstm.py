"""The published architecture: convolutions down to one pixel, an LSTM over time, convolutions up again.

Layers and widths as in the public code, with the visible mask, not a flow channel, going into the mask decoder, and without the residual motion
decoder: motion is that of the visible part, filled in. Patches of 64 x 64 pixels are padded to the published 64 x 128. 11.8 million parameters.
"""

import torch
from torch import nn
from torch.nn import functional

from engine.models.completers._sequences import Answer, Inputs

VERSION = 1
CITATION = "J. Yao et al. Self-supervised Amodal Video Object Segmentation. NeurIPS 2022."
_KERNELS = ((4, 2, 1), (4, 2, 1), (4, 2, 1), (4, 2, 1), ((3, 4), (1, 2), 1), (4, 1, 0))
_DOWN = (32, 64, 128, 256, 256, 512)
_UP = (256, 256, 128, 64, 32, 2)
_CODE, _PAD = 256, 32


def _block(layer: nn.Module, width: int) -> nn.Sequential:
    return nn.Sequential(layer, nn.GroupNorm(1, width), nn.LeakyReLU())


def _down(channels: int) -> nn.Sequential:
    """Return the stack 64 x 128 -> 1 x 1."""
    before = (channels, *_DOWN[:-1])
    return nn.Sequential(*(_block(nn.Conv2d(i, o, k, s, p), o) for i, o, (k, s, p) in zip(before, _DOWN, _KERNELS, strict=True)), nn.Flatten())


def _up(channels: int) -> nn.Sequential:
    """Return the mirrored stack 1 x 1 -> 64 x 128."""
    before = (channels, *_UP[:-1])
    layers = [nn.ConvTranspose2d(i, o, k, s, p) for i, o, (k, s, p) in zip(before, _UP, reversed(_KERNELS), strict=True)]
    return nn.Sequential(*(_block(layer, o) for layer, o in zip(layers[:-1], _UP[:-1], strict=True)), layers[-1])


class Network(nn.Module):
    """Encoder, LSTM and mask decoder, run in both directions with the same weights."""

    def __init__(self) -> None:
        super().__init__()
        self.frames = nn.Sequential(_down(6), nn.Linear(_DOWN[-1], _CODE))
        self.time = nn.LSTM(_CODE, _CODE, batch_first=True)
        self.shape = nn.Sequential(_down(1), nn.Linear(_DOWN[-1], _CODE))
        self.joined = nn.Linear(2 * _CODE, 2 * _CODE)
        self.masks = _up(2 * _CODE)

    def forward(self, given: Inputs) -> Answer:
        """Return logits of every frame of every clip, for each direction."""
        there, back = self._run(given), self._run(given.reversed()).flip(1)
        both = torch.stack([there, back])  # (d, b, t, 2, h, w)
        return Answer(both[:, :, :, 0], both[:, :, :, 1])

    def _run(self, given: Inputs) -> torch.Tensor:
        b, t = given.visible.shape[:2]
        visible = given.visible[:, :, None]
        frames = torch.cat([given.pictures, visible, given.forward], 2).flatten(0, 1)
        wide, shape = (functional.pad(one, (_PAD, _PAD)) for one in (frames, visible.flatten(0, 1)))  # (b t, c, 64, 128)
        remembered = self.time(self.frames(wide).view(b, t, -1))[0].flatten(0, 1)  # (b t, 256)
        code = self.joined(torch.cat([remembered, self.shape(shape)], 1))
        return self.masks(code[:, :, None, None])[..., _PAD:-_PAD].unflatten(0, (b, t))


def build() -> nn.Module:
    """Return an untrained network for patches of 64 x 64 pixels."""
    return Network()
