"""The recipe `confounded`: networks like all others, made the same again, and those that ship do what their cards say."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from engine import networks
from engine.models import batching, predict
from engine.training import _loop, _remedies, _store, commands, confounded, methods
from engine.training.methods import METHODS, Job

SHIPPED = [card for card in networks.cards() if card.source == "shipped" and card.recipe.startswith(methods.COMMAND)]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(confounded, "TRAIN", 120)
    monkeypatch.setattr(confounded, "VAL", 40)
    monkeypatch.setattr(confounded, "PLAN", _loop.Plan(epochs=1, learning_rate=4e-3))
    confounded.drawn.cache_clear()
    yield
    confounded.drawn.cache_clear()


def made(job: Job, folder: Path) -> networks.Card:
    list(confounded.fit_one(job, folder))
    return networks.Card.model_validate_json((folder / f"{job.name}.json").read_text())


@pytest.mark.parametrize("method", list(METHODS))
def test_every_method_makes_an_ordinary_network(small: None, tmp_path: Path, method: str) -> None:
    card = made(Job("coloured_digits", 0.9, method, architecture="mlp"), tmp_path)
    predictor = predict.load(card, "cpu", tmp_path)
    val = confounded._units("coloured_digits", 0.9, methods.acts("coloured_digits", method), 0, "val", 40)
    logits = batching.predict(predictor, val.images, card.preprocess, batching.first(predictor))
    assert card.metrics["val_accuracy"] == pytest.approx((logits.argmax(axis=1) == val.labels).mean(), abs=1e-6)
    assert card.digest == _store.digest([tmp_path / card.weights[0]])
    told = {name: card.attributes[name] for name in ("system", "strength", "method", "seed", "environments", "train_images")}
    assert told == {"system": "coloured_digits", "strength": 0.9, "method": method, "seed": 0, "environments": "0.8, 1", "train_images": 120}
    assert card.trained_on == methods.training_set("coloured_digits", 0.9, method)


def test_the_recipe_in_the_card_makes_the_same_bytes_again(small: None, tmp_path: Path) -> None:
    card = made(Job("coloured_digits", 0.98, "group_dro", 1, "mlp"), tmp_path / "a")
    words = card.recipe.split()
    assert words[:5] == ["python", "-m", "engine", "train", "confounded"]
    parser = argparse.ArgumentParser()
    commands.add_arguments(parser)
    assert commands.main(parser.parse_args([*words[4:], "--out", str(tmp_path / "b")])) == 0
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()


def test_a_person_s_own_networks_lie_among_those_brought_and_are_not_made_again(
    small: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    words = ["confounded", "--system", "shape_scenes", "--strength", "0.7", "--method", "erm", "--seed", "4", "--architecture", "mlp"]
    parser = argparse.ArgumentParser()
    commands.add_arguments(parser)
    commands.main(parser.parse_args(words))
    card = networks.card("mlp-shape_scenes-0.7-erm-s4")
    assert (card.source, len(card.classes)) == ("brought", 8)
    assert card.licence.endswith("Training pictures are drawn by this program.")
    assert predict.load(card, "cpu").card == card
    capsys.readouterr()
    commands.main(parser.parse_args(words))
    assert "1 networks, 0 to make" in capsys.readouterr().out


def test_training_units_are_half_from_each_environment_and_the_same_for_every_method(small: None) -> None:
    train, val = confounded.drawn("coloured_digits", 0.9, "")
    own = methods.confounder("coloured_digits").own
    ties = np.array([value == own[label] for value, label in zip(train.values, train.images.labels, strict=True)])
    assert np.bincount(train.environments).tolist() == [60, 60]
    assert ties[train.environments == 1].all()  # strength 1
    assert 0.6 < ties[train.environments == 0].mean() < 0.97  # strength 0.8, and some by chance
    assert len(val) == 40
    assert not set(val.ids) & set(train.images.ids)


def test_groups_are_class_by_ink_and_the_cut_system_ignores_them(small: None) -> None:
    train, _ = confounded.drawn("coloured_digits", 0.9, "")
    dro = confounded.objective(Job("coloured_digits", 0.9, "group_dro"), train)
    assert isinstance(dro, _remedies.GroupDro)
    assert int(dro.sizes.sum()) == 120
    assert len(dro.groups.unique()) == len({*zip(train.values, train.images.labels.tolist(), strict=True)})
    assert isinstance(confounded.objective(Job("coloured_digits", 0.9, "erm_cut"), train), _remedies.Erm)
    assert confounded.plan_of(Job("coloured_digits", 0.9, "group_dro")).weight_decay > 0


def test_what_ships_is_the_default_grid_and_small() -> None:
    grids = [*methods.grid("coloured_digits"), *methods.grid("shape_scenes", [0.9])]
    assert {card.name for card in SHIPPED} == {job.name for job in grids}
    files = [networks.folder(card.name) / card.weights[0] for card in SHIPPED]
    assert sum(file.stat().st_size for file in files) < 2_500_000


@pytest.mark.parametrize("cut", [False, True])
@pytest.mark.parametrize(("system", "strength", "least"), [("coloured_digits", 0.9, 0.8), ("coloured_digits", 0.98, 0.8), ("shape_scenes", 0.9, 0.5)])
def test_a_shipped_network_reproduces_its_recorded_validation_accuracy(system: str, strength: float, least: float, cut: bool) -> None:
    mine = [
        card for card in SHIPPED
        if (card.attributes["system"], card.attributes["strength"]) == (system, strength) and cut == METHODS[str(card.attributes["method"])].cut
    ]  # fmt: skip
    assert mine
    val = confounded._units(system, strength, methods.acts(system, str(mine[0].attributes["method"])), 0, "val", confounded.VAL)
    for card in mine:
        predictor = predict.load(card, "cpu")
        logits = batching.predict(predictor, val.images, card.preprocess, batching.first(predictor))
        assert card.metrics["val_accuracy"] == pytest.approx((logits.argmax(axis=1) == val.labels).mean(), abs=1e-6)
        assert card.metrics["val_accuracy"] > least
        assert torch.isfinite(torch.from_numpy(logits)).all()
