"""Conditional circuits: the graph that a sentence makes, what it does with two scenes, and a map of all sentences' graphs.

A conditional circuit is one file, `NAME.safetensors`, among the shipped ones or under TOUCHSTONE_HOME/inputs/circuits.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int

from engine import errors
from engine.circuits import spec as asking
from engine.datasets import statements
from engine.models import warm
from engine.models.circuits import conditional_nac
from engine.stats import layout, softmax

DATA = "mini_nlvr"
MOST = 1500  # sentences of a map
SHUFFLES = 20  # of families, for what chance gives
Reply = tuple[dict[str, Any], dict[str, np.ndarray]]


def network(name: str, cache: warm.Cache) -> tuple[conditional_nac.Network, dict]:
    """Return a conditional circuit, loaded once; raises UserError for an unknown name."""
    known = asking.conditional()
    if name not in known:
        raise errors.unknown("conditional circuit", name, known)
    file = known[name]
    return cache.get(("conditional", name, file.stat().st_mtime_ns), lambda: conditional_nac.read(file), lambda _: file.stat().st_size * 2)


def words_of(sentence: str, vocabulary: tuple[str, ...], length: int) -> Int[np.ndarray, " length"]:
    """Return a sentence's words as places; raises UserError for words that the circuit does not know, or too many."""
    told = sentence.lower().replace(".", " ").split()
    if strange := [word for word in told if word not in vocabulary]:
        raise errors.unknown("word", strange[0], [word for word in vocabulary if word])
    if not 1 <= len(told) <= length:
        raise errors.UserError(f"The sentence has {len(told)} words.", f"Write 1 to {length}.")
    found = np.zeros(length, np.int64)
    found[: len(told)] = [vocabulary.index(word) for word in told]
    return found


def sentence(question: Mapping[str, Any], cache: warm.Cache) -> Reply:
    """Return the circuit of a sentence and what it does with a pair of scenes.

    The question has `circuit`, `example` (a place in `split`, by default test), and optionally `sentence`, instead of the example's own.
    """
    made, said = network(str(question["circuit"]), cache)
    data = statements.load(DATA, str(question.get("split", "test")))
    i = int(question.get("example", 0))
    if not 0 <= i < len(data):
        raise errors.UserError(f"There is no pair of scenes {i}.", f"They count from 0 to {len(data) - 1}.")
    own = question.get("sentence") in (None, "", data.sentence(i))
    words = data.words[i] if own else words_of(str(question["sentence"]), data.vocabulary, data.words.shape[1])
    scenes = torch.from_numpy(np.ascontiguousarray(data.scenes[i].transpose(0, 3, 1, 2))).float()[None] / 255
    with torch.no_grad():
        told = torch.from_numpy(words)[None]
        circuit, (logits, seen) = made.circuit(told), made.answered(scenes, told)
        static = made.circuit(told, 0.0).links[0]
    arrays = {
        "links": circuit.links[0], "static_links": static, "read_in": seen.read_in[0].mean(0),
        "attention": torch.stack([one[0].mean(0) for one in seen.attention]), "read_out": seen.read_out[0].mean(0), "confidence": seen.confidence[0],
    }  # fmt: skip
    true = float(softmax.softmax(logits.numpy())[0, 1])
    answer = {
        "circuit": question["circuit"], "sentence": " ".join(data.vocabulary[k] for k in words if k), "true": round(true, 6),
        "label": int(data.labels[i]) if own else None, "family": data.families[i] if own else None, "modules": made.generator.processors,
        "example": i, "examples": len(data), "layers": len(seen.attention), "side": made.tokens.side, "metrics": said.get("metrics", {}),
        "note": "Here the links themselves change with the sentence; tokens of the left scene come first.",
    }  # fmt: skip
    return answer, {name: value.numpy().astype(np.float32) for name, value in arrays.items()} | {"scenes": data.scenes[i]}


def chart(question: Mapping[str, Any], cache: warm.Cache) -> Reply:
    """Return a place in the plane for each different sentence, by its links: sentences of similar circuits lie together.

    `between_families` is the share of the links' variance between families of sentences, `by_chance` the same with families shuffled (mean and
    most of 20), `untrained` the same in a circuit of this form before any training: sentences of one family share words, which shows already
    there. Arrays: `static_links` (receivers x processors), the circuit's own before any sentence, and `signatures`.
    """
    made, file = network(str(question["circuit"]), cache)
    data = statements.load(DATA, str(question.get("split", "test")))
    words, first = np.unique(data.words, axis=0, return_index=True)
    words, first = words[:MOST], first[:MOST]
    links = _made(made, words)
    with torch.no_grad():
        static = made.circuit(torch.from_numpy(words[:1]), 0.0).links[0].numpy()
    assert made.generator.signatures is not None
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        untrained = conditional_nac.build(**file["options"]).eval()
    families, rng = [data.families[i] for i in first], np.random.default_rng(0)
    shuffled = [_spread(links, list(rng.permutation(families))) for _ in range(SHUFFLES)]
    said = {
        "circuit": question["circuit"], "sentences": [data.sentence(int(i)) for i in first], "families": families, "examples": first.tolist(),
        "places": layout.plane(links, 0.0).tolist(), "between_families": _spread(links, families),
        "by_chance": [float(np.mean(shuffled)), float(np.max(shuffled))], "untrained": _spread(_made(untrained, words), families),
        "modules": made.generator.processors,
        "layers": len(made.executor.layers), "changes": float(np.abs(links - static.reshape(-1)).mean()), "metrics": file.get("metrics", {}),
    }  # fmt: skip
    return said, {"static_links": static, "signatures": made.generator.signatures.detach().numpy()}


def _made(network: conditional_nac.Network, words: Int[np.ndarray, "n length"]) -> Float[np.ndarray, "n links"]:
    """Return the links that each sentence makes."""
    with torch.no_grad():
        return torch.cat([network.circuit(part).links for part in torch.from_numpy(words).split(256)]).flatten(1).double().numpy()


def _spread(links: np.ndarray, families: list[str]) -> float:
    """Return the share of the links' variance that lies between families of sentences (0 = families make no difference)."""
    centre = links.mean(0)
    total = float(((links - centre) ** 2).sum())
    named = np.array(families)
    between = sum((named == one).sum() * float(((links[named == one].mean(0) - centre) ** 2).sum()) for one in set(families))
    return between / total if total > 0 else 0.0
