"""What stands behind a view: its scores with all that makes them findable again, the runs that measured it."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from engine import store
from engine.assay.views import Set, where

COLUMNS = (
    "network", "collection", "dataset", "split", "shift", "strength", "metric", "metric_version", "slice", "reference", "value", "low", "high", "n",
    "classes", "unit", "reason", "norm", "eps", "steps", "run",
)  # fmt: skip
WORDS = ("network", "collection", "dataset", "split", "shift", "metric", "slice", "reference", "unit", "reason", "norm", "run")
MOST = 200_000  # scores of one report


def scores(networks: Sequence[str], sets: Sequence[Set], metrics: Sequence[str], collection: str = "") -> pd.DataFrame:
    """Return the current whole-set scores of networks on sets, with the columns of `COLUMNS`; at most `MOST`."""
    if not (networks and sets and metrics):
        return pd.DataFrame(columns=list(COLUMNS))
    values: dict[str, Any] = {"networks": list(networks), "metrics": list(metrics), "collection": collection, "most": MOST}
    each = []
    for i, one in enumerate(dict.fromkeys(sets)):
        each.append(f"({where('s', f'p{i}_')})")
        values |= one.parameters(f"p{i}_")
    told = ", ".join(f's."{name}"::VARCHAR AS "{name}"' if name in WORDS else f's."{name}"' for name in COLUMNS)
    return store.query(
        f"""SELECT {told} FROM scores s
            WHERE s.collection = $collection AND s.slice IS NULL AND list_contains($networks, s.network::VARCHAR)
              AND list_contains($metrics, s.metric::VARCHAR) AND ({" OR ".join(each)}) ORDER BY ALL LIMIT $most""",
        values,
    )


def together(found: Sequence[pd.DataFrame | None]) -> pd.DataFrame:
    """Return the scores of several views as one frame, each once."""
    frames = [frame for frame in found if frame is not None and len(frame)]
    if not frames:
        return pd.DataFrame(columns=list(COLUMNS))
    return pd.concat(frames, ignore_index=True).drop_duplicates(ignore_index=True).head(MOST)


def runs_of_responses(cells: Sequence[str]) -> list[str]:
    """Return the runs whose responses answer some cells."""
    return _runs("SELECT DISTINCT run FROM responses WHERE list_contains($cells, cell) ORDER BY run", {"cells": list(cells)})


def runs_of_heads(dataset: str, attribute: str, constraint: str) -> list[str]:
    """Return the runs that trained and measured the networks of a question of the heads."""
    return _runs(
        """SELECT DISTINCT run FROM treatments WHERE dataset = $dataset AND attribute = $attribute AND "constraint" = $constraint ORDER BY run""",
        {"dataset": dataset, "attribute": attribute, "constraint": constraint},
    )


def _runs(sql: str, values: dict[str, Any]) -> list[str]:
    return [str(run) for run in store.query(sql, values)["run"]]


def about_runs(runs: Sequence[str]) -> pd.DataFrame:
    """Return what is known of some finished runs: run, study, title, seed, finished, code, packages, machine, question."""
    return store.query(
        """SELECT run, study, title, seed, finished, seconds, device, code_revision, code_dirty, packages, machine, spec, root
           FROM runs WHERE list_contains($runs, run) ORDER BY finished""",
        {"runs": list(runs)},
    )
