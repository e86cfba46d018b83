"""A small recurrent network whose memory moves with the object.

Each frame: visible mask, occluder, picture, motion of the visible part, and the estimate of the frame before, carried here. A convolutional encoder
(64, 32, 16 pixels), a gated recurrent unit whose state is carried along the same motion, a decoder with skips; outputs are logits of the whole
mask and of the fusion. The clip runs forwards and backwards with the same weights. Carrying the state takes the place of the published network's
bottleneck of one pixel. Without memory it is the image-only twin: neither estimate, nor state, nor motion.
"""

import torch
from torch import nn
from torch.nn import functional

from engine.models.completers._sequences import Answer, Inputs, known, warp

VERSION = 1
CITATION = "After the idea of J. Yao et al. Self-supervised Amodal Video Object Segmentation. NeurIPS 2022; the network is smaller and another."
_WIDTHS = (8, 16, 32)
_MOTION = 0.25  # of pixels, so that inputs are of about one size


class Network(nn.Module):
    """Warped ConvGRU of about 80,000 parameters."""

    def __init__(self, *, memory: bool, directions: int) -> None:
        super().__init__()
        self.memory, self.directions = memory, directions
        fine, middle, coarse = _WIDTHS
        self.first = nn.Conv2d(8, fine, 3, padding=1)
        self.second = nn.Conv2d(fine, middle, 3, 2, padding=1)
        self.third = nn.Conv2d(middle, coarse, 3, 2, padding=1)
        self.fourth = nn.Conv2d(coarse, coarse, 3, padding=1)
        self.gates = nn.Conv2d(2 * coarse, 2 * coarse, 3, padding=1)
        self.candidate = nn.Conv2d(2 * coarse, coarse, 3, padding=1)
        self.up = nn.Conv2d(coarse + middle, middle, 3, padding=1)
        self.last = nn.Conv2d(middle + fine, fine, 3, padding=1)
        self.out = nn.Conv2d(fine, 2, 3, padding=1)

    def forward(self, given: Inputs) -> Answer:
        """Return logits of every frame of every clip, for each direction."""
        if not self.memory:
            b, t = given.visible.shape[:2]
            logits, fusion = self._alone(given)
            return Answer(logits.view(1, b, t, *logits.shape[-2:]), fusion.view(1, b, t, *fusion.shape[-2:]))
        both = given.joined(given.reversed()) if self.directions == 2 else given
        logits, fusion = self._run(both)  # (d b, t, h, w)
        if self.directions == 1:
            return Answer(logits[None], fusion[None])
        there, back = (one.chunk(2) for one in (logits, fusion))
        return Answer(torch.stack([there[0], there[1].flip(1)]), torch.stack([back[0], back[1].flip(1)]))

    def _alone(self, given: Inputs) -> tuple[torch.Tensor, torch.Tensor]:
        """Return (b t, h, w) of every frame by itself."""
        n = given.visible.shape[0] * given.visible.shape[1]
        masks = torch.stack([given.visible, given.occluder], dim=2).flatten(0, 1)
        nothing = masks.new_zeros(n, 3, *masks.shape[-2:])
        return self._step(torch.cat([masks, given.pictures.flatten(0, 1) - 0.5, nothing], 1), None)[:2]

    def _run(self, given: Inputs) -> tuple[torch.Tensor, torch.Tensor]:
        n, length, height, width = given.visible.shape
        estimate, state, found = given.visible.new_zeros(n, 1, height, width), None, []
        for t in range(length):
            visible, occluder = given.visible[:, t, None], given.occluder[:, t, None]
            if state is not None:
                state, estimate = warp(state, self._coarse(given.backward[:, t])), warp(estimate, given.backward[:, t])
            inputs = torch.cat([visible, occluder, given.pictures[:, t] - 0.5, given.forward[:, t] * visible * _MOTION, estimate], 1)
            logits, fusion, state = self._step(inputs, state)
            estimate = known(logits[:, None].sigmoid(), visible, occluder)
            found.append((logits, fusion))
        return torch.stack([one for one, _ in found], 1), torch.stack([one for _, one in found], 1)

    @staticmethod
    def _coarse(motion: torch.Tensor) -> torch.Tensor:
        return functional.avg_pool2d(motion, 4) / 4

    def _step(self, inputs: torch.Tensor, state: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        fine = functional.silu(self.first(inputs))  # (n, 8, 64, 64)
        middle = functional.silu(self.second(fine))  # (n, 16, 32, 32)
        coarse = functional.silu(self.fourth(functional.silu(self.third(middle))))  # (n, 32, 16, 16)
        state = torch.zeros_like(coarse) if state is None else state
        update, reset = self.gates(torch.cat([coarse, state], 1)).sigmoid().chunk(2, dim=1)
        candidate = self.candidate(torch.cat([coarse, reset * state], 1)).tanh()
        after = (1 - update) * state + update * candidate
        wide = functional.interpolate(after, scale_factor=2, mode="nearest")
        wide = functional.silu(self.up(torch.cat([wide, middle], 1)))
        wide = functional.interpolate(wide, scale_factor=2, mode="nearest")
        wide = functional.silu(self.last(torch.cat([wide, fine], 1)))
        out = self.out(wide)
        return out[:, 0], out[:, 1], after


def build(*, memory: bool = True, directions: int = 2) -> nn.Module:
    """Return an untrained network; its patches are of any side that four divides."""
    return Network(memory=memory, directions=directions)
