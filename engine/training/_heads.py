"""Fitting a network with heads: Adam with a falling rate, cross-entropy on the outcome, and what is pressed for beside it."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch.nn import functional

from engine.models.heads._heads import TwoHeads
from engine.training._fairness import REGULARISERS

LEARNING_RATE = 2e-3
BATCH, SMALLEST_BATCH = 512, 128
EPOCHS, FEWEST_STEPS = 15, 500


@dataclass(frozen=True)
class People:
    """Whom a network is fitted to: inputs, outcomes (1 = favourable), and the place of each person's group."""

    inputs: Float[torch.Tensor, "n d"]
    labels: Float[torch.Tensor, " n"]
    members: Int[torch.Tensor, " n"]
    groups: int


@dataclass(frozen=True)
class Aim:
    """What a network learns: the outcome, the group, or both, and how hard it is pressed towards equal groups.

    `task` and `group` weigh the two losses; the group's is squared error on raw outputs (one column for two groups, one-hot for more), so that they
    stay near 0 and 1 and can be read as an inferred group value (Lohaus and others 2022 after OxonFair).
    """

    task: float = 1.0
    group: float = 0.0
    strength: float = 0.0  # lambda
    regulariser: str = "squared"
    constraint: str = "parity"  # parity: everybody counts; opportunity: those with the favourable outcome


@dataclass(frozen=True)
class Step:
    """Where a fit stands after a pass over the data: mean loss."""

    epoch: int
    epochs: int
    loss: float


def schedule(n: int) -> tuple[int, int]:
    """Return passes over the data and people a step: 15 passes of 512 each, smaller steps and more passes for small tables."""
    batch = min(BATCH, max(SMALLEST_BATCH, n // 8))
    return max(EPOCHS, math.ceil(FEWEST_STEPS / math.ceil(n / batch))), batch


def fit(module: TwoHeads, people: People, aim: Aim, seed: int) -> Iterator[Step]:
    """Fit a network in place and yield progress after every pass; it is left in evaluation mode. Nothing is selected; the last state counts."""
    epochs, batch = schedule(len(people.labels))
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(module.parameters(), LEARNING_RATE)
    steps = epochs * math.ceil(len(people.labels) / batch)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    module.train()
    for epoch in range(1, epochs + 1):
        total = 0.0
        for chosen in torch.randperm(len(people.labels), generator=generator).split(batch):
            loss = _loss(module, people, chosen, aim)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            falling.step()
            total += loss.item() * len(chosen)
        yield Step(epoch, epochs, total / len(people.labels))
    module.eval()


def _loss(module: TwoHeads, people: People, chosen: Int[torch.Tensor, " b"], aim: Aim) -> Float[torch.Tensor, ""]:
    """Return the loss of a batch: outcome, group, and lambda times the regulariser."""
    task, told = module(people.inputs[chosen])
    labels, members = people.labels[chosen], people.members[chosen]
    loss = task.sum() * 0
    if aim.task:
        loss = loss + aim.task * functional.binary_cross_entropy_with_logits(task, labels)
    if aim.group:
        loss = loss + aim.group * functional.mse_loss(told, targets(members, told.shape[1]))
    if aim.strength:
        counted = labels > 0 if aim.constraint == "opportunity" else torch.ones_like(labels, dtype=torch.bool)
        loss = loss + aim.strength * REGULARISERS[aim.regulariser](torch.sigmoid(task), members, counted, people.groups)
    return loss


def targets(members: Int[torch.Tensor, " n"], columns: int) -> Float[torch.Tensor, "n columns"]:
    """Return what the group head should say: 1 for the second of two groups in one column, else one-hot."""
    return members[:, None].float() if columns == 1 else functional.one_hot(members, columns).float()
