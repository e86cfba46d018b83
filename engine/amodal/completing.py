"""Trained networks as completers, and a clip with its hidden parts completed. Imports torch."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float32
from numpy import ndarray

from engine import completers
from engine.amodal import baselines, scoring, spec
from engine.amodal.scoring import Completer
from engine.datasets import clips
from engine.datasets.clips import Clip, Masks, Patch
from engine.models import completers as networks
from engine.stats import bootstrap
from engine.training import adapting

TRIED = (5, 10, 20, 40)  # steps of adaptation


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
        for adapted in adapting.adapted(network, patch, adapt, rate=spec.RATE):  # noqa: B007  the last one counts
            pass
        return networks.complete(adapted.eval(), patch)

    return asked


def worth(name: str, where: str, first: int, rates: Sequence[float] = ()) -> pd.DataFrame:
    """Return what so many steps of adaptation do to the label-free loss on frames that were held out, as shares of the loss before.

    Args:
        name: of a completer.
        where: SET/SPLIT of drawn clips; their flow is estimated, as that of footage is.
        first: how many of them.
        rates: learning rates; the usual one unless given.

    Returns:
        One row a rate and number of steps: rate, steps, loss (mean share), low, high (95 %, over clips), clips.
    """
    network, (of, split), rows = networks.of(completers.card(name)), where.split("/"), []
    patches = [clips.patch(clip, clip.tracks[0].name, flow="dis") for clip in (clips.load(of, split, k) for k in range(first))]
    for rate in rates or (spec.RATE,):
        found = np.array([adapting.held_out(network, patch, max(TRIED), rate=rate) for patch in patches])
        for steps in TRIED:
            share = found[:, steps] / found[:, 0]
            low, high = bootstrap.interval(np.stack([share, np.ones_like(share)], 1), lambda totals, _: totals[..., 0] / totals[..., 1])
            rows.append((rate, steps, float(share.mean()), low, high, len(share)))
    return pd.DataFrame(rows, columns=["rate", "steps", "loss", "low", "high", "clips"])


def completed(clip: Clip, name: str, *, flow: str = "given", folder: Path | None = None, adapt: int = 0) -> Iterator[tuple[str, Masks]]:
    """Yield each visible object of a clip with its whole masks in full frames, one a frame."""
    ask = {name: completer(name, folder, adapt=adapt)}
    for track in clip.tracks:
        if any(mask is not None and mask.area for mask in track.visible):
            yield track.name, scoring.answered(clip, track.name, ask, flow=flow)[name]
