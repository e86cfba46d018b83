"""Test-time adaptation: a completer goes on learning from one unlabelled clip, with the losses it was trained with."""

import copy
from collections.abc import Iterator

import numpy as np
import torch
from torch import nn

from engine.models.completers import Inputs, Seen, inputs
from engine.training import _completion

RATE = 1e-4
WINDOW = 10  # frames


def adapted(network: nn.Module, seen: Seen, steps: int, seed: int = 0, rate: float = RATE) -> Iterator[nn.Module]:
    """Yield a copy of a network after each step on a clip's windows; the network itself stays as it is.

    Plain Adam on the label-free loss, after Yao et al. (NeurIPS 2022), who continue training on the test videos. Only what is visible is used.

    Args:
        network: a trained completer.
        seen: the object's patch; it holds no truth.
        steps: how many.
        seed: of the order of windows.
        rate: learning rate.
    """
    yield from _learning(network, inputs([seen]), steps, seed, rate)


def held_out(network: nn.Module, seen: Seen, steps: int, seed: int = 0, rate: float = RATE) -> list[float]:
    """Return the label-free loss on the second half of a clip after 0, 1, 2 … steps on its first half: how many are worth it, without labels.

    Args:
        network: a trained completer.
        seen: the object's patch, of four frames or more.
        steps: how many at most.
        seed: of the order of windows.
        rate: learning rate.
    """
    given = inputs([seen])
    half = given.visible.shape[1] // 2
    first, second = given.frames(0, half), given.frames(half, half)
    found = [_loss(network.eval(), second)]
    for mine in _learning(network, first, steps, seed, rate):
        found.append(_loss(mine.eval(), second))
        mine.train()
    return found


def _loss(network: nn.Module, given: Inputs) -> float:
    with torch.no_grad():
        return _completion.reconstruction(network(given), given)


def _learning(network: nn.Module, given: Inputs, steps: int, seed: int, rate: float) -> Iterator[nn.Module]:
    """Yield a copy of a network after each step."""
    mine = copy.deepcopy(network).train()
    optimizer = torch.optim.Adam(mine.parameters(), rate)
    rng = np.random.default_rng([seed, 9])
    for _ in range(steps):
        window = _window(given, rng)
        loss = _completion.label_free(mine(window), window)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(mine.parameters(), 1.0)
        optimizer.step()
        yield mine
    mine.eval()


def _window(given: Inputs, rng: np.random.Generator) -> Inputs:
    length = given.visible.shape[1]
    start = int(rng.integers(0, max(1, length - WINDOW + 1)))
    return given.frames(start, min(WINDOW, length))
