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
from engine.models.circuits._tokens import Tokens

VERSION = 1
CITATION = "N. Rahaman, M. Weiss, F. Locatello, C. Pal, Y. Bengio, B. Schölkopf, L. E. Li, N. Ballas. Neural Attentive Circuits. NeurIPS 2022."


class Reader(nn.Module):
    """What each module takes from a sentence: one round of attention among words, then the modules' queries attend to them."""

    def __init__(self, vocabulary: int, length: int, modules: int, width: int, heads: int, made: tuple[int, int, int]) -> None:
        super().__init__()
        self.words = nn.Embedding(vocabulary, width, padding_idx=0)
        self.places = nn.Parameter(0.5 * torch.randn(length, width))
        self.among = nn.TransformerEncoderLayer(width, heads, 2 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True)
        self.queries = nn.Parameter(torch.randn(modules, width))
        self.read = nn.MultiheadAttention(width, heads, batch_first=True)
        self.norm = nn.LayerNorm(width)
        self.heads = nn.ModuleList(nn.Linear(width, one) for one in made)
        for head in self.heads:
            nn.init.normal_(head.weight, std=0.02)  # type: ignore[arg-type]
            nn.init.zeros_(head.bias)  # type: ignore[arg-type]

    def forward(self, words: Int[torch.Tensor, "b length"]) -> list[Float[torch.Tensor, "b r k"]]:
        """Return what is added to signatures, codes and states."""
        nothing = words == 0
        seen = self.words(words) + self.places[: words.shape[1]]
        seen = self.among(seen, src_key_padding_mask=nothing)
        found, _ = self.read(self.queries.expand(len(words), -1, -1), seen, seen, key_padding_mask=nothing, need_weights=False)
        found = self.norm(found)
        return [head(found) for head in self.heads]


class Network(nn.Module):
    """A circuit that a sentence configures, and a linear head."""

    def __init__(self, tokens: Tokens, generator: Generator, reader: Reader, executor: Executor, width: int, classes: int) -> None:
        super().__init__()
        self.tokens, self.generator, self.reader, self.executor = tokens, generator, reader, executor
        self.sides = nn.Parameter(torch.randn(2, tokens.width))
        self.head = nn.Linear(width, classes)

    def forward(self, scenes: Float[torch.Tensor, "b 2 c h w"], words: Int[torch.Tensor, "b length"]) -> Float[torch.Tensor, "b classes"]:
        """Return logits of false and true."""
        return self.answered(scenes, words)[0]

    def answered(
        self, scenes: Float[torch.Tensor, "b 2 c h w"], words: Int[torch.Tensor, "b length"], links: Float[torch.Tensor, "n l r u"] | None = None
    ) -> tuple[Float[torch.Tensor, "b classes"], Execution]:
        """Return logits and what happened on the way; tokens of the left scene come first."""
        left, right = (self.tokens(scenes[:, k]) + self.sides[k] for k in range(2))
        seen = self.executor(torch.cat([left, right], dim=1), self.circuit(words), links)
        return self.head(seen.features), seen

    def circuit(self, words: Int[torch.Tensor, "b length"], strength: float = 1.0) -> Circuit:
        """Return the circuit of each sentence; at strength 0 it is the static one, whatever the sentence."""
        generator, n = self.generator, self.generator.processors
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

    Raises:
        UserError: for numbers that make no circuit.
    """
    if width % heads or modules < 2 or outputs < 1 or code < 1 or bandwidth <= 0:
        raise errors.UserError(
            f"{modules} modules of width {width} with {heads} heads make no circuit.", "Choose heads that divide the width, and codes."
        )
    tokens = Tokens(channels, size, width, places, halvings)
    generator = Generator(modules, outputs, width, code, signature, "learned", bandwidth, truncation, 1.0)
    reader = Reader(vocabulary, length, modules + outputs, width, heads, (signature, code, width))
    executor = Executor(tokens.width, width, layers, heads, code, hidden, temperature)
    return Network(tokens, generator, reader, executor, width, classes)


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
