"""What one input uses of a circuit: attention, its product with its gradient, and what happens when an edge is cut."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int

from engine import errors
from engine.circuits.observing import Watched
from engine.models.circuits._executor import Execution

MOST_EDGES = 200  # that are cut one by one
RANDOM_DRAWS = 20  # of as many random edges, beside those that are asked for
Edge = tuple[int | None, int, int]  # layer (None = all layers and the read-out), source, target


@dataclass(frozen=True)
class Seen:
    """What some inputs use; arrays are means over heads. Layers go from 0; the read-out is told apart."""

    logits: Float[np.ndarray, "n classes"]
    read_in: Float[np.ndarray, "n u t"]
    attention: Float[np.ndarray, "n l u u"]
    read_out: Float[np.ndarray, "n o u"]
    confidence: Float[np.ndarray, "n o"]
    norms: Float[np.ndarray, "n l1 u"]  # of states, after the read-in and after each layer


def changed(watched: Watched, dropped: Sequence[int] = (), forced: Sequence[int] = ()) -> Float[torch.Tensor, "r u"]:
    """Return the circuit's links with some processors silent, and others listened to by everybody.

    Raises:
        UserError: for a number that no processor has, or one that is to be both.
    """
    if strange := [one for one in (*dropped, *forced) if not 0 <= one < watched.modules]:
        raise errors.UserError(f"There is no processor {strange[0]}.", f"They count from 0 to {watched.modules - 1}.")
    if both := set(dropped) & set(forced):
        raise errors.UserError(f"Processor {min(both)} cannot be both dropped and forced.", "Name it once.")
    with torch.no_grad():
        links = watched.generator.links().clone()
    links[:, list(dropped)] = 0
    links[:, list(forced)] = 1
    return links


def seen(watched: Watched, inputs: Float[torch.Tensor, "n c h w"], links: Float[torch.Tensor, "r u"] | None = None) -> Seen:
    """Return what inputs use, in the circuit as it is or with other links."""
    with torch.no_grad():
        logits, found = watched.network.answered(inputs, None if links is None else links[None, None])
    return _told(logits, found)


def _told(logits: torch.Tensor, found: Execution) -> Seen:
    attention = torch.stack([one.mean(1) for one in found.attention], dim=1)
    norms = torch.stack([one.norm(dim=2) for one in found.states], dim=1)
    parts = (logits, found.read_in.mean(1), attention, found.read_out.mean(1), found.confidence, norms)
    return Seen(*(part.detach().numpy() for part in parts))


def attention_gradient(
    watched: Watched, inputs: Float[torch.Tensor, "n c h w"], classes: Int[np.ndarray, " n"], links: Float[torch.Tensor, "r u"] | None = None
) -> tuple[Float[np.ndarray, "n l u u"], Float[np.ndarray, "n o u"]]:
    """Return attention x gradient of each input's class logit, summed over heads: signed, layer by layer, and for the read-out.

    First order: how much the logit would fall, about, if an edge's attention went to nothing and nothing else moved.
    """
    base = (changed(watched) if links is None else links)[None, None].clone().requires_grad_()
    with torch.enable_grad():
        logits, found = watched.network.answered(inputs, base)
        edges = (*found.attention, found.read_out)
        wanted = logits[torch.arange(len(inputs)), torch.as_tensor(classes)].sum()
        slopes = torch.autograd.grad(wanted, edges)
    *between, out = [(a * g).sum(1).detach().numpy() for a, g in zip(edges, slopes, strict=True)]
    return np.stack(between, axis=1), out


@dataclass(frozen=True)
class Cut:
    """What cutting edges does to the class logit of one input: each alone, all together, and as many random edges together."""

    each: Float[np.ndarray, " edges"]  # logit before minus after; positive = the edge spoke for the class
    together: float
    random: Float[np.ndarray, " draws"]  # as `together`, of as many edges drawn at random in the same layers


def cut(watched: Watched, image: Float[torch.Tensor, "1 c h w"], class_: int, edges: Sequence[Edge], seed: int = 0) -> Cut:
    """Return the effect of cutting edges.

    Raises:
        UserError: for more than 200 edges, none, or one that the circuit does not have.
    """
    if not 1 <= len(edges) <= MOST_EDGES:
        raise errors.UserError(f"{len(edges)} edges cannot be cut one by one.", f"Choose 1 to {MOST_EDGES}.")
    base = changed(watched)
    layers = len(watched.network.trunk.executor.layers) + 1
    for edge in edges:
        _check(edge, layers, watched)
    whole = base.expand(layers, -1, -1)
    sets = [whole, *(_without(whole, [edge]) for edge in edges), _without(whole, edges)]
    rng = np.random.default_rng(seed)
    sets += [_without(whole, _like(edges, watched, rng)) for _ in range(RANDOM_DRAWS)]
    with torch.no_grad():
        found = [watched.network.answered(image.expand(len(some), -1, -1, -1), torch.stack(some))[0][:, class_] for some in _parts(sets)]
    logits = torch.cat(found).double().numpy()
    n = len(edges)
    return Cut(logits[0] - logits[1 : n + 1], float(logits[0] - logits[n + 1]), logits[0] - logits[n + 2 :])


def _parts(sets: list[torch.Tensor], size: int = 64) -> list[list[torch.Tensor]]:
    return [sets[i : i + size] for i in range(0, len(sets), size)]


def _check(edge: Edge, layers: int, watched: Watched) -> None:
    layer, source, target = edge
    receivers = len(watched.links)
    right_side = layer is None or (target < watched.modules) == (layer < layers - 1)
    if not (layer is None or 0 <= layer < layers) or not 0 <= source < watched.modules or not 0 <= target < receivers or not right_side:
        raise errors.UserError(
            f"There is no edge from {source} to {target} in layer {layer}.",
            f"Layers are 0 to {layers - 1}, the last of them the read-out to modules {watched.modules} to {receivers - 1}.",
        )


def _without(whole: Float[torch.Tensor, "l r u"], edges: Sequence[Edge]) -> Float[torch.Tensor, "l r u"]:
    made = whole.clone()
    for layer, source, target in edges:
        made[slice(None) if layer is None else layer, target, source] = 0
    return made


def _like(edges: Sequence[Edge], watched: Watched, rng: np.random.Generator) -> list[Edge]:
    """Return as many random edges between different modules, with the same layers and the same kinds of receivers."""
    drawn: set[Edge] = set()
    for layer, _, target in edges:
        low, high = (0, watched.modules) if target < watched.modules else (watched.modules, len(watched.links))
        while True:
            edge = (layer, int(rng.integers(watched.modules)), int(rng.integers(low, high)))
            if edge[1] != edge[2] and (edge not in drawn or len(drawn) >= watched.modules * (high - low) // 2):
                break
        drawn.add(edge)
    return sorted(drawn, key=str)
