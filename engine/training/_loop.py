"""The one training loop: Adam, cross-entropy or another objective, a rising then falling learning rate, the last state counts."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import nn
from torch.nn import functional

from engine.training import _augmentation, _remedies


@dataclass(frozen=True)
class Examples:
    """What a module is fitted to: inputs as it takes them (images or cached features) and labels."""

    inputs: Float[torch.Tensor, "n ..."]
    labels: Int[torch.Tensor, " n"]


@dataclass(frozen=True)
class Plan:
    """How to fit: passes over the data, peak learning rate, examples a step, augmentation by name, weight decay (Adam's L2 term)."""

    epochs: int
    learning_rate: float
    batch: int = 64
    augmentation: str = "none"
    weight_decay: float = 0.0


@dataclass(frozen=True)
class Progress:
    """Where a fit stands after an epoch: mean training loss (nats), accuracy (fraction) and loss (nats) on validation data."""

    epoch: int
    epochs: int
    train_loss: float
    accuracy: float
    nll: float


def fit(
    module: nn.Module, train: Examples, val: Examples | None, plan: Plan, seed: int, objective: _remedies.Objective | None = None
) -> Iterator[Progress]:
    """Fit a module in place and yield progress after every epoch; it is left in evaluation mode.

    Seeds torch's global generator too (dropout draws from it). Nothing is selected by validation data: the last state is
    the result, as in the grid of Wenzel et al. 2022 (Assaying Out-Of-Distribution Generalization in Transfer Learning).
    Without validation data its numbers are NaN; without an objective it is the mean cross-entropy of every example once an epoch.
    """
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    objective = objective or _remedies.Erm(len(train.labels))
    optimizer = torch.optim.Adam(module.parameters(), plan.learning_rate, weight_decay=plan.weight_decay)
    steps = plan.epochs * math.ceil(len(train.labels) / plan.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, plan.learning_rate, total_steps=steps, pct_start=0.1)
    for epoch in range(1, plan.epochs + 1):
        loss = _epoch(module, train, plan, optimizer, schedule, generator, objective)
        accuracy, nll = evaluated(module, val) if val else (math.nan, math.nan)
        yield Progress(epoch, plan.epochs, loss, accuracy, nll)
    module.eval()


def _epoch(
    module: nn.Module, train: Examples, plan: Plan, optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.OneCycleLR, generator: torch.Generator, objective: _remedies.Objective,
) -> float:  # fmt: skip
    """Take one pass over the data in the order of the objective and return the mean loss."""
    module.train()
    augmented = _augmentation.AUGMENTATIONS[plan.augmentation]
    total = 0.0
    for chosen in objective.order(generator).split(plan.batch):
        passed = schedule.last_epoch / schedule.total_steps  # share of all steps; the schedule counts steps as epochs
        logits = module(augmented(train.inputs[chosen], generator))
        loss = objective.loss(logits, train.labels[chosen], chosen, passed)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        total += loss.item() * len(chosen)
    return total / len(train.labels)


def outputs(module: nn.Module, inputs: Float[torch.Tensor, "n ..."], batch: int = 64) -> Float[torch.Tensor, "n k"]:
    """Return what a module in evaluation mode answers to all inputs."""
    module.eval()
    with torch.no_grad():
        return torch.cat([module(part) for part in inputs.split(batch)])


def evaluated(module: nn.Module, examples: Examples) -> tuple[float, float]:
    """Return accuracy (fraction) and negative log-likelihood (nats) on examples."""
    logits = outputs(module, examples.inputs)
    correct = (logits.argmax(1) == examples.labels).float().mean()
    return correct.item(), functional.cross_entropy(logits, examples.labels).item()
