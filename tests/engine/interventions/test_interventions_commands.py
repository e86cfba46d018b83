"""Interventions on the command line: what is printed, drawn and kept, and what is refused."""

import json

import numpy as np
import pytest
from PIL import Image

from engine import __main__ as command_line
from engine import systems
from engine.datasets import images


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))


def said(capsys, *words):
    assert command_line.main([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_systems_are_listed_with_their_settings(capsys):
    found = {system["name"]: system for system in said(capsys, "list", "systems")}
    assert tuple(found) == systems.names()
    assert found["coloured_digits"]["settings"]["strength"]["default"] == 0.9
    assert "ink" in found["coloured_digits"]["factors"]


def test_units_are_printed_as_they_are_drawn(capsys):
    rows = said(capsys, "intervene", "coloured_digits", "--do", "do(ink=red)", "--n", "3", "--seed", "5")
    system = systems.load("coloured_digits")
    drawn = systems.sample(system, 3, 5, systems.interventions("do(ink=red)", system))
    assert [row["ink"] for row in rows] == ["red"] * 3
    assert [row["class"] for row in rows] == drawn.named("class")
    assert [row["size"] for row in rows] == pytest.approx(drawn.named("size"))


def test_a_sheet_and_the_units_are_written(capsys, tmp_path):
    said(capsys, "intervene", "shape_scenes", "--n", "10", "--size", "28", "--out", str(tmp_path / "out"))
    sheet = np.asarray(Image.open(tmp_path / "out" / "sheet.png"))
    assert sheet.shape == (2 * 86 + 2, 8 * 86 + 2, 3)  # two rows of eight, thrice as large
    system = systems.load("shape_scenes")
    assert np.array_equal(sheet[2:86:3, 2:86:3], systems.render(systems.sample(system, 1), size=28)[0])
    assert len(json.loads((tmp_path / "out" / "units.json").read_text())) == 10


def test_seeing_and_doing_can_be_asked_for(capsys):
    seen = said(capsys, "intervene", "coloured_digits", "--given", "given(ink=red)", "--of", "class")
    made = said(capsys, "intervene", "coloured_digits", "--do", "do(ink=red)", "--of", "class")
    assert seen[0] == {"value": "0", "probability": 0.914, "low": 0.914, "high": 0.914, "exact": True}
    assert [row["probability"] for row in made] == pytest.approx([0.1] * 10)


def test_an_intervention_is_kept_as_a_set(capsys):
    words = ("intervene", "captured_digits", "--do", "do(site=night)", "--n", "20", "--val", "10", "--parameter", "prevalence=0.2", "--save")
    made = said(capsys, *words)
    assert made["name"] == "captured_digits[prevalence=0.2; do(site=night)]#0"
    assert made["sizes"] == {"val": 10, "test": 20}
    assert len(images.load(made["name"])) == 20
    assert said(capsys, *words, "night")["name"] == "night"
    assert np.array_equal(images.load("night").images, images.load(made["name"]).images)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("coloured_digit",), "no system named"),
        (("coloured_digits", "--do", "do(ink=mauve)"), "no value of ink"),
        (("coloured_digits", "--parameter", "strength=high"), "parameter cannot be read"),
        (("coloured_digits", "--n", "1000000"), "too many to show"),
        (("coloured_digits", "--of", "size"), "is a number"),
        (("coloured_digits", "--size", "3", "--out", "/tmp/never"), "cannot be 3 pixels wide"),
        (("coloured_digits", "--save", "mnist"), "already"),
    ],
)
def test_what_does_not_fit_is_said_in_a_sentence(words, sentence, capsys):
    assert command_line.main(["intervene", *words, "--json"]) == 1
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert sentence in told["error"]
    assert told["hint"]
