"""One cell of the sweep: it trains for real, its numbers are those computed by hand, and the same job gives the same rows."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from engine import errors, rows, shifts
from engine.assay.run import _order
from engine.datasets import images
from engine.sweep import fitting, run
from engine.sweep.spec import ARCHITECTURES, ATTACKS, PREPROCESS, Job, SweepSpec

SMALL = {"strengths": (1,), "shifted_images": 8}
LINEAR = Job("linear", "optdigits", "scratch", "10", "none", 4e-3, 0, **SMALL)


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.getbasetemp() / "sweep-home"  # pictures are made once for all tests here
    monkeypatch.setenv("TOUCHSTONE_HOME", str(folder))
    return folder


def scores(answer: run.Answer) -> list[dict]:
    block = next(block for block in answer.blocks if block.table is rows.Score)
    return [{name: column[i] for name, column in block.columns.items()} for i in range(block.length)]


def test_the_same_job_gives_the_same_rows() -> None:
    job = Job("mlp", "optdigits", "whole", "10", "augmix", 4e-3, 1, **SMALL)
    assert scores(run.answer(job)) == scores(run.answer(pickle.loads(pickle.dumps(job))))


def test_a_seed_a_rate_and_an_augmentation_each_make_another_network() -> None:
    plain = fitting.fitted(LINEAR).state_dict()["head.weight"]
    for change in ({"seed": 1}, {"learning_rate": 1e-3}, {"augmentation": "colour"}):
        other = fitting.fitted(Job(**{**vars(LINEAR), **change})).state_dict()["head.weight"]
        assert not torch.equal(plain, other), change


def test_accuracy_is_that_counted_by_hand_on_a_plain_and_on_a_corrupted_set() -> None:
    module = run.fitted(LINEAR)
    found = {(s["dataset"], s["split"], s["shift"]): s for s in scores(run.answer(LINEAR)) if s["metric"] == "accuracy"}
    chosen = images.load("mfeat", "test")
    with torch.no_grad():
        right = (module(torch.from_numpy(PREPROCESS(chosen.images))).argmax(1).numpy() == chosen.labels).mean()
    assert found["mfeat", "test", ""]["value"] == pytest.approx(right, rel=1e-6)
    assert found["mfeat", "test", ""]["n"] == len(chosen)
    chosen = images.load("optdigits", "test")
    first = _order(len(chosen), 8)
    pictures = shifts.shifted(np.asarray(chosen.images)[first], [chosen.ids[i] for i in first], "fog", 1.0, 0)
    with torch.no_grad():
        right = (module(torch.from_numpy(PREPROCESS(pictures))).argmax(1).numpy() == chosen.labels[first]).mean()
    assert found["optdigits", "test", "fog"]["value"] == pytest.approx(right, rel=1e-6)


def test_every_set_and_metric_has_a_number_with_its_interval() -> None:
    found = scores(run.answer(LINEAR))
    sets = {(s["dataset"], s["split"], s["shift"], s["strength"]) for s in found}
    assert len(sets) == 5 + 19
    assert {s["task"] for s in found} == {"digits"}
    assert {s["collection"] for s in found} == {"sweep"}
    for score in found:
        assert score["low"] - 1e-3 <= score["value"] <= score["high"] + 1e-3 or score["metric"] in {"ece", "demographic_disparity"}, score


def test_a_head_leaves_its_trunk_as_letters_made_it() -> None:
    job = Job("gmlp", "optdigits", "head", "10", "none", 4e-3, 0, **SMALL)
    tuned = fitting.fitted(job).state_dict()
    for name, value in fitting._learned("gmlp").items():
        assert torch.equal(tuned[name], value), name
    whole = fitting.fitted(Job(**{**vars(job), "regime": "whole", "augmentation": "colour"})).state_dict()
    assert not torch.equal(whole["trunk.embed.weight"], tuned["trunk.embed.weight"])


def test_logits_of_a_head_are_those_of_the_whole_network() -> None:
    job = Job("gmlp", "optdigits", "head", "10", "none", 4e-3, 0, **SMALL)
    sets = run.evaluation_sets("optdigits", (1,), 8, 0)
    module = run.fitted(job)
    with torch.no_grad():
        whole = module(sets.inputs[:64]).numpy()
    np.testing.assert_allclose(run._logits(job, module, sets)[:64], whole, atol=1e-4)


def test_augmented_heads_are_fitted_to_several_passes() -> None:
    once = fitting.frozen_features("mlp", "optdigits", "none")
    several = fitting.frozen_features("mlp", "optdigits", "colour")
    assert (len(once), len(several)) == (1, 4)
    assert not torch.equal(several[0], several[1])


def test_a_few_shot_set_is_balanced_drawn_by_the_seed_and_the_ten_are_among_the_hundred() -> None:
    labels = np.asarray(images.load("mfeat", "train").labels)
    ten, hundred = (fitting.subset(labels, size, 0) for size in ("10", "100"))
    assert np.bincount(labels[ten]).tolist() == [10] * 10
    assert set(ten) <= set(hundred)
    assert set(ten) != set(fitting.subset(labels, "10", 1))
    assert len(fitting.subset(labels, "full", 0)) == len(labels)
    assert np.bincount(labels[fitting.subset(labels[:500], "100", 0)]).max() <= 100


def test_a_kept_network_brings_its_answers_to_the_four_test_sets() -> None:
    job = Job("linear", "optdigits", "scratch", "full", "none", 4e-3, 0, **SMALL)
    assert job.kept
    found = run.answer(job)
    blocks = [block for block in found.blocks if block.table is rows.Prediction]
    assert [block.columns["dataset"] for block in blocks] == ["optdigits", "mnist", "printed", "mfeat"]
    assert [block.length for block in blocks] == [450, 300, 300, 300]
    assert tuple(block.columns["cell"] for block in blocks) == found.cells
    own = blocks[0].columns
    said = next(s for s in scores(found) if (s["dataset"], s["split"], s["shift"], s["metric"]) == ("optdigits", "test", "", "accuracy"))
    assert (own["logits"].argmax(1) == own["label"]).mean() == pytest.approx(said["value"], rel=1e-6)
    np.testing.assert_allclose(own["logits"], own["logits"].astype(np.float16), atol=1e-2)


def test_an_attacked_network_also_has_its_accuracy_under_each_attack() -> None:
    job = next(job for job in SweepSpec(architectures=("linear", "mlp"), domains=("optdigits",)).jobs() if job.attacked)
    found = [s for s in scores(run.answer(Job(**{**vars(job), **SMALL}))) if s["norm"]]
    assert [(s["shift"], s["strength"]) for s in found] == [(name, strength) for name, strengths in ATTACKS.items() for strength in strengths]
    assert {(s["n"], s["steps"]) for s in found} == {(200, 20)}
    assert found[1]["value"] <= found[0]["value"]


def test_attributes_say_how_a_network_was_made() -> None:
    job = Job("mlp", "optdigits", "head", "10", "augmix", 1e-3, 1, **SMALL)
    block = run.answer(job).blocks[0]
    assert block.columns["source"] == ["sweep"]
    assert block.columns["trained_on"] == ["optdigits"]
    assert json.loads(block.columns["attributes"][0]) == {
        "architecture": "mlp", "regime": "head", "augmentation": "augmix", "learning_rate": 1e-3, "images_per_class": "10", "train_images": 100,
        "seed": 1, "epochs": 40, "pretrained": "rendered letters",
    }  # fmt: skip


@pytest.mark.parametrize(("value", "bits"), [(0.1234567, 24), (3.7, 13), (-2e-9, 13), (0.0, 13), (1.0, 13), (float("inf"), 24)])
def test_rounding_keeps_a_number_to_its_significant_bits(value: float, bits: int) -> None:
    assert run.rounded(value, bits) == pytest.approx(value, rel=2.0**-bits)
    assert run.rounded(run.rounded(value, bits), bits) == run.rounded(value, bits)


def test_single_precision_is_24_bits() -> None:
    assert run.rounded(1 / 3, 24) == float(np.float32(1 / 3))


def test_a_missing_trunk_is_answered_with_the_command_that_makes_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fitting._learned.cache_clear()
    monkeypatch.setattr(fitting, "trunk_file", lambda name: tmp_path / f"{name}.safetensors")
    with pytest.raises(errors.UserError, match="--letters"):
        fitting._learned("vit")


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, said in ARCHITECTURES.items() if said.letters])
def test_a_network_tuned_whole_on_all_images_is_not_below_the_linear_one(name: str) -> None:
    val = fitting.examples(images.load("mfeat", "val"))

    def accuracy(job: Job) -> float:
        module = fitting.fitted(job)
        with torch.no_grad():
            return float((module(val.inputs).argmax(1) == val.labels).float().mean())

    linear = accuracy(Job("linear", "mfeat", "scratch", "full", "none", 4e-3, 0))
    assert accuracy(Job(name, "mfeat", "whole", "full", "none", 4e-3, 0)) >= linear
