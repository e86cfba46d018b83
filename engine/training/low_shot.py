"""Low-shot adaptation of a trained circuit: it goes on learning from a few labelled images, and only a part of it moves.

Which parts there are is `PARTS` of `engine.training._circuit_arms`. The circuit itself stays as it is; a copy is adapted.
"""

import copy
import itertools

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import nn
from torch.nn import functional

from engine.models.circuits import nac
from engine.training import _circuit_fitting as fitting
from engine.training._circuit_arms import PARTS, SIGNATURE_RATE
from engine.training._loop import outputs


def drawn(labels: Int[np.ndarray, " n"], shots: int, seed: int) -> Int[np.ndarray, " k"]:
    """Return the places of so many examples of each class; fewer shots of the same seed are part of more."""
    found = []
    for one in np.unique(labels):
        mine = np.flatnonzero(labels == one)
        found.append(np.random.default_rng([seed, int(one)]).permutation(mine)[:shots])
    return np.sort(np.concatenate(found))


def moves(parameter: str, part: str) -> bool:
    """Return whether a parameter of a circuit, by its full name, is adapted with a part."""
    moving = PARTS[part]
    return not moving or parameter.split(".")[0] in moving or parameter.split(".")[-1] in moving


def adapted(
    network: nac.Network, inputs: Float[torch.Tensor, "n c h w"], labels: Int[torch.Tensor, " n"], part: str,
    *, steps: int, rate: float, seed: int, batch: int = 32,
) -> nac.Network:  # fmt: skip
    """Return a copy of a circuit after some steps on labelled images, in evaluation mode.

    AdamW as in training, with the same shape of schedule and the same faster signatures; no augmentation. Links are drawn as in training where
    anything below the head moves.

    Args:
        network: A trained circuit.
        inputs: Images as it takes them.
        labels: Their classes.
        part: What moves: a name of `PARTS`.
        steps: How many.
        rate: The highest learning rate.
        seed: Of batches and drawn links.
        batch: Images a step, at most.
    """
    mine = copy.deepcopy(network)
    for name, parameter in mine.named_parameters():
        parameter.requires_grad_(moves(name, part))
    alone = part == "head"
    learner: nn.Module = mine.head if alone else mine
    seen = outputs(mine.trunk, inputs) if alone else inputs  # what does not move is computed once
    torch.manual_seed(seed)
    optimizer = torch.optim.AdamW(fitting.groups(mine, rate, SIGNATURE_RATE), rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: fitting.rate(step, steps))
    learner.train()
    for chosen in itertools.islice(fitting.batches(len(labels), batch, torch.Generator().manual_seed(seed)), steps):
        loss = functional.cross_entropy(learner(seen[chosen]), labels[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return mine.eval()
