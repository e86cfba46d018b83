import io
from urllib.parse import parse_qsl, urlencode, urlsplit

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette

from engine import shifts
from engine.assay import pictures
from engine.datasets import images
from pages.parts import routes, server
from tests.pages.parts import asgi

SET = "optdigits"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    monkeypatch.delenv("TOUCHSTONE_PUBLIC", raising=False)


APP = Starlette(routes=server.routes(), middleware=server.middleware())


def get(address: str, **headers: str) -> asgi.Answer:
    return asgi.get(APP, address, **headers)


@pytest.fixture(scope="module")
def first():
    loaded = images.load(SET, "test")
    return loaded.ids[0], np.asarray(loaded.images[0])


def picture(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)))


def changed(address: str, **query: str) -> str:
    parts = urlsplit(address)
    return parts._replace(query=urlencode(dict(parse_qsl(parts.query)) | query)).geturl()


def test_the_picture_is_the_example_enlarged_without_smoothing(first):
    example_id, image = first
    side = image.shape[0]
    found = get(routes.image_url(SET, "test", example_id, size=3 * side + 2))
    assert found.headers["content-type"] == "image/png"
    np.testing.assert_array_equal(picture(found.content), image[..., 0].repeat(3, 0).repeat(3, 1))


def test_a_shifted_picture_is_what_networks_saw(first):
    example_id, image = first
    found = get(routes.image_url(SET, "test", example_id, "gaussian_noise", 3, seed=5, size=image.shape[0]))
    seen = shifts.shifted(image[None], [example_id], "gaussian_noise", 3, 5)[0]
    np.testing.assert_array_equal(picture(found.content), seen[..., 0])


def test_a_picture_that_the_browser_has_is_not_sent_again(first):
    address = routes.image_url(SET, "test", first[0])
    tag = get(address).headers["etag"]
    again = get(address, If_None_Match=tag)
    assert (again.status, again.content) == (304, b"")


def test_an_address_without_its_token_is_refused_with_a_sentence(first):
    address = routes.image_url(SET, "test", first[0])
    for forged in (changed(address, t=""), changed(address, t="1.a.b"), address.replace("/test/", "/train/")):
        found = get(forged)
        assert (found.status, found.text.startswith("This picture's address")) == (403, True)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"shift": "nosuch", "strength": "1"}, "There is no shift"),
        ({"shift": "gaussian_noise", "strength": "99"}, "gaussian_noise"),
        ({"shift": "gaussian_noise", "strength": "nan"}, "finite strength"),
        ({"size": "100000"}, "a size from"),
        ({"size": "x"}, "cannot be read"),
    ],
)
def test_a_wrong_choice_is_answered_with_a_sentence(first, query, sentence):
    found = get(changed(routes.image_url(SET, "test", first[0]), **query))
    assert (found.status, sentence in found.text) == (404, True)


def test_an_unknown_example_or_set_is_answered_with_a_sentence():
    assert "has no example" in get(routes.image_url(SET, "test", "0" * 16)).text
    assert "There is no data set" in get(routes.image_url("no such set", "test", "0" * 16)).text


def test_component_files_are_named_by_their_content_and_kept_for_good():
    found = get(routes.component_url("scatter/scatter.js"))
    assert found.text == (routes.COMPONENTS / "scatter" / "scatter.js").read_text()
    assert "immutable" in found.headers["cache-control"]
    assert found.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("path", ["mounting.py", "scatter/__init__.py", "../parts/tokens.py", "..%2fparts%2ftokens.py", "nothing.js", "scatter"])
def test_nothing_but_component_files_is_served(path):
    assert get(f"/ts/file/{routes.components_digest()}/{path}").status == 404


def test_a_large_image_is_made_smaller_by_averaging():
    image = np.zeros((100, 200, 3), dtype=np.uint8)
    image[:, ::2] = 200
    small = pictures.resized(image, 100)
    assert small.shape == (50, 100, 3)
    assert set(np.unique(small)) == {100}


def test_a_slow_picture_is_drawn_once(first, monkeypatch):
    drawn = []
    monkeypatch.setattr(pictures, "render", lambda asked: drawn.append(asked) or b"png")
    for _ in range(3):
        get(routes.image_url(SET, "test", first[0], size=77))
    assert len(drawn) == 1
