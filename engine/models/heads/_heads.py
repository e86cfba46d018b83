"""What all networks with two heads share: a trunk in layers, a task head, a group head."""

import torch
from jaxtyping import Float
from torch import nn


class TwoHeads(nn.Module):
    """A trunk, and on its last layer one linear head for the task and one for the group; without groups only the first.

    Every parameter is named `trunk.…`, `task.…` or `group.…`; weights files rely on it.
    """

    def __init__(self, trunk: nn.ModuleList, width: int, groups: int) -> None:
        super().__init__()
        self.trunk = trunk
        self.task = nn.Linear(width, 1)
        self.group = nn.Linear(width, groups) if groups else None

    def forward(self, inputs: Float[torch.Tensor, "n d"]) -> tuple[Float[torch.Tensor, " n"], Float[torch.Tensor, "n groups"]]:
        """Return the task logit and the group head's raw outputs; these have no columns where there is no such head."""
        hidden = inputs
        for layer in self.trunk:
            hidden = torch.relu(layer(hidden))
        told = self.group(hidden) if self.group is not None else hidden.new_zeros((len(hidden), 0))
        return self.task(hidden).squeeze(1), told
