"""Trying a brought network in a process of its own, with limits on memory and time, where a crash takes nothing along."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, UInt8

from engine import errors, networks, places
from engine.preprocess import Preprocess

SECONDS = 120
MEMORY = 6_000_000_000  # bytes beyond what the process has when it starts


def inspect(card: networks.Card, folder: Path) -> dict[str, Any]:
    """Return what `engine.models.inspect` finds: `parameters`, `input_shape`, `output_shape`, `problems`, `warnings`.

    A process that crashes, hangs or takes too much memory is a problem in the answer, not an error.
    """
    try:
        return _asked({"card": card.model_dump(mode="json"), "folder": str(folder)})
    except errors.UserError as problem:
        return {"parameters": None, "input_shape": None, "output_shape": None, "problems": [str(problem)], "warnings": []}


def answers(
    card: networks.Card, folder: Path, images: Sequence[UInt8[np.ndarray, "h w c"]], ways: Sequence[Preprocess]
) -> list[Float32[np.ndarray, "n classes"]]:
    """Return the network's logits of some images, once for each way of preprocessing.

    Raises:
        UserError: where the network crashes, hangs, takes too much memory or cannot be run.
    """
    with tempfile.TemporaryDirectory() as aside:
        np.savez(Path(aside) / "images.npz", *images)
        question = {
            "card": card.model_dump(mode="json"), "folder": str(folder), "images": str(Path(aside) / "images.npz"),
            "ways": [way.model_dump(mode="json") for way in ways], "answers": str(Path(aside) / "answers.npy"),
        }  # fmt: skip
        said = _asked(question)
        if said["problems"]:
            raise errors.UserError("The network cannot be run: " + " ".join(said["problems"]), "Correct its answers and try again.")
        return list(np.load(Path(aside) / "answers.npy", allow_pickle=False))


def _asked(question: Mapping[str, Any]) -> dict[str, Any]:
    limits = {"memory": MEMORY, "seconds": SECONDS}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "engine.models.inspect"], input=json.dumps({**question, **limits}), text=True, capture_output=True,
            cwd=places.ROOT, timeout=SECONDS + 30, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as problem:
        raise errors.UserError(f"The network did not answer within {SECONDS} seconds.", "Bring a smaller one.") from problem
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or [""])[-1][:200]
        raise errors.UserError(
            f"The process that tried the network ended with code {done.returncode}{f' ({last})' if last else ''}.",
            f"It takes more than {MEMORY // 10**9} GB or {SECONDS} seconds, or makes its runtime crash.",
        )
    return json.loads(done.stdout)
