"""From a network's card to something that answers batches: torch modules and ONNX files behind one call."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32
from torch import nn

from engine import errors, networks, registry
from engine.models import _onnx, _weights

ROOM = "models/classifiers"

torch.set_num_threads(1)  # processes share the cores; more threads a process are slower on small networks and busy machines


@dataclass(frozen=True)
class Predictor:
    """A loaded network: call it with a preprocessed batch, get logits.

    `module` is the torch module in evaluation mode, without gradients for its parameters; None for ONNX.
    """

    card: networks.Card
    device: str
    module: nn.Module | None
    session: _onnx.Session | None = None

    def __call__(self, batch: Float32[np.ndarray, "n ..."]) -> Float32[np.ndarray, "n classes"]:
        """Return logits, not checked for finiteness; raises UserError where their number is not that of the card's classes."""
        logits = self._answer(batch)
        if logits.shape != (len(batch), len(self.card.classes)):
            raise errors.UserError(
                f"The network “{self.card.name}” answers {len(batch)} images with numbers of shape {list(logits.shape)}, "
                f"but its card names {len(self.card.classes)} classes.",
                "Correct the class names of the card, one for each output.",
            )
        return logits

    def features(self, batch: Float32[np.ndarray, "n ..."]) -> Float32[np.ndarray, "n d"]:
        """Return what the network's last layer reads: its penultimate activations.

        Raises:
            UserError: for a network whose last layer cannot be told apart, such as one from ONNX.
        """
        trunk = getattr(self.module, "trunk", None)
        if not isinstance(trunk, nn.Module):
            raise errors.UserError(f"The features of “{self.card.name}” cannot be read: it does not come apart into trunk and last layer.")
        with torch.inference_mode():
            return trunk(torch.from_numpy(batch).to(self.device)).flatten(1).cpu().numpy()

    def _answer(self, batch: Float32[np.ndarray, "n ..."]) -> np.ndarray:
        if self.module is None:
            assert self.session is not None
            return self.session(batch)
        with torch.inference_mode():
            return self.module(torch.from_numpy(batch).to(self.device)).cpu().numpy()


def load(card: networks.Card, device: str = "auto", folder: Path | None = None) -> Predictor:
    """Return a network ready to answer; `folder` is where its weights lie, by default where the card was found.

    Raises:
        UserError: for an unknown architecture, device or option, weights that are refused, missing, damaged or of other
            shapes, and ONNX files that do not take what the card says.
    """
    folder = folder or (networks.folder(card.name) if card.weights else Path())
    if card.architecture == "onnx":
        return Predictor(card, "cpu", None, _session(card, folder))
    chosen = choose(device)
    module = build(card)
    _weights.fill(module, _weights.state(card, folder))
    module.eval().requires_grad_(False)
    faster = getattr(registry.load(ROOM, card.architecture), "for_inference", None)
    module = faster(module) if faster else module
    return Predictor(card, chosen, module.to(chosen))


def build(card: networks.Card) -> nn.Module:
    """Return the card's architecture with fresh weights.

    Raises:
        UserError: for an unknown architecture, options it does not take, or a layout that torch modules do not take.
    """
    wanted = card.preprocess
    if wanted.layout != "nchw":
        raise errors.UserError("Networks of this program take images as channels x height x width.", "Set the layout to nchw.")
    module = registry.load(ROOM, card.architecture)
    try:
        return module.build(len(card.classes), wanted.channels, wanted.size, **card.options)
    except (TypeError, ValueError, RuntimeError) as problem:
        raise errors.UserError(
            f"The architecture {card.architecture} cannot be built with the options {dict(card.options)}: {problem}.",
            "Correct the options, or leave them out.",
        ) from problem


def parameters(module: nn.Module) -> int:
    """Return how many trainable numbers a module holds."""
    return sum(parameter.numel() for parameter in module.parameters())


def _session(card: networks.Card, folder: Path) -> _onnx.Session:
    files = _weights.located(card, folder)
    if len(files) != 1 or files[0].suffix.lower() != ".onnx":
        raise errors.UserError(f"The network “{card.name}” names {list(card.weights)}, expected one .onnx file.", "Bring it again.")
    return _onnx.load(files[0], card.preprocess)


def devices() -> dict[str, str]:
    """Return the devices of this machine, best first: name -> what it is."""
    found = {f"cuda:{i}": torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())}
    if torch.backends.mps.is_available():
        found["mps"] = "Apple GPU"
    return found | {"cpu": "CPU, one thread"}


def choose(device: str = "auto") -> str:
    """Return the device to run on: the best for `auto`, else the one asked for (`cuda` means the first).

    Raises:
        UserError: for a device that this machine does not have.
    """
    known = devices()
    if device == "auto":
        return next(iter(known))
    named = "cuda:0" if device == "cuda" else device
    if named not in known:
        raise errors.UserError(f"This machine has no device “{device}”.", f"It has: {', '.join(known)}. “auto” takes the first.")
    return named
