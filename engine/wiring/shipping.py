"""What ships of this study, under names that are the same from every machine: a training step by step, the arms' scores elsewhere, pruning."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from engine import errors, networks, rows, store
from engine.circuits.shipping import PREFIX as CIRCUITS
from engine.store import packing
from engine.training._circuit_arms import SETTINGS
from engine.wiring import question
from engine.wiring.spec import PREFIX
from engine.wiring.views import newest


def ship(into: Path) -> Iterator[str]:
    """Put the newest training's rows, and the newest scores of all arms of each data set, into a root of the store; yield a line each.

    Answers go along for the circuits whose weights ship: other networks are compared with these example by example. Arms are compared by seed,
    for which scores are enough.

    Raises:
        UserError: where there is nothing to ship.
    """
    found = [(newest(), f"{PREFIX}-training", (rows.CircuitTraining,))]
    found += [(_evaluated(data), f"{PREFIX}-arms-{data}", (rows.Network, rows.Score, rows.Prediction)) for data in SETTINGS]
    found = [one for one in found if one[0] is not None]
    if not found:
        raise errors.UserError("Nothing was trained or evaluated here yet.", "Ask: python -m engine wiring question")
    for run, name, tables in found:
        yield f"{name}: {_packed(str(run), name, tables, into):,} bytes"
    for data in SETTINGS:
        yield from _pruned(data, into)


def _evaluated(data: str) -> str | None:
    """Return the newest finished run that evaluated all arms of a data set."""
    told = store.query(
        "SELECT run FROM runs WHERE study = 'assay' AND state = 'done' AND title = ? ORDER BY finished DESC, run DESC LIMIT 1",
        [question.title(data)],
    )
    return None if told.empty else str(told["run"][0])


def _packed(run: str, name: str, tables: tuple[type, ...], into: Path) -> int:
    told = store.query("SELECT * EXCLUDE (root) FROM runs WHERE run = ?", [run]).iloc[0].to_dict()
    manifest = store.manifest(run)
    parts: dict[type, pd.DataFrame] = {table: store.part_of(run, table.table) for table in tables}
    keys = {table.table: tuple(manifest.keys(table.table)) for table in tables} if manifest else {}
    if rows.Prediction in parts:
        parts[rows.Prediction] = _answers(parts[rows.Score])
        keys[rows.Prediction.table] = tuple(dict.fromkeys(map(str, parts[rows.Prediction]["cell"])))
    return packing.renamed_tables(told, parts, name, into, keys)


def _pruned(data: str, into: Path) -> Iterator[str]:
    """Put the newest pruning curves of a data set's arms together; circuits that ship with their graph bring their own."""
    found = store.query(
        """SELECT c.* EXCLUDE (root) FROM circuit_curves_all c JOIN runs r USING (run) JOIN networks n ON n.network = c.circuit AND n.collection = ''
           WHERE r.state = 'done' AND r.root = 'results' AND n.trained_on = $data AND n.attributes->>'arm' IS NOT NULL
           QUALIFY row_number()
             OVER (PARTITION BY c.circuit, c.ranking, c.kept, c.dataset, c.shift, c.strength, c.density ORDER BY r.finished DESC) = 1
           ORDER BY c.circuit, c.ranking, c.kept DESC, c.density DESC, c.dataset, c.shift""",
        {"data": data},
    )
    found = found[[not any(into.glob(f"circuits/{CIRCUITS}-{circuit}-packed.parquet")) for circuit in found["circuit"]]]
    if len(found):
        told = store.query("SELECT * EXCLUDE (root) FROM runs WHERE run = ?", [found["run"].iloc[0]]).iloc[0].to_dict()
        told["title"], name = f"Pruning curves of the arms on {SETTINGS[data].title}", f"{PREFIX}-pruned-{data}"
        yield f"{name}: {packing.renamed_tables(told, {rows.CircuitCurve: found}, name, into):,} bytes"


def _answers(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the stored answers behind scores, whichever run made them, of networks whose weights everybody has."""
    found = store.query(
        """SELECT p.* EXCLUDE (run, root) FROM predictions p WHERE list_contains($networks, p.network)
           QUALIFY row_number() OVER (PARTITION BY network, dataset, split, shift, strength, position, example_id ORDER BY run DESC) = 1
           ORDER BY network, dataset, split, shift, strength, cell, position""",
        {"networks": sorted(_with_weights() & set(scores["network"].astype(str)))},
    )
    sets = ["dataset", "split", "shift", "strength"]
    return found.merge(scores[sets].drop_duplicates().astype(dict.fromkeys(sets[:3], str)), on=sets)


def _with_weights() -> set[str]:
    """Return the networks that everybody can run: others' answers could not be made again, and are not asked example by example."""
    return {card.name for card in networks.cards() if card.source != "brought"}
