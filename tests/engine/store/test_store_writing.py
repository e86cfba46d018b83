"""The store: what is written is read, what is broken is named, nothing is lost."""

import os
import resource
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import errors, places, rows, store
from engine.store import compacting, manifests, sql


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "sample"))
    return tmp_path / "home"


def a_run(run, minutes=0, state="done"):
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    return rows.Run(run, "assay", run, "{}", state, 0, now, now, now, 1.0, 1, 3, "cpu", None, None, "{}", "here", None)


def a_score(value=0.5, network="cnn", metric="accuracy", **more):
    return rows.Score(network, "mnist", "test", "", 0.0, metric, 1, value, None, None, 3, "cell", **more)


def some_predictions(cell="cell", n=3, network="cnn"):
    logits = np.arange(n * 2, dtype=np.float32).reshape(n, 2)
    columns = {
        "network": network, "dataset": "mnist", "split": "test", "shift": "", "strength": 0.0, "example_id": [f"e{i}" for i in range(n)],
        "position": np.arange(n), "label": np.zeros(n, int), "logits": logits, "cell": cell,
    }  # fmt: skip
    return rows.Block(rows.Prediction, columns, n)


def write(run, blocks, keys=None, minutes=0):
    writer = store.Writer(run)
    writer.append(blocks, keys)
    writer.finish(a_run(run, minutes))


def test_a_run_without_its_last_row_does_not_exist_for_readers():
    store.Writer("r1").append([store.block(rows.Score, [a_score()])])
    assert store.query("SELECT * FROM scores").empty
    assert len(store.part_of("r1", "scores")) == 1


def test_scores_come_back_as_they_were_written():
    write("r1", [store.block(rows.Score, [a_score(0.25, slice="class=3")])])
    found = store.query("SELECT network::VARCHAR AS network, value, slice, n, root FROM scores").iloc[0]
    assert (found["network"], found["value"], found["slice"], found["n"], found["root"]) == ("cnn", 0.25, "class=3", 3, "results")


def test_not_measured_undefined_and_zero_are_three_things():
    told = [a_score(None, metric="a", reason="no groups"), a_score(float("nan"), metric="b"), a_score(0.0, metric="c")]
    write("r1", [store.block(rows.Score, told)])
    found = store.query("SELECT metric::VARCHAR AS metric, value IS NULL AS missing, isnan(value) AS undefined FROM scores ORDER BY metric")
    assert found["missing"].tolist() == [True, False, False]
    assert found["undefined"].fillna(value=False).tolist() == [False, True, False]


def test_the_newest_finished_row_per_key_is_current_even_where_it_is_null():
    write("r1", [store.block(rows.Score, [a_score(0.1)])], minutes=0)
    write("r2", [store.block(rows.Score, [a_score(None, reason="attack not possible")])], minutes=1)
    found = store.query("SELECT run::VARCHAR AS run, value IS NULL AS missing FROM scores")
    assert found.to_dict("records") == [{"run": "r2", "missing": True}]
    assert store.query("SELECT count(*) AS n FROM scores_all")["n"].item() == 2


def test_stored_answers_come_back_in_order_with_their_logits():
    write("r1", [some_predictions("c1", 3), some_predictions("c2", 2)], {"predictions": ["c1", "c2"]})
    answers = store.stored_answers("c2")
    assert answers.ids == ("e0", "e1")
    np.testing.assert_array_equal(answers.logits, [[0, 1], [2, 3]])
    assert store.stored_answers("c3") is None


def test_a_cell_that_two_runs_hold_is_read_once_from_the_newest():
    write("r1", [some_predictions("c1")], {"predictions": ["c1"]}, minutes=0)
    write("r2", [some_predictions("c1")], {"predictions": ["c1"]}, minutes=1)
    assert store.query("SELECT DISTINCT run FROM predictions")["run"].tolist() == ["r2"]
    assert store.query("SELECT count(*) AS n FROM predictions")["n"].item() == 3


@pytest.mark.parametrize("harm", ["half", "empty", "gone", "garbage"])
def test_one_broken_part_is_named_and_the_rest_still_answers(harm):
    write("r1", [store.block(rows.Score, [a_score(network="a")])])
    write("r2", [store.block(rows.Score, [a_score(network="b")])])
    part = places.results() / "scores/r1-00000.parquet"
    content = part.read_bytes()
    {
        "half": lambda: part.write_bytes(content[: len(content) // 2]),
        "empty": lambda: part.write_bytes(b""),
        "gone": part.unlink,
        "garbage": lambda: part.write_bytes(b"x" * len(content)),
    }[harm]()
    os.utime(places.results() / "manifests")
    os.utime(places.results() / "manifests/r1.json")  # as a restart would, make the store look again
    assert store.query("SELECT network::VARCHAR AS network FROM scores")["network"].tolist() == ["b"]
    assert [p.file for p in store.problems()] == ["scores/r1-00000.parquet"]


def test_a_foreign_file_and_an_unreadable_manifest_are_named_and_take_nothing_down():
    write("r1", [store.block(rows.Score, [a_score()])])
    (places.results() / "scores/stranger.parquet").write_bytes(b"not ours")
    (places.results() / "manifests/broken.json").write_text("{")
    assert len(store.query("SELECT * FROM scores")) == 1
    assert {p.file for p in store.problems()} == {"scores/stranger.parquet", "manifests/broken.json"}


def test_a_part_that_was_written_but_not_named_is_written_over_by_the_next_attempt():
    first = store.Writer("r1")
    first.append([store.block(rows.Score, [a_score(0.1)])])
    orphan = places.results() / "scores/r1-00001.parquet"
    orphan.write_bytes(b"left by a killed writer")
    second = store.Writer("r1")
    second.append([store.block(rows.Score, [a_score(0.2, metric="nll")])])
    second.finish(a_run("r1"))
    assert sorted(store.query("SELECT value FROM scores")["value"]) == [0.1, 0.2]
    assert not store.problems()


def test_an_earlier_attempt_cannot_write_any_more():
    first = store.Writer("r1")
    store.Writer("r1")
    with pytest.raises(errors.UserError, match="taken over"):
        first.append([store.block(rows.Score, [a_score()])])


def test_a_full_disk_is_a_sentence_and_what_was_stored_stays():
    writer = store.Writer("r1")
    writer.append([store.block(rows.Score, [a_score()])])
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    big = [a_score(float(i), metric=f"m{i}{np.random.default_rng(i).bytes(20).hex()}") for i in range(3000)]
    import signal

    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))  # every file of ours ends there, as on a full disk
    try:
        with pytest.raises(errors.UserError, match="could not be written"):
            writer.append([store.block(rows.Score, big)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, old)
    writer.append([store.block(rows.Score, [a_score(metric="later")])])
    writer.finish(a_run("r1"))
    assert len(store.query("SELECT * FROM scores")) == 2
    assert not list(places.results().rglob("*.tmp"))


def test_an_archived_run_leaves_every_answer_and_keeps_its_files():
    write("r1", [store.block(rows.Score, [a_score()])])
    store.archive("r1")
    assert store.query("SELECT * FROM scores").empty
    assert (places.results() / "scores/r1-00000.parquet").exists()


def test_compacting_keeps_every_row_and_every_key():
    writer = store.Writer("r1")
    for i in range(4):
        writer.append(
            [some_predictions(f"c{i}"), store.block(rows.Score, [a_score(metric=f"m{i}")])], {"predictions": [f"c{i}"], "scores": [f"s{i}"]}
        )
    writer.finish(a_run("r1"))
    before = store.query("SELECT * FROM scores ORDER BY metric")[["metric", "value"]].astype(str)
    assert compacting.compact() == (9, 3)
    after = store.query("SELECT * FROM scores ORDER BY metric")[["metric", "value"]].astype(str)
    assert before.equals(after)
    assert store.manifest("r1").keys("predictions") == {"c0", "c1", "c2", "c3"}
    assert len(store.stored_answers("c3").ids) == 3


def test_columns_that_an_old_part_lacks_are_null(home):
    """A part of an early version, without the columns that came later, still reads."""
    import pyarrow.parquet as pq

    write("r1", [some_predictions("c1")], {"predictions": ["c1"]})
    part = places.results() / "predictions/r1-00000.parquet"
    old = pq.ParquetFile(part).read().drop_columns(["predicted", "confidence"])
    pq.write_table(old, part)
    file = places.results() / "manifests/r1.json"
    told = file.read_text()
    import json

    said = json.loads(told)
    next(p for p in said["parts"] if p["table"] == "predictions")["bytes"] = part.stat().st_size
    file.write_text(json.dumps(said))
    write("r2", [some_predictions("c2", network="mlp")], {"predictions": ["c2"]}, minutes=1)
    assert store.query("SELECT count(*) AS n, count(predicted) AS p FROM predictions").iloc[0].tolist() == [6, 0]


class TestSqlFromPeople:
    def test_one_select_is_answered_and_capped(self):
        write("r1", [store.block(rows.Score, [a_score(metric=f"m{i}") for i in range(5)])])
        found = sql.select("SELECT metric FROM scores ORDER BY metric", most=3)
        assert (len(found.frame), found.cut) == (3, True)

    @pytest.mark.parametrize(
        "text",
        [
            "DROP TABLE scores", "SELECT 1; SELECT 2", "COPY scores TO '/tmp/x.csv'", "ATTACH '/tmp/x.db'", "SET threads = 1", "PRAGMA version",
            "SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM '/etc/passwd'", "SELECT * FROM glob('/*')", "INSTALL httpfs",
            "SELECT content FROM read_text('/etc/hostname')", "CREATE TABLE x AS SELECT 1", "SELEC 1", "SELECT nothing FROM scores",
            "SELECT 1) AS x; DROP TABLE scores; --",
        ],
    )  # fmt: skip
    def test_anything_else_is_refused_with_a_sentence(self, text):
        write("r1", [store.block(rows.Score, [a_score()])])
        with pytest.raises(errors.UserError):
            sql.select(text)
        assert len(sql.select("SELECT * FROM scores").frame) == 1

    def test_a_query_without_end_is_stopped(self):
        with pytest.raises(errors.UserError, match="stopped"):
            sql.select("SELECT count(*) FROM range(100000000000) a, range(100000000) b", seconds=0.3)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.text(max_size=20), st.one_of(st.none(), st.floats(allow_nan=False)), st.one_of(st.none(), st.text(max_size=20))),
        min_size=1, max_size=20, unique_by=lambda t: (t[0], t[2]),
    )
)  # fmt: skip
def test_any_text_and_number_survives_the_store(tmp_path_factory, told):
    os.environ["TOUCHSTONE_HOME"] = str(tmp_path_factory.mktemp("home"))
    write("r1", [store.block(rows.Score, [a_score(value, network=name, slice=part) for name, value, part in told])])
    found = store.part_of("r1", "scores")
    assert [(r.network, r.slice if isinstance(r.slice, str) else None) for r in found.itertuples()] == [(n, s) for n, _, s in told]
    assert [None if np.isnan(v) else v for v in found["value"].astype(float)] == [v for _, v, _ in told]
    assert len(store.query("SELECT * FROM scores")) == len(told)
    assert manifests.read(places.results(), "r1").finished


def test_many_scores_that_are_packed_in_parts_answer_as_few_do(monkeypatch):
    from engine.store import reading

    for run, minutes, value in (("r1", 0, 0.5), ("r2", 5, 0.25)):
        told = [a_score(value + i / 100, network=name, metric=m) for i, name in enumerate(("a", "b")) for m in ("x", "y", "z")]
        write(run, [store.block(rows.Score, told if run == "r1" else told[1:4])], minutes=minutes)
    asked = ("SELECT * FROM scores ORDER BY ALL", "SELECT network, metric, value FROM scores", "SELECT * FROM sets ORDER BY ALL")
    few = reading.build("few", sample=True)
    monkeypatch.setattr(reading, "_SORTED_AT_ONCE", 4)
    many = reading.build("many", sample=True)
    assert len(few.query(asked[0])) == 6
    for sql_text in asked:
        assert few.query(sql_text).astype(str).equals(many.query(sql_text).astype(str))
    assert many.connection.execute("SELECT count(*) FROM packed.scores").fetchone() == (6,)
    assert reading._in_batches([("a", 3), ("b", 1), ("c", 9), ("d", 2)]) == [["a", "b"], ["c"], ["d"]]
