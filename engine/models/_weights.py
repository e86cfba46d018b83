"""Reading weights: safetensors, or the file that an installed package carries. Nothing that can hold code is opened."""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from engine import errors, networks
from engine.models.classifiers import efficientnet_lite

PICKLED = frozenset({".pt", ".pth", ".pt2", ".pickle", ".pkl", ".ckpt", ".bin", ".joblib", ".jit", ".ptl", ".tar", ".h5", ".keras"})


def refused(name: str) -> str | None:
    """Return why a weights file of this name is never opened, None where it may be."""
    suffix = Path(name).suffix.lower()
    if suffix in PICKLED:
        return f"Files ending in {suffix} can hold code that runs when they are opened, so they are refused for everybody."
    return None


def located(card: networks.Card, folder: Path) -> list[Path]:
    """Return the card's weight files in order.

    Raises:
        UserError: for a refused kind of file, one outside the card's folder, or one that is not there.
    """
    return [_located(name, folder) for name in card.weights]


def _located(name: str, folder: Path) -> Path:
    if reason := refused(name):
        raise errors.UserError(reason, "Save the weights as safetensors (safetensors.torch.save_file), or export the network as ONNX.")
    file = folder / name
    if not file.resolve().is_relative_to(folder.resolve()):
        raise errors.UserError(f"The weights file “{name}” lies outside the network's folder.", "Name a file beside the card.")
    if not file.is_file():
        raise errors.UserError(f"The weights file “{name}” is missing.", "Restore it, or bring the network again.")
    return file


def state(card: networks.Card, folder: Path) -> dict[str, torch.Tensor]:
    """Return all weights of a card in float32: the package's first, then each file on top of what came before.

    Raises:
        UserError: as `located`, and for files that are truncated or not safetensors.
    """
    merged: dict[str, torch.Tensor] = {}
    if card.package is not None:
        merged |= _packaged(card.package)
    for file in located(card, folder):
        merged |= read(file)
    if not merged:
        raise errors.UserError(f"The network “{card.name}” names no weights.", "Add a safetensors file to its card.")
    return {name: _upcast(value) for name, value in merged.items()}


def read(file: Path) -> dict[str, torch.Tensor]:
    """Return a safetensors file's tensors; raises UserError where it is truncated or something else."""
    if file.suffix.lower() != ".safetensors":
        raise errors.UserError(f"“{file.name}” is not a .safetensors file.", "Save the weights with safetensors.torch.save_file.")
    try:
        return load_file(file)
    except (SafetensorError, OSError, ValueError) as problem:
        raise errors.UserError(
            f"The weights file “{file.name}” cannot be read: {problem}.",
            "It may be cut short or not be safetensors; copy it again or save it anew.",
        ) from problem


def _packaged(package: str) -> dict[str, torch.Tensor]:
    file = efficientnet_lite.packaged(package)
    # a pickle, but one that a pinned package carries, read by the reader that takes tensors only
    return efficientnet_lite.renamed(torch.load(file, weights_only=True, map_location="cpu"))


def _upcast(value: torch.Tensor) -> torch.Tensor:
    return value.float() if value.is_floating_point() else value


def fill(module: nn.Module, state: Mapping[str, torch.Tensor]) -> None:
    """Put weights into a module, name by name.

    Raises:
        UserError: naming what is missing, too much, or of another shape.
    """
    own = module.state_dict()
    problems = [
        *_sentence("are missing", sorted(own.keys() - state.keys())),
        *_sentence("belong to no layer", sorted(state.keys() - own.keys())),
        *_sentence("have another shape", [
            f"{name} ({list(state[name].shape)} instead of {list(own[name].shape)})"
            for name in own if name in state and own[name].shape != state[name].shape
        ]),
    ]  # fmt: skip
    if problems:
        raise errors.UserError(
            f"The weights do not fit the architecture: {'; '.join(problems)}.",
            "Choose the architecture, its options, input size and class names that the weights were made with.",
        )
    module.load_state_dict(dict(state), strict=True)


def _sentence(what: str, names: list[str]) -> list[str]:
    if not names:
        return []
    rest = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return [f"{len(names)} tensors {what}: {', '.join(names[:3])}{rest}"]
