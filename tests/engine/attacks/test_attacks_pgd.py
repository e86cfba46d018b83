"""Attacks keep to their budget, harm, and repeat themselves exactly."""

import math
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import helper

from engine import attacks, errors, networks, registry
from engine.datasets import images
from engine.models import predict
from engine.preprocess import Preprocess

NAMES = attacks.names()
NETWORK = "mlp-mnist-whole-s0"
N = 100


def attack(name: str):
    return registry.load(attacks.ROOM, name)


@pytest.fixture(scope="module")
def predictor() -> predict.Predictor:
    return predict.load(networks.card(NETWORK), "cpu")


@pytest.fixture(scope="module")
def digits() -> images.Images:
    return images.load("mnist", "test")[:N]


def accuracy(predictor: predict.Predictor, batch: np.ndarray, labels: np.ndarray) -> float:
    return float((predictor(batch).argmax(axis=1) == labels).mean())


def pixels(predictor: predict.Predictor, batch: np.ndarray) -> np.ndarray:
    """Return a batch as the network takes it in pixel values 0..1."""
    wanted = predictor.card.preprocess
    mean, std = (np.reshape(np.asarray(v, np.float64), (1, -1, 1, 1)) for v in (wanted.mean, wanted.std))
    return (batch.astype(np.float64) * std + mean) / (255 * wanted.scale)


def lengths(predictor: predict.Predictor, batch: np.ndarray, clean: np.ndarray, norm: str) -> np.ndarray:
    change = pixels(predictor, batch) - pixels(predictor, predictor.card.preprocess(clean))
    flat = change.reshape(len(change), -1)
    return np.abs(flat).max(axis=1) if norm == "linf" else np.sqrt((flat**2).sum(axis=1))


def averages() -> onnx.ModelProto:
    nodes = [helper.make_node("GlobalAveragePool", ["x"], ["a"]), helper.make_node("Flatten", ["a"], ["y"])]
    taken, returned = (helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in ("x", "y"))
    taken.CopyFrom(helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["n", 1, 28, 28]))
    graph = helper.make_graph(nodes, "g", [taken], [returned])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def test_both_norms_are_offered() -> None:
    assert {registry.card(attacks.ROOM, name).constants["NORM"] for name in NAMES} == {"linf", "l2"}


@pytest.mark.parametrize("name", NAMES)
def test_a_card_says_what_rows_need(name: str) -> None:
    card = registry.card(attacks.ROOM, name)
    assert {"VERSION", "NORM", "STEPS", "UNIT", "STRENGTHS", "CITATION"} <= card.constants.keys()
    assert attacks.strengths(name, 28) == (2.0, 8.0, 25.0)
    assert attacks.strengths(name, 224) == (0.005, 0.05, 0.1, 0.15, 0.3, 0.5)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("strength", [2.0, 25.0])
def test_the_budget_is_respected_and_used(name: str, strength: float, predictor, digits) -> None:
    batch = attack(name).perturb(predictor, digits.images, digits.labels, strength, 0)
    found = lengths(predictor, batch, digits.images, attack(name).NORM)
    budget = attack(name).budget(strength, predictor.card.preprocess)
    assert found.max() <= budget * (1 + 1e-5)
    assert found.max() > 0.9 * budget
    assert pixels(predictor, batch).min() >= -1e-6
    assert pixels(predictor, batch).max() <= 1 + 1e-6


@pytest.mark.parametrize("name", NAMES)
def test_budgets_are_the_published_ones(name: str) -> None:
    # strength 8 at 28 x 28 x 1: 8 / 255 a pixel; as a length, 8 / 255 * sqrt(784) = 8 / 255 * 28
    expected = {"linf": 8 / 255, "l2": 8 / 255 * 28}[attack(name).NORM]
    assert math.isclose(attack(name).budget(8.0, Preprocess(size=28, channels=1)), expected)


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_network_falls_further_the_larger_the_budget(name: str, predictor, digits) -> None:
    clean = accuracy(predictor, predictor.card.preprocess(digits.images), digits.labels)
    found = [accuracy(predictor, attack(name).perturb(predictor, digits.images, digits.labels, s, 0), digits.labels) for s in (2.0, 8.0, 25.0)]
    assert clean > 0.9
    assert clean >= found[0] > found[1] > found[2]
    assert found[2] < 0.1


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(name: str, predictor, digits) -> None:
    few = digits[:10]
    first, second, other = (attack(name).perturb(predictor, few.images, few.labels, 8.0, seed) for seed in (1, 1, 2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("name", NAMES)
def test_an_attack_leaves_torch_s_random_numbers_and_the_network_alone(name: str, predictor, digits) -> None:
    assert predictor.module is not None
    before = {key: value.clone() for key, value in predictor.module.state_dict().items()}
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    attack(name).perturb(predictor, digits.images[:4], digits.labels[:4], 8.0, 0)
    assert torch.equal(torch.rand(3), expected)
    assert all(torch.equal(value, before[key]) for key, value in predictor.module.state_dict().items())


@pytest.mark.parametrize("name", NAMES)
def test_no_image_that_was_wrong_is_put_right(name: str, predictor, digits) -> None:
    wrong_labels = (digits.labels + 1) % 10  # nearly all are misclassified now, and gradients lead away from them
    clean = predictor(predictor.card.preprocess(digits.images)).argmax(axis=1) == wrong_labels
    attacked = predictor(attack(name).perturb(predictor, digits.images, wrong_labels, 2.0, 0)).argmax(axis=1) == wrong_labels
    assert not (attacked & ~clean).any()


@pytest.mark.parametrize("name", NAMES)
def test_scaling_and_colour_order_are_undone_so_that_budgets_count_in_pixels(name: str) -> None:
    torch.manual_seed(0)
    wanted = Preprocess(size=14, channels=3, order="bgr", scale=1, mean=(127, 120, 110), std=(128, 64, 32), crop=0.875)
    card = networks.card(NETWORK).model_copy(update={"architecture": "linear", "preprocess": wanted})
    predictor = predict.Predictor(card, "cpu", predict.build(card).eval().requires_grad_(False))
    pictures = np.random.default_rng(0).integers(0, 256, (6, 20, 20, 3), np.uint8)
    batch = attack(name).perturb(predictor, pictures, np.arange(6), 8.0, 0)
    found = lengths(predictor, batch, pictures, attack(name).NORM)
    assert batch.shape == (6, 3, 14, 14)
    assert 0.9 * attack(name).budget(8.0, wanted) < found.max() <= attack(name).budget(8.0, wanted) * (1 + 1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_onnx_networks_are_refused_with_the_reason(name: str, digits, tmp_path: Path) -> None:
    card = networks.card(NETWORK).model_copy(update={"architecture": "onnx", "weights": ("net.onnx",)})
    onnx.save(averages(), tmp_path / "net.onnx")
    predictor = predict.load(card, "cpu", tmp_path)
    reason = attack(name).unsupported(predictor)
    assert reason is not None
    assert "gradient" in reason
    with pytest.raises(errors.UserError, match="gradient"):
        attack(name).perturb(predictor, digits.images, digits.labels, 2.0, 0)


@pytest.mark.parametrize("name", NAMES)
def test_torch_networks_can_be_attacked(name: str, predictor) -> None:
    assert attack(name).unsupported(predictor) is None


@pytest.mark.parametrize("name", NAMES)
def test_no_images_give_an_empty_batch(name: str, predictor, digits) -> None:
    batch = attack(name).perturb(predictor, digits.images[:0], digits.labels[:0], 2.0, 0)
    assert batch.shape == (0, 1, 28, 28)
