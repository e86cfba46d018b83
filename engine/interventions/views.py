"""What the store knows of responses: the rows of a question, whoever asked it first, and what a run under way has stored so far."""

import contextlib
import functools
from collections.abc import Sequence
from dataclasses import dataclass, fields

import pandas as pd

from engine import errors, rows, store
from engine.interventions.spec import InterventionsSpec, Plan

KEY = ["cell", "base", "factor", "level", "factor_2", "level_2"]
TITLES = {"accuracy": "accuracy", "mean_confidence": "mean confidence", "ece": "calibration error (ECE)"}
STORED = [field.name for field in fields(rows.Response)]


@dataclass(frozen=True, eq=False)
class Known:
    """The rows of a question that are known, and how many of its cells they answer."""

    rows: pd.DataFrame
    answered: int
    cells: int

    @property
    def whole(self) -> bool:
        """Whether every cell is answered."""
        return self.answered == self.cells


def known(spec: InterventionsSpec, planned: Plan, run: str | None = None) -> Known:
    """Return the rows of `Response` that answer a question, in the order of its worlds, each factor's values in their order.

    Args:
        spec: The question.
        planned: Its plan.
        run: A run that is under way, whose rows so far count too.
    """
    wanted = _wanted(planned)
    found = [store.query(f"SELECT {', '.join(STORED)} FROM responses WHERE cell IN (SELECT unnest($cells))", {"cells": wanted["cell"].tolist()})]
    if run is not None:
        part = store.part_of(run, "responses")
        found += [part[STORED]] if len(part) else []
    both = pd.concat([frame for frame in found if len(frame)] or found[:1], ignore_index=True).drop_duplicates([*KEY, "metric"], keep="last")
    mine = wanted.merge(both, on=KEY, how="inner")
    mine["metric_order"] = mine["metric"].map({name: i for i, name in enumerate(TITLES)})
    mine = mine.sort_values(["order", "metric_order"], kind="stable", ignore_index=True).drop(columns=["order", "metric_order"])
    return Known(mine, len(mine.drop_duplicates(KEY)), len(wanted))


def _wanted(planned: Plan) -> pd.DataFrame:
    """Return one row a cell of a plan, with the place at which it is shown."""
    told = []
    for world, keys in zip(planned.worlds, planned.keys, strict=True):
        first, second = (*world.levels, None, None)[:2]
        said = (first.factor if first else "", first.text if first else "", second.factor if second else "", second.text if second else "")
        told += [(key, base, *said) for key, base in zip(keys, planned.keys[0], strict=True)]
    frame = pd.DataFrame(told, columns=KEY)
    frame["order"] = _order(planned, len(planned.networks))
    return frame.drop_duplicates(KEY)


def _order(planned: Plan, networks: int) -> list[int]:
    """Return where each cell is shown: by factor as asked, then by value in the order of the domain, then by network."""
    factors = list(dict.fromkeys(level.factor for world in planned.worlds for level in world.levels))
    places = []
    for world in planned.worlds:
        where = tuple(
            (factors.index(level.factor), planned.system.factor(level.factor).code(level.text) if level.place is None else level.place)
            for level in world.levels
        )
        places += [(where, i) for i in range(networks)]
    ranks = {place: i for i, place in enumerate(sorted(set(places)))}
    return [ranks[place] for place in places]


def questions(system: str | None = None, *, shipped: bool = False) -> list[InterventionsSpec]:
    """Return the questions that finished runs have answered, the newest first; of one system where it is named, or only shipped ones."""
    found = store.query(
        """SELECT spec FROM runs WHERE study = 'interventions' AND state = 'done' AND (root = 'sample' OR NOT $shipped)
           ORDER BY finished DESC, run DESC LIMIT 200""",
        {"shipped": shipped},
    )
    read = (_read(str(text)) for text in found["spec"])
    return [spec for spec in read if spec and system in {None, spec.system}]


@functools.lru_cache(maxsize=512)
def _read(text: str) -> InterventionsSpec | None:
    """Return a stored question; None for one that this version of the program cannot read."""
    with contextlib.suppress(errors.UserError):
        return InterventionsSpec.read(text)
    return None


def factors_of(found: pd.DataFrame) -> list[str]:
    """Return the factors of some responses, in their order."""
    return [str(name) for name in found["factor"].unique() if name]


def curve(found: pd.DataFrame, factor: str, metrics: Sequence[str] = ("accuracy",)) -> pd.DataFrame:
    """Return the rows of one factor alone and of the base world, of some metrics."""
    return found[found["factor"].isin([factor, ""]) & (found["factor_2"] == "") & found["metric"].isin(metrics)]
