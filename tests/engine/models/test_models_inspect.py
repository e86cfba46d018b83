"""Inspecting brought networks: facts where all is well, sentences where not, and a process that survives."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from engine import networks, places
from engine.models import inspect, predict
from engine.preprocess import Preprocess

CLASSES = tuple("0123456789")


def card(**changes) -> networks.Card:
    fields = {
        "name": "mine", "title": "Mine", "architecture": "linear", "preprocess": Preprocess(size=28, channels=1), "classes": CLASSES,
        "weights": ("w.safetensors",), "digest": "0" * 16, "source": "brought",
    }  # fmt: skip
    return networks.Card.model_validate({**fields, **changes})


def saved(folder: Path, scale: float = 1.0) -> None:
    torch.manual_seed(0)
    state = predict.build(card()).state_dict()
    save_file({key: value * scale for key, value in state.items()}, folder / "w.safetensors")


def test_a_sound_network_has_facts_and_no_problems(tmp_path: Path) -> None:
    saved(tmp_path)
    assert inspect.inspect(card(), tmp_path) == {
        "parameters": 7850, "input_shape": [1, 28, 28], "output_shape": [10], "problems": [], "warnings": [],
    }  # fmt: skip


def test_weights_that_do_not_load_are_a_problem_not_an_exception(tmp_path: Path) -> None:
    found = inspect.inspect(card(), tmp_path)
    assert "is missing" in found["problems"][0]
    assert found["output_shape"] is None


def test_answers_that_are_not_finite_are_a_problem(tmp_path: Path) -> None:
    saved(tmp_path, float("nan"))
    assert "not finite" in inspect.inspect(card(), tmp_path)["problems"][0]


def test_a_network_that_answers_everything_alike_is_warned_about(tmp_path: Path) -> None:
    saved(tmp_path, 0.0)
    found = inspect.inspect(card(), tmp_path)
    assert found["problems"] == []
    assert "equal on noise" in found["warnings"][0]


def test_outputs_that_look_like_probabilities_are_warned_about(tmp_path: Path) -> None:
    save_file({"head.weight": torch.zeros(10, 784), "head.bias": torch.eye(10)[0]}, tmp_path / "w.safetensors")
    assert "probabilities" in inspect.inspect(card(), tmp_path)["warnings"][0]


def asked(question: dict) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "engine.models.inspect"], input=json.dumps(question), text=True, capture_output=True, cwd=places.ROOT, check=False
    )


def test_in_a_process_of_its_own_it_saves_logits_for_every_way_of_preprocessing(tmp_path: Path) -> None:
    saved(tmp_path)
    pictures = np.random.default_rng(0).integers(0, 256, (3, 28, 28, 1), np.uint8)
    np.savez(tmp_path / "images.npz", *pictures)
    ways = [Preprocess(size=28, channels=1), Preprocess(size=28, channels=1, mean=(0.5,))]
    done = asked({
        "card": card().model_dump(mode="json"), "folder": str(tmp_path), "images": str(tmp_path / "images.npz"),
        "ways": [way.model_dump(mode="json") for way in ways], "answers": str(tmp_path / "a.npy"), "memory": 4 * 10**9, "seconds": 60,
    })  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["problems"] == []
    predictor = predict.load(card(), "cpu", tmp_path)
    expected = np.stack([predictor(way(pictures)) for way in ways])
    assert np.allclose(np.load(tmp_path / "a.npy"), expected, atol=1e-5)


@pytest.mark.slow
def test_a_network_beyond_the_memory_limit_is_a_sentence_or_takes_only_its_process_along(tmp_path: Path) -> None:
    saved(tmp_path)
    greedy = card(architecture="mlp", options={"width": 10**8})  # 313 GB of weights
    done = asked({"card": greedy.model_dump(mode="json"), "folder": str(tmp_path), "memory": 2 * 10**9, "seconds": 60})
    assert done.returncode != 0 or json.loads(done.stdout)["problems"]
