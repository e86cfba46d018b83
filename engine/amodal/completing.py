"""Trained networks as completers, and a clip with its hidden parts completed. Imports torch."""

from collections.abc import Iterator
from pathlib import Path

import torch
from jaxtyping import Float32
from numpy import ndarray

from engine import completers
from engine.amodal import baselines, scoring
from engine.amodal.scoring import Completer
from engine.datasets.clips import Clip, Masks, Patch
from engine.models import completers as networks
from engine.training import adapting


def completer(name: str, folder: Path | None = None, *, adapt: int = 0) -> Completer:
    """Return a baseline or a trained network as a function of a patch; raises UserError for an unknown name.

    Args:
        name: of the baseline or completer.
        folder: where the completer lies, if not among those made here and those that ship.
        adapt: steps of test-time adaptation on each patch, from the stored weights anew for each; baselines have nothing to adapt.
    """
    if folder is None and name in baselines.names():
        return baselines.BASELINES[name]
    torch.set_num_threads(1)
    network = networks.of(completers.card(name, folder), folder)

    def asked(patch: Patch) -> Float32[ndarray, "t s s"]:
        adapted = network
        for adapted in adapting.adapted(network, patch, adapt):  # noqa: B007  the last one counts
            pass
        return networks.complete(adapted.eval(), patch)

    return asked


def completed(clip: Clip, name: str, *, flow: str = "given", folder: Path | None = None, adapt: int = 0) -> Iterator[tuple[str, Masks]]:
    """Yield each visible object of a clip with its whole masks in full frames, one a frame."""
    ask = {name: completer(name, folder, adapt=adapt)}
    for track in clip.tracks:
        if any(mask is not None and mask.area for mask in track.visible):
            yield track.name, scoring.answered(clip, track.name, ask, flow=flow)[name]
