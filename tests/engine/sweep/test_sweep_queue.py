"""A sweep as a queued question: it runs, is stopped and resumed like any study's, and takes what finished shards hold as done."""

import json
from pathlib import Path

import pytest

from engine import control, executors, places, store, worker
from engine.__main__ import main
from engine.steps import Before
from engine.sweep import distributed, run, shards
from engine.sweep.spec import SweepSpec, cost, plan

SPEC = SweepSpec(
    architectures=("linear",), domains=("optdigits",), seeds=(0,), augmentations=("none", "colour"), images_per_class=("10",),
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


def asked(tmp_path: Path) -> Path:
    file = tmp_path / "sweep.json"
    file.write_text(SPEC.text())
    return file


def test_a_question_in_a_file_is_answered_with_a_run_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["run", str(asked(tmp_path)), "--plan", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["cells"], said["reused"], said["seconds"]) == (2, 0, None)
    assert main(["run", str(asked(tmp_path)), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["state"], said["cells"]) == ("done", 2)
    assert said["images"] == plan(SPEC).images
    assert sorted(store.query("SELECT network FROM networks WHERE collection = 'sweep'")["network"]) == sorted(NAMES)
    assert store.query("SELECT study FROM runs")["study"].tolist() == ["sweep"]


def test_the_same_rows_come_out_of_the_queue_and_of_the_command_that_makes_shards(tmp_path: Path) -> None:
    main(["run", str(asked(tmp_path)), "--json"])
    wanted = "SELECT network, dataset, split, shift, strength, metric, slice, value, low, high FROM scores ORDER BY ALL"
    queued = store.query(wanted)
    (made,) = store.query("SELECT run FROM runs")["run"]
    store.archive(made)
    list(shards.make(SPEC))
    assert store.query(wanted).astype(str).equals(queued.astype(str))


def test_what_was_stopped_goes_on_at_the_next_network(tmp_path: Path) -> None:
    job_id = control.submit(SPEC, "stopped", total=2)
    job = control.claim("a test", only=job_id)
    assert job is not None

    def stop(progress: worker._Progress) -> None:
        progress.cancel = progress.done == 1

    assert worker.answer(job, stop) == "cancelled"
    assert set(store.manifest(job_id).keys("networks")) == {NAMES[0]}  # type: ignore[union-attr]
    control.resume(job_id)
    again = control.claim("a test", only=job_id)
    assert again is not None
    trained = []
    assert worker.answer(again, lambda progress: trained.append(progress.message)) == "done"
    assert NAMES[0] not in trained
    assert len(store.query("SELECT network FROM networks")) == 2


def test_networks_of_finished_shards_are_not_trained_again() -> None:
    list(shards.make(SPEC))
    planned = plan(SPEC)
    assert (planned.cells, planned.reused, planned.images) == (2, 2, 0)
    assert cost(SPEC).seconds == 0
    assert run.left(planned, Before("again", {})) == []


def test_other_processes_give_the_same_steps() -> None:
    before = Before("here", {})
    with executors.open(executors.Where()) as executor:
        there = [step for step in distributed.run(SPEC, before, executor) if step.blocks]
    here = [step for step in run.run(SPEC, before) if step.blocks]
    assert [step.keys for step in there] == [step.keys for step in here]
    assert [block.columns for step in there for block in step.blocks if block.length == 1] == [
        block.columns for step in here for block in step.blocks if block.length == 1
    ]
