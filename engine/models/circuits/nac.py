"""Neural attentive circuit.

Modules with states of their own read an image, pass messages along a sparse graph that is learned with the task, and answer
together. One set of weights serves all modules of a layer; a module is a signature (who it listens to), a code (what it computes) and
a first state. The same file builds the dense arms: a complete graph with or without codes, a complete graph whose links drop out at
random, and a graph that is frozen.
"""

import copy

import torch
from jaxtyping import Float, Int
from torch import nn

from engine import errors
from engine.models.circuits._executor import Circuit, Execution, Executor
from engine.models.circuits._generator import KINDS, Generator
from engine.models.circuits._tokens import Tokens

VERSION = 1
CITATION = "N. Rahaman, M. Weiss, F. Locatello, C. Pal, Y. Bengio, B. Schölkopf, L. E. Li, N. Ballas. Neural Attentive Circuits. NeurIPS 2022."


class Trunk(nn.Module):
    """From images to features, by way of a circuit."""

    def __init__(self, tokens: Tokens, generator: Generator, executor: Executor) -> None:
        super().__init__()
        self.tokens, self.generator, self.executor = tokens, generator, executor

    def forward(self, images: Float[torch.Tensor, "b c h w"]) -> Float[torch.Tensor, "b d"]:
        """Return one feature vector an image."""
        return self.executed(images).features

    def executed(self, images: Float[torch.Tensor, "b c h w"], links: Float[torch.Tensor, "n l r u"] | None = None) -> Execution:
        """Return what happens to images; `links` stand in for the circuit's own, as in `Executor`."""
        circuit = self.generator()
        if self.training and self.generator.kind == "complete" and links is None:
            links = circuit.links[None, None]  # nothing to draw
        return self.executor(self.tokens(images), circuit, links)

    def circuit(self) -> Circuit:
        """Return links, codes and states as they are, the same for every image."""
        return self.generator()


class Network(nn.Module):
    """A circuit and a linear head on its pooled answer."""

    def __init__(self, trunk: Trunk, features: int, classes: int) -> None:
        super().__init__()
        self.trunk = trunk
        self.head = nn.Linear(features, classes)

    def forward(self, images: Float[torch.Tensor, "b c h w"]) -> Float[torch.Tensor, "b classes"]:
        """Return logits."""
        return self.head(self.trunk(images))

    def answered(
        self, images: Float[torch.Tensor, "b c h w"], links: Float[torch.Tensor, "n l r u"] | None = None
    ) -> tuple[Float[torch.Tensor, "b classes"], Execution]:
        """Return logits and what happened on the way."""
        seen = self.trunk.executed(images, links)
        return self.head(seen.features), seen


def build(
    classes: int, channels: int, size: int,
    *, modules: int = 32, outputs: int = 8, width: int = 48, layers: int = 3, heads: int = 4, hidden: int = 96, code: int = 32,
    signature: int = 16, links: str = "learned", bandwidth: float = 0.3, truncation: float | None = None, keep: float = 1.0,
    temperature: float = 0.5, places: int = 16, halvings: int = 2,
) -> Network:  # fmt: skip
    """Return a circuit for images.

    Args:
        classes: Number of logits.
        channels: Of the images.
        size: Side of the images in pixels.
        modules: Processors, which are the read-in modules too.
        outputs: Output modules.
        width: Of a module's state.
        layers: Rounds of messages.
        heads: Of each attention; they divide the width.
        hidden: Width inside the perceptrons.
        code: Width of the codes; 0 = none, plain linear maps.
        signature: Width of the signatures.
        links: How links come about: learned, complete, dropped, frozen (see `Generator`).
        bandwidth: eps of the kernel.
        truncation: Largest distance of a link; None = any.
        keep: Probability of a link in training, for `dropped`.
        temperature: Of the drawn links in training.
        places: Width of a token's learned place.
        halvings: How often the stem halves the image's side.

    Raises:
        UserError: for numbers that make no circuit.
    """
    if links not in KINDS:
        raise errors.unknown("way to links", links, KINDS)
    if modules < 2 or outputs < 1 or width % heads or bandwidth <= 0 or not 0 < keep <= 1:
        raise errors.UserError(
            f"{modules} modules of width {width} with {heads} heads, {outputs} outputs, eps {bandwidth:g}, keep {keep:g} make no circuit.",
            "Choose at least 2 modules and 1 output, heads that divide the width, eps above 0, keep above 0 and at most 1.",
        )
    tokens = Tokens(channels, size, width, places, halvings)
    generator = Generator(modules, outputs, width, code, signature, links, bandwidth, truncation, keep)
    executor = Executor(tokens.width, width, layers, heads, code, hidden, temperature)
    return Network(Trunk(tokens, generator, executor), width, classes)


def sliced(network: Network, keep: Int[torch.Tensor, " k"]) -> Network:
    """Return a copy that holds only some processors, in the order given; output modules stay.

    The tensors are cut, not masked, so that it costs as much less as it is smaller.
    """
    made = copy.deepcopy(network)
    generator = made.trunk.generator
    everyone = torch.cat([keep, torch.arange(generator.processors, len(generator.states), device=keep.device)])
    for name in ("states", "codes", "signatures"):
        if (old := getattr(generator, name)) is not None:
            setattr(generator, name, nn.Parameter(old.detach()[everyone], requires_grad=old.requires_grad))
    generator.no_codes = torch.zeros(len(everyone), 0)
    if generator.kind == "frozen":
        generator.graph = generator.get_buffer("graph")[everyone][:, keep]
    generator.processors = len(keep)
    return made
