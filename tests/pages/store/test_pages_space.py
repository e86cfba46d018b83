"""The page Space: an empty store, runs out of sight and back, something brought deleted, and a viewer who may do none of it."""

from datetime import UTC, datetime

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from engine import control, people, places, rows, space, store
from engine.datasets.tables import _brought as tables

APP = str(places.ROOT / "app.py")
PAGE = "pages/store/space.py"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "sample"))
    yield tmp_path / "home"
    people.resolve_by(lambda: None)


def shown(page=PAGE):
    at = AppTest.from_file(str(places.ROOT / page), default_timeout=60).run()
    assert not at.exception
    return at


def text(at):
    return "\n".join([*(one.value for one in at.markdown), *(one.value for one in at.caption), *(one.value for one in at.info)])


def stored(run):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    writer = store.Writer(run)
    writer.append([store.block(rows.Score, [rows.Score("cnn", "mnist", "test", "", 0.0, "accuracy", 1, 0.5, None, None, 3, "cell")])])
    writer.finish(rows.Run(run, "assay", "a question", "{}", "done", 0, now, now, now, 1.0, 1, 3, "cpu", None, None, "{}", "here", None))


def test_an_empty_store_says_what_there_is_and_what_to_do():
    at = shown()
    assert "No run is archived" in text(at)
    assert "Nothing was brought yet" in text(at)
    assert at.dataframe[0].value["what"].tolist()[0] == "results"


def test_a_run_is_archived_on_runs_and_brought_back_here():
    stored("r1")
    runs = shown("pages/store/runs.py")
    runs.button(key="archive").click().run()
    assert not runs.exception
    assert [one.run for one in store.archived()] == ["r1"]
    assert "There is no run yet" in text(runs)
    at = shown()
    assert "a question (r1)" in at.selectbox(key="archived").options
    at.button(key="space-restore").click().run()
    assert "r1 counts again" in text(at)
    assert store.archived() == []


def test_something_brought_is_deleted_after_what_follows_was_told(home):
    file = home / "people.csv"
    home.mkdir()
    pd.DataFrame({"sex": ["f", "m"] * 120, "age": range(240), "paid": [i % 3 == 0 for i in range(240)]}).to_csv(file, index=False)
    tables.bring(file, "mine", label="paid", groups=["sex"])
    at = shown()
    assert "single people can no longer be looked at" in text(at)
    at.button(key="space-remove").click().run()
    assert "Deleted: table of people: mine." in text(at)
    assert tables.names() == ()


def test_a_viewer_sees_and_takes_nothing_away():
    stored("r1")
    space.archive("r1")
    people.resolve_by(lambda: people.Person("eve", people.VIEWER))
    at = shown()
    assert "takes the role admin" in text(at)
    assert at.button(key="space-restore").disabled
    at.button(key="space-empty").click().run()  # as a forged request would
    assert "eve is signed in as viewer" in at.warning[0].value
    assert [one.run for one in store.archived()] == ["r1"]


@pytest.mark.parametrize(("needed", "buttons"), [("", 3), ("runner", 0)])
def test_who_may_save_tables_is_a_setting(monkeypatch, needed, buttons):
    monkeypatch.setenv(people.EXPORT, needed)
    people.resolve_by(lambda: people.Person("eve", people.VIEWER))
    assert len(shown().get("download_button")) == buttons


def test_what_is_saved_is_noted_with_who_saved_it(monkeypatch):
    import streamlit as st

    from pages.parts import kit

    offered = {}
    monkeypatch.setattr(st, "download_button", lambda label, data, *_, **__: offered.update({label: data}))
    people.resolve_by(lambda: people.Person("eve", people.VIEWER))
    kit.take_away(pd.DataFrame({"a": [1]}), key="x", name="numbers")
    people.resolve_by(lambda: people.Person(None, people.NOBODY))  # the server's own thread, in which nobody is signed in
    assert offered["CSV"]() == b"a\n1\n"
    assert [entry[1:] for entry in control.audited()] == [("eve", "export", "numbers.csv")]
