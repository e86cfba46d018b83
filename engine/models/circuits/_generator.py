"""The circuit generator: signatures decide who talks to whom, codes what each module computes, states where it begins."""

import torch
from jaxtyping import Float
from torch import nn

from engine.models.circuits import _links
from engine.models.circuits._executor import Circuit

KINDS = ("learned", "complete", "dropped", "frozen")


class Generator(nn.Module):
    """Free parameters for each module, and one of four ways to links.

    `learned`: from signatures, trained with the task. `complete`: everybody listens to everybody (dense). `dropped`: each link is there with
    one and the same probability in training, all are there afterwards (dense with random link dropout). `frozen`: a given graph that
    does not change.
    """

    def __init__(
        self, modules: int, outputs: int, width: int, code: int, signature: int, kind: str, bandwidth: float, truncation: float | None, keep: float
    ) -> None:
        super().__init__()
        if kind not in KINDS:
            raise ValueError(f"links are {', '.join(KINDS)}, not {kind}")
        self.processors, self.kind, self.bandwidth, self.truncation, self.keep = modules, kind, bandwidth, truncation, keep
        everyone = modules + outputs
        self.states = nn.Parameter(torch.randn(everyone, width))
        self.register_buffer("no_codes", torch.zeros(everyone, 0), persistent=False)
        self.codes = nn.Parameter(torch.randn(everyone, code)) if code else None
        self.signatures = nn.Parameter(torch.randn(everyone, signature)) if kind == "learned" else None
        if kind == "frozen":
            self.register_buffer("graph", torch.ones(everyone, modules))

    def links(self) -> Float[torch.Tensor, "r u"]:
        """Return P: receivers (processors, then outputs) x processors."""
        if self.signatures is not None:
            return _links.probabilities(self.signatures, self.signatures[: self.processors], self.bandwidth, self.truncation)
        if self.kind == "frozen":
            return self.get_buffer("graph")
        everyone = torch.ones(len(self.states), self.processors, device=self.states.device)
        if self.kind == "complete" or not self.training:
            return everyone
        own = torch.eye(len(self.states), self.processors, dtype=torch.bool, device=self.states.device)
        return torch.where(own, everyone, everyone * self.keep)

    def forward(self) -> Circuit:
        """Return the circuit."""
        return Circuit(self.links(), self.get_buffer("no_codes") if self.codes is None else self.codes, self.states)
