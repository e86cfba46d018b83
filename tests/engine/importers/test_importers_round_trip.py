"""Logits -> file -> read: the same rows, whatever the format and the numbers."""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine import store
from engine.importers import predictions

FLOATS = st.floats(-(2.0**100), 2.0**100, width=32, allow_nan=False, allow_infinity=False)


@st.composite
def answers(draw) -> tuple[np.ndarray, np.ndarray, list[str], list[str]]:
    n, k = draw(st.integers(1, 12)), draw(st.integers(2, 6))
    logits = draw(hnp.arrays(np.float32, (n, k), elements=FLOATS))
    labels = draw(hnp.arrays(np.int64, (n,), elements=st.integers(0, k - 1)))
    letters = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=8)
    ids = draw(st.lists(letters, min_size=n, max_size=n, unique=True))
    groups = draw(st.lists(st.sampled_from(["NA", "007", "1e5", "ä;b", 'q"uote', "x,y"]), min_size=n, max_size=n))
    return logits, labels, ids, groups


def write_csv(path: Path, logits, labels, ids, groups) -> None:
    table(logits, labels, ids, groups).to_csv(path, index=False)


def write_parquet(path: Path, logits, labels, ids, groups) -> None:
    path.write_bytes(store.parquet_bytes(table(logits, labels, ids, groups)))


def write_npz(path: Path, logits, labels, ids, groups) -> None:
    np.savez(path, logits=logits, labels=labels, example_id=np.array(ids), group=np.array(groups))


def table(logits, labels, ids, groups) -> pd.DataFrame:
    frame = pd.DataFrame(logits, columns=[f"logit_{i}" for i in range(logits.shape[1])])
    return frame.assign(label=labels, example_id=ids, group=groups)


@pytest.mark.parametrize(("suffix", "write"), [(".csv", write_csv), (".parquet", write_parquet), (".npz", write_npz)])
@settings(max_examples=40, deadline=None)
@given(answers())
def test_what_is_written_is_read(suffix, write, made):
    logits, labels, ids, groups = made
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"answers{suffix}"
        write(path, *made)
        guess, _ = predictions.columns(path)
        chosen = predictions.Columns(guess.label, guess.outputs, example_id="example_id", groups=("group",))
        preview = predictions.read(path, network="net", dataset="elsewhere", columns=chosen)
    assert preview.usable, preview.audit
    np.testing.assert_array_equal(preview.logits, logits)
    np.testing.assert_array_equal(preview.labels, labels)
    assert list(preview.ids) == ids
    assert [group["group"] for group in preview.groups] == groups
