"""Kept views follow the store: the same answer until something is stored, never a frame that a caller changed."""

import pandas as pd
import pytest

from engine import store
from engine.assay.kept import kept


@pytest.fixture
def counted(tmp_path, monkeypatch):
    """A kept view over an empty store of its own, and the list of its calls."""
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "none"))
    calls = []

    @kept
    def view(names, *, sample=True):
        calls.append((names, sample))
        return pd.DataFrame({"name": list(names)})

    return view, calls


def test_a_view_is_asked_once_for_each_question(counted):
    view, calls = counted
    view(["a"])
    view(["a"])
    view(["a"], sample=False)
    view(["b"])
    assert [len(calls), calls[0]] == [3, (("a",), True)]


def test_a_changed_frame_changes_no_later_answer(counted):
    view, _ = counted
    found = view(["a"])
    found["more"] = 1
    found.loc[0, "name"] = "changed"
    assert view(["a"]).to_dict("list") == {"name": ["a"]}


def test_a_new_manifest_is_a_new_question(counted, tmp_path):
    view, calls = counted
    view(["a"])
    before = store.version()
    (tmp_path / "results" / "manifests").mkdir(parents=True)
    (tmp_path / "results" / "manifests" / "x.json").write_text("{}")
    assert store.version() != before
    view(["a"])
    assert len(calls) == 2
