"""A small table, really fitted, for tests of the heads' pages: experience decides, hair tells the group, groups differ in experience."""

import numpy as np
import pandas as pd

from engine import control, store, worker
from engine.datasets import tables
from engine.heads import spec
from engine.heads.spec import HeadsSpec

QUESTION = HeadsSpec(table="made", lambdas=(20.0,), seeds=(0, 1), hidden=(12, 8))


def people(n: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Return people of whom the outcome, the group and its traces are known."""
    rng = np.random.default_rng(seed)
    member = rng.integers(0, 2, n)
    experience = rng.normal(10 + 5 * member, 5)
    hired = experience + rng.normal(0, 2, n) > 12
    return pd.DataFrame(
        {
            "hired": np.where(hired, "yes", "no"),
            "sex": np.where(member == 1, "m", "f"),
            "experience": experience,
            "hair": rng.normal(np.where(member == 1, 5, 20), 6),
            "town": rng.choice(["north", "south", "west"], n),
        }
    )


def fill(folder) -> dict[tuple[str, float, int], str]:
    """Bring the table to TOUCHSTONE_HOME and answer the question; return the networks' names by method, lambda and seed."""
    file = folder / "made.csv"
    file.write_bytes(store.csv_bytes(people()))
    tables.bring(file, "made", label="hired", groups=["sex"])
    job = control.submit(QUESTION, spec.title(QUESTION), total=spec.plan(QUESTION).cells)
    claimed = control.claim("test", only=job)
    assert claimed is not None
    assert worker.answer(claimed) == "done", control.job(job).error
    return {(one.method, one.strength, one.seed): one.name for one in spec.jobs(QUESTION)}
