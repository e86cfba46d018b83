"""The README proves itself: its blocks run, and every command, room and page stands in it."""

import argparse
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from sklearn.linear_model import LogisticRegression

from engine import __main__ as command_line
from engine.assay.spec import AssaySpec
from engine.datasets import images
from pages.parts import navigation

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
BLOCKS = [(lang, info.strip(), body) for lang, info, body in re.findall(r"^```(\w+)([^\n]*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)]
QUIET = {"OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}  # the reader's scikit-learn may warn


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """A reader's folder and home, with the files that a reader would bring."""
    folder = tmp_path_factory.mktemp("reader")
    data = images.load("optdigits", "train")
    _network(folder / "my-network.onnx", data)
    for name, digit in (("zero", "0"), ("one", "1")):
        (folder / "my-pictures" / name).mkdir(parents=True)
        label = data.classes.index(digit)
        for place in np.flatnonzero(data.labels == label)[:5]:
            Image.fromarray(data.images[place][:, :, 0]).save(folder / "my-pictures" / name / f"{place}.png")
    return folder


def _network(file, data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = LogisticRegression(max_iter=20).fit(np.stack([image.ravel() for image in data.images]) / 255, data.labels)
    graph = helper.make_graph(
        [helper.make_node("Flatten", ["x"], ["flat"]), helper.make_node("Gemm", ["flat", "w", "b"], ["logits"])],
        "logistic",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 1, 28, 28])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 10])],
        [numpy_helper.from_array(fitted.coef_.T.astype(np.float32), "w"), numpy_helper.from_array(fitted.intercept_.astype(np.float32), "b")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), file)


def _environment(folder):
    return {**os.environ, **QUIET, "TOUCHSTONE_HOME": str(folder / "home"), "PYTHONPATH": str(ROOT)}


COMMANDS = """
import shlex, sys
from engine.__main__ import main
for line in sys.stdin.read().splitlines():
    words = shlex.split(line)
    assert words[:3] == ["python", "-m", "engine"], line
    if status := main(words[3:]):
        sys.exit(f"{line}: {status}")
"""


def test_the_blocks_of_the_readme_run_one_after_the_other(reader):
    """Files named in a block's first line are put where it says; Python blocks and `bash run` blocks are executed.

    The commands of a block share a process: what takes time here is starting Python.
    """
    ran = 0
    for language, info, body in BLOCKS:
        if language in {"python", "json"} and info:
            file = (reader / "home" / info) if info.startswith("extensions/") else reader / info
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(body)
        elif language == "python" or (language, info) == ("bash", "run"):
            code = body if language == "python" else COMMANDS
            done = subprocess.run(
                [sys.executable, "-c", code], input=body, cwd=reader, env=_environment(reader), capture_output=True, text=True, timeout=600
            )  # fmt: skip
            assert done.returncode == 0, f"{body}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
            ran += 1
    assert ran >= 6


def test_questions_in_the_readme_can_be_asked():
    asked = [body for language, _, body in BLOCKS if language == "json"]
    assert asked
    for body in asked:
        AssaySpec.read(body)


def _commands(parser):
    return next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction)).choices


def test_every_command_stands_in_the_readme():
    for name in _commands(command_line._parser()):
        assert re.search(rf"`{name}\b|python -m engine {name}\b", README), name


@pytest.mark.parametrize("command", ["assay", "import"])
def test_every_view_and_every_kind_to_bring_stands_in_the_readme(command):
    row = next(line for line in README.splitlines() if line.startswith(f"| `{command} "))
    assert [name for name in _commands(_commands(command_line._parser())[command]) if not re.search(rf"\b{name}\b", row)] == []


def test_every_room_that_can_be_listed_stands_in_the_readme():
    row = next(line for line in README.splitlines() if line.startswith("| `list ROOM`"))
    said = _commands(command_line._parser())["list"]
    rooms = next(action for action in said._actions if action.dest == "room").help.split(" | ")
    assert [room for room in rooms if room not in row] == []


def test_every_page_has_its_place_in_the_tour():
    tour = README.partition("## A tour")[2].partition("## What is in it")[0]
    assert [place.title for place in navigation.PLACES if f"**{place.title}**" not in tour] == []


def test_what_the_readme_links_to_is_there():
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


def test_every_make_target_that_the_readme_names_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"make ([a-z-]+)", README)) - targets <= {"it"}


def test_the_changelog_has_its_unreleased_part_on_top():
    sections = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert sections[0] == "Unreleased"


def test_the_licence_is_the_one_that_the_project_names():
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert 'license = "Apache-2.0"' in (ROOT / "pyproject.toml").read_text()
