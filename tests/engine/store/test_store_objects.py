"""Results in an S3-compatible object store: a real server, the same store; what is cut short, gone or forbidden is said."""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from engine import errors, places, rows, store
from engine.store import compacting, manifests, objects, reading, roots, sql

SERVER = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""
KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}


@pytest.fixture(scope="module")
def server():
    """An S3 server in a process of its own: its address."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.stdin.close()


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "no-sample"))
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    return tmp_path / "home"


@pytest.fixture
def root(server, home, monkeypatch):
    """A new bucket, named in TOUCHSTONE_RESULTS."""
    bucket = f"results-{time.time_ns()}"
    host = server.removeprefix("http://")
    objects.pafs.S3FileSystem(endpoint_override=host, scheme="http", allow_bucket_creation=True).create_dir(bucket)
    monkeypatch.setenv("TOUCHSTONE_RESULTS", f"s3://{bucket}/some/prefix?endpoint_override={server}")
    monkeypatch.setattr(objects, "LISTED_SECONDS", 0.0)
    return roots.results()


def a_run(run):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return rows.Run(run, "assay", run, "{}", "done", 0, now, now, now, 1.0, 1, 3, "cpu", None, None, "{}", "here", None)


def a_score(value=0.5, network="cnn"):
    return rows.Score(network, "mnist", "test", "", 0.0, "accuracy", 1, value, None, None, 3, "cell")


def some_predictions(cell="cell", n=3):
    columns = {
        "network": "cnn", "dataset": "mnist", "split": "test", "shift": "", "strength": 0.0, "example_id": [f"e{i}" for i in range(n)],
        "position": np.arange(n), "label": np.zeros(n, int), "logits": np.arange(n * 2, dtype=np.float32).reshape(n, 2), "cell": cell,
    }  # fmt: skip
    return rows.Block(rows.Prediction, columns, n)


def write(run, value=0.5, finish=True, cell="cell"):
    writer = store.Writer(run)
    writer.append([store.block(rows.Score, [a_score(value)])])
    writer.append([some_predictions(cell)], {"predictions": (cell,)})
    if finish:
        writer.finish(a_run(run))
    return writer


def test_a_run_is_there_once_it_is_finished_also_for_another_process(root):
    writer = write("r1", 0.25, finish=False)
    assert store.query("SELECT * FROM scores").empty
    assert len(store.part_of("r1", "scores")) == 1
    assert [one.run for one in store.unfinished()] == ["r1"]
    writer.finish(a_run("r1"))
    assert store.query("SELECT value FROM scores")["value"].tolist() == [0.25]
    assert not places.results().exists()
    code = "from engine import store\nprint(store.query('SELECT value FROM scores').to_json(), store.stored_answers('cell').logits.tolist())"
    other = {**os.environ, "TOUCHSTONE_HOME": f"{os.environ['TOUCHSTONE_HOME']}-other", "PYTHONPATH": str(places.ROOT)}
    told = subprocess.run([sys.executable, "-c", code], env=other, capture_output=True, text=True, check=True).stdout
    assert told.split(maxsplit=1) == ['{"value":{"0":0.25}}', "[[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]\n"]


def test_people_s_sql_reads_it_too(root):
    write("r1", 0.25)
    assert sql.select("SELECT count(*) AS n FROM predictions").frame["n"].tolist() == [3]
    with pytest.raises(errors.UserError):
        sql.select(f"SELECT * FROM read_parquet('{root.folder}/**/*.parquet')")


def test_a_manifest_version_that_was_cut_short_is_passed_over_and_named(root):
    write("r1", 0.25)
    newest = root.manifests()["r1"][0]
    number = int(newest[-11:-5]) + 1
    with root.files.open_output_stream(f"{root.prefix}/{newest[:-11]}{number:06d}.json") as target:
        target.write(b'{"run": "r1", "att')
    assert store.query("SELECT value FROM scores")["value"].tolist() == [0.25]
    (problem,) = store.problems()
    assert "cannot be read" in problem.why
    assert f"{number:06d}" in problem.file


def test_parts_that_no_manifest_names_or_that_were_cut_short_are_named_and_not_read(root):
    write("r1", 0.25)
    with root.files.open_output_stream(f"{root.prefix}/scores/strange.parquet") as target:
        target.write(b"no parquet")
    write("r2", 0.75, cell="other")
    (part,) = [part for part in store.manifest("r2").parts if part.table == "scores"]
    with root.files.open_output_stream(f"{root.prefix}/{part.file}") as target:
        target.write(b"PAR1")
    assert store.query("SELECT value FROM scores")["value"].tolist() == [0.25]
    assert {(p.file, p.why.split(",")[0][:20]) for p in store.problems()} == {
        ("scores/strange.parquet", "no manifest names th"), (part.file, "the file has 4 bytes"),
    }  # fmt: skip


def test_a_writer_that_lost_its_claim_changes_nothing(root):
    first = write("r1", 0.25, finish=False)
    second = store.Writer("r1")
    with pytest.raises(errors.UserError, match="taken over"):
        first.append([store.block(rows.Score, [a_score(0.5, "late")])])
    # even one that had looked just before: its versions belong to an earlier attempt
    manifests.write(root, manifests.Manifest("r1", attempt=1, finished=True))
    assert store.manifest("r1").attempt == 2
    second.finish(a_run("r1"))
    assert store.query("SELECT value FROM scores")["value"].tolist() == [0.25]
    with pytest.raises(errors.UserError, match="is finished"):
        store.Writer("r1")


def test_many_flushes_leave_few_versions_and_compacting_leaves_few_parts(root, monkeypatch):
    writer = store.Writer("r1")
    for n in range(6):
        writer.append([store.block(rows.Score, [a_score(n, f"net{n}")])])
    writer.finish(a_run("r1"))
    assert len(root.manifests()["r1"]) == objects.KEPT_VERSIONS
    before = store.query("SELECT network, value FROM scores ORDER BY network")
    assert compacting.compact() == (7, 2)
    monkeypatch.setattr(compacting, "KEPT_SECONDS", -1.0)
    compacting.compact()
    assert len(roots.part_files(root)) == 2
    pd.testing.assert_frame_equal(store.query("SELECT network, value FROM scores ORDER BY network"), before)


def test_an_archived_run_is_in_no_answer(root):
    write("r1", 0.25)
    store.archive("r1")
    assert store.query("SELECT * FROM scores").empty


def test_predictions_beyond_the_cache_s_limit_are_left_out_and_said(root, monkeypatch):
    write("r1", 0.25)
    write("r2", 0.75, cell="other")
    parts = {part.file: part.bytes for run in ("r1", "r2") for part in store.manifest(run).parts}
    newest = next(part.bytes for part in store.manifest("r2").parts if part.table == "predictions")
    always = sum(size for file, size in parts.items() if not file.startswith("predictions"))
    monkeypatch.setenv("TOUCHSTONE_CACHE_BYTES", str(always + newest))
    reading._open.clear()
    assert store.query("SELECT DISTINCT run FROM predictions")["run"].tolist() == ["r2"]
    assert "TOUCHSTONE_CACHE_BYTES" in store.problems()[0].why
    assert len(store.stored_answers("cell").ids) == 3  # fetched when asked for
    for file in root.folder.glob("predictions/*.parquet"):
        os.utime(file, (0, 0))
    reading._open.clear()
    store.query("SELECT 1")
    assert len(list(root.folder.glob("predictions/*.parquet"))) == 1


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("s3://nobody/x?endpoint_override=SERVER", "no bucket “nobody”"),
        ("s3://nobody/x?endpoint_override=http://127.0.0.1:9", "cannot be read"),
        ("s3://?endpoint_override=SERVER", "names no bucket"),
        ("file:///tmp/x", "names no bucket"),
        ("s3://b/x?colour=red", "unknown option"),
        ("nowhere://b/x", "cannot be opened"),
    ],
)
def test_an_address_that_leads_nowhere_is_said_in_a_sentence(address, said, server, home, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_RESULTS", address.replace("SERVER", server))
    began = time.monotonic()
    with pytest.raises(errors.UserError, match=said):
        store.Writer("r1")
    assert time.monotonic() - began < 15


def test_a_store_that_is_away_takes_the_sample_from_nobody(home, tmp_path, monkeypatch):
    writer = store.Writer("shipped", tmp_path / "no-sample")
    writer.append([store.block(rows.Score, [a_score(0.25)])])
    writer.finish(a_run("shipped"))
    monkeypatch.setenv("TOUCHSTONE_RESULTS", "s3://gone/x?endpoint_override=http://127.0.0.1:9")
    assert store.query("SELECT value, root::VARCHAR AS root FROM scores").to_numpy().tolist() == [[0.25, "sample"]]
    assert "cannot be read" in store.problems()[0].why
    began = time.monotonic()
    store.query("SELECT 2")
    assert time.monotonic() - began < 1


def test_denied_access_is_said_with_what_to_put_right():
    with pytest.raises(errors.UserError, match=r"access is denied.*Give these keys"), objects._told("The store cannot be read"):
        raise OSError("When listing: AWS Error ACCESS_DENIED during ListObjectsV2 operation: Access Denied (HTTP status 403)")


def test_results_in_another_folder(home, tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_RESULTS", str(tmp_path / "shared"))
    write("r1", 0.25)
    assert json.loads((tmp_path / "shared/manifests/r1.json").read_text())["finished"]
    assert store.query("SELECT value FROM scores")["value"].tolist() == [0.25]
