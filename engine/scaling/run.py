"""The run of this study: build each size, time it on one thread, count the bytes of tensors that are alive at once."""

import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from engine import registry, rows, store
from engine.scaling.spec import LAYERS, MODES, SIDE, WIDTH, Cell, ScalingSpec, plan
from engine.steps import Before, Step

CLASSES, CHANNELS = 10, 1
WARM = 2  # passes before the clock runs


def run(spec: ScalingSpec, before: Before) -> Iterator[Step]:
    """Measure size by size; what `before` holds is not measured again.

    Raises:
        UserError: for sizes that cannot be measured.
    """
    for cell in plan(spec).todo:
        if before.has("stitch_costs", cell.key):
            yield Step(cells=1)
            continue
        yield Step(message=f"{cell.architecture}: {cell.parts} parts, {cell.tokens} tokens")
        found = measured(spec, cell)
        yield Step((store.block(rows.StitchCost, found),), {"stitch_costs": (cell.key,)}, cells=1)


def measured(spec: ScalingSpec, cell: Cell) -> list[rows.StitchCost]:
    """Return what one size costs, answering and training."""
    network, inputs, labels = built(cell, spec.batch, spec.seed)
    shared = {
        "architecture": cell.architecture, "parts": cell.parts, "tokens": cell.tokens, "layers": LAYERS, "width": WIDTH, "batch": spec.batch,
        "parameters": sum(one.numel() for one in network.parameters()), "operations": operations(network, inputs), "cell": cell.key,
    }  # fmt: skip
    passes: dict[str, Callable[[], Any]] = {"answer": lambda: _answer(network, inputs), "train": lambda: _train(network, inputs, labels)}
    found = []
    for mode in MODES:
        network.train(mode == "train")
        seconds = timed(passes[mode], spec.repeats)
        found.append(rows.StitchCost(mode=mode, peak_bytes=float(peak(passes[mode])), seconds=seconds, **shared))
    return found


def built(cell: Cell, batch: int, seed: int) -> tuple[nn.Module, torch.Tensor, torch.Tensor]:
    """Return a network of a size as its weights start, a batch of noise and labels."""
    torch.manual_seed(seed)
    side = round(cell.tokens**0.5) * SIDE
    own: dict[str, Any] = {"modules": cell.parts, "layers": LAYERS, "hidden": WIDTH} if cell.architecture == "nac" else {
        "functions": cell.parts, "iterations": LAYERS, "type_width": 24,
    }  # fmt: skip
    network = registry.load("models/circuits", cell.architecture).build(CLASSES, CHANNELS, side, width=WIDTH, heads=4, halvings=2, **own)
    return network, torch.randn(batch, CHANNELS, side, side), torch.randint(CLASSES, (batch,))


def operations(network: nn.Module, inputs: torch.Tensor) -> float:
    """Return the floating-point operations of a forward pass, an image; multiplying and adding count as two."""
    network.requires_grad_(False)  # the counter watches gradients where there are any
    with FlopCounterMode(display=False) as counted:
        network(inputs)
    network.requires_grad_(True)
    return counted.get_total_flops() / len(inputs)


def _answer(network: nn.Module, inputs: torch.Tensor) -> None:
    with torch.no_grad():
        network(inputs)


def _train(network: nn.Module, inputs: torch.Tensor, labels: torch.Tensor) -> None:
    functional.cross_entropy(network(inputs), labels).backward()
    network.zero_grad(set_to_none=True)


def timed(once: Callable[[], Any], repeats: int) -> list[float]:
    """Return the processor seconds of each repeat; time that other programs take from us does not count."""
    found = []
    for i in range(WARM + repeats):
        began = time.process_time()
        once()
        if i >= WARM:
            found.append(time.process_time() - began)
    return found


def peak(once: Callable[[], Any]) -> int:
    """Return the most bytes of tensors that are alive at once among those that a call makes. The same on every machine."""
    with Alive() as counted:
        once()
    return counted.most


class Alive(TorchDispatchMode):
    """Counts the bytes of storages from when an operation makes them until nobody holds them."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.most = 0
        self.known: set[int] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        given = {one.untyped_storage().data_ptr() for one in tree_leaves((args, kwargs)) if isinstance(one, torch.Tensor)}
        made = func(*args, **(kwargs or {}))
        for one in tree_leaves(made):
            if isinstance(one, torch.Tensor):
                self._count(one.untyped_storage(), given)
        return made

    def _count(self, storage: Any, given: set[int]) -> None:
        place = storage.data_ptr()
        if place in given or place in self.known or not place:
            return  # a view, or what was written in place
        self.known.add(place)
        self.now += storage.nbytes()
        self.most = max(self.most, self.now)
        weakref.finalize(storage, self._gone, place, storage.nbytes())

    def _gone(self, place: int, size: int) -> None:
        self.known.discard(place)
        self.now -= size
