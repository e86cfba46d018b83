"""Single units on the command line: the numbers of the page, as text, as JSON, as pictures."""

import json

import numpy as np
import pytest
from PIL import Image

from engine import __main__ as command_line
from engine.interventions import answer, changes, settings, strips
from engine.models import warm

NETWORKS = ["linear-mnist-scratch-s0", "mlp-mnist-scratch-s0"]
STRIP = ("strip", "coloured_digits", "--factor", "rotation", "--unit", "3", "--points", "7", "--networks", *NETWORKS)
PAIRS = ("counterfactual", "coloured_digits", "--factor", "ink", "--from", "red", "--to", "blue", "--n", "60", "--networks", *NETWORKS)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))


def said(capsys, *words):
    assert command_line.main([*words]) == 0
    return capsys.readouterr().out


def test_a_strip_is_printed_as_the_page_has_it(capsys, tmp_path):
    found = json.loads(said(capsys, *STRIP, "--json", "--out", str(tmp_path / "strip.png")))
    question = {"kind": "path", "system": "coloured_digits", "factor": "rotation", "unit": 3, "points": 7, "networks": NETWORKS}
    reply, _ = answer.answer(question, {}, warm.Cache())
    from engine import systems

    system = systems.load("coloured_digits")
    levels = settings.levels(system, "rotation", 7)
    assert found == json.loads(strips.rows(reply, levels).to_json(orient="records"))
    picture = np.asarray(Image.open(tmp_path / "strip.png"))
    assert picture.shape[1] >= 28 * len(levels)
    text = said(capsys, *STRIP)
    assert strips.finding(system, "rotation", 3, reply, levels).replace("**", "") in text


def test_counterfactual_pairs_are_printed_as_the_page_has_them(capsys):
    question = {"kind": "change", "system": "coloured_digits", "factor": "ink", "from": "red", "to": "blue", "n": 60, "networks": NETWORKS}
    reply, _ = answer.answer(question, {}, warm.Cache())
    found = json.loads(said(capsys, *PAIRS, "--json"))
    assert [row["lost"] for row in found] == changes.rows(reply)["lost"].tolist()
    assert [row["p"] for row in found] == pytest.approx(changes.rows(reply)["p"].tolist())
    flips = json.loads(said(capsys, *PAIRS, "--flips", "--json"))
    assert [row["unit"] for row in flips] == changes.flips(reply)["unit"].tolist()
    assert "Changing ink from red to blue" in said(capsys, *PAIRS)


def test_no_warm_process_is_needed(capsys, tmp_path):
    said(capsys, *STRIP)
    assert not (tmp_path / "home" / "live").exists()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((*STRIP[:2], "--factor", "inks"), "inks"),
        ((*STRIP, "--unit", "-1"), "unit"),
        ((*STRIP, "--parameter", "strength=much"), "parameter"),
        ((*PAIRS, "--to", "mauve"), "mauve"),
        ((*PAIRS[:-2], "nobody"), "nobody"),
        ((*STRIP, "--out", "/nowhere/strip.png"), "cannot be written"),
    ],
)
def test_what_cannot_be_asked_is_a_sentence(capsys, words, why):
    assert command_line.main(list(words)) == 1
    assert why in capsys.readouterr().err
