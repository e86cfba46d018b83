"""Neural interpreter.

Every token is routed to the functions whose signatures its type is near to, at each step anew; functions share their weights and differ
by their codes. An interpreter is applied several times with the same weights; several interpreters in a row make a program.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import nn
from torch.nn import functional

from engine import errors
from engine.models.circuits import _links
from engine.models.circuits._modulated import ModFC
from engine.models.circuits._tokens import Tokens

VERSION = 1
CITATION = (
    "N. Rahaman, M. W. Gondal, S. Joshi, P. Gehler, Y. Bengio, F. Locatello, B. Schölkopf. Dynamic Inference with Neural Interpreters. NeurIPS 2021."
)
DELTA = 1e-6  # added to sums that are divided by


@dataclass(frozen=True)
class Routing:
    """What happened inside: the features the head reads, and which functions each token went to."""

    features: Float[torch.Tensor, "b d"]
    routes: tuple[Float[torch.Tensor, "b t f"], ...]  # C, one a step; the class token is the last
    attention: tuple[Float[torch.Tensor, "b f t t"], ...]  # of the last line of code of each step, mean over heads


class Line(nn.Module):
    """A line of code: modulated attention among the tokens of one function, then a modulated perceptron, both gated by the routing."""

    def __init__(self, width: int, heads: int, code: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query, self.key, self.value, self.out, self.first, self.second = (ModFC(width, width, code, one_plus=False) for _ in range(6))

    def forward(
        self, x: Float[torch.Tensor, "b t f d"], routes: Float[torch.Tensor, "b t f"], codes: Float[torch.Tensor, "f c"]
    ) -> tuple[Float[torch.Tensor, "b t f d"], Float[torch.Tensor, "b f h t t"]]:
        """Return each function's copy of the tokens after the line, and its attention (receivers x senders)."""
        gate = routes[..., None]
        message, attention = self._attended(self.norm1(x), routes, codes)
        x = x + gate * message
        return x + gate * self.second(functional.gelu(self.first(self.norm2(x), codes)), codes), attention

    def _attended(
        self, seen: Float[torch.Tensor, "b t f d"], routes: Float[torch.Tensor, "b t f"], codes: Float[torch.Tensor, "f c"]
    ) -> tuple[Float[torch.Tensor, "b t f d"], Float[torch.Tensor, "b f h t t"]]:
        q, k, v = (part(seen, codes).unflatten(-1, (self.heads, -1)).permute(0, 2, 3, 1, 4) for part in (self.query, self.key, self.value))
        share = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]), dim=-1)  # (b, f, h, t, t)
        by = routes.transpose(1, 2)  # (b, f, t)
        share = share * (by[:, :, :, None] * by[:, :, None, :])[:, :, None]
        share = share / (DELTA + share.sum(-1, keepdim=True))
        return self.out((share @ v).permute(0, 3, 1, 2, 4).flatten(3), codes), share


class Interpreter(nn.Module):
    """Type inference, routing and lines of code."""

    def __init__(self, width: int, heads: int, code: int, type_width: int, lines: int, functions: int, truncation: float) -> None:
        super().__init__()
        self.truncation = truncation
        self.types = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.GELU(), nn.Linear(width, type_width))
        self.lines = nn.ModuleList(Line(width, heads, code) for _ in range(lines))
        self.codes = nn.Parameter(torch.randn(functions, code))
        self.register_buffer("signatures", torch.randn(functions, type_width))  # fixed: learned ones tend to collapse onto one function
        self.log_bandwidth = nn.Parameter(torch.zeros(()))

    def routes(self, x: Float[torch.Tensor, "b t d"]) -> Float[torch.Tensor, "b t f"]:
        """Return C: how much each token goes to each function; at most 1 in sum, 0 beyond the truncation distance."""
        d = _links.distances(self.types(x), self.get_buffer("signatures"))
        near = torch.where(d <= self.truncation, torch.exp(-d / self.log_bandwidth.exp()), torch.zeros_like(d))
        return near / (DELTA + near.sum(-1, keepdim=True))

    def forward(self, x: Float[torch.Tensor, "b t d"]) -> tuple[Float[torch.Tensor, "b t d"], Float[torch.Tensor, "b t f"], torch.Tensor]:
        """Return the tokens after one step, their routes, and the attention of the last line, mean over heads."""
        routes = self.routes(x)
        copies = x[:, :, None].expand(-1, -1, routes.shape[-1], -1)  # (b, t, f, d)
        attention = None
        for line in self.lines:
            copies, attention = line(copies, routes, self.codes)
        assert attention is not None
        return (routes[..., None] * copies).sum(2), routes, attention.mean(2)


class Trunk(nn.Module):
    """Tokens and a class token, interpreted step by step."""

    def __init__(self, tokens: Tokens, width: int, interpreters: list[Interpreter], iterations: int) -> None:
        super().__init__()
        self.tokens, self.iterations = tokens, iterations
        self.enter = nn.Linear(tokens.width, width)
        self.answer = nn.Parameter(0.02 * torch.randn(1, 1, width))
        self.scripts = nn.ModuleList(interpreters)
        self.norm = nn.LayerNorm(width)

    def forward(self, images: Float[torch.Tensor, "b c h w"]) -> Float[torch.Tensor, "b d"]:
        """Return one feature vector an image: the class token at the end."""
        return self.executed(images).features

    def executed(self, images: Float[torch.Tensor, "b c h w"]) -> Routing:
        """Return what happens to images, step by step."""
        x = self.enter(self.tokens(images))
        x = torch.cat([x, self.answer.expand(len(x), -1, -1)], dim=1)
        routes, attention = [], []
        for script in self.scripts:
            for _ in range(self.iterations):
                x, route, heard = script(x)
                routes.append(route)
                attention.append(heard)
        return Routing(self.norm(x[:, -1]), tuple(routes), tuple(attention))


class Network(nn.Module):
    """A program of interpreters and a linear head on its class token."""

    def __init__(self, trunk: Trunk, features: int, classes: int) -> None:
        super().__init__()
        self.trunk = trunk
        self.head = nn.Linear(features, classes)

    def forward(self, images: Float[torch.Tensor, "b c h w"]) -> Float[torch.Tensor, "b classes"]:
        """Return logits."""
        return self.head(self.trunk(images))


def build(
    classes: int, channels: int, size: int,
    *, functions: int = 4, width: int = 64, iterations: int = 3, scripts: int = 1, lines: int = 1, heads: int = 4, code: int = 32,
    type_width: int = 16, truncation: float = 1.42, places: int = 16, halvings: int = 3,
) -> Network:  # fmt: skip
    """Return a neural interpreter for images.

    Args:
        classes: Number of logits.
        channels: Of the images.
        size: Side of the images in pixels.
        functions: What tokens are routed to.
        width: Of a token.
        iterations: How often each interpreter is applied.
        scripts: Interpreters in a row, with weights of their own.
        lines: Lines of code in each.
        heads: Of each attention; they divide the width.
        code: Width of the codes.
        type_width: Width of types and signatures.
        truncation: tau: largest distance at which a token goes to a function; 2 = all go everywhere.
        places: Width of a token's learned place.
        halvings: How often the stem halves the image's side.

    Raises:
        UserError: for numbers that make no interpreter.
    """
    if functions < 1 or min(iterations, scripts, lines) < 1 or width % heads or not 0 < truncation <= 2:
        raise errors.UserError(
            f"{functions} functions of width {width} with {heads} heads and tau {truncation:g} make no interpreter.",
            "Choose at least one function, iteration, script and line, heads that divide the width, tau above 0 and at most 2.",
        )
    tokens = Tokens(channels, size, width, places, halvings)
    made = [Interpreter(width, heads, code, type_width, lines, functions, truncation) for _ in range(scripts)]
    return Network(Trunk(tokens, width, made, iterations), width, classes)


def without(network: Network, functions: Int[torch.Tensor, " k"]) -> Network:
    """Leave only some functions in all scripts, in place, and return the network."""
    for script in network.trunk.scripts:
        assert isinstance(script, Interpreter)
        script.codes = nn.Parameter(script.codes.detach()[functions])
        script.signatures = script.get_buffer("signatures")[functions]
    return network
