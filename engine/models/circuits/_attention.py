"""Attention between modules, modulated by links (SKMDPA), and the attention by which modules read tokens."""

import math

import torch
from jaxtyping import Float
from torch import nn

from engine.models.circuits._links import FLOOR
from engine.models.circuits._modulated import ModFC

SHARP = 3.0  # times the usual first weights of what decides where modules read


class LinkedAttention(nn.Module):
    """Stochastic kernel-modulated dot-product attention: softmax(q k / sqrt(d) + log A), all projections conditioned on codes.

    Queries are conditioned on the receiver's code, keys and values on the sender's. A receiver that nobody is linked to receives nothing.
    """

    def __init__(self, width: int, heads: int, code: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.query, self.key = ModFC(width, width, code), ModFC(width, width, code)
        self.value, self.out = ModFC(width, width, code), ModFC(width, width, code)

    def forward(
        self, receivers: Float[torch.Tensor, "b r d"], receiver_codes: Float[torch.Tensor, "*c r k"],
        senders: Float[torch.Tensor, "b u d"], sender_codes: Float[torch.Tensor, "*c u k"], log_links: Float[torch.Tensor, "*l r u"],
    ) -> tuple[Float[torch.Tensor, "b r d"], Float[torch.Tensor, "b h r u"]]:  # fmt: skip
        """Return each receiver's message and the attention weights behind it.

        Args:
            receivers: States that ask.
            receiver_codes: Their codes, (r, k) or one set an example.
            senders: States that are asked.
            sender_codes: Their codes.
            log_links: Logarithm of links, (r, u) or (b, r, u), shared by the heads; `FLOOR` = cut.
        """
        seen = self.norm(senders)
        q = _split(self.query(self.norm(receivers), receiver_codes), self.heads)  # (b, h, r, e)
        k, v = (_split(part(seen, sender_codes), self.heads) for part in (self.key, self.value))  # (b, h, u, e)
        scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])  # (b, h, r, u)
        links = log_links if log_links.dim() == 2 else log_links[:, None]
        linked = (links > FLOOR).any(-1, keepdim=True)
        attention = torch.softmax(scores + links, dim=-1) * linked
        return self.out(_join(attention @ v), receiver_codes) * (linked if linked.dim() == 2 else linked[:, 0]), attention


class TokenAttention(nn.Module):
    """How modules read tokens: queries conditioned on codes, keys and values of the tokens shared by all modules."""

    def __init__(self, width: int, heads: int, code: int, token_width: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm, self.token_norm = nn.LayerNorm(width), nn.LayerNorm(token_width)
        self.query, self.out = ModFC(width, width, code), ModFC(width, width, code)
        self.key, self.value = nn.Linear(token_width, width), nn.Linear(token_width, width)
        with torch.no_grad():  # modules begin by looking somewhere; looking everywhere alike, they take three times as long to learn
            self.query.base.weight *= SHARP
            self.key.weight *= SHARP

    def forward(
        self, states: Float[torch.Tensor, "b u d"], codes: Float[torch.Tensor, "*c u k"], tokens: Float[torch.Tensor, "b t e"]
    ) -> tuple[Float[torch.Tensor, "b u d"], Float[torch.Tensor, "b h u t"]]:
        """Return what each module reads, and where."""
        seen = self.token_norm(tokens)
        q = _split(self.query(self.norm(states), codes), self.heads)  # (b, h, u, e)
        k, v = _split(self.key(seen), self.heads), _split(self.value(seen), self.heads)  # (b, h, t, e)
        attention = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]), dim=-1)
        return self.out(_join(attention @ v), codes), attention


def _split(x: Float[torch.Tensor, "b n d"], heads: int) -> Float[torch.Tensor, "b h n e"]:
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def _join(x: Float[torch.Tensor, "b h n e"]) -> Float[torch.Tensor, "b n d"]:
    return x.transpose(1, 2).flatten(2)
