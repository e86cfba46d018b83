"""A network with heads as plain arrays: what it says of people, its hidden layers, the merged layer. NumPy alone, so that a page can ask it.

Weights are kept in half precision and used in single: the stored network is the measured one. A file holds the networks of one question, each
tensor named `NETWORK/trunk.0.weight`; files under TOUCHSTONE_HOME/heads come before those that ship.
"""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
from jaxtyping import Float, Float32
from safetensors.numpy import save

from engine import errors, places

ABOUT = "about"


@dataclass(frozen=True)
class Layer:
    """A linear layer: outputs are inputs @ weight.T + bias."""

    weight: Float32[np.ndarray, "out in"]
    bias: Float32[np.ndarray, " out"]

    def __call__(self, inputs: Float[np.ndarray, "n in"]) -> Float32[np.ndarray, "n out"]:
        """Return the outputs."""
        return inputs.astype(np.float32) @ self.weight.T + self.bias


@dataclass(frozen=True)
class Network:
    """A trunk of layers with rectified linear units, a task head, and a group head or none."""

    trunk: tuple[Layer, ...]
    task: Layer
    group: Layer | None = None

    def hidden(self, inputs: Float[np.ndarray, "n d"]) -> list[Float32[np.ndarray, "n w"]]:
        """Return what each hidden layer makes of people, first to last."""
        found, now = [], inputs
        for layer in self.trunk:
            now = np.maximum(layer(now), 0)
            found.append(now)
        return found

    def heads(self, inputs: Float[np.ndarray, "n d"]) -> tuple[Float32[np.ndarray, " n"], Float32[np.ndarray, "n k"]]:
        """Return task logits and the group head's raw outputs; these have no columns where there is no such head."""
        last = self.hidden(inputs)[-1]
        return self.task(last)[:, 0], np.zeros((len(last), 0), np.float32) if self.group is None else self.group(last)

    def parameters(self) -> int:
        """Return the number of trainable numbers."""
        layers = [*self.trunk, self.task, *([self.group] if self.group else [])]
        return sum(layer.weight.size + layer.bias.size for layer in layers)


def merged(network: Network, b: tuple[float, ...], c: float) -> Network:
    """Return the network with one head that decides as both did: w_f + b·W_g and b_f + b·b_g + c (S1).

    It has the size of a network that never had a group head, so that nothing in its form tells of one.

    Raises:
        UserError: where there is no group head, or b has another length than it has outputs.
    """
    if network.group is None or len(b) != len(network.group.bias):
        raise errors.UserError("There is no group head that fits these weights.", "Merge a network with two heads.")
    by = np.asarray(b, np.float64)
    weight = network.task.weight + by @ network.group.weight
    bias = network.task.bias + by @ network.group.bias + c
    return replace(network, task=Layer(weight.astype(np.float32), bias.astype(np.float32)), group=None)


def from_state(state: Mapping[str, np.ndarray]) -> Network:
    """Return the network of named tensors, `trunk.0.weight`, …, `task.bias`, `group.bias`."""
    single = {name: value.astype(np.float32) for name, value in state.items()}

    def layer(name: str) -> Layer:
        return Layer(single[f"{name}.weight"], single[f"{name}.bias"])

    depth = sum(name.startswith("trunk.") and name.endswith(".weight") for name in single)
    return Network(tuple(layer(f"trunk.{k}") for k in range(depth)), layer("task"), layer("group") if "group.weight" in single else None)


def state(network: Network) -> dict[str, np.ndarray]:
    """Return the named tensors of a network, as `from_state` reads them."""
    layers = {f"trunk.{k}": layer for k, layer in enumerate(network.trunk)} | {"task": network.task}
    if network.group is not None:
        layers["group"] = network.group
    return {f"{name}.{part}": getattr(layer, part) for name, layer in layers.items() for part in ("weight", "bias")}


def folder() -> Path:
    """Return where the weights made here lie."""
    return places.home() / "heads"


def shipped() -> Path:
    """Return where the weights that ship lie."""
    return places.weights() / "heads"


def write(file: Path, networks: Mapping[str, Mapping[str, np.ndarray]], about: Mapping[str, Any]) -> None:
    """Write networks as half precision, whole or not at all; `about` says for each what it was made from."""
    tensors = {f"{name}/{key}": np.ascontiguousarray(value, np.float16) for name, state in networks.items() for key, value in state.items()}
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(f".{file.name}.aside")
    aside.write_bytes(save(tensors, {ABOUT: json.dumps(about, sort_keys=True)}))
    aside.replace(file)


def find(name: str) -> Path | None:
    """Return the file that holds a network, the one made here before the one that ships; None where its weights were not kept."""
    mine = folder() / f"{name}.safetensors"
    if mine.is_file():
        return mine
    return next((file for file in _files(shipped(), places.changed(shipped())) if name in _opened(file, file.stat().st_mtime_ns)), None)


@functools.lru_cache(maxsize=8)
def _files(where: Path, _changed: int) -> tuple[Path, ...]:
    return tuple(sorted(where.glob("*.safetensors")))


def read(name: str) -> Network:
    """Return a network; the latest are kept. Raises UserError where its weights were not kept."""
    return _read(name, *_found(name))


def about(name: str) -> dict[str, Any]:
    """Return what a network was made from, as its file says. Raises UserError where its weights were not kept."""
    return _opened(*_found(name))[name]


def _found(name: str) -> tuple[Path, int]:
    file = find(name)
    if file is None:
        raise errors.UserError(
            f"The weights of “{name}” are not kept.", "Train it again: its run's question names it (python -m engine heads train)."
        )
    return file, file.stat().st_mtime_ns


@functools.lru_cache(maxsize=64)
def _opened(file: Path, _mtime: int) -> dict[str, Any]:
    with safetensors.safe_open(file, framework="numpy") as stored:
        return json.loads((stored.metadata() or {}).get(ABOUT, "{}"))


@functools.lru_cache(maxsize=32)
def _read(name: str, file: Path, _mtime: int) -> Network:
    with safetensors.safe_open(file, framework="numpy") as stored:
        mine = [key for key in stored.keys() if key.startswith(f"{name}/")]  # noqa: SIM118  an opened file is no dictionary
        return from_state({key.removeprefix(f"{name}/"): stored.get_tensor(key) for key in mine})
