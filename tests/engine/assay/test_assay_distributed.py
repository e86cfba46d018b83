"""The assay in other processes: the same rows as in one, also when workers are killed, stopped or differ."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time

import pandas as pd
import psutil
import pytest

from engine import control, errors, executors, networks, places, store, worker
from engine.assay import distributed, tasks
from engine.assay import run as local
from engine.assay import spec as asking
from engine.assay.spec import AssaySpec, Choice
from engine.executors import Where, dask

NETWORKS = ("linear-mnist-scratch-s0", "mlp-mnist-whole-s0")
SPEC = AssaySpec(
    networks=NETWORKS, id_dataset="mnist", ood_datasets=("optdigits",), images=60,
    shifts=(Choice(name="gaussian_noise", strengths=(1, 3)), Choice(name="rotation", strengths=(30,))),
    attacks=(Choice(name="pgd_linf", strengths=(8,)),), metrics=("accuracy", "nll", "ece_temperature", "auroc_msp"),
    features=True,
)  # fmt: skip
MANY = tuple(Choice(name=name, strengths=(1, 2, 3, 4, 5)) for name in ("fog", "snow", "elastic_transform"))
LONG = SPEC.model_copy(update={"images": 600, "shifts": MANY, "attacks": (), "features": False})
POOL = Where(kind="pool", workers=2)
SCORES = ["network", "dataset", "split", "shift", "strength", "metric", "slice", "reference", "value", "low", "high", "n", "cell"]
SCORES += ["norm", "eps", "steps", "task", "reason"]
EXAMPLES = ["dataset", "split", "example_id", "position", "label"]
FEATURES = ["network", "dataset", "split", "shift", "strength", "example_id", "position", "cell"]
PREDICTIONS = ["network", "dataset", "split", "shift", "strength", "example_id", "position", "label", "cell", "predicted", "confidence"]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "no-sample"))
    return tmp_path / "home"


def submitted(spec=SPEC, where=None):
    spec = spec.model_copy(update={"fresh": True})
    return control.submit(spec, asking.title(spec), total=asking.plan(spec).cells, executor=where.text() if where else "")


def answered(spec=SPEC, where=None, watch=None):
    job = control.claim("test", only=submitted(spec, where))
    assert worker.answer(job, watch) == "done", control.job(job.id).error
    return job.id


def assert_same_rows(one, other):
    for table, columns in (("scores", SCORES), ("predictions", PREDICTIONS), ("features", FEATURES), ("examples", EXAMPLES)):
        if all(store.part_of(run, table).empty for run in (one, other)):
            assert table == "features", table  # kept only where they are asked for
            continue
        first, second = (store.part_of(run, table)[columns].sort_values(columns[:8], ignore_index=True) for run in (one, other))
        assert len(first)
        pd.testing.assert_frame_equal(first, second)


def steps_of(spec, where=None):
    """All rows of a question, by table, without storing them."""
    with executors.open(where or Where()) as executor:
        steps = list(distributed.run(spec, local.Before("run", {}), executor))
    found = {}
    for block in (block for step in steps for block in step.blocks):
        frame = pd.DataFrame({name: list(c) if hasattr(c, "__len__") and not isinstance(c, str) else c for name, c in block.columns.items()})
        found.setdefault(block.table.table, []).append(frame)
    return {table: pd.concat(frames, ignore_index=True) for table, frames in found.items()}, sum(step.cells for step in steps)


def test_tasks_give_the_rows_of_a_run_in_one_process():
    found, cells = steps_of(SPEC)
    assert cells == asking.plan(SPEC).cells
    run = answered()
    for table, columns in (("scores", SCORES), ("predictions", PREDICTIONS), ("features", FEATURES)):
        told = store.part_of(run, table)[columns].sort_values(columns[:8], ignore_index=True)
        mine = found[table].reindex(columns=columns).sort_values(columns[:8], ignore_index=True)
        pd.testing.assert_frame_equal(*(frame.astype(object).where(frame.notna(), None) for frame in (mine, told)))


def words_of(process):
    """Return a process's command line, nothing for one that has ended since it was listed."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


@pytest.mark.slow
def test_a_pool_gives_the_rows_of_one_process_though_one_of_its_processes_is_killed():
    killed = []

    def kill(progress):
        children = [p for p in psutil.Process().children() if "spawn_main" in words_of(p)]
        if progress.done >= 4 and not killed and children:
            children[0].kill()
            killed.append(progress.done)

    run = answered(where=POOL, watch=kill)
    assert killed
    assert control.job(run).done == asking.plan(SPEC).cells
    assert_same_rows(run, answered())


@pytest.mark.slow
def test_a_cancelled_pool_stops_within_seconds_and_goes_on_where_it_was():
    job_id = submitted(LONG, POOL)
    job = control.claim("test", only=job_id)
    asked = []

    def cancel(progress):
        if progress.done >= 6 and not asked:
            control.cancel(job_id)
            asked.append(time.monotonic())

    assert worker.answer(job, cancel) == "cancelled"
    assert time.monotonic() - asked[0] < 8
    stored = len(store.part_of(job_id, "predictions"))
    assert stored
    control.resume(job_id)
    again = control.claim("test", only=job_id)
    assert again.executor == POOL.text()
    assert worker.answer(again) == "done", control.job(job_id).error
    found = store.part_of(job_id, "predictions")
    assert len(found) > stored
    assert not found.duplicated(["network", "dataset", "split", "shift", "strength", "position"]).any()
    scores = store.part_of(job_id, "scores")
    assert not scores.duplicated(["network", "dataset", "split", "shift", "strength", "metric", "slice"]).any()
    assert len(scores[scores["metric"] == "accuracy"]) == len(asking.plan(LONG).evaluations)


def test_a_network_that_cannot_be_loaded_takes_nobody_down(home):
    card = networks.card(NETWORKS[0]).model_copy(update={"name": "cut", "weights": ("model.safetensors",), "source": "brought"})
    folder = home / "inputs/networks/cut"
    folder.mkdir(parents=True)
    (folder / "card.json").write_text(card.model_dump_json())
    (folder / "model.safetensors").write_bytes((places.weights() / networks.card(NETWORKS[0]).weights[-1]).read_bytes()[:300])
    spec = SPEC.model_copy(update={"networks": ("cut", NETWORKS[1]), "attacks": ()})
    found, cells = steps_of(spec)
    assert cells == asking.plan(spec).cells
    cut = found["scores"].query("network == 'cut'")
    assert cut["value"].isna().all()
    assert cut["reason"].str.len().min() > 10
    assert len(cut) == len(cut.drop_duplicates(["dataset", "split", "shift", "strength", "metric"]))
    assert found["scores"].query("network != 'cut' and metric == 'accuracy'")["value"].notna().all()


def test_a_worker_with_other_bytes_refuses(home):
    evaluation = asking.plan(SPEC).evaluations[0]
    told = tasks.told(evaluation, evaluation.cells[0])
    job = {"spec": SPEC.text(), "asked": [told]}
    assert tasks.answer(job)[0][1] is None
    for what in told["same"]:
        other = {**told, "same": {**told["same"], what: "something else"}}
        with pytest.raises(errors.UserError, match="other bytes or another version"):
            tasks.answer({**job, "asked": [other]})
    lacking = {**told, "evaluation": ("nobody", *told["evaluation"][1:])}
    with pytest.raises(errors.UserError, match=r"lacks what the question needs.*shared folder"):
        tasks.answer({**job, "asked": [lacking]})


def test_where_to_run_is_no_part_of_the_question():
    one, other = submitted(), submitted(where=POOL)
    assert control.job(one).spec == control.job(other).spec
    assert control.job(other).executor == POOL.text()


def test_a_run_whose_scheduler_is_gone_can_be_resumed_elsewhere(monkeypatch):
    monkeypatch.setattr(dask, "PATIENCE_SECONDS", 0.3)
    job_id = submitted(where=Where(kind="dask", address="tcp://127.0.0.1:9"))
    assert worker.answer(control.claim("test", only=job_id)) == "failed"
    assert "cannot be reached" in control.job(job_id).error
    control.resume(job_id)
    assert control.job(job_id).executor.count("127.0.0.1")
    control.cancel(job_id)
    control.resume(job_id, executor="")
    assert worker.answer(control.claim("test", only=job_id)) == "done"


def test_a_queue_of_an_earlier_version_gets_the_new_column(home):
    import sqlite3

    from engine.control import database

    submitted()
    with contextlib.closing(sqlite3.connect(places.control())) as db:
        db.execute("ALTER TABLE jobs DROP COLUMN executor")
        db.commit()
    database._made.clear()
    assert control.job(submitted(where=POOL)).executor == POOL.text()
    assert [job.executor for job in control.jobs()] == [POOL.text(), ""]


def started(*words):
    return subprocess.Popen([sys.executable, "-m", "dask", *words], cwd=places.ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def wait_for(true, seconds=60):
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.05)


@pytest.fixture
def cluster(tmp_path):
    """A scheduler and two workers, each a process: address, workers."""
    file = tmp_path / "scheduler.json"
    processes = [started("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show", "--scheduler-file", str(file))]
    try:
        wait_for(lambda: file.exists() and file.read_text().endswith("}"))
        address = json.loads(file.read_text())["address"]
        more = ("--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--no-dashboard")
        processes += [started("worker", address, *more) for _ in range(2)]
        wait_for(lambda: "2 Dask workers" in executors.check(Where(kind="dask", address=address)))
        yield address, processes[1:]
    finally:
        for process in processes:
            process.kill()
            process.wait()


@pytest.mark.slow
def test_a_dask_worker_killed_in_mid_run_loses_and_doubles_nothing(cluster, tmp_path):
    address, workers = cluster
    (tmp_path / "spec.json").write_text(LONG.text())
    words = [sys.executable, "-m", "engine", "run", str(tmp_path / "spec.json"), "--scheduler", address, "--json"]
    with subprocess.Popen(words, cwd=places.ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONWARNINGS": "ignore"}) as asks:
        wait_for(lambda: control.jobs() and control.jobs()[0].done >= 10)
        workers[0].send_signal(signal.SIGKILL)
        told = json.loads(asks.communicate(timeout=300)[0])
    assert told["state"] == "done", told
    assert workers[0].poll() is not None
    assert told["cells"] == asking.plan(LONG.model_copy(update={"fresh": True})).cells
    assert_same_rows(told["run"], answered(LONG))


@pytest.mark.slow
def test_a_run_whose_asker_is_killed_goes_on_with_the_next(cluster, tmp_path):
    address, _ = cluster
    where = Where(kind="dask", address=address)
    job_id = submitted(LONG, where)
    first = subprocess.Popen([sys.executable, "-m", "engine", "work", "--idle", "1"], cwd=places.ROOT)
    wait_for(lambda: control.job(job_id).done >= 10)
    first.kill()
    first.wait()
    stored = len(store.part_of(job_id, "predictions"))
    second = control.claim("test", only=job_id)
    assert second is not None
    assert second.attempt == 2
    assert worker.answer(second) == "done", control.job(job_id).error
    assert len(store.part_of(job_id, "predictions")) > stored
    assert_same_rows(job_id, answered(LONG))
