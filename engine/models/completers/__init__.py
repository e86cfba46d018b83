"""Networks that complete hidden parts of objects over time.

A file here offers `VERSION`, `CITATION` and `build(**options)`, a module from `Inputs` (patches without truth) to an `Answer` (logits for each
direction in time). `of` loads a trained one from its card; `complete` asks it about patches.
"""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32
from torch import nn

from engine import completers, errors, registry
from engine.models import _weights
from engine.models.completers._sequences import Answer, Inputs, Seen, inputs, known, warp

__all__ = ["ROOM", "Answer", "Inputs", "Seen", "build", "complete", "inputs", "known", "of", "warp"]

ROOM = "models/completers"


def build(name: str, **options: object) -> nn.Module:
    """Return an untrained network of an architecture; raises UserError for an unknown one."""
    if name not in registry.names(ROOM):
        raise errors.unknown("completer", name, registry.names(ROOM))
    return registry.load(ROOM, name).build(**options)


def of(card: completers.Card, folder: Path | None = None) -> nn.Module:
    """Return a trained network, ready to be asked; raises UserError where its weights are damaged or missing."""
    state = _weights.read((folder or completers.folder(card.name)) / card.weights)
    network = build(card.architecture, **card.options)
    try:
        network.load_state_dict({name: value.float() for name, value in state.items()})
    except RuntimeError as problem:
        raise errors.UserError(f"The weights of {card.name} do not fit its architecture.", "Train it again.") from problem
    return network.eval()


def complete(network: nn.Module, patch: Seen) -> Float32[np.ndarray, "t s s"]:
    """Return the probability that each pixel of a patch belongs to the whole object, visible or not."""
    with torch.no_grad():
        return network(inputs([patch])).fused[0].numpy()
