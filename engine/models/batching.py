"""Running a network over many images: the batch is found by itself, and halved when memory runs out."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import psutil
import torch
from jaxtyping import Float32

from engine import errors
from engine.models.predict import Predictor
from engine.preprocess import Pictures, Preprocess

LARGEST = {"cpu": 64, "cuda": 128, "mps": 64}
# On a CPU a batch should stay in its caches: EfficientNet-Lite0 at 224 pixels does 1.3 times as many images a second in
# fours as in eights and 3.5 times as many as in 64s; the small networks are as fast in 64s as in anything.
CPU_INPUT_BYTES = 5 * 2**19  # 2.5 MiB
ACTIVATIONS = 64  # bytes alive at once for each byte of input: EfficientNet-Lite needs 20, the small networks 40
SHARE = 4  # a batch may take a quarter of the memory that is free
SAID_BY_ALLOCATORS = ("out of memory", "can't allocate memory", "failed to allocate memory", "bad_alloc", "bad allocation")


@dataclass
class Batch:
    """How many images go through at once, and a sentence for each time it had to shrink."""

    size: int
    said: list[str] = field(default_factory=list)

    def halve(self, network: str, problem: BaseException) -> None:
        """Take half as many from now on and say so; raises UserError where a single image does not fit."""
        if self.size <= 1:
            raise errors.UserError(
                f"Memory does not suffice for a single image in “{network}”.", "Choose another device or a smaller network."
            ) from problem
        self.size //= 2
        self.said.append(f"Out of memory in “{network}” with {self.size * 2} images at once; continuing with {self.size}.")


def first(predictor: Predictor) -> Batch:
    """Return the batch to begin with, from the size of the input, the device and the memory that is free.

    A rule, not a stopwatch: the same network gets the same batch in every run, so that logits are the same to the bit.
    """
    wanted = predictor.card.preprocess
    image = 4 * wanted.channels * wanted.size**2
    device = predictor.device.split(":")[0]
    fits = _free(predictor.device) // SHARE // (image * ACTIVATIONS)
    if device == "cpu":
        fits = min(fits, CPU_INPUT_BYTES // image)
    return Batch(min(LARGEST[device], _power_of_two(fits)))


def _power_of_two(limit: int) -> int:
    return 1 << max(0, limit.bit_length() - 1) if limit > 0 else 1


def _free(device: str) -> int:
    if device.startswith("cuda"):
        return torch.cuda.mem_get_info(device)[0]
    return psutil.virtual_memory().available


def predict(predictor: Predictor, images: Pictures, preprocess: Preprocess, batch: Batch) -> Float32[np.ndarray, "n classes"]:
    """Return logits for images in their order.

    When memory runs out the batch is halved, `batch.said` gets a sentence, and the same images are tried again.

    Raises:
        UserError: where a single image does not fit into memory, or logits do not match the classes.
    """
    return _in_pieces(predictor, len(images), lambda start, stop: preprocess(images[start:stop]), batch)


def features(predictor: Predictor, images: Pictures, preprocess: Preprocess, batch: Batch) -> Float32[np.ndarray, "n d"]:
    """Return the penultimate activations for images in their order; raises UserError as `predict`, and as `Predictor.features`."""
    return _in_pieces(predictor, len(images), lambda start, stop: preprocess(images[start:stop]), batch, predictor.features)


def answers(predictor: Predictor, inputs: Float32[np.ndarray, "n a b c"], batch: Batch) -> Float32[np.ndarray, "n classes"]:
    """Return logits for inputs that are preprocessed already (attacked images), otherwise as `predict`."""
    return _in_pieces(predictor, len(inputs), lambda start, stop: inputs[start:stop], batch)


def _in_pieces(
    predictor: Predictor,
    n: int,
    piece: Callable[[int, int], np.ndarray],
    batch: Batch,
    ask: Callable[[np.ndarray], np.ndarray] | None = None,
) -> Float32[np.ndarray, "n d"]:
    """Return what `ask` (the predictor itself unless given) answers to all pieces."""
    found: list[np.ndarray] = []
    start = 0
    while start < n:
        stop = min(start + batch.size, n)
        try:
            found.append((ask or predictor)(piece(start, stop)))
        except Exception as problem:  # ONNX Runtime's exceptions share no narrower base class
            if not out_of_memory(problem):
                raise
            batch.halve(predictor.card.name, problem)
        else:
            start = stop
            continue
        _release(predictor.device)  # after the except block, when the failed batch is no longer held by its traceback
    return np.concatenate(found) if found else np.empty((0, len(predictor.card.classes)), np.float32)


def out_of_memory(problem: BaseException) -> bool:
    """Return whether an error means that memory ran out (Python, torch on any device, ONNX Runtime)."""
    if isinstance(problem, MemoryError | torch.OutOfMemoryError):
        return True
    return any(words in str(problem).lower() for words in SAID_BY_ALLOCATORS)


def _release(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.empty_cache()
