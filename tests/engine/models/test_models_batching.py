"""Batches: found by a rule, halved when memory runs out, and never without saying so."""

import numpy as np
import psutil
import pytest
import torch
from torch import nn

from engine import errors, networks
from engine.models import batching
from engine.models.predict import Predictor
from engine.preprocess import Preprocess

PREPROCESS = Preprocess(size=4, channels=1)


class Sums(nn.Module):
    """Answers with the sum of each image; has memory for so many images at once, and no more."""

    def __init__(self, limit: int, problem: Exception) -> None:
        super().__init__()
        self.limit, self.problem, self.seen = limit, problem, []

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.seen.append(len(images))
        if len(images) > self.limit:
            raise self.problem
        return images.sum((1, 2, 3))[:, None]


def predictor(limit: int = 8, problem: Exception | None = None, **changes) -> Predictor:
    fields = {"name": "sums", "title": "Sums", "architecture": "none", "preprocess": PREPROCESS, "classes": ("sum",), "digest": "0"}
    module = Sums(limit, problem or torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"))
    return Predictor(networks.Card.model_validate({**fields, **changes}), "cpu", module)


def pictures(n: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, 4, 4, 1), np.uint8)


def test_out_of_memory_halves_until_it_fits_and_says_each_step() -> None:
    batch = batching.Batch(32)
    logits = batching.predict(made := predictor(limit=8), pictures(20), PREPROCESS, batch)
    expected = pictures(20).reshape(20, -1).sum(axis=1) / 255
    assert np.allclose(logits[:, 0], expected, atol=1e-4)
    assert batch.size == 8
    assert len(batch.said) == 2
    assert "Out of memory" in batch.said[0]
    assert "32 images at once; continuing with 16" in batch.said[0]
    assert made.module is not None
    assert made.module.seen == [20, 16, 8, 8, 4]


def test_a_batch_stays_as_small_as_memory_made_it() -> None:
    batch = batching.Batch(16)
    made = predictor(limit=4)
    batching.predict(made, pictures(4), PREPROCESS, batch)
    batching.predict(made, pictures(16), PREPROCESS, batch)
    again = len(batch.said)
    batching.predict(made, pictures(16), PREPROCESS, batch)
    assert (batch.size, len(batch.said)) == (4, again)


def test_a_single_image_that_does_not_fit_is_an_error_with_a_way_out() -> None:
    with pytest.raises(errors.UserError, match="single image") as caught:
        batching.predict(predictor(limit=0), pictures(4), PREPROCESS, batching.Batch(4))
    assert caught.value.hint


def test_other_errors_are_not_mistaken_for_lack_of_memory() -> None:
    batch = batching.Batch(16)
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        batching.predict(predictor(limit=8, problem=RuntimeError("mat1 and mat2 shapes cannot be multiplied")), pictures(16), PREPROCESS, batch)
    assert batch.said == []


@pytest.mark.parametrize("allocate", [lambda: np.empty(2**60, np.uint8), lambda: torch.empty(2**60, dtype=torch.uint8)])
def test_what_allocators_raise_is_recognised(allocate) -> None:
    with pytest.raises((MemoryError, RuntimeError)) as caught:
        allocate()
    assert batching.out_of_memory(caught.value)


def test_the_batch_does_not_change_the_order_or_the_values() -> None:
    made = predictor(limit=99)
    whole = batching.predict(made, pictures(23), PREPROCESS, batching.Batch(64))
    for size in (1, 5, 23):
        assert np.array_equal(batching.predict(made, list(pictures(23)), PREPROCESS, batching.Batch(size)), whole)


def test_no_images_give_no_rows() -> None:
    assert batching.predict(predictor(), pictures(0), PREPROCESS, batching.Batch(4)).shape == (0, 1)


def test_preprocessed_inputs_are_answered_in_pieces_too() -> None:
    batch = batching.Batch(32)
    inputs = PREPROCESS(pictures(20))
    assert np.array_equal(batching.answers(predictor(), inputs, batch), batching.predict(predictor(), pictures(20), PREPROCESS, batching.Batch(8)))
    assert batch.size == 8


@pytest.mark.parametrize(("size", "channels", "expected"), [(28, 1, 64), (64, 3, 32), (224, 3, 4), (260, 3, 2), (1024, 3, 1)])
def test_larger_inputs_begin_with_smaller_batches_on_a_cpu(size: int, channels: int, expected: int) -> None:
    assert psutil.virtual_memory().available > 2**30, "this expectation holds where memory does not limit the batch"
    assert batching.first(predictor(preprocess=Preprocess.model_validate({"size": size, "channels": channels}))).size == expected


def test_little_free_memory_means_a_small_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "_free", lambda _device: 4 * 64 * 28 * 28 * 4 * 5)  # a quarter holds five images
    assert batching.first(predictor(preprocess=Preprocess(size=28, channels=1))).size == 4
