"""Pictures of the same units in several worlds: each pixel is what the system draws, and what differs is where it differs."""

import io
import json
from urllib.parse import urlencode

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette

from engine import systems
from engine.datasets import images
from pages.parts import alike, server
from tests.pages.parts import asgi

WORLD = {"system": "coloured_digits", "do": "do(paper=black)", "seed": 4}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))


APP = Starlette(routes=server.routes())


def picture(question):
    found = asgi.get(APP, alike.url(question))
    assert found.status == 200, found.text
    return np.asarray(Image.open(io.BytesIO(found.content)))


def drawn(acts, start=0, n=1):
    system = systems.load("coloured_digits")
    latents = systems.sample(system, n, 4, systems.interventions(acts, system), start=start)
    return systems.render(latents, images.glyph_bank(system))


def test_a_path_shows_the_unit_as_it_is_and_at_each_value():
    found = picture(WORLD | {"kind": "path", "unit": 5, "factor": "ink"})
    assert found.shape == (28, 28 * 11, 4)
    np.testing.assert_array_equal(found[:, :28, :3], drawn("do(paper=black)", 5)[0])
    np.testing.assert_array_equal(found[:, 28:56, :3], drawn("do(paper=black); do(ink=red)", 5)[0])


def test_a_change_shows_before_and_after_and_what_differs():
    found = picture(WORLD | {"kind": "change", "factor": "ink", "from": "red", "to": "blue", "units": [2]})
    before, after = drawn("do(paper=black); do(ink=red)", 2)[0], drawn("do(paper=black); do(ink=blue)", 2)[0]
    np.testing.assert_array_equal(found[:, :28, :3], before)
    np.testing.assert_array_equal(found[:, 28:56, :3], after)
    np.testing.assert_array_equal(found[:, 56:, 3] > 0, (before != after).any(axis=2))


def test_units_stand_side_by_side():
    found = picture(WORLD | {"kind": "units", "units": [3, 1]})
    np.testing.assert_array_equal(found[:, :28, :3], drawn("do(paper=black)", 3)[0])
    np.testing.assert_array_equal(found[:, 28:, :3], drawn("do(paper=black)", 1)[0])


@pytest.mark.parametrize(
    "question",
    [{"kind": "path"}, {"kind": "path", **WORLD, "factor": "inks"}, {"kind": "units", **WORLD, "n": 65}, {"kind": "weather"}, {"kind": "example"}],
)
def test_what_cannot_be_drawn_is_a_sentence(question):
    found = asgi.get(APP, alike.url(question))
    assert found.status == 404
    assert found.text.endswith((".", "?"))
    assert "Traceback" not in found.text


@pytest.mark.parametrize("said", ["", "{", "[]", json.dumps("x"), "[" * 5000])
def test_an_address_that_cannot_be_read_is_a_sentence(said):
    found = asgi.get(APP, f"{alike.address('path')}&{urlencode({'q': said})}")
    assert found.status == 404
    assert "cannot be read" in found.text


def test_nobody_gets_a_picture_without_a_token():
    address = alike.url(WORLD | {"kind": "units", "units": [1]})
    assert asgi.get(APP, address.replace("t=", "t=x")).status == 403
