"""The circuits' run: from trained networks to rows about their modules, links and curves. Progress, storing and stopping are the caller's."""

import time
from collections.abc import Iterator

from engine import networks, rows, store
from engine.circuits import observing, pruning
from engine.circuits.observing import Watched
from engine.circuits.spec import Cell, CircuitsSpec, plan, shifts_of
from engine.models import predict
from engine.steps import Before, Step

TABLE = {"graph": "circuits", "pruning": "circuit_curves"}  # where a part's key is kept


def run(spec: CircuitsSpec, before: Before) -> Iterator[Step]:
    """Observe circuits part by part; what `before` and the store hold is not observed again.

    Raises:
        UserError: where the question names what does not exist.
    """
    planned = plan(spec)
    for cell in planned.todo:
        if before.has(TABLE[cell.part], cell.key) or cell.key in planned.stored:
            yield Step(cells=1, message=f"{cell.network}: {cell.part} is stored")
            continue
        began = time.perf_counter()
        blocks = observed(spec, cell)
        rates = {("circuits", cell.part): (8, 8 * (time.perf_counter() - began))}  # as many as the worker believes
        yield Step(blocks, {TABLE[cell.part]: (cell.key,)}, 1, 0, f"{cell.network}: {cell.part}", rates=rates)


def observed(spec: CircuitsSpec, cell: Cell) -> tuple[rows.Block, ...]:
    """Return the rows of one part of one circuit; the same question gives the same rows, times apart."""
    card = networks.card(cell.network)
    watched = Watched(card, predict.load(card, "cpu"))
    inputs, labels = watched.examples("train", spec.ranking_images, spec.seed)
    attention = observing.Attention(watched, inputs, labels)
    ablation = observing.losses_without(watched, inputs, labels)
    if cell.part == "graph":
        nodes = observing.node_rows(watched, attention, ablation)
        edges = observing.edge_blocks(watched, attention, networks.folder(card.name))
        return store.block(rows.Circuit, [observing.circuit_row(watched)]), store.block(rows.CircuitNode, nodes), *edges
    sets = pruning.test_sets(watched, spec.images, spec.ood_datasets, shifts_of(spec), spec.seed)
    ordered = pruning.orders(watched, spec.rankings, inputs, labels, ablation, attention, spec.seed)
    found = [row for some in pruning.curves(watched, ordered, sets) for row in some]
    found += pruning.link_curve(watched, attention, sets) if "links" in spec.rankings else []
    return (store.block(rows.CircuitCurve, found),)
