"""Conditional neural attentive circuit.

A sentence configures the circuit, two images are what it runs on: signatures, codes and first states are those of a static circuit plus what
each module reads from the words. Without conditioning it is the static circuit. The authors' generator is not released; this one follows the
paper's figure: learned queries, one a module, attend to the words.
"""

import json
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import nn

from engine import errors
from engine.models import _weights
from engine.models.circuits import _links
from engine.models.circuits._executor import Circuit, Execution, Executor
from engine.models.circuits._generator import Generator
from engine.models.circuits._modulated import ModFC
from engine.models.circuits._tokens import Tokens

VERSION = 1
CITATION = "N. Rahaman, M. Weiss, F. Locatello, C. Pal, Y. Bengio, B. Schölkopf, L. E. Li, N. Ballas. Neural Attentive Circuits. NeurIPS 2022."


REACH = 1.0  # how far a sentence moves signatures and codes at first, beside what they are without it (1)
GAIN = 1.0  # of codes at first, so that a sentence weighs what is read from the start; in static circuits it is 0.1
QUIET = 0.25  # first states: what modules read is larger than what they begin with


class Reader(nn.Module):
    """What each module takes from a sentence: one round of attention among words, then the modules' queries attend to them."""

    def __init__(self, vocabulary: int, length: int, modules: int, width: int, heads: int, made: tuple[int, ...]) -> None:
        super().__init__()
        self.words = nn.Embedding(vocabulary, width, padding_idx=0)
        self.places = nn.Parameter(0.5 * torch.randn(length, width))
        self.among = nn.TransformerEncoderLayer(width, heads, 2 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True)
        self.queries = nn.Parameter(torch.randn(modules, width))
        self.read = nn.MultiheadAttention(width, heads, batch_first=True)
        self.norm = nn.LayerNorm(width)
        self.heads = nn.ModuleList(nn.Linear(width, one) for one in made)
        for head in self.heads:
            nn.init.normal_(head.weight, std=REACH / width**0.5)  # type: ignore[arg-type]
            nn.init.zeros_(head.bias)  # type: ignore[arg-type]

    def heard(self, words: Int[torch.Tensor, "b length"]) -> Float[torch.Tensor, "b length d"]:
        """Return the words after they have attended to each other."""
        return self.among(self.words(words) + self.places[: words.shape[1]], src_key_padding_mask=words == 0)

    def forward(self, words: Int[torch.Tensor, "b length"]) -> list[Float[torch.Tensor, "b r k"]]:
        """Return what is added to signatures, codes and states."""
        seen, nothing = self.heard(words), words == 0
        found, _ = self.read(self.queries.expand(len(words), -1, -1), seen, seen, key_padding_mask=nothing, need_weights=False)
        found = self.norm(found)
        return [head(found) for head in self.heads]


class Network(nn.Module):
    """A circuit that a sentence configures, and a linear head."""

    def __init__(
        self, tokens: Tokens, generator: Generator, reader: Reader, executor: Executor, width: int, classes: int, *, static: bool = False
    ) -> None:  # fmt: skip
        super().__init__()
        self.tokens, self.generator, self.reader, self.executor = tokens, generator, reader, executor
        self.sides = nn.Parameter(torch.randn(2, tokens.width))
        self.head = nn.Linear(width, classes)
        self.spoken = nn.Linear(width, tokens.width) if static else None

    def forward(self, scenes: Float[torch.Tensor, "b 2 c h w"], words: Int[torch.Tensor, "b length"]) -> Float[torch.Tensor, "b classes"]:
        """Return logits of false and true."""
        return self.answered(scenes, words)[0]

    def answered(
        self, scenes: Float[torch.Tensor, "b 2 c h w"], words: Int[torch.Tensor, "b length"], links: Float[torch.Tensor, "n l r u"] | None = None
    ) -> tuple[Float[torch.Tensor, "b classes"], Execution]:
        """Return logits and what happened on the way; tokens of the left scene come first."""
        read = [self.tokens(scenes[:, k]) + self.sides[k] for k in range(2)]
        if self.spoken is not None:
            read.append(self.spoken(self.reader.heard(words)) * (words != 0)[..., None])
        seen = self.executor(torch.cat(read, dim=1), self.circuit(words), links)
        return self.head(seen.features), seen

    def circuit(self, words: Int[torch.Tensor, "b length"], strength: float = 1.0) -> Circuit:
        """Return the circuit of each sentence; at strength 0 it is the static one, whatever the sentence."""
        generator, n = self.generator, self.generator.processors
        if self.spoken is not None:
            return generator()
        assert generator.signatures is not None, "a conditional circuit has learned links"
        assert generator.codes is not None, "a conditional circuit has codes"
        signatures, codes, states = (strength * one for one in self.reader(words))
        signatures = generator.signatures + signatures
        links = _links.probabilities(signatures, signatures[:, :n], generator.bandwidth, generator.truncation)
        return Circuit(links, generator.codes + codes, generator.states + states)


def build(
    vocabulary: int, length: int, size: int, classes: int = 2,
    *, channels: int = 3, modules: int = 24, outputs: int = 4, width: int = 48, layers: int = 3, heads: int = 4, hidden: int = 96, code: int = 32,
    signature: int = 16, bandwidth: float = 0.3, truncation: float | None = None, temperature: float = 0.5, places: int = 16, halvings: int = 2,
    static: bool = False,
) -> Network:  # fmt: skip
    """Return a conditional circuit; options are those of `engine.models.circuits.nac.build`.

    Args:
        vocabulary: Number of words, place 0 for none.
        length: Words of the longest sentence.
        size: Side of each scene in pixels.
        classes: Number of logits.
        channels: Of the scenes.
        modules: Processors.
        outputs: Output modules.
        width: Of a module's state.
        layers: Rounds of messages.
        heads: Of each attention.
        hidden: Width inside the perceptrons.
        code: Width of the codes.
        signature: Width of the signatures.
        bandwidth: eps of the kernel.
        truncation: Largest distance of a link.
        temperature: Of the drawn links in training.
        places: Width of a token's learned place.
        halvings: How often the stem halves a scene's side.
        static: The control: one circuit for all sentences, whose modules read the words as further tokens beside the scenes.

    Raises:
        UserError: for numbers that make no circuit.
    """
    if width % heads or modules < 2 or outputs < 1 or code < 1 or bandwidth <= 0:
        raise errors.UserError(
            f"{modules} modules of width {width} with {heads} heads make no circuit.", "Choose heads that divide the width, and codes."
        )
    tokens = Tokens(channels, size, width, places, halvings)
    generator = Generator(modules, outputs, width, code, signature, "learned", bandwidth, truncation, 1.0)
    reader = Reader(vocabulary, length, modules + outputs, width, heads, () if static else (signature, code, width))
    executor = Executor(tokens.width, width, layers, heads, code, hidden, temperature)
    return _begun(Network(tokens, generator, reader, executor, width, classes, static=static))


def _begun(network: Network) -> Network:
    """Return a network with the first weights that let a sentence weigh what is read."""
    with torch.no_grad():
        network.generator.states.mul_(QUIET)
        if len(network.reader.heads):
            network.reader.heads[-1].weight *= QUIET  # type: ignore[operator]
        for part in network.modules():
            if isinstance(part, ModFC) and part.gain is not None:
                part.gain.fill_(GAIN)
    return network


def read(file: Path) -> tuple[Network, dict]:
    """Return a conditional circuit from its one file, and what the file says of itself; raises UserError for another or a damaged file."""
    from safetensors import safe_open

    state = _weights.read(file)
    with safe_open(file, "pt") as opened:
        said = json.loads((opened.metadata() or {}).get("provenance", "{}"))
    if said.get("architecture") != "conditional_nac":
        raise errors.UserError(f"“{file.name}” is no conditional circuit.", "Make one: python -m engine train sentences --help")
    network = build(**said["options"])
    _weights.fill(network, {name: value.float() if value.is_floating_point() else value for name, value in state.items()})
    return network.eval().requires_grad_(False), said
