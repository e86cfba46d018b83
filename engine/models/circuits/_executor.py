"""The circuit executor: read in, pass messages, read out (NAC, section 2, the wiring in which read-in modules are the processors)."""

from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import nn

from engine.models.circuits import _links
from engine.models.circuits._attention import LinkedAttention, TokenAttention
from engine.models.circuits._modulated import ModFFN


@dataclass(frozen=True)
class Circuit:
    """What the generator decides: processors come first, then output modules. All may have a leading batch axis."""

    links: Float[torch.Tensor, "*b r u"]  # P, receivers (processors and outputs) x processors
    codes: Float[torch.Tensor, "*b r c"]
    states: Float[torch.Tensor, "*b r d"]  # before anything is read

    @property
    def modules(self) -> int:
        """Number of processors."""
        return self.links.shape[-1]


@dataclass(frozen=True)
class Execution:
    """What happened inside: the features the head reads, and on the way who listened to whom."""

    features: Float[torch.Tensor, "b d"]
    read_in: Float[torch.Tensor, "b h u t"]
    attention: tuple[Float[torch.Tensor, "b h u u"], ...]  # one a layer
    read_out: Float[torch.Tensor, "b h o u"]
    confidence: Float[torch.Tensor, "b o"]  # share of each output module in the answer
    states: tuple[Float[torch.Tensor, "b u d"], ...] = field(repr=False)  # after the read-in, and after each layer


class Executor(nn.Module):
    """Modules read tokens, pass messages for some layers, and output modules listen to them; their confidence pools the answer."""

    def __init__(self, token_width: int, width: int, layers: int, heads: int, code: int, hidden: int, temperature: float) -> None:
        super().__init__()
        self.temperature = temperature
        self.read_in = TokenAttention(width, heads, code, token_width)
        self.read_in_ffn = ModFFN(width, hidden, code)
        self.layers = nn.ModuleList(LinkedAttention(width, heads, code) for _ in range(layers))
        self.ffns = nn.ModuleList(ModFFN(width, hidden, code) for _ in range(layers))
        self.read_out = LinkedAttention(width, heads, code)
        self.read_out_ffn = ModFFN(width, hidden, code)
        self.norm = nn.LayerNorm(width)
        self.confidence = nn.Linear(width, 1, bias=False)  # a bias would cancel in the softmax over outputs

    def forward(
        self, tokens: Float[torch.Tensor, "b t e"], circuit: Circuit, links: Float[torch.Tensor, "n l r u"] | None = None
    ) -> Execution:  # fmt: skip
        """Return what happens to tokens in a circuit.

        Args:
            tokens: What there is to read.
            circuit: Links, codes and first states.
            links: Links to use instead of the circuit's, n = 1 or one set an example, l = 1 or one set for each layer and the read-out.
                Nothing is drawn then.
        """
        u = circuit.modules
        codes, outputs = circuit.codes[..., :u, :], circuit.codes[..., u:, :]
        start = circuit.states.expand(len(tokens), -1, -1) if circuit.states.dim() == 2 else circuit.states
        x = start[:, :u]
        read, where = self.read_in(x, codes, tokens)
        x = self.read_in_ffn(x + read, codes)
        states, attention = [x], []
        for i, (layer, ffn) in enumerate(zip(self.layers, self.ffns, strict=True)):
            message, weights = layer(x, codes, x, codes, self._log_links(circuit, links, i, slice(0, u), len(tokens)))
            x = ffn(x + message, codes)
            states.append(x)
            attention.append(weights)
        last = self._log_links(circuit, links, len(self.layers), slice(u, None), len(tokens))
        message, heard = self.read_out(start[:, u:], outputs, x, codes, last)
        answers = self.norm(self.read_out_ffn(message, outputs))  # (b, o, d); no residual around the read-out
        share = torch.softmax(self.confidence(answers)[..., 0], dim=-1)  # (b, o)
        return Execution((share[..., None] * answers).sum(1), where, tuple(attention), heard, share, tuple(states))

    def _log_links(
        self, circuit: Circuit, links: Float[torch.Tensor, "n l r u"] | None, layer: int, receivers: slice, batch: int
    ) -> Float[torch.Tensor, "*b r u"]:
        """Return log A: drawn anew for each layer and example in training, log P otherwise."""
        if links is not None:
            chosen = links[:, min(layer, links.shape[1] - 1), receivers]
            return _links.logarithms(chosen[0] if len(chosen) == 1 else chosen)
        p = circuit.links[..., receivers, :]
        if not self.training:
            return _links.logarithms(p)
        p = p.expand(batch, -1, -1)
        return _links.drawn(p, self.temperature, torch.rand(p.shape, device=p.device))
