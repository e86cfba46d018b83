"""The route that draws worlds: what it shows, who may ask, what it refuses."""

import io
import json
import threading
import time
from urllib.parse import urlencode

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette

from engine import errors, systems
from engine.datasets import images
from pages.parts import routes, server, worlds
from tests.pages.parts import asgi

APP = Starlette(routes=server.routes(), middleware=server.middleware())
SHAPES = "shape_scenes"  # needs no digits


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    monkeypatch.delenv("TOUCHSTONE_PUBLIC", raising=False)


def asked(what, system=SHAPES, **query):
    return asgi.get(APP, f"{routes.world_url(system)}{what}?{urlencode({'t': routes.world_token(system)} | query)}")


def opened(answer):
    """Return words and pictures of an answer."""
    assert answer.status == 200, answer.text
    length = int.from_bytes(answer.content[:4], "big")
    told, at, found = json.loads(answer.content[4 : 4 + length]), 4 + length, []
    for size in told["lengths"]:
        found.append(np.asarray(Image.open(io.BytesIO(answer.content[at : at + size]))))
        at += size
    assert at == len(answer.content)
    side = told["side"]
    return told, [one.reshape(-1, side, side, *one.shape[2:]) for one in found]


def test_the_pictures_are_the_units_of_the_world_and_before_them_of_the_untouched_one():
    told, (now, before) = opened(asked("units", do="do(colour=red)", seed=3, n=5, before=1))
    system = systems.load(SHAPES)
    np.testing.assert_array_equal(now, systems.render(systems.sample(system, 5, 3, systems.interventions("do(colour=red)", system))))
    np.testing.assert_array_equal(before, systems.render(systems.sample(system, 5, 3)))
    assert told["units"] == [0, 1, 2, 3, 4]
    assert told["values"]["colour"] == ["red"] * 5
    assert set(told["before"]) == {"colour"}
    assert told["moved"] == [bool((a != b).any()) for a, b in zip(now, before, strict=True)]
    assert told["said"] == [{"text": "do(colour=red)", "words": "colour is made red", "outside": ""}]


def test_pictures_of_digits_need_no_more_than_their_route():
    told, (now,) = opened(asked("units", "captured_digits", do="do(site=night); cut(site->noise)", n=3, size=40))
    assert now.shape == (3, 40, 40, 3)
    assert told["said"][0]["outside"] == "Training never shows site night."
    assert set(told["now"]) == {factor.name for factor in systems.load("captured_digits").factors}


def test_units_that_meet_a_condition_keep_their_own_past():
    told, (_, before) = opened(asked("units", given="given(shape=star)", do="do(size=0.9)", n=4, before=1))
    drawn = systems.sample(systems.load(SHAPES), max(told["units"]) + 1)
    np.testing.assert_array_equal(before, systems.render(drawn[np.array(told["units"])]))
    assert told["values"]["shape"] == ["star"] * 4


def test_one_unit_is_drawn_along_a_factor_with_everything_else_done():
    told, (found,) = opened(asked("along", factor="size", count=3, start=7, do="do(colour=red); do(size=0.2)"))
    system = systems.load(SHAPES)
    acts = systems.interventions("do(colour=red); do(size=0.95)", system)
    np.testing.assert_array_equal(found[2], systems.render(systems.sample(system, 1, 0, acts, start=7))[0])
    assert told["values"] == pytest.approx([0.15, 0.55, 0.95])
    assert told["unit"] == 7
    assert len(opened(asked("along", factor="colour"))[0]["values"]) == 8


def test_a_sheet_is_one_picture():
    answer = asked("sheet.png", n=6, columns=3, size=32, **{"with": "strength=0.1"})
    assert (answer.status, answer.headers["content-type"]) == (200, "image/png")
    assert Image.open(io.BytesIO(answer.content)).width >= 96


@pytest.mark.parametrize("what", ["units", "along", "sheet.png"])
def test_without_a_token_of_this_system_nothing_is_drawn(what):
    for token in ("", "x.y.z", routes.world_token("coloured_digits")):
        answer = asked(what, t=token, factor="size")
        assert answer.status == 403
        assert answer.text.endswith("Reload the page that shows them.")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"n": 65}, "65 units cannot be drawn at once. Ask for 1 to 64."),
        ({"n": 0}, "0 units cannot"),
        ({"n": "many"}, "“many” is no whole number"),
        ({"n": "-1"}, "“-1” is no whole number"),
        ({"n": "9" * 5000}, "is no whole number"),
        ({"size": 257}, "A picture cannot be 257 pixels wide here. Choose 16 to 256."),
        ({"size": 8}, "cannot be 8 pixels"),
        ({"seed": 2**31}, "whole numbers from 0 on"),
        ({"do": "do(colour=nosuch)"}, "There is no value of colour named “nosuch”"),
        ({"do": "do(weight=1)"}, "There is no factor of shape_scenes named “weight”"),
        ({"do": "cut(size->shape)"}, "There is no edge of shape_scenes"),
        ({"do": "do(size=7)"}, "leaves the domain 0.15 to 0.95"),
        ({"do": "nonsense"}, "“nonsense” cannot be read"),
        ({"do": "do(size=0.5);" * 500}, "more than can be read"),
        ({"given": "given(size=0.15..0.2)"}, "units meet given(size=0.15..0.2)"),
        ({"with": "strength=9"}, "“strength” cannot be 9"),
        ({"with": "strength"}, "cannot be read"),
        ({"with": "x" * 500}, "longer than can be read"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_sentence(query, sentence):
    answer = asked("units", **query)
    assert (answer.status, answer.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert sentence in answer.text


@pytest.mark.parametrize(
    ("what", "query", "sentence"),
    [
        ("along", {"factor": "weight"}, "There is no factor"),
        ("along", {"factor": "size", "count": 1}, "1 values cannot"),
        ("along", {"factor": "size", "count": 25}, "Ask for 2 to 24"),
        ("sheet.png", {"columns": 0}, "Choose 1 to 64"),
    ],
)
def test_the_other_ways_to_ask_are_bounded_too(what, query, sentence):
    answer = asked(what, **query)
    assert answer.status == 400
    assert sentence in answer.text


def test_an_unknown_system_is_said():
    answer = asked("units", "nosuch")
    with pytest.raises(errors.UserError) as said:
        systems.load("nosuch")
    assert (answer.status, answer.text) == (400, str(said.value))


def test_glyphs_are_loaded_by_one_at_a_time(monkeypatch):
    inside, most = [], []

    def slow(system, split="test"):
        inside.append(system)
        most.append(len(inside))
        time.sleep(0.02)
        inside.pop()

    monkeypatch.setattr(images, "glyph_bank", slow)
    threads = [threading.Thread(target=worlds.warm) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1, 1]
