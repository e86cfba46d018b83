"""Shards: what is interrupted goes on with the same rows, what is finished is never made again, what is packed is what was made."""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from engine import errors, executors, places, rows, sampling, store
from engine.__main__ import main
from engine.store import manifests, packing
from engine.sweep import run, shards
from engine.sweep.spec import SweepSpec

SPEC = SweepSpec(
    architectures=("linear",), domains=("optdigits",), seeds=(1,), augmentations=("none", "colour"), images_per_class=("10",),
    learning_rates=(4e-3,), strengths=(1,), shifted_images=4,
)  # fmt: skip
NAMES = [job.name for job in SPEC.jobs()]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "sample"))
    pictures = tmp_path_factory.getbasetemp() / "sweep-pictures"  # made once for all tests here
    monkeypatch.setattr(places, "cache", lambda: pictures)
    return tmp_path / "home"


def rows_of(root: Path) -> dict[str, pd.DataFrame]:
    (manifest,) = [m for m in manifests.every(root, "results")[0] if m.finished]
    parts = {part.table: store.read_table(root / part.file) for part in manifest.parts if part.table != "runs"}
    return {table: frame.sort_values(list(frame.columns[:6]), ignore_index=True, kind="stable") for table, frame in parts.items()}


def same(one: dict[str, pd.DataFrame], other: dict[str, pd.DataFrame]) -> None:
    assert one.keys() == other.keys()
    for table, frame in one.items():
        pd.testing.assert_frame_equal(frame, other[table])


def test_what_was_interrupted_goes_on_at_the_next_network_with_the_same_rows(tmp_path: Path) -> None:
    steps = shards.make(SPEC, into=tmp_path / "one")
    first = [next(steps)]
    steps.close()
    assert not (tmp_path / "one").exists()
    (status,) = shards.status(SPEC, into=tmp_path / "one")
    assert (status.done, status.total, status.finished) == (1, 2, False)
    rest = list(shards.make(SPEC, into=tmp_path / "one"))
    assert [line.split(":")[0] for line in first + rest[:-1]] == NAMES
    list(shards.make(SPEC, home=tmp_path / "elsewhere", into=tmp_path / "two"))
    same(rows_of(tmp_path / "one"), rows_of(tmp_path / "two"))


def test_a_finished_shard_is_never_written_again_and_leaves_nothing_behind(home: Path) -> None:
    list(shards.make(SPEC))
    (file,) = (places.results() / "scores").iterdir()
    before = file.stat().st_mtime_ns
    assert list(shards.make(SPEC)) == []
    assert file.stat().st_mtime_ns == before
    assert [path for path in shards.work(home).rglob("*") if path.suffix in {".parquet", ".json"}] == []
    assert [status.finished for status in shards.status(SPEC)] == [True]


def test_a_shard_that_ships_is_not_made_again(tmp_path: Path) -> None:
    list(shards.make(SPEC, into=places.sample()))
    assert list(shards.make(SPEC)) == []
    assert not places.results().exists()


def test_a_shard_that_another_process_has_under_way_is_passed_over(home: Path) -> None:
    (shard,) = shards.shards(SPEC)
    with shards.claimed(shard, shards.work(home)) as mine:
        assert mine
        assert list(shards.make(SPEC)) == []
    assert len(list(shards.make(SPEC))) == 3


def test_readers_find_the_networks_and_their_scores_in_a_collection_of_their_own() -> None:
    list(shards.make(SPEC))
    found = store.query("SELECT network, collection, source, trained_on FROM networks ORDER BY network")
    assert found["network"].tolist() == sorted(NAMES)
    assert set(found["collection"]) == {"sweep"}
    counted = store.query("SELECT count(*) AS n FROM scores WHERE collection = 'sweep' AND value IS NOT NULL")["n"].iloc[0]
    assert counted == 2 * (6 * 2 + 7 * 3 + 19 * 3)
    spec = store.query("SELECT spec FROM runs")["spec"].iloc[0]
    assert [job.name for job in SweepSpec.read(spec).jobs()] == NAMES
    assert store.problems() == ()


def test_what_is_packed_is_what_was_stored(tmp_path: Path) -> None:
    spec = SPEC.model_copy(update={"images_per_class": ("full",), "seeds": (0,), "learning_rates": (4e-3,), "augmentations": ("none",)})
    (shard,) = shards.shards(spec)
    (job,) = shard.jobs
    answer = run.answer(job)
    writer = store.Writer(shard.run, tmp_path / "plain")
    writer.append(answer.blocks, {"networks": (answer.network,), "predictions": answer.cells})
    writer.finish(shards._row(shard, pd.Timestamp.now("UTC").to_pydatetime(), 0.0, 0))
    size = packing.pack(shard.run, tmp_path / "plain", tmp_path / "packed")
    same(rows_of(tmp_path / "plain"), rows_of(tmp_path / "packed"))
    plain, packed = (manifests.read(tmp_path / name, shard.run) for name in ("plain", "packed"))
    assert plain is not None
    assert packed is not None
    assert packed.keys("predictions") == plain.keys("predictions") == set(answer.cells)
    assert size == sum(part.bytes for part in packed.parts) < 0.8 * sum(part.bytes for part in plain.parts)
    assert all(manifests.check(tmp_path / "packed", "results", part) is None for part in packed.parts)


def test_making_the_sample_again_leaves_the_sweep_where_it_is(tmp_path: Path) -> None:
    target, results = tmp_path / "sample", tmp_path / "results"
    for root, name in ((target, "sweep1-x"), (target, "20261123-old")):
        for folder, suffix in (("scores", "-packed.parquet"), ("manifests", ".json")):
            (root / folder).mkdir(parents=True, exist_ok=True)
            (root / folder / f"{name}{suffix}").write_text(json.dumps({"parts": [{"file": f"scores/{name}-packed.parquet"}]}))
    when = datetime(2026, 1, 1, tzinfo=UTC)
    run = rows.Run("20261123-new", "assay", "t", "{}", "done", 0, when, when, when, 1.0, 1, 1, "cpu", None, None, "{}", "m", None)
    store.Writer(run.run, results).finish(run)
    sampling._move(results, target)
    assert sorted(path.name for path in target.glob("manifests/*")) == ["20261123-new.json", "sweep1-x.json"]
    assert [path.name for path in target.glob("scores/*")] == ["sweep1-x-packed.parquet"]
    assert [path.name for path in target.glob("runs/*")] == ["20261123-new-packed.parquet"]
    (results / "manifests" / "20261123-broken.json").write_text("{")
    with pytest.raises(AssertionError, match="broken"):
        sampling._move(results, target)
    assert (target / "manifests" / "20261123-new.json").is_file()


def test_the_command_trains_says_how_far_it_is_and_takes_the_question_that_a_run_keeps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "question.json").write_text(SPEC.text())
    words = ["sweep", "--spec", str(tmp_path / "question.json"), "--json"]
    assert main([*words, "--status"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["done"] == 0
    assert main(words) == 0
    out = capsys.readouterr()
    assert json.loads(out.out) == {"networks": 2, "of": 2, "shards": 1}
    assert NAMES[0] in out.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--architecture", "resnt"], "resnet"),
        (["--domain", "photos"], "digit domain"),
        (["--jobs", "0"], "--jobs 1"),
        (["--spec", "nowhere.json"], "cannot be read"),
    ],
)
def test_words_that_mean_nothing_are_answered_with_a_sentence(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", *words]) == 1
    assert said in capsys.readouterr().err


def test_a_scheduler_that_does_not_answer_is_a_sentence() -> None:
    with pytest.raises(errors.UserError):
        list(shards.make(SPEC, executors.Where(kind="nobody")))


@pytest.mark.slow
def test_killed_in_the_middle_it_goes_on_and_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    (tmp_path / "question.json").write_text(SPEC.text())
    words = [sys.executable, "-m", "engine", "sweep", "--spec", str(tmp_path / "question.json"), "--into", str(tmp_path / "killed")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=places.ROOT, env=dict(os.environ)) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(NAMES[0])
        process.send_signal(signal.SIGKILL)
    list(shards.make(SPEC, into=tmp_path / "killed"))
    list(shards.make(SPEC, home=tmp_path / "elsewhere", into=tmp_path / "whole"))
    same(rows_of(tmp_path / "killed"), rows_of(tmp_path / "whole"))


@pytest.mark.slow
def test_a_pool_of_processes_gives_the_same_rows(tmp_path: Path) -> None:
    list(shards.make(SPEC, executors.Where(kind="pool", workers=2), into=tmp_path / "pool"))
    list(shards.make(SPEC, home=tmp_path / "elsewhere", into=tmp_path / "here"))
    same(rows_of(tmp_path / "pool"), rows_of(tmp_path / "here"))
