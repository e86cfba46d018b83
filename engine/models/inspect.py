"""What can be said of a network before it is used: does it load, what goes in, what comes out, what looks wrong.

Run as `python -m engine.models.inspect` it reads a question as JSON from standard input and writes the answer to standard
output: a network that takes all memory, hangs or crashes takes only that process along. The question has `card` and
`folder`, the limits `memory` (bytes beyond what is taken at the start) and `seconds`, and optionally `images` (an .npz of
pictures), `ways` (preprocessings) and `answers` (where to save logits, one set a way).
"""

import contextlib
import json
import resource
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from jaxtyping import Float32, UInt8

from engine import errors, networks
from engine.models import batching, predict
from engine.preprocess import Preprocess

SEED = 0


def inspect(card: networks.Card, folder: Path | None = None) -> dict[str, Any]:
    """Return what building, loading and running a network shows, as JSON-serialisable values.

    Two images of noise go through it together and one by one. Keys: `parameters` (None for ONNX), `input_shape` and
    `output_shape` (without the batch; None where it did not get that far), `problems` (sentences that forbid its use) and
    `warnings` (sentences that do not).
    """
    found: dict[str, Any] = {"parameters": None, "input_shape": None, "output_shape": None, "problems": [], "warnings": []}
    with _told(found["problems"]):
        predictor = predict.load(card, "cpu", folder)
        batch = card.preprocess(_noise(card))
        found["input_shape"] = list(batch.shape[1:])
        found["parameters"] = None if predictor.module is None else predict.parameters(predict.build(card))
        logits = predictor(batch)
        found["output_shape"] = list(logits.shape[1:])
        found["problems"] += _wrong(logits)
        found["warnings"] += _odd(logits, np.concatenate([predictor(batch[:1]), predictor(batch[1:])]))
    return found


@contextlib.contextmanager
def _told(problems: list[str]) -> Iterator[None]:
    """Make whatever goes wrong inside a sentence about the network."""
    try:
        yield
    except errors.UserError as problem:
        problems.append(str(problem))
    except Exception as problem:  # noqa: BLE001  a brought network can raise anything
        problems.append(f"The network cannot be run on its input: {type(problem).__name__}: {str(problem)[:300]}")


def _noise(card: networks.Card) -> UInt8[np.ndarray, "2 s s c"]:
    side, channels = card.preprocess.size, card.preprocess.channels
    return np.random.default_rng(SEED).integers(0, 256, (2, side, side, channels), np.uint8)


def _wrong(logits: Float32[np.ndarray, "n classes"]) -> list[str]:
    if not np.isfinite(logits).all():
        return ["Its answers to plain noise are not finite numbers; its weights may be damaged."]
    return []


def _odd(together: Float32[np.ndarray, "n classes"], alone: Float32[np.ndarray, "n classes"]) -> list[str]:
    said = []
    if (together >= 0).all() and np.allclose(together.sum(axis=1), 1, atol=1e-3):
        said.append("Its outputs are not negative and add up to 1: they look like probabilities, expected are logits before the softmax.")
    if together.shape[1] > 1 and np.ptp(together, axis=1).max() == 0:
        said.append("All its outputs are equal on noise; it may be untrained or its scaling wrong.")
    if not np.allclose(together, alone, rtol=1e-3, atol=1e-3):
        said.append("An image gets another answer beside other images than alone; is it in evaluation mode?")
    return said


def answered(question: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer to a question as the module's docstring says; with `answers`, logits of the images are saved too."""
    card, folder = networks.Card.model_validate(question["card"]), Path(question["folder"])
    if "answers" not in question:
        return inspect(card, folder)
    found: dict[str, Any] = {"problems": [], "warnings": []}
    with _told(found["problems"]):
        np.save(question["answers"], _logits(card, folder, question), allow_pickle=False)
    return found


def _logits(card: networks.Card, folder: Path, question: Mapping[str, Any]) -> Float32[np.ndarray, "ways n classes"]:
    """Return the network's logits of the question's images, once for each way of preprocessing."""
    with np.load(question["images"], allow_pickle=False) as file:
        pictures = [file[name] for name in file.files]
    ways = [Preprocess.model_validate(way) for way in question["ways"]]
    found = []
    for way in ways:
        predictor = predict.load(card.model_copy(update={"preprocess": way}), "cpu", folder)
        found.append(batching.predict(predictor, pictures, way, batching.first(predictor)))
    return np.stack(found)


def limit(memory: int, seconds: int) -> None:
    """Let this process take so much more memory and so much processor time, and no more."""
    taken = psutil.Process().memory_info().vms
    with contextlib.suppress(ValueError, OSError):  # macOS has no limit on address space
        resource.setrlimit(resource.RLIMIT_AS, (taken + memory, taken + memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def _alone() -> None:
    question = json.load(sys.stdin)
    if "memory" in question:
        limit(int(question["memory"]), int(question["seconds"]))
    json.dump(answered(question), sys.stdout)


if __name__ == "__main__":
    _alone()
