"""What a trained circuit shows when it is watched: its modules, its links over time, who listens to whom for which examples."""

import copy
import functools
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from safetensors import safe_open
from torch.nn import functional

from engine import errors, networks, priors, rows
from engine.datasets import images
from engine.metrics import graphs
from engine.models import predict
from engine.models.circuits import nac
from engine.stats import layout

AT_ONCE = 64
TIMELINE = ".timeline.safetensors"
DIGITS = 4  # significant digits of stored weights


class Watched:
    """A trained circuit, loaded, with its data at hand."""

    def __init__(self, card: networks.Card, predictor: predict.Predictor) -> None:
        module = predictor.module
        if not isinstance(module, nac.Network):
            raise errors.UserError(f"“{card.name}” is no circuit.", "Choose one of: python -m engine circuits list")
        self.card, self.network = card, module
        self.generator = module.trunk.generator

    def holding(self, network: nac.Network) -> "Watched":
        """Return the same circuit with another network in it, such as one that went on learning."""
        made = copy.copy(self)
        made.__dict__.pop("links", None)
        made.network, made.generator = network, network.trunk.generator
        return made

    @property
    def modules(self) -> int:
        """Number of processors."""
        return self.generator.processors

    @functools.cached_property
    def links(self) -> Float[np.ndarray, "r u"]:
        """P: receivers (processors, then outputs) x processors."""
        with torch.no_grad():
            return self.generator.links().double().numpy()

    def inputs(self, pictures: Any) -> Float[torch.Tensor, "n c h w"]:
        """Return images as the circuit takes them."""
        return torch.from_numpy(self.card.preprocess(pictures))

    def examples(self, split: str, most: int, seed: int) -> tuple[Float[torch.Tensor, "n c h w"], Int[torch.Tensor, " n"]]:
        """Return some images of a split of its own data set, drawn by the seed, and their labels."""
        data = images.load(str(self.card.trained_on), split)
        chosen = np.sort(np.random.default_rng([seed, len(data)]).permutation(len(data))[:most])
        return self.inputs([data.images[i] for i in chosen]), torch.from_numpy(np.asarray(data.labels, np.int64)[chosen])


def circuit_row(watched: Watched) -> rows.Circuit:
    """Return what is known of a circuit as a whole."""
    card, said = watched.card, dict(watched.card.attributes)
    prior = said.get("prior")
    target = priors.graphon(str(prior), watched.modules, int(str(said.get("seed") or 0))) if prior in priors.names() else None
    found = graphs.every(np.clip(watched.links[: watched.modules], 0, 1), target)
    plain = {name: None if math.isnan(value) else round(value, 6) for name, value in found.items()}
    return rows.Circuit(
        card.name, card.title, "network", card.key, watched.modules, len(watched.links) - watched.modules, len(watched.network.trunk.executor.layers),
        card.trained_on, None if prior is None else str(prior), int(str(said["seed"])) if said.get("seed") is not None else None,
        json.dumps({**said, **dict(card.options), "classes": list(card.classes)}, sort_keys=True), json.dumps(plain, sort_keys=True),
    )  # fmt: skip


def node_rows(watched: Watched, attention: "Attention", ablation: Float[np.ndarray, " u"]) -> list[rows.CircuitNode]:
    """Return one row a module; positions are the two main directions of the signatures, so that nothing ever moves them."""
    u = watched.modules
    places = layout.plane(_signatures(watched))
    group = graphs.communities(np.clip(watched.links[:u], 0, 1))
    degree = graphs.degrees(np.clip(watched.links[:u], 0, 1))
    codes = watched.generator.codes
    norms = [None] * len(places) if codes is None else codes.detach().norm(dim=1).tolist()
    received = attention.received()
    responds = attention.responds(watched.card.classes)
    return [
        rows.CircuitNode(
            watched.card.name, i, "processor" if i < u else "output", float(x), float(y), int(group[i]) if i < u else None,
            float(degree[i]) if i < u else None, float(received[i]) if i < u else None, float(ablation[i]) if i < u else None,
            norms[i], responds[i] if i < u else None,
        )
        for i, (x, y) in enumerate(places)
    ]  # fmt: skip


def _signatures(watched: Watched) -> Float[np.ndarray, "r s"]:
    """Return signatures; where links do not come from any, the rows of the graph with codes beside them stand in."""
    generator = watched.generator
    if generator.signatures is not None:
        return functional.normalize(generator.signatures.detach(), dim=1).double().numpy()
    stands_in = generator.states if generator.codes is None else generator.codes
    return functional.normalize(stands_in.detach(), dim=1).double().numpy()


class Attention:
    """Attention of a circuit over labelled examples: sums by class, mean over heads."""

    def __init__(self, watched: Watched, inputs: Float[torch.Tensor, "n c h w"], labels: Int[torch.Tensor, " n"]) -> None:
        classes, u = len(watched.card.classes), watched.modules
        self.counts = np.bincount(labels.numpy(), minlength=classes)
        self.sums: list[Float[np.ndarray, "classes r u"]] = []
        self.moves = np.zeros((classes, u))  # how far the layers move each module's state, by class
        for start in range(0, len(labels), AT_ONCE):
            part, mine = inputs[start : start + AT_ONCE], labels[start : start + AT_ONCE].numpy()
            with torch.no_grad():
                seen = watched.network.trunk.executed(part)
            member = np.eye(classes)[mine]  # (n, classes)
            layers = [a.mean(1).double().numpy() for a in (*seen.attention, seen.read_out)]
            added = [np.einsum("nk,nru->kru", member, layer) for layer in layers]
            self.sums = added if not self.sums else [old + new for old, new in zip(self.sums, added, strict=True)]
            self.moves += member.T @ (seen.states[-1] - seen.states[0]).norm(dim=2).double().numpy()

    def layers(self, label: int | None = None) -> list[Float[np.ndarray, "r u"]]:
        """Return mean attention, one graph a layer and the read-out, over all examples or those of a class (NaN where it has none)."""
        n = self.counts.sum() if label is None else self.counts[label]
        return [(one.sum(0) if label is None else one[label]) / max(int(n), 1) for one in self.sums]

    def received(self) -> Float[np.ndarray, " u"]:
        """Return how much attention each processor receives, mean over layers and the read-out."""
        return np.mean([layer.sum(0) for layer in self.layers()], axis=0)

    def responds(self, classes: tuple[str, ...]) -> list[str]:
        """Return the class for which each processor's state moves farthest, compared with the other modules."""
        by_class = self.moves / np.maximum(self.counts, 1)[:, None]
        relative = by_class / by_class.mean(1, keepdims=True)
        return [classes[k] for k in relative.argmax(0)]


def losses_without(watched: Watched, inputs: Float[torch.Tensor, "n c h w"], labels: Int[torch.Tensor, " n"]) -> Float[np.ndarray, " u"]:
    """Return how much the loss rises (nats) when each processor alone is cut off."""
    with torch.no_grad():
        whole = functional.cross_entropy(_logits(watched.network, inputs), labels).item()
        base = watched.generator.links()
        found = []
        for u in range(watched.modules):
            cut = base.clone()
            cut[:, u] = 0
            found.append(functional.cross_entropy(_logits(watched.network, inputs, cut[None, None]), labels).item() - whole)
    return np.array(found)


def _logits(network: nac.Network, inputs: Float[torch.Tensor, "n c h w"], links: Float[torch.Tensor, "1 1 r u"] | None = None) -> torch.Tensor:
    return torch.cat([network.answered(part, links)[0] for part in inputs.split(AT_ONCE)])


def edge_blocks(watched: Watched, attention: Attention, folder: Path) -> Iterator[rows.Block]:
    """Yield the circuit's edges: links as they are, links over training where a timeline was kept, attention over all and by class."""
    name = watched.card.name
    yield _edges(name, "link", None, "", None, watched.links)
    for step, links in timeline(watched.card, folder):
        yield _edges(name, "link", None, "", step, links)
    slices = [("", None), *((f"class={text}", k) for k, text in enumerate(watched.card.classes) if attention.counts[k])]
    last = len(attention.sums) - 1
    for said, label in slices:
        for layer, found in enumerate(attention.layers(label)):
            yield _edges(name, "attention", layer, said, None, found, first=watched.modules if layer == last else 0)


def _edges(circuit: str, kind: str, layer: int | None, said: str, step: int | None, graph: Float[np.ndarray, "r u"], first: int = 0) -> rows.Block:
    """Return a graph's values as rows, own links left out; `first` is the number of the first receiver."""
    targets, sources = np.divmod(np.arange(graph.size), graph.shape[1])
    targets = targets + first
    kept = targets != sources
    columns = {
        "circuit": circuit, "kind": kind, "layer": layer, "slice": said, "step": step, "source": sources[kept], "target": targets[kept],
        "weight": rounded(graph.reshape(-1)[kept]),
    }  # fmt: skip
    return rows.Block(rows.CircuitEdge, columns, int(kept.sum()))


def rounded(values: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Return numbers with four significant digits, which is more than they mean and packs well."""
    found = np.asarray(values, np.float64)
    scale = 10.0 ** (DIGITS - 1 - np.floor(np.log10(np.maximum(np.abs(found), 1e-300))))
    return np.where(found == 0, 0.0, np.round(found * scale) / scale)


def timeline(card: networks.Card, folder: Path) -> list[tuple[int, Float[np.ndarray, "r u"]]]:
    """Return the links at each kept step of training, the earliest first; nothing where no timeline lies beside the weights."""
    file = folder / f"{card.name}{TIMELINE}"
    if not file.is_file():
        return []
    with safe_open(file, "numpy") as kept:
        if "links" not in kept.keys():  # noqa: SIM118  safe_open is no mapping
            return []
        said = json.loads(kept.metadata()["provenance"])["timeline"]
        return [(int(one["step"]), links.astype(np.float64)) for one, links in zip(said, kept.get_tensor("links"), strict=True)]


def history(card: networks.Card, folder: Path) -> list[dict[str, Any]]:
    """Return what was measured during training: step, loss (nats), prior loss, validation accuracy and loss."""
    file = folder / f"{card.name}{TIMELINE}"
    if not file.is_file():
        return []
    with safe_open(file, "numpy") as kept:
        return list(json.loads(kept.metadata()["provenance"])["timeline"])
