"""What ships of this study: what was seen of chosen circuits, each as a run of its own, under a name that is the same from every machine."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from engine import rows, store
from engine.circuits import views
from engine.store import packing

PREFIX = "circuits"  # of its runs that ship
_GRAPH = (rows.Circuit, rows.CircuitNode, rows.CircuitEdge)


def ship(into: Path, circuits: Sequence[str] = ()) -> Iterator[str]:
    """Put observed circuits into a root of the store and yield a line a circuit; one of the same name is written over.

    Args:
        into: The root that gets the runs, such as `data/sample`.
        circuits: Their names; all that were observed here unless given.

    Raises:
        UserError: for a circuit that was not observed.
    """
    found = views.listing()
    for circuit in circuits or [str(name) for name in found.loc[found["source"] == "network", "circuit"]]:
        known = views.about(circuit)
        run, pruned = str(known["run"]), _pruned(circuit)
        told = store.query("SELECT * EXCLUDE (root) FROM runs WHERE run = ?", [run]).iloc[0].to_dict()
        parts: dict[type, pd.DataFrame] = {table: _mine(run, table.table, circuit) for table in _GRAPH}
        if pruned:
            parts[rows.CircuitCurve] = _mine(pruned, rows.CircuitCurve.table, circuit)
        name = f"{PREFIX}-{circuit}"
        keys = {table: one for table, of in (("circuits", run), ("circuit_curves", pruned)) if (one := _keys(of, table))}
        yield f"{name}: {packing.renamed_tables(told, parts, name, into, keys):,} bytes"


def _mine(run: str, table: str, circuit: str) -> pd.DataFrame:
    found = store.part_of(run, table)
    return found[found["circuit"] == circuit].reset_index(drop=True)


def _pruned(circuit: str) -> str:
    """Return the newest finished run with a circuit's curves, "" where there is none."""
    found = store.query(
        "SELECT p.run FROM circuit_curves_all p JOIN runs r USING (run) WHERE p.circuit = ? AND r.state = 'done' ORDER BY r.finished DESC LIMIT 1",
        [circuit],
    )
    return "" if found.empty else str(found["run"][0])


def _keys(run: str, table: str) -> Sequence[str]:
    """Return what a run's part answers, where it is of one circuit alone: keys do not say whose they are."""
    manifest = store.manifest(run) if run else None
    if manifest is None or len(set(store.part_of(run, table, ["circuit"])["circuit"])) > 1:
        return ()
    return tuple(manifest.keys(table))
