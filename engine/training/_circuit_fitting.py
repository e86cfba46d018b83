"""How a circuit is trained: cross-entropy, and a prior over its links; the graph is kept at points along the way."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import nn
from torch.nn import functional

from engine import priors
from engine.models.circuits import _links, nac
from engine.stats import matching
from engine.training import _augmentation
from engine.training._loop import Examples, evaluated

WARM_UP = 0.05  # of the steps
WEIGHT_DECAY = 0.05
SNAPSHOTS = 20
TELL = 10  # steps after which a word is told, so that a person who wants to stop is heard
REMATCH = 20  # steps between two matchings of modules to the prior's nodes
UNDECAYED = ("signatures", "codes", "states", "places")
FIT_STEPS = 600


@dataclass(frozen=True)
class Snapshot:
    """Where training stands: step, mean losses since the last snapshot (nats; mean square), validation numbers, and P as it is."""

    step: int
    steps: int
    loss: float
    prior_loss: float
    accuracy: float
    nll: float
    links: Float[torch.Tensor, "r u"] | None


@dataclass(frozen=True)
class Passed:
    """Between two snapshots: how many steps have passed, and the loss of the last (nats)."""

    step: int
    steps: int
    loss: float


def fit(
    network: nn.Module, train: Examples, val: Examples, seed: int, *, steps: int, batch: int, learning_rate: float, augmentation: str,
    prior: str | None = None, prior_weight: float = 0.0, signature_rate: float = 1.0,
) -> Iterator[Snapshot | Passed]:  # fmt: skip
    """Train in place and yield twenty snapshots, and a word between them; the network is left in evaluation mode, its last state is the result.

    AdamW with cosine decay after a short warm-up; signatures, codes, states, places, biases and norms are not decayed.
    """
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(groups(network, learning_rate, signature_rate), learning_rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate(step, steps))
    target = Target(prior, network, seed) if prior else None
    augmented = _augmentation.AUGMENTATIONS[augmentation]
    sums, since = [0.0, 0.0], 0
    places = iter(batches(len(train.labels), batch, generator))
    marks = {round(k * steps / SNAPSHOTS) for k in range(1, SNAPSHOTS + 1)}
    yield _snapshot(network, val, 0, steps, [math.nan, math.nan])
    network.train()
    for step in range(1, steps + 1):
        chosen = next(places)
        loss = functional.cross_entropy(network(augmented(train.inputs[chosen], generator)), train.labels[chosen])
        extra = target.loss(network, step) if target else torch.zeros(())
        optimizer.zero_grad()
        (loss + prior_weight * extra).backward()
        optimizer.step()
        schedule.step()
        sums, since = [sums[0] + loss.item(), sums[1] + extra.item()], since + 1
        if step in marks:
            yield _snapshot(network, val, step, steps, [one / since for one in sums])
            sums, since = [0.0, 0.0], 0
            network.train()
        elif step % TELL == 0:
            yield Passed(step, steps, loss.item())
    network.eval()


def groups(network: nn.Module, learning_rate: float, signature_rate: float = 1.0) -> list[dict]:
    """Return parameter groups: matrices with weight decay; signatures (at `signature_rate` times the rate), codes, states, biases without."""
    decayed, others, signatures = [], [], []
    for name, parameter in network.named_parameters():
        last = name.split(".")[-1]
        plain = parameter.dim() < 2 or last in UNDECAYED
        (signatures if last == "signatures" else others if plain else decayed).append(parameter)
    found = [(decayed, WEIGHT_DECAY, 1.0), (others, 0.0, 1.0), (signatures, 0.0, signature_rate)]
    return [{"params": some, "weight_decay": decay, "lr": learning_rate * times} for some, decay, times in found if some]


def rate(step: int, steps: int) -> float:
    """Return the share of the highest learning rate: a short rise, then a cosine to nothing."""
    warm = max(1, round(WARM_UP * steps))
    return (step + 1) / warm if step < warm else 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def batches(n: int, batch: int, generator: torch.Generator) -> Iterator[torch.Tensor]:
    """Yield places of examples, pass after pass in a fresh order, each pass without its short last batch."""
    size = min(batch, n)
    while True:
        order = torch.randperm(n, generator=generator)
        yield from (order[i : i + size] for i in range(0, n - size + 1, size))


def _snapshot(network: nn.Module, val: Examples, step: int, steps: int, means: list[float]) -> Snapshot:
    accuracy, nll = evaluated(network, val)
    links = links_of(network)
    return Snapshot(step, steps, means[0], means[1], accuracy, nll, links)


def links_of(network: nn.Module) -> Float[torch.Tensor, "r u"] | None:
    """Return a circuit's link probabilities in evaluation mode, None for a network that has no static graph."""
    if not isinstance(network, nac.Network):
        return None
    with torch.no_grad():
        return network.trunk.generator.links().clone()


class Target:
    """A prior's graphon, and which module stands for which of its nodes: carried over between steps, matched anew now and then."""

    def __init__(self, prior: str, network: nn.Module, seed: int) -> None:
        assert isinstance(network, nac.Network)
        self.graphon = priors.graphon(prior, network.trunk.generator.processors, seed)
        self.order = np.arange(len(self.graphon))

    def loss(self, network: nn.Module, step: int) -> torch.Tensor:
        """Return the mean squared difference of P and the matched graphon, off the diagonal (P has ones there, the prior has none)."""
        assert isinstance(network, nac.Network)
        p = network.trunk.generator.links()[: len(self.graphon)]
        if step % REMATCH == 1:
            self.order = matching.match(self.graphon, p.detach().numpy(), self.order, starts=0).order
        return prior_loss(p, self.graphon, self.order)


def prior_loss(p: Float[torch.Tensor, "u u"], graphon: Float[np.ndarray, "u u"], order: np.ndarray) -> torch.Tensor:
    """Return mean (P_order - G)^2 off the diagonal, rows and columns permuted alike."""
    places = torch.as_tensor(order)
    off = ~torch.eye(len(p), dtype=torch.bool)
    return ((p[places][:, places] - torch.as_tensor(graphon, dtype=p.dtype)) ** 2)[off].mean()


def begin_at_prior(network: nac.Network, prior: str, seed: int, steps: int = FIT_STEPS) -> float:
    """Set the processors' signatures so that P is as near to the prior as their kernel allows; return the loss that is left.

    From random signatures the prior's pull is too weak to form its graph while the task is learned. The loss is that of the kernel in use,
    without truncation, whose gradient would be none.
    """
    generator = network.trunk.generator
    assert generator.signatures is not None
    graphon = priors.graphon(prior, generator.processors, seed)
    free = generator.signatures.detach()[: generator.processors].clone().requires_grad_()
    optimizer = torch.optim.Adam([free], 0.05)
    loss = torch.zeros(())
    for _ in range(steps):
        loss = prior_loss(_links.probabilities(free, free, generator.bandwidth), graphon, np.arange(generator.processors))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        length = generator.signatures[: generator.processors].norm(dim=1, keepdim=True)  # as long as before: only directions matter
        generator.signatures[: generator.processors] = functional.normalize(free.detach(), dim=1) * length
    return loss.item()


def shuffled(links: Float[torch.Tensor, "r u"], seed: int) -> Float[torch.Tensor, "r u"]:
    """Return a graph with the same link values at random places: symmetric among processors, their own links kept."""
    u = links.shape[1]
    generator = torch.Generator().manual_seed(seed)
    made = links.clone()
    upper = torch.triu_indices(u, u, 1)
    values = links[upper[0], upper[1]][torch.randperm(upper.shape[1], generator=generator)]
    made[upper[0], upper[1]] = values
    made[upper[1], upper[0]] = values
    outputs = links[u:].flatten()
    made[u:] = outputs[torch.randperm(len(outputs), generator=generator)].reshape(-1, u)
    return made


def density(links: Float[torch.Tensor, "r u"]) -> float:
    """Return the mean link probability between different modules, outputs included."""
    own = torch.eye(*links.shape, dtype=torch.bool)
    return float(links[~own].mean())
