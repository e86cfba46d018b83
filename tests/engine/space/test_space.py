"""Space: runs go out of sight and come back, what was brought is deleted whole, cache and reports keep their limits; all of it is noted."""

import os
import time
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from engine import control, errors, people, places, rows, space, store
from engine.__main__ import main
from engine.datasets.tables import _brought as tables
from engine.space import brought, cached, reports
from engine.spec import Spec
from engine.store import manifests

MEGABYTE = 1_000_000
EVE = people.Person("eve", people.VIEWER)
ROOT = people.Person("root", people.ADMIN)


class Question(Spec):
    """A question for the queue."""

    study: str = "assay"
    tables: tuple[str, ...] = ()


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "sample"))
    yield tmp_path / "home"
    people.resolve_by(lambda: None)


def acting(person):
    people.resolve_by(lambda: person)


def stored(run="r1", value=0.5, minutes=0):
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    writer = store.Writer(run)
    writer.append([store.block(rows.Score, [rows.Score("cnn", "mnist", "test", "", 0.0, "accuracy", 1, value, None, None, 3, "cell")])])
    writer.finish(rows.Run(run, "assay", f"title of {run}", "{}", "done", 0, now, now, now, 1.0, 1, 3, "cpu", None, None, "{}", "here", None))


def answers():
    return store.query("SELECT value FROM scores")["value"].tolist()


def noted():
    return [(user, action, subject) for _, user, action, subject in control.audited()]


def test_an_archived_run_counts_nowhere_and_comes_back_as_it_was():
    stored("r1", 0.25)
    stored("r2", 0.75, minutes=1)
    acting(ROOT)
    space.archive("r2")
    assert answers() == [0.25]  # the run before is the newest again
    (mine,) = store.archived()
    assert (mine.run, mine.title, mine.rows) == ("r2", "title of r2", 1)
    space.restore("r2")
    assert answers() == [0.75]
    assert store.archived() == []
    assert set(noted()) == {("root", "archive", "r2"), ("root", "restore", "r2")}


def test_only_an_archived_run_is_deleted_and_nothing_of_it_is_left(home):
    stored()
    with pytest.raises(errors.UserError, match="not archived"):
        space.erase("r1")
    space.archive("r1")
    assert space.erase("r1") > 0
    assert [file for file in (home / "results").rglob("*r1*") if file.suffix != ".lock"] == []
    assert store.problems() == ()


def test_a_deletion_that_was_cut_short_harms_no_answer_and_is_finished_by_asking_again(home):
    stored("r1", 0.25)
    stored("r2", 0.75, minutes=1)
    space.archive("r2")
    (home / "results" / "scores" / "r2-00000.parquet").unlink()  # as if the process was killed between two files
    assert answers() == [0.25]
    assert store.problems() == ()
    space.erase("r2")
    assert manifests.read(home / "results", "r2") is None


def test_the_sample_cannot_be_archived_or_deleted(home, tmp_path, monkeypatch):
    stored("shipped")
    (home / "results").rename(tmp_path / "sample")
    for act in (space.archive, space.restore, space.erase):
        with pytest.raises(errors.UserError, match="read-only"):
            act("shipped")
    assert answers() == [0.5]


def test_a_viewer_takes_nothing_away(home):
    stored()
    (home / "reports").mkdir()
    (home / "reports" / "one.zip").write_bytes(b"x")
    bring_table()
    acting(EVE)
    for act in (lambda: space.archive("r1"), lambda: space.restore("r1"), lambda: space.erase("r1"), lambda: brought.remove("table", "mine"),
                lambda: reports.remove("one"), cached.empty):  # fmt: skip
        with pytest.raises(errors.UserError, match="takes the role admin"):
            act()
    assert answers() == [0.5]
    assert (home / "reports" / "one.zip").exists()
    assert tables.names() == ("mine",)


def bring_table(name="mine"):
    file = places.home() / "people.csv"
    file.parent.mkdir(exist_ok=True, parents=True)
    pd.DataFrame({"age": range(240), "sex": ["f", "m"] * 120, "paid": [i % 3 == 0 for i in range(240)]}).to_csv(file, index=False)
    tables.bring(file, name, label="paid", groups=["sex"])


def test_what_was_brought_is_told_with_what_follows_and_deleted(home):
    bring_table()
    (mine,) = brought.listed()
    assert (mine.kind, mine.name) == ("table", "mine")
    assert mine.bytes > 1000
    assert "Numbers of networks that were trained on it stay" in brought.consequence("table", "mine")
    brought.remove("table", "mine")
    assert brought.listed() == []
    assert list((home / "inputs").rglob("*.parquet")) == []
    assert (None, "delete table of people", "mine") in noted()
    with pytest.raises(errors.UserError, match="no table of people named"):
        brought.remove("table", "mine")
    with pytest.raises(errors.UserError, match="no kind named"):
        brought.remove("tabel", "mine")


def test_what_a_question_under_way_names_stays():
    bring_table()
    control.submit(Question(tables=("mine",)), "a question about mine")
    with pytest.raises(errors.UserError, match="“a question about mine” waits or runs"):
        brought.remove("table", "mine")
    assert tables.names() == ("mine",)


def put(path, megabytes, hours_ago):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(megabytes * MEGABYTE))
    then = time.time() - 3600 * hours_ago
    os.utime(path, (then, then))
    os.utime(path.parent, (then, then))


def test_the_cache_keeps_its_limit_the_oldest_goes_first_and_what_may_be_open_stays(home, monkeypatch):
    cache = home / "cache"
    for name, hours in (("views/v/old.parquet", 9), ("datasets/older.json", 10), ("views/v/young.parquet", 0), ("sweep/newer.npy", 2)):
        put(cache / name, 1, hours)
    put(cache / "unpacked" / "abc" / "a.csv", 1, 5)
    monkeypatch.setenv("TOUCHSTONE_CACHE_BYTES", str(2 * MEGABYTE))
    assert space.tidy() == ["cache/datasets/older.json", "cache/views/v/old.parquet", "cache/unpacked/abc"]
    assert sum(one.bytes for one in cached.entries()) == 2 * MEGABYTE
    monkeypatch.setenv("TOUCHSTONE_CACHE_BYTES", "1")
    assert space.tidy() == ["cache/sweep/newer.npy"]  # the other one may be open: it is younger than an hour
    put(cache / "uploads" / "in-hand" / "mine.csv", 1, 0)
    assert cached.empty() == MEGABYTE
    assert [one.path.name for one in cached.entries()] == ["in-hand"]


def test_reports_keep_their_limits_and_the_newest_stays_whatever_it_takes(home, monkeypatch):
    for i in range(5):
        put(home / "reports" / f"{i}.zip", 1, 5 - i)
    monkeypatch.setenv("TOUCHSTONE_REPORTS", "3")
    assert space.tidy() == ["reports/1.zip", "reports/0.zip"]
    monkeypatch.setenv("TOUCHSTONE_REPORTS_BYTES", "1")
    assert space.tidy() == ["reports/3.zip", "reports/2.zip"]
    monkeypatch.setenv("TOUCHSTONE_REPORTS", "none")
    with pytest.raises(errors.UserError, match="TOUCHSTONE_REPORTS is “none”"):
        reports.most()


def test_what_a_crash_left_is_swept_up_a_day_later(home):
    put(home / "inputs" / ".gone-1" / "weights.safetensors", 1, 30)
    put(home / "inputs" / "datasets" / ".aside-2" / "pixels", 1, 30)
    put(home / "inputs" / "datasets" / ".aside-3" / "pixels", 1, 1)  # is being made
    put(home / "inputs" / "datasets" / "mine" / "pixels", 1, 30)
    assert sorted(space.tidy()) == ["inputs/.gone-1", "inputs/datasets/.aside-2"]
    assert (home / "inputs" / "datasets" / "mine" / "pixels").exists()


def test_the_disk_is_told_by_kind(home):
    stored()
    put(home / "reports" / "one.zip", 2, 1)
    told = {one.what: one for one in space.used()}
    assert told["reports"].bytes == 2 * MEGABYTE
    assert told["reports"].limit == reports.most_bytes()
    assert told["results"].bytes == sum(file.stat().st_size for file in (home / "results").rglob("*") if file.is_file())
    free, total = space.free()
    assert 0 < free <= total


def test_the_command_tells_and_does_the_same(capsys):
    stored()
    assert main(["space"]) == 0
    assert "results that ship" in capsys.readouterr().out
    for words in (["archive", "r1"], ["runs", "--json"], ["restore", "r1"], ["brought"], ["reports"], ["tidy"]):
        assert main(["space", *words]) == 0
    assert '"title of r1"' in capsys.readouterr().out
    assert main(["space", "erase", "r1"]) == 1
    assert main(["space", "remove", "network"]) == 1
