"""What is handed to a worker is taken in whole or not at all, says what came of it, and survives a kill."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from engine import __main__ as command_line
from engine import control, places, store, worker
from engine.assay import views
from engine.datasets import images
from engine.importers import _storing, _tabulated, predictions
from engine.intake import spec as asking
from engine.intake.spec import IntakeSpec


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "none"))
    return tmp_path


def pictures(folder, each=6):
    rng = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (folder / name).mkdir(parents=True)
        for i in range(each):
            Image.fromarray(rng.integers(0, 255, (24, 24, 3), dtype=np.uint8)).save(folder / name / f"{i}.png")
    return folder


def handed(kind, path, name, /, **said):
    spec = IntakeSpec(kind=kind, path=path, digest=asking.digest(path), name=name, said=said)
    return control.submit(spec, f"Taking in: {name}", total=12)


def answered(run):
    assert worker.answer(control.claim("test", only=run))
    return control.job(run)


def test_pictures_are_taken_in_one_by_one_and_counted(home):
    job = answered(handed("images", pictures(home / "pets"), "pets", frame=16, channels=3))
    assert (job.state, job.done, job.message) == ("done", 12, "test 12 images of 2 classes")
    assert images.card("pets").sizes == {"test": 12}
    assert store.manifest(job.id) is None, "a set of images is no run"


def test_what_is_wrong_is_a_sentence_and_nothing_is_kept(home):
    job = answered(handed("images", pictures(home / "pets"), "pets", image_column="nowhere", frame=0))
    assert job.state == "failed"
    assert "Traceback" not in job.error
    assert images.names() == tuple(name for name in images.names() if name != "pets")


def test_what_has_changed_since_it_was_looked_at_is_not_taken_in(home):
    run = handed("images", pictures(home / "pets"), "pets", frame=16)
    (home / "pets" / "cat" / "0.png").unlink()
    job = answered(run)
    assert job.state == "failed"
    assert "has changed since it was looked at" in job.error


def test_a_cancelled_one_leaves_nothing_behind(home):
    run = handed("images", pictures(home / "pets", 400), "pets", frame=64)
    claimed = control.claim("test", only=run)

    def stop(progress):
        progress.cancel = progress.done > 2

    assert worker.answer(claimed, stop) == "cancelled"
    assert "pets" not in images.names()
    assert not list(places.inputs("datasets").glob("*"))
    control.resume(run)
    assert answered(run).state == "done"


def test_a_set_that_was_whole_when_its_worker_was_killed_is_not_taken_in_twice(home):
    run = handed("images", pictures(home / "pets"), "pets", frame=16)
    assert answered(run).state == "done"
    with control.write() as db:
        db.execute("UPDATE jobs SET state = 'running', beat = 0, pid = NULL WHERE id = ?", (run,))
    job = answered(run)
    assert (job.state, job.attempt) == ("done", 2)


def test_predictions_are_one_run_under_the_id_of_the_job(home):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(50, 3)), columns=["logit_0", "logit_1", "logit_2"]).assign(label=rng.integers(0, 3, 50))
    frame.to_csv(home / "answers.csv", index=False)
    columns = vars(predictions.columns(home / "answers.csv")[0])
    job = answered(handed("predictions", home / "answers.csv", "theirs", dataset="elsewhere", split="test", columns=columns, trained_on=None))
    assert (job.state, job.error) == ("done", None)
    assert [one.id for one in control.jobs()] == [job.id]
    assert views.runs()["run"].tolist() == [job.id]
    scores = views.scores(["theirs"], [views.Set("elsewhere")], ["accuracy"])
    assert scores["n"].tolist() == [50]


def test_a_table_takes_the_place_of_the_one_before(home):
    file = home / "results.csv"
    pd.DataFrame({"model": ["a", "b", "c"], "ID": [60.5, 70.5, 80.5], "OOD": [40.25, 50.0, 60.0]}).to_csv(file, index=False)
    draft = _tabulated.read("table", file)
    said = {
        "kind": "table", "options": {}, "layout": draft.layout.said(), "decimal_commas": [], "choices": {}, "licence": "CC0", "citation": "",
    }  # fmt: skip
    jobs = [answered(handed("table", file, "mine", **said)) for _ in range(2)]
    assert [job.state for job in jobs] == ["done", "done"]
    assert jobs[0].message == "3 networks on 2 sets, 6 scores."
    assert jobs[1].message.endswith("It takes the place of the table of this name.")
    assert [(one.run, one.name, one.licence, one.mapping["keys"]) for one in _storing.brought()] == [(jobs[1].id, "mine", "CC0", ["model"])]
    assert len(control.jobs()) == 2


def test_a_layout_is_read_as_it_was_told(home):
    file = home / "results.csv"
    pd.DataFrame({"model": ["a", "b"], "params": [1, 2], "ID": [60.5, 70.5], "fog": [40.25, 50.0]}).to_csv(file, index=False)
    layout = _tabulated.read("table", file).layout
    again = type(layout).of(layout.said())
    assert again.said() == layout.said()
    assert (again.keys, again.attributes, again.scores) == (layout.keys, layout.attributes, dict(layout.scores))


def test_the_command_line_says_how_it_is_brought_there(home, capsys):
    folder = pictures(home / "pets")
    (home / "spec.json").write_text(IntakeSpec(kind="images", path=folder, digest=asking.digest(folder), name="pets").text())
    assert command_line.main(["run", str(home / "spec.json")]) == 1
    assert "engine import" in capsys.readouterr().err


@pytest.mark.slow
def test_a_killed_worker_loses_nothing(home):
    run = handed("images", pictures(home / "pets", 1500), "pets", frame=224)
    with subprocess.Popen([sys.executable, "-m", "engine", "work"], cwd=places.ROOT, env=os.environ, start_new_session=True) as process:
        until = time.monotonic() + 120
        while control.job(run).done < 50:
            assert time.monotonic() < until, control.job(run)
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    assert "pets" not in images.names()
    job = answered(run)
    assert (job.state, job.attempt) == ("done", 2)
    assert images.card("pets").sizes == {"test": 3000}
