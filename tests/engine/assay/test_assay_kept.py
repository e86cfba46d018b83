"""Kept views follow the store: the same answer until something is stored, never a frame that a caller changed; long ones are files."""

import os
import time

import pandas as pd
import pytest

from engine import errors, store
from engine.assay import kept as kept_views
from engine.assay import prepared, relation, trust
from engine.assay.kept import _write, kept
from tests.engine.assay import _known


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


def slow(calls, seconds=0.12):
    """A view that takes long, as a process that has just started knows it: nothing is in its memory."""

    @kept
    def view(names=("a",), *, more=None):
        calls.append(names)
        end = time.thread_time() + seconds
        while time.thread_time() < end:
            pass
        return pd.DataFrame({"word": pd.Categorical(list(names)), "number": [0.5] * len(names), "none": [None] * len(names)})

    return view


def files_of(home):
    return sorted((home / "cache" / "views").glob("*/*.parquet"))


def test_what_took_long_is_found_by_the_next_process(counted, tmp_path):
    calls = []
    first = slow(calls)(["b", "a"])
    second = slow(calls)(["b", "a"])
    assert (len(calls), len(files_of(tmp_path))) == (1, 1)
    pd.testing.assert_frame_equal(first, second)
    assert second["word"].cat.categories.tolist() == ["a", "b"]


def test_the_same_question_in_other_words_is_the_same_file(counted, tmp_path):
    calls = []
    slow(calls)(("a",))
    slow(calls)()
    slow(calls)(names=["a"], more=None)
    assert (len(calls), len(files_of(tmp_path))) == (1, 1)
    slow(calls)(more=1)
    assert len(files_of(tmp_path)) == 2


def test_what_was_quick_or_is_indexed_by_names_is_no_file(counted, tmp_path):
    view, _ = counted
    view(["a"])
    _write(tmp_path / "cache" / "views" / "v" / "x.parquet", pd.DataFrame({"a": [1]}, index=pd.Index(["n"])))
    assert files_of(tmp_path) == []


def test_a_broken_file_is_made_again(counted, tmp_path):
    calls = []
    slow(calls)()
    (file,) = files_of(tmp_path)
    file.write_bytes(file.read_bytes()[:40])
    assert slow(calls)()["number"].tolist() == [0.5]
    assert len(calls) == 2


def test_the_oldest_files_make_room(counted, tmp_path, monkeypatch):
    calls = []
    slow(calls)(("a",))
    (first,) = files_of(tmp_path)
    os.utime(first, (1, 1))
    monkeypatch.setattr(kept_views, "MOST_BYTES", int(1.5 * first.stat().st_size))
    slow(calls)(("b",))
    assert first not in files_of(tmp_path)
    assert len(files_of(tmp_path)) == 1


def test_questions_of_a_large_store_are_asked_once_beforehand(counted, tmp_path, monkeypatch):
    _known.fill()
    assert not prepared.due()
    monkeypatch.setattr(prepared, "LARGE", 10)
    monkeypatch.setattr(kept_views, "SLOW_SECONDS", -1.0)
    assert prepared.due()
    said = list(prepared.prepare())
    assert f"{_known.TABLE}: predictors" in said
    assert not prepared.due()
    before = files_of(tmp_path)
    for ask in (
        lambda: trust.predictors(_known.TABLE, "accuracy", (), None, equal="task", common=False, axes="linear"),
        lambda: trust.transfer(_known.TABLE, (), None, equal="task"),
        lambda: relation.pairs(_known.TABLE, "accuracy"),
    ):
        ask()
    assert files_of(tmp_path) == before
    with pytest.raises(errors.UserError, match="no table named"):
        list(prepared.prepare("nothing"))
