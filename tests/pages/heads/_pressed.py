"""A small table, really fitted, for tests of the heads' pages: experience decides, hair tells the group, groups differ in experience."""

import contextlib
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from engine import control, places, store, worker
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


@contextlib.contextmanager
def at(home) -> Iterator[None]:
    """Let a folder be TOUCHSTONE_HOME for a while, without what ships."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(home))
        patch.setenv("TOUCHSTONE_SAMPLE", str(home / "none"))
        yield


def opened(monkeypatch, home, page, **query) -> AppTest:
    """Return a page of the section, opened at an address in a home without what ships."""
    monkeypatch.setenv("TOUCHSTONE_HOME", str(home))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(home / "none"))
    app = AppTest.from_file(str(places.ROOT / "app.py"), default_timeout=240)
    app.run()
    app.switch_page(f"pages/heads/{page}.py")
    app.query_params.update(query)
    app.run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    """Return the page's texts, as people read them."""
    blocks = [*app.markdown, *app.caption, *app.info, *app.warning, *app.error, *app.header]
    return " ".join(str(block.value) for block in blocks).replace("\u202f", " ").replace("\\", "")
