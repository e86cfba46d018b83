"""The run of this study: adapt a copy of each circuit, measure it on the new domain and on the old one."""

import functools
import json
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import torch

from engine import networks, rows, store
from engine.assay import scoring
from engine.assay.classes import align
from engine.assay.run import _order  # the one fixed order, so that images are those of every assay
from engine.datasets import images
from engine.datasets.images import Images
from engine.lowshot.spec import BATCH, CANDIDATES, COLLECTION, NOT_ADAPTED, RATES, TITLES, Cell, LowshotSpec, plan
from engine.models import predict
from engine.models.circuits import nac
from engine.steps import Before, Step
from engine.training import low_shot
from engine.training._circuit_arms import PARTS
from engine.training._loop import outputs

METRICS = ("accuracy", "nll")
CHOSEN_ON, CHOSEN_SHOTS = "optdigits", 5  # where learning rates are compared: a domain that the study that ships does not report


def run(spec: LowshotSpec, before: Before) -> Iterator[Step]:
    """Adapt and measure circuit by circuit; what `before` holds is not made again.

    Raises:
        UserError: where the question names what does not exist.
    """
    for cell in plan(spec).todo:
        if before.has("scores", cell.key):
            yield Step(cells=1)
            continue
        yield Step(message=f"adapting {cell.name}")
        card, network = _loaded(cell.circuit)
        made = network if cell.part == NOT_ADAPTED else _adapted(network, card, cell, spec)
        found = [one for name in (cell.onto, str(card.trained_on)) for one in _measured(made, card, cell, name, spec.images)]
        blocks = (store.block(rows.Network, [_network(card, cell)]), store.block(rows.Score, found))
        yield Step(blocks, {"scores": (cell.key,)}, cells=1, images=2 * spec.images)


def _loaded(circuit: str) -> tuple[networks.Card, nac.Network]:
    card = networks.card(circuit)
    return card, _module(card.name, card.key)


@functools.lru_cache(maxsize=1)
def _module(circuit: str, _key: str) -> nac.Network:
    module = predict.load(networks.card(circuit), "cpu").module
    assert isinstance(module, nac.Network)
    return module


def _adapted(network: nac.Network, card: networks.Card, cell: Cell, spec: LowshotSpec) -> nac.Network:
    return _moved(network, card, cell.onto, cell.part, cell.shots, spec.steps, RATES[cell.part], spec.seed)


def _moved(network: nac.Network, card: networks.Card, onto: str, part: str, shots: int, steps: int, rate: float, seed: int) -> nac.Network:
    """Return a circuit adapted to labelled images; those of one seed see the same images."""
    seed += int(card.attributes.get("seed") or 0)
    data = images.load(onto, "train")
    chosen = low_shot.drawn(np.asarray(data.labels), shots, seed)
    return low_shot.adapted(network, *_given(card, data, chosen), part, steps=steps, rate=rate, seed=seed, batch=BATCH)


def _given(card: networks.Card, data: Images, chosen: Sequence[int] | np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Return images as a circuit takes them, and their labels."""
    return torch.from_numpy(card.preprocess(np.asarray(data.images)[chosen])), torch.from_numpy(np.asarray(data.labels, np.int64)[chosen])


def _measured(network: nac.Network, card: networks.Card, cell: Cell, dataset: str, most: int) -> list[rows.Score]:
    """Return a circuit's scores on a test set."""
    data = images.load(dataset, "test")
    chosen = np.sort(_order(len(data), most))
    inputs, labels = _given(card, data, chosen)
    answered = scoring.Answered(
        cell.name, dataset, "test", "", 0.0, cell.key, tuple(data.ids[i] for i in chosen), labels.numpy(), outputs(network, inputs).numpy(),
        align(card.classes, data.classes), card.classes, {},
    )  # fmt: skip
    return scoring.scores(answered, METRICS, scoring.References(str(card.trained_on)), collection=COLLECTION)


def _network(card: networks.Card, cell: Cell) -> rows.Network:
    said = {
        "family": "circuit", "circuit": card.name, "arm": card.attributes.get("arm"), "seed": card.attributes.get("seed"), "onto": cell.onto,
        "adapted": cell.part, "labels": cell.shots,
    }  # fmt: skip
    title = card.title if cell.part == NOT_ADAPTED else f"{card.title}, {TITLES[cell.part]} adapted to {cell.onto}, {cell.shots} labels a class"
    return rows.Network(
        cell.name, title, card.architecture, "sweep", cell.key, card.trained_on, card.parameters, json.dumps(said, sort_keys=True), card.licence,
        COLLECTION,
    )  # fmt: skip


def compared(circuits: Sequence[str], steps: int, onto: str = CHOSEN_ON, shots: int = CHOSEN_SHOTS) -> pd.DataFrame:
    """Return the accuracy on validation images of a domain for each part and learning rate, mean over circuits, best first in each part."""
    found = []
    for circuit in circuits:
        card, network = _loaded(circuit)
        data = images.load(onto, "val")
        inputs, labels = _given(card, data, np.arange(len(data)))
        for part in PARTS:
            for rate in CANDIDATES:
                made = _moved(network, card, onto, part, shots, steps, rate, 0)
                right = (outputs(made, inputs).argmax(1) == labels).float().mean().item()
                found.append({"part": part, "rate": rate, "accuracy": right})
    means = pd.DataFrame(found).groupby(["part", "rate"], sort=False)["accuracy"].mean()
    return pd.DataFrame(means).reset_index().sort_values(["part", "accuracy"], ascending=[True, False], ignore_index=True)
