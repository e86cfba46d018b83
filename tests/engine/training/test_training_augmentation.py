"""Augmentations: same seed same pictures, values stay in range, and each does what its name says."""

import math

import pytest
import torch

from engine.datasets import images
from engine.training import _augmentation
from engine.training._augmentation import AUGMENTATIONS, OPERATIONS, Move

NAMES = tuple(AUGMENTATIONS)


@pytest.fixture(scope="module")
def digits() -> torch.Tensor:
    return torch.from_numpy(images.load("optdigits", "train").images[:64].transpose(0, 3, 1, 2).copy()).float() / 255


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_generator_gives_the_same_pictures(name: str, digits: torch.Tensor) -> None:
    one, other, another = (AUGMENTATIONS[name](digits, seeded(seed)) for seed in (0, 0, 1))
    assert torch.equal(one, other)
    assert torch.equal(one, another) == (name == "none")


@pytest.mark.parametrize("name", NAMES)
def test_shape_stays_values_stay_in_range_and_the_batch_is_not_written_into(name: str, digits: torch.Tensor) -> None:
    before = digits.clone()
    changed = AUGMENTATIONS[name](digits, seeded())
    assert changed.shape == digits.shape
    assert changed.min() >= 0
    assert changed.max() <= 1 + 1e-5
    assert torch.equal(before, digits)


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_of_one_and_colour_pictures_are_taken_too(name: str) -> None:
    assert AUGMENTATIONS[name](torch.rand(1, 3, 32, 32), seeded()).shape == (1, 3, 32, 32)


@pytest.mark.parametrize("name", ["colour", "randaugment", "augmix"])
def test_pictures_of_a_batch_are_changed_differently(name: str, digits: torch.Tensor) -> None:
    same = digits[:1].repeat(16, 1, 1, 1)
    changed = AUGMENTATIONS[name](same, seeded())
    assert len(torch.unique(changed.flatten(1), dim=0)) > 8


def test_colour_moves_no_stroke(digits: torch.Tensor) -> None:
    changed = AUGMENTATIONS["colour"](digits, seeded())
    for one, other in zip(digits.flatten(1), changed.flatten(1), strict=True):
        order = torch.argsort(one, stable=True)
        assert (other[order].diff() >= -1e-5).all()  # brightness and contrast keep the order of greys


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_an_operation_of_no_magnitude_changes_nothing(name: str, digits: torch.Tensor) -> None:
    operation = OPERATIONS[name]
    if name in {"autocontrast", "solarize"}:
        return  # the first has no magnitude, the second turns pure white at once, as RandAugment's does
    still = torch.zeros(len(digits))
    changed = _augmentation._moved(digits, torch.zeros(len(digits), 5)) if isinstance(operation, Move) else operation(digits, still)
    torch.testing.assert_close(changed, digits, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("axis", "move"), [(3, "translate_x"), (2, "translate_y")])
def test_a_translation_at_full_magnitude_is_a_seventh_of_the_side(axis: int, move: str) -> None:
    dot = torch.zeros(2, 1, 28, 28)
    dot[:, :, 14, 14] = 1
    operation = OPERATIONS[move]
    assert isinstance(operation, Move)
    by = torch.tensor([tuple(operation)]) * torch.tensor([[1.0], [-1.0]])
    moved = _augmentation._moved(dot, by)
    places = moved.sum(5 - axis).flatten(1).argmax(1)
    assert places.tolist() == [10, 18]


def test_a_rotation_at_full_magnitude_is_thirty_degrees() -> None:
    bar = torch.zeros(1, 1, 57, 57)
    bar[..., 28, 28:50] = 1
    turn = OPERATIONS["rotate"]
    assert isinstance(turn, Move)
    turned = _augmentation._moved(bar, torch.tensor([tuple(turn)]))[0, 0]
    rows, columns = torch.nonzero(turned > 0.3, as_tuple=True)
    angle = math.degrees(math.atan2(abs(float(rows.float().mean()) - 28), float(columns.float().mean()) - 28))
    assert angle == pytest.approx(30, abs=2)


def test_posterize_at_full_magnitude_leaves_two_bits() -> None:
    ramp = torch.arange(256).reshape(1, 1, 16, 16) / 255
    operation = OPERATIONS["posterize"]
    assert not isinstance(operation, Move)
    assert len(operation(ramp, torch.ones(1)).unique()) == 4


def test_autocontrast_uses_the_whole_range_and_leaves_a_flat_picture_finite() -> None:
    pictures = torch.stack([torch.linspace(0.2, 0.6, 784).reshape(1, 28, 28), torch.full((1, 28, 28), 0.5)])
    operation = OPERATIONS["autocontrast"]
    assert not isinstance(operation, Move)
    changed = operation(pictures, torch.ones(2))
    assert (float(changed[0].min()), float(changed[0].max())) == (0, pytest.approx(1))
    assert changed[1].isfinite().all()


def test_augmix_stays_nearer_to_the_picture_than_randaugment(digits: torch.Tensor) -> None:
    def distance(name: str) -> float:
        return float((AUGMENTATIONS[name](digits, seeded()) - digits).abs().mean())

    assert 0 < distance("augmix") < distance("randaugment")
