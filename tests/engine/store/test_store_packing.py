"""Packing: the same rows in fewer bytes, in another root, read by every reader."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import rows, store
from engine.store import manifests, packing

RUN = "a-run"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    names = [f"net{k % 7}" for k in range(700)]
    values = rng.random(700).astype(np.float32).astype(np.float64)
    columns = {
        "network": names, "dataset": "mnist", "split": "test", "shift": "", "strength": 0.0, "metric": [f"m{k // 7}" for k in range(700)],
        "metric_version": 1, "value": values, "low": [None] * 700, "high": values, "n": 300,
        "cell": [f"{name}-{k % 5}" for k, name in enumerate(names)],
    }  # fmt: skip
    logits = rng.standard_normal((50, 10)).astype(np.float16).astype(np.float32)
    answers = {
        "network": "net0", "dataset": "mnist", "split": "test", "shift": "", "strength": 0.0, "example_id": [f"{k:016x}" for k in range(50)],
        "position": np.arange(50), "label": np.arange(50) % 10, "logits": logits, "cell": "c0", "predicted": logits.argmax(1), "confidence": 0.5,
    }  # fmt: skip
    writer = store.Writer(RUN, tmp_path / "source")
    writer.append([rows.Block(rows.Score, columns, 700)], {"scores": ("s0",)})
    writer.append([rows.Block(rows.Prediction, answers, 50)], {"predictions": ("c0",)})
    when = datetime(2026, 1, 1, tzinfo=UTC)
    writer.finish(rows.Run(RUN, "assay", "t", "{}", "done", 0, when, when, when, 1.0, 1, 1, "cpu", None, None, "{}", "m", None))
    return tmp_path / "source"


def test_rows_come_out_as_they_went_in_and_take_less_room(source: Path, tmp_path: Path) -> None:
    packed = packing.pack(RUN, source, tmp_path / "target")
    before, after = (manifests.read(root, RUN) for root in (source, tmp_path / "target"))
    assert before is not None
    assert after is not None
    assert after.finished
    assert packed == sum(part.bytes for part in after.parts) < sum(part.bytes for part in before.parts)
    for old, new in zip(before.parts, after.parts, strict=True):
        pd.testing.assert_frame_equal(store.read_table(source / old.file), store.read_table(tmp_path / "target" / new.file))
    assert after.keys("predictions") == {"c0"}


def test_readers_read_what_is_packed(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packing.pack(RUN, source, tmp_path / "sample")
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "sample"))
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    assert store.query("SELECT count(*) AS n, count(low) AS low FROM scores").iloc[0].tolist() == [700, 0]
    answers = store.stored_answers("c0")
    assert answers is not None
    assert answers.logits.shape == (50, 10)
    assert store.query("SELECT count(*) AS n FROM predictions")["n"].iloc[0] == 50
    assert store.problems() == ()


def test_a_run_that_is_not_finished_is_not_packed(tmp_path: Path) -> None:
    store.Writer(RUN, tmp_path / "source")
    with pytest.raises(AssertionError, match="not finished"):
        packing.pack(RUN, tmp_path / "source", tmp_path / "target")
    assert not (tmp_path / "target").exists()


def test_logits_may_keep_fewer_bits_but_no_answer_changes(tmp_path: Path) -> None:
    close = np.float32(1) + np.array([[0, 2**-20], [2**-20, 0], [0, 2**-3]], dtype=np.float32)
    logits = np.concatenate([close, np.random.default_rng(0).standard_normal((200, 2)).astype(np.float32)])
    n = len(logits)
    answers = {
        "network": "net0", "dataset": "mnist", "split": "test", "shift": "", "strength": 0.0, "example_id": [f"{k:016x}" for k in range(n)],
        "position": np.arange(n), "label": np.arange(n) % 2, "logits": logits, "cell": "c0", "predicted": logits.argmax(1), "confidence": 0.5,
    }  # fmt: skip
    writer = store.Writer(RUN, tmp_path / "source")
    writer.append([rows.Block(rows.Prediction, answers, n)], {"predictions": ("c0",)})
    when = datetime(2026, 1, 1, tzinfo=UTC)
    writer.finish(rows.Run(RUN, "assay", "t", "{}", "done", 0, when, when, when, 1.0, 1, 1, "cpu", None, None, "{}", "m", None))
    sizes = [packing.pack(RUN, tmp_path / "source", tmp_path / str(bits), bits=bits) for bits in (packing.WHOLE, 12)]
    kept = np.stack(store.read_table(tmp_path / "12" / "predictions" / f"{RUN}-packed.parquet")["logits"].to_list())
    assert sizes[1] < sizes[0]
    assert np.array_equal(kept.argmax(1), logits.argmax(1))
    assert np.array_equal(kept[0], logits[0])
    assert np.allclose(kept, logits, rtol=2**-12, atol=0)
    assert not np.array_equal(kept, logits)


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1), st.integers(2, 23))
def test_rounding_to_significant_bits_errs_by_less_than_the_last_of_them_and_keeps_the_order(values: list[float], bits: int) -> None:
    exact = np.sort(np.array(values, dtype=np.float32))
    fewer = packing.significant(exact, bits)
    assert np.all(np.abs(fewer - exact) <= np.abs(exact) * 2.0**-bits)
    assert np.all(np.diff(fewer) >= 0)
