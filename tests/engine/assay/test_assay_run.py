"""The assay from question to rows, with shipped networks and real data, in real worker processes."""

import json
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
import torch

from engine import control, errors, networks, places, store, worker
from engine.assay import spec as asking
from engine.assay import views, weak
from engine.assay.spec import AssaySpec, Choice
from engine.models import predict
from engine.store import manifests

NETWORKS = ("linear-mnist-scratch-s0", "mlp-mnist-whole-s0")
SPEC = AssaySpec(
    networks=NETWORKS, id_dataset="mnist", ood_datasets=("optdigits",), images=120,
    shifts=(Choice(name="gaussian_noise", strengths=(1, 3)), Choice(name="rotation", strengths=(30,))),
    metrics=("accuracy", "nll", "ece", "ece_temperature", "auroc_msp"), batch=50,
)  # fmt: skip
COMPARED = ["network", "dataset", "split", "shift", "strength", "metric", "slice", "reference", "value", "low", "high", "n", "cell"]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "no-sample"))
    return tmp_path / "home"


def answered(spec=SPEC):
    job = control.claim("test", only=control.submit(spec, asking.title(spec), total=asking.plan(spec).cells))
    assert worker.answer(job) == "done", control.job(job.id).error
    return job.id


def comparable(run, table="scores", columns=COMPARED):
    return store.part_of(run, table)[columns].sort_values(columns[:8], ignore_index=True)


def test_a_question_gives_each_network_set_and_metric_one_row_with_n_and_interval():
    run = answered()
    found = store.part_of(run, "scores")
    assert control.job(run).state == "done"
    sets = {("mnist", "val", "", 0.0), ("mnist", "test", "", 0.0), ("optdigits", "test", "", 0.0)} | {
        ("mnist", "test", "gaussian_noise", 1.0), ("mnist", "test", "gaussian_noise", 3.0), ("mnist", "test", "rotation", 30.0),
    }  # fmt: skip
    assert set(found[["dataset", "split", "shift", "strength"]].itertuples(index=False, name=None)) == sets
    accuracy = found[found["metric"] == "accuracy"]
    assert len(accuracy) == len(sets) * len(NETWORKS)
    assert (accuracy["n"] == 120).all()
    assert ((accuracy["low"] <= accuracy["value"]) & (accuracy["value"] <= accuracy["high"])).all()
    assert not found.duplicated(["network", "dataset", "split", "shift", "strength", "metric", "slice"]).any()


def test_stored_logits_give_the_stored_accuracy():
    run = answered()
    predictions = store.part_of(run, "predictions")
    mine = predictions[(predictions["network"] == NETWORKS[0]) & (predictions["dataset"] == "optdigits")]
    right = (np.stack(mine["logits"]).argmax(1) == mine["label"]).mean()
    scores = store.part_of(run, "scores")
    told = scores.query("network == @NETWORKS[0] and dataset == 'optdigits' and metric == 'accuracy'")["value"].item()
    assert told == pytest.approx(right)


def test_the_same_question_gives_the_same_rows_at_any_batch_size():
    one = answered(SPEC)
    other = answered(SPEC.model_copy(update={"batch": 7, "fresh": True}))
    pd.testing.assert_frame_equal(comparable(one), comparable(other), rtol=1e-4, atol=1e-5)


def test_a_new_metric_over_stored_answers_runs_no_network():
    answered()
    more = SPEC.model_copy(update={"metrics": ("brier", "accuracy")})
    assert asking.plan(more).images == 0
    run = answered(more)
    assert control.job(run).images == 0
    assert set(store.part_of(run, "scores")["metric"]) == {"brier", "accuracy"}
    assert store.part_of(run, "predictions").empty


def test_the_cost_is_told_before_and_from_rates_measured_here():
    before = asking.cost(SPEC)
    assert (before.cells, before.images) == (12, 12 * 120)
    assert before.seconds is None
    assert set(NETWORKS) <= set(before.unmeasured)
    answered()
    after = asking.cost(SPEC.model_copy(update={"fresh": True}))
    assert after.seconds is not None
    assert after.seconds > 0


def test_a_network_that_cannot_be_loaded_takes_nobody_down(home):
    card = networks.card(NETWORKS[0]).model_copy(update={"name": "cut", "weights": ("model.safetensors",), "source": "brought"})
    folder = home / "inputs/networks/cut"
    folder.mkdir(parents=True)
    (folder / "card.json").write_text(card.model_dump_json())
    (folder / "model.safetensors").write_bytes((places.weights() / networks.card(NETWORKS[0]).weights[-1]).read_bytes()[:300])
    run = answered(SPEC.model_copy(update={"networks": ("cut", NETWORKS[1])}))
    found = store.part_of(run, "scores")
    cut = found[found["network"] == "cut"]
    assert cut["value"].isna().all()
    assert cut["reason"].str.len().min() > 10
    assert found[(found["network"] == NETWORKS[1]) & (found["metric"] == "accuracy")]["value"].notna().all()


def test_cancel_stops_within_seconds_and_resume_ends_with_the_same_rows():
    spec = SPEC.model_copy(
        update={"images": None, "shifts": tuple(Choice(name=n, strengths=(1, 2, 3, 4, 5)) for n in ("fog", "snow", "elastic_transform"))}
    )
    job_id = control.submit(spec, "long")
    child = subprocess.Popen([sys.executable, "-m", "engine", "work", "--idle", "2"], cwd=places.ROOT)
    try:
        wait_for(lambda: control.job(job_id).done >= 3)
        began = time.monotonic()
        control.cancel(job_id)
        wait_for(lambda: control.job(job_id).state == "cancelled")
        assert time.monotonic() - began < 8
    finally:
        child.wait(timeout=60)
    stored = len(store.part_of(job_id, "predictions"))
    assert stored > 0
    control.resume(job_id)
    job = control.claim("test", only=job_id)
    assert worker.answer(job) == "done"
    other = answered(spec.model_copy(update={"fresh": True}))
    pd.testing.assert_frame_equal(comparable(job_id), comparable(other))


def wait_for(true, seconds=60):
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.1)


def test_the_command_line_gives_the_same_rows_as_the_worker(tmp_path):
    (tmp_path / "spec.json").write_text(SPEC.text())
    done = subprocess.run(
        [sys.executable, "-m", "engine", "run", str(tmp_path / "spec.json"), "--json"], cwd=places.ROOT, capture_output=True, text=True, check=True
    )
    told = json.loads(done.stdout)
    assert told["state"] == "done"
    pd.testing.assert_frame_equal(comparable(told["run"]), comparable(answered(SPEC.model_copy(update={"fresh": True}))))


def test_views_read_what_the_run_stored():
    answered()
    found = views.points(views.Set("mnist"), views.Set("optdigits"))
    assert found["network"].tolist() == sorted(NETWORKS)
    assert {"x_low", "x_high", "x_n", "y", "architecture"} <= set(found.columns)
    reliability = views.reliability(NETWORKS[1], views.Set("mnist"))
    assert reliability["n"].sum() == 120
    confusion = views.confusion(NETWORKS[1], views.Set("optdigits"))
    assert confusion["n"].sum() == 120
    flips = views.flips(NETWORKS[1], views.Set("mnist"), views.Set("mnist", "test", "gaussian_noise", 3.0))
    assert len(flips) == 120
    one = flips.iloc[0]["example_id"]
    assert len(views.answers(one, "mnist")) == len(NETWORKS) * 4
    strength = views.strengths("mnist", ["accuracy"], ["gaussian_noise"])
    assert sorted(strength["strength"].unique()) == [0.0, 1.0, 3.0]


@pytest.mark.slow
def test_ten_kills_at_random_moments_lose_nothing_and_double_nothing():
    spec = SPEC.model_copy(
        update={"images": None, "shifts": tuple(Choice(name=n, strengths=(1, 3, 5)) for n in ("fog", "snow", "zoom_blur", "elastic_transform"))}
    )
    undisturbed = answered(spec)
    job_id = control.submit(spec.model_copy(update={"fresh": True}), "killed ten times")
    random = np.random.default_rng(20261123)
    for _ in range(10):
        attempt = control.job(job_id).attempt
        child = subprocess.Popen([sys.executable, "-m", "engine", "work", "--idle", "15"], cwd=places.ROOT)
        wait_for(lambda a=attempt: control.job(job_id).attempt > a or control.job(job_id).state == "done", 90)
        time.sleep(random.uniform(0.05, 3.0))
        child.kill()
        child.wait()
        if control.job(job_id).state == "done":
            break
    done = subprocess.run(
        [sys.executable, "-m", "engine", "work", "--idle", str(control.STALE_SECONDS + 3)], cwd=places.ROOT, check=True, timeout=600
    )
    assert done.returncode == 0
    assert control.job(job_id).state == "done"
    pd.testing.assert_frame_equal(comparable(job_id), comparable(undisturbed))
    columns = ["network", "dataset", "split", "shift", "strength", "example_id", "label", "cell", "predicted"]
    one, other = comparable(job_id, "predictions", columns), comparable(undisturbed, "predictions", columns)
    pd.testing.assert_frame_equal(one, other)
    assert not one.duplicated(["cell", "example_id"]).any()
    assert not manifests.strangers(places.results(), "results", {p.file for p in store.manifest(job_id).parts + store.manifest(undisturbed).parts})


@pytest.mark.slow
def test_two_workers_on_one_queue_never_run_a_job_twice():
    small = SPEC.model_copy(update={"images": 30, "fresh": True, "shifts": ()})
    jobs = [control.submit(small, str(i)) for i in range(8)]
    workers = [subprocess.Popen([sys.executable, "-m", "engine", "work", "--idle", "2"], cwd=places.ROOT) for _ in range(2)]
    assert [w.wait(timeout=300) for w in workers] == [0, 0]
    assert {control.job(j).state for j in jobs} == {"done"}
    assert {control.job(j).attempt for j in jobs} == {1}
    for j in jobs:
        found = store.part_of(j, "predictions")
        assert not found.duplicated(["network", "cell", "example_id"]).any()


def test_features_are_kept_once_where_asked_for_and_the_head_reads_the_stored_logits_off_them():
    run = answered(SPEC.model_copy(update={"features": True, "shifts": ()}))
    kept = store.part_of(run, "features")
    said = store.part_of(run, "predictions")
    both = kept.merge(said, on=["network", "dataset", "split", "shift", "strength", "example_id"], suffixes=("", "_again"))
    assert len(both) == len(kept) == len(said)
    network = predict.load(networks.card(NETWORKS[1]))
    mine = both[both["network"] == NETWORKS[1]]
    logits = network.module.head(torch.from_numpy(np.stack(mine["features"]))).numpy()
    np.testing.assert_allclose(logits, np.stack(mine["logits"]), atol=1e-4)
    again = SPEC.model_copy(update={"features": True, "shifts": (), "metrics": ("brier",)})
    assert asking.cost(again).seconds in {None, 0.0}
    assert store.part_of(answered(again), "features").empty


def test_a_map_of_features_places_the_examples_whose_features_were_kept():
    answered(SPEC.model_copy(update={"features": True, "shifts": ()}))
    one = views.Set("optdigits")
    assert weak.featured(NETWORKS[1], one)
    assert not weak.featured(NETWORKS[1], views.Set("printed"))
    by_features, by_answers = (weak.answer_map(NETWORKS[1], one, of=of) for of in ("features", "answers"))
    assert list(by_features["example_id"]) == list(by_answers["example_id"])
    assert not np.allclose(by_features["x"], by_answers["x"])
    assert 0 < by_features["x_share"].iloc[0] < 1


def test_a_network_that_does_not_come_apart_keeps_no_features_and_says_so():
    about = predict.Predictor(networks.card(NETWORKS[0]), "cpu", None)
    with pytest.raises(errors.UserError, match="does not come apart"):
        about.features(np.zeros((1, 1, 28, 28), np.float32))
