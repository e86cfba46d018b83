"""Pruning a trained circuit without training it again: orders in which modules go, and what is left of it after each.

Orders come from training images, curves from test images. Modules are cut out of the tensors, not masked, so that the time that is
measured is the time that is saved.
"""

import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from engine import errors, rows, shifts
from engine.circuits.observing import AT_ONCE, Attention, Watched
from engine.datasets import images
from engine.models.circuits import nac
from engine.stats import intervals

RANDOM_ORDERS = 3  # whose curves are averaged
TIMED = 15  # forward passes; their median counts
DENSITIES = (1.0, 0.7, 0.5, 0.35, 0.25, 0.18, 0.12, 0.08, 0.05, 0.03)  # shares of links that are left, for the order of links
Orders = Sequence[Int[np.ndarray, " u"]]


@dataclass(frozen=True)
class Set:
    """A test set as the circuit takes it."""

    dataset: str
    split: str
    shift: str
    strength: float
    inputs: Float[torch.Tensor, "n c h w"]
    labels: Int[torch.Tensor, " n"]


def test_sets(watched: Watched, most: int, others: Sequence[str], shifted: Sequence[tuple[str, float]], seed: int) -> list[Set]:
    """Return the in-distribution test set, its shifts, and sets from elsewhere, each some images drawn by the seed.

    Raises:
        UserError: for sets whose classes the circuit does not know.
    """
    own = str(watched.card.trained_on)
    found = []
    for dataset, shift, strength in [(own, "", 0.0), *((own, *one) for one in shifted), *((one, "", 0.0) for one in others)]:
        data = images.load(dataset, "test")
        if data.classes != watched.card.classes:
            raise errors.UserError(f"“{dataset}” has other classes than “{watched.card.name}”.", "Choose sets of the same task.")
        chosen = np.random.default_rng([seed, len(data)]).permutation(len(data))[:most]
        pictures = [np.asarray(data.images[i]) for i in chosen]
        if shift:
            pictures = shifts.shifted(pictures, [data.ids[i] for i in chosen], shift, strength, seed)
        labels = torch.from_numpy(np.asarray(data.labels, np.int64)[chosen])
        found.append(Set(dataset, "test", shift, float(strength), watched.inputs(pictures), labels))
    return found


def orders(
    watched: Watched, rankings: Sequence[str], inputs: Float[torch.Tensor, "n c h w"], labels: Int[torch.Tensor, " n"],
    ablation: Float[np.ndarray, " u"], attention: Attention, seed: int,
) -> Mapping[str, Orders]:  # fmt: skip
    """Return, for each ranking, the order in which processors go (first to last); `random` has several."""
    u = watched.modules
    rng = np.random.default_rng(seed)
    make = {
        "degree": lambda: [np.argsort(watched.links.sum(0), kind="stable")],
        "attention": lambda: [np.argsort(attention.received(), kind="stable")],
        "ablation": lambda: [np.argsort(ablation, kind="stable")],
        "greedy": lambda: [greedy(watched, inputs, labels)],
        "random": lambda: [rng.permutation(u) for _ in range(RANDOM_ORDERS)],
    }
    return {name: make[name]() for name in rankings if name in make}


def greedy(watched: Watched, inputs: Float[torch.Tensor, "n c h w"], labels: Int[torch.Tensor, " n"]) -> Int[np.ndarray, " u"]:
    """Return the order of backward elimination: at each step the processor goes whose loss, with those that have gone, is least."""
    left, gone = list(range(watched.modules)), []
    while len(left) > 1:
        tried = [_loss(watched.network, [u for u in left if u != one], inputs, labels) for one in left]
        gone.append(left.pop(int(np.argmin(tried))))
    return np.array([*gone, *left])


def _loss(network: nac.Network, kept: Sequence[int], inputs: Float[torch.Tensor, "n c h w"], labels: Int[torch.Tensor, " n"]) -> float:
    return functional.cross_entropy(_logits(nac.sliced(network, torch.tensor(kept)), inputs), labels).item()


def _logits(network: nac.Network, inputs: Float[torch.Tensor, "n c h w"], links: Float[torch.Tensor, "1 1 r u"] | None = None) -> torch.Tensor:
    with torch.inference_mode():
        return torch.cat([network.answered(part, links)[0] for part in inputs.split(AT_ONCE)])


@dataclass(frozen=True)
class Cost:
    """What a circuit of some size costs: time of a batch of 64 (milliseconds, one thread, median), operations an image."""

    milliseconds: float
    operations: float


def cost(network: nac.Network, inputs: Float[torch.Tensor, "n c h w"]) -> Cost:
    """Return what a batch of 64 costs, images repeated where there are fewer."""
    batch = inputs.repeat(-(-AT_ONCE // len(inputs)), 1, 1, 1)[:AT_ONCE]
    with torch.inference_mode():
        network(batch)
        seconds = []
        for _ in range(TIMED):
            began = time.perf_counter()
            network(batch)
            seconds.append(time.perf_counter() - began)
        with FlopCounterMode(display=False) as counted:
            network(batch)
    return Cost(1000 * statistics.median(seconds), counted.get_total_flops() / AT_ONCE)


def curves(watched: Watched, ordered: Mapping[str, Orders], sets: Sequence[Set]) -> Iterator[list[rows.CircuitCurve]]:
    """Yield each ranking's rows: every number of processors from all to one, on every set."""
    costs: dict[int, Cost] = {}
    for ranking, some in ordered.items():
        found = []
        for kept in range(watched.modules, 0, -1):
            rest = [nac.sliced(watched.network, torch.from_numpy(np.sort(order[watched.modules - kept :]))) for order in some]
            if kept not in costs:
                costs[kept] = cost(rest[0], sets[0].inputs)
            gone = int(some[0][watched.modules - kept - 1]) if len(some) == 1 and kept < watched.modules else None
            dense = float(np.mean([_density(network) for network in rest]))
            found += [_row(watched, ranking, kept, gone, dense, costs[kept], one, np.mean([_right(n, one) for n in rest], axis=0)) for one in sets]
        yield found


def link_curve(watched: Watched, attention: Attention, sets: Sequence[Set]) -> list[rows.CircuitCurve]:
    """Return rows with the links of least mean attention cut afterwards, the rest as they are; nobody's own link is cut.

    The control that asks whether a dense circuit that is thresholded does as well as one that learned to be sparse.
    """
    mean = _mean_attention(watched, attention)
    own = np.eye(*mean.shape, dtype=bool)
    found = []
    for share in DENSITIES:
        cut = np.quantile(mean[~own], 1 - share) if share < 1 else -np.inf
        links = torch.from_numpy(np.where(own | (mean >= cut), watched.links, 0).astype(np.float32))
        dense = float((links.numpy()[~own] * 1.0).mean())
        for one in sets:
            right = (_logits(watched.network, one.inputs, links[None, None]).argmax(1) == one.labels).double().numpy()
            found.append(_row(watched, "links", watched.modules, None, dense, None, one, right))
    return found


def _mean_attention(watched: Watched, attention: Attention) -> Float[np.ndarray, "r u"]:
    *between, out = attention.layers()
    return np.concatenate([np.mean(between, axis=0), out])


def _right(network: nac.Network, one: Set) -> Float[np.ndarray, " n"]:
    return (_logits(network, one.inputs).argmax(1) == one.labels).double().numpy()


def _density(network: nac.Network) -> float:
    with torch.no_grad():
        links = network.trunk.generator.links()
    own = torch.eye(*links.shape, dtype=torch.bool)
    return float(links[~own].mean())


def _row(
    watched: Watched, ranking: str, kept: int, gone: int | None, dense: float, taken: Cost | None, one: Set, right: Float[np.ndarray, " n"]
) -> rows.CircuitCurve:
    accuracy, n = float(right.mean()), len(right)
    low, high = intervals.wilson(round(accuracy * n), n)  # the average of several orders counts as one
    return rows.CircuitCurve(
        watched.card.name, ranking, kept, gone, round(dense, 6), one.dataset, one.split, one.shift, one.strength, round(accuracy, 6), low, high, n,
        None if taken is None else round(taken.milliseconds, 3), None if taken is None else taken.operations,
    )  # fmt: skip
