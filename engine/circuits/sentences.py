"""Conditional circuits: the graph that a sentence makes, what it does with two scenes, and a map of all sentences' graphs.

A conditional circuit is one file, `NAME.safetensors`, among the shipped ones or under TOUCHSTONE_HOME/inputs/circuits.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int

from engine import errors
from engine.circuits import spec as asking
from engine.datasets.statements import mini_nlvr
from engine.models import warm
from engine.models.circuits import conditional_nac
from engine.stats import layout, softmax

SHUFFLES = 200  # of families, for what chance gives
COMPARED = "sentences.json"  # what all circuits of a folder reach
FRESH = 1  # beside the data set's seed: scenes drawn to be looked at, not those of a split
LARGEST = 2**31
Reply = tuple[dict[str, Any], dict[str, np.ndarray]]


def network(name: str, cache: warm.Cache) -> tuple[conditional_nac.Network, dict]:
    """Return a conditional circuit, loaded once; raises UserError for an unknown name."""
    known = asking.conditional()
    if name not in known:
        raise errors.unknown("conditional circuit", name, known)
    file = known[name]
    return cache.get(("conditional", name, file.stat().st_mtime_ns), lambda: conditional_nac.read(file), lambda _: file.stat().st_size * 2)


def words_of(sentence: str) -> Int[np.ndarray, " length"]:
    """Return a sentence's words as places; raises UserError for words that the circuit does not know, or too many."""
    told = sentence.lower().replace(".", " ").replace(",", " ").split()
    vocabulary, length = mini_nlvr.VOCABULARY, mini_nlvr.LENGTH
    used = sorted(vocabulary[k] for k in np.unique(mini_nlvr.every().words) if k)
    if strange := [word for word in told if word not in used]:
        raise errors.UserError(f"The circuit does not know the word “{strange[0][:40]}”.", f"It knows: {', '.join(used)}.")
    if not 1 <= len(told) <= length:
        raise errors.UserError(f"The sentence has {len(told)} words.", f"Write 1 to {length}.")
    found = np.zeros(length, np.int64)
    found[: len(told)] = [vocabulary.index(word) for word in told]
    return found


def sentence(question: Mapping[str, Any], cache: warm.Cache) -> Reply:
    """Return the circuit of a sentence and what it does with a pair of scenes.

    The question has `circuit`, `sentence`, `seed` (which pair of scenes, drawn to suit the sentence: true as often as false), and optionally
    `beside`: another sentence, whose links come too. Whether a sentence is true is known if it has one of the forms of the data set.
    """
    made, _ = network(str(question["circuit"]), cache)
    words, seed = words_of(str(question["sentence"])), int(question.get("seed", 0))
    if not 0 <= seed < LARGEST:
        raise errors.UserError(f"There is no pair of scenes {seed}.", f"They count from 0 to {LARGEST - 1:,}.")
    known = mini_nlvr.read(words)
    claim = mini_nlvr.every()[np.zeros(1, np.int64)] if known is None else known
    rng = np.random.default_rng([mini_nlvr.SEED, FRESH, seed])
    found = mini_nlvr.posed(rng, claim, np.array([seed % 2]) ^ rng.integers(2, size=1))
    pictures = found.scenes.pictures
    scenes, told = torch.from_numpy(pictures.transpose(0, 1, 4, 2, 3).copy()).float() / 255, torch.from_numpy(words)[None]
    with torch.no_grad():
        circuit, (logits, seen) = made.circuit(told), made.answered(scenes, told)
        static = made.circuit(told, 0.0).links
        still = made.answered(scenes, told, static[:, None])[0]
    arrays = {
        "links": circuit.links[0], "static_links": static[0], "read_in": seen.read_in[0].mean(0),
        "attention": torch.stack([one[0].mean(0) for one in seen.attention]), "read_out": seen.read_out[0].mean(0), "confidence": seen.confidence[0],
    }  # fmt: skip
    answer = {
        "circuit": question["circuit"], "sentence": _said(words), "true": _true(logits), "true_static": _true(still),
        "label": None if known is None else int(found.labels[0]), "family": None if known is None else known.families[0],
        "held_out": known is not None and bool(mini_nlvr.kept_out(known)[0]), "modules": made.generator.processors, "seed": seed,
        "layers": len(seen.attention), "side": made.tokens.side,
        "note": "Here the links themselves change with the sentence; tokens of the left scene come first.",
    }  # fmt: skip
    if question.get("beside"):
        other = words_of(str(question["beside"]))
        with torch.no_grad():
            arrays["beside"] = made.circuit(torch.from_numpy(other)[None]).links[0]
        answer |= {"beside": _said(other), "apart": float((arrays["beside"] - arrays["links"]).abs().mean())} | _usual(
            str(question["circuit"]), cache
        )
    return answer, {name: value.numpy().astype(np.float32) for name, value in arrays.items()} | {"scenes": pictures[0]}


def chart(question: Mapping[str, Any], cache: warm.Cache) -> Reply:
    """Return a place in the plane for each sentence that there is, by its links: sentences of similar circuits lie together.

    `between_families` is the share of the links' variance between families of sentences, `by_chance` the same with families shuffled (mean and
    most of 200), `untrained` the same in a circuit of this form before any training: sentences of one family share words, which shows already
    there. `within` and `between` are mean differences of a link between sentences of one family and of two. Arrays: `static_links`
    (receivers x processors), the circuit's own before any sentence, and `signatures`.
    """
    name = str(question["circuit"])
    made, file = network(name, cache)
    claims, links = mini_nlvr.every(), _links(name, cache)
    with torch.no_grad():
        static = made.circuit(torch.from_numpy(claims.words[:1]), 0.0).links[0].numpy()
    assert made.generator.signatures is not None
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        untrained = conditional_nac.build(**file["options"]).eval()
    families, rng = list(claims.families), np.random.default_rng(0)
    shuffled = [_spread(links, list(rng.permutation(families))) for _ in range(SHUFFLES)]
    said = {
        "circuit": name, "sentences": [_said(one) for one in claims.words], "families": families, "held_out": mini_nlvr.kept_out(claims).tolist(),
        "places": layout.plane(links, 0.0).tolist(), "between_families": _spread(links, families),
        "by_chance": [float(np.mean(shuffled)), float(np.max(shuffled))], "untrained": _spread(_made(untrained, claims.words), families),
        "modules": made.generator.processors, "layers": len(made.executor.layers), "changes": float(np.abs(links - static.reshape(-1)).mean()),
        "metrics": file.get("metrics", {}), "rewired": file.get("rewired", {}), "arms": _arms(asking.conditional()[name]), **_usual(name, cache),
    }  # fmt: skip
    return said, {"static_links": static, "signatures": made.generator.signatures.detach().numpy()}


def _arms(file: Path) -> list[dict[str, Any]]:
    """Return what circuits and controls that were trained together reach, as the recipe wrote it down beside them; none where it did not."""
    beside = file.with_name(COMPARED)
    return json.loads(beside.read_text()) if beside.is_file() else []


def _said(words: Int[np.ndarray, " length"]) -> str:
    return " ".join(mini_nlvr.VOCABULARY[k] for k in words if k)


def _true(logits: Float[torch.Tensor, "1 2"]) -> float:
    """Return the probability of true."""
    return round(float(softmax.softmax(logits.numpy())[0, 1]), 6)


def _made(network: conditional_nac.Network, words: Int[np.ndarray, "n length"]) -> Float[np.ndarray, "n links"]:
    """Return the links that each sentence makes."""
    with torch.no_grad():
        return torch.cat([network.circuit(part).links for part in torch.from_numpy(words).split(256)]).flatten(1).double().numpy()


def _links(name: str, cache: warm.Cache) -> Float[np.ndarray, "n links"]:
    """Return the links of every sentence there is, made once."""
    made, _ = network(name, cache)
    return cache.get(("sentences", name, asking.conditional()[name].stat().st_mtime_ns), lambda: _made(made, mini_nlvr.every().words))


def _usual(name: str, cache: warm.Cache) -> dict[str, float]:
    """Return how far links of two sentences of one family, and of two families, are apart: mean difference of a link."""
    links, family = _links(name, cache), mini_nlvr.every().family
    apart = np.abs(links[:, None] - links[None]).mean(-1)
    same, other = family[:, None] == family[None], ~np.eye(len(family), dtype=bool)
    return {"within": float(apart[same & other].mean()), "between": float(apart[~same].mean())}


def _spread(links: np.ndarray, families: list[str]) -> float:
    """Return the share of the links' variance that lies between families of sentences (0 = families make no difference)."""
    centre = links.mean(0)
    total = float(((links - centre) ** 2).sum())
    named = np.array(families)
    between = sum((named == one).sum() * float(((links[named == one].mean(0) - centre) ** 2).sum()) for one in set(families))
    return between / total if total > 0 else 0.0
