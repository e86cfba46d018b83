"""The library in a real browser: cards by link and by click, and everything that can be brought, brought."""

import io
import re
import zipfile

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from playwright.sync_api import expect

from engine.datasets import images
from tests.browser import _server

pytestmark = pytest.mark.browser
SECONDS = 90_000  # milliseconds: a worker starts, a network is built, on a machine that does other things too
browser = _server.browser


@pytest.fixture(scope="module")
def server(browser):
    with _server.serving() as address:
        yield address


@pytest.fixture
def visit(browser, server):
    """Open addresses as one visitor; whatever the browser complains of, or fetches from elsewhere, fails the test."""
    with _server.looking(browser, size=(1440, 1400)) as (page, heard):

        def opened(address):
            _server.ready(page, f"{server}/{address}")
            return page

        yield opened
        heard.nothing()


def upload(page, kind, name, content, turn=0):
    file = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    page.locator(f".st-key-{kind}-upload-{turn} input[type=file]").set_input_files(file)
    expect(page.get_by_text("In hand:")).to_be_visible(timeout=SECONDS)
    _server.settled(page)


def choose(page, key, text):
    """Choose an option of a selectbox by typing it."""
    box = page.locator(f".st-key-{key} input").first
    box.click()
    box.fill(text)
    page.get_by_role("option", name=text, exact=True).click()
    _server.settled(page)


def press(page, name):
    page.get_by_role("button", name=name).click()
    _server.settled(page)


def network(weights, bias):
    """Return a linear classifier of 28 x 28 grey images as ONNX."""
    nodes = [helper.make_node("Flatten", ["images"], ["flat"]), helper.make_node("Gemm", ["flat", "w", "b"], ["logits"])]
    ports = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in (("images", ["n", 1, 28, 28]), ("logits", ["n", 10]))]
    tensors = [numpy_helper.from_array(weights.astype(np.float32), "w"), numpy_helper.from_array(bias.astype(np.float32), "b")]
    graph = helper.make_graph(nodes, "linear", ports[:1], ports[1:], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    return model.SerializeToString()


def by_class_means():
    """Return a classifier by distance to the class means of MNIST."""
    train = images.load("mnist", "train")
    pixels = np.asarray(train.images).reshape(len(train), -1) / 255.0
    means = np.stack([pixels[train.labels == k].mean(0) for k in range(10)])
    assert onnx.checker.check_model(onnx.load_from_string(network(means.T, -(means**2).sum(1) / 2))) is None
    return network(means.T, -(means**2).sum(1) / 2)


def loaded(page, selector):
    """Return how many pictures there are, after all of them have pixels."""
    page.wait_for_function(
        "selector => { const all = [...document.querySelectorAll(selector)]; return all.length && all.every(i => i.naturalWidth > 1); }", arg=selector
    )
    return page.locator(selector).count()


def test_a_link_opens_a_card_with_its_pictures(visit):
    page = visit("library?name=fog&on=mnist")
    expect(page.get_by_role("heading", name="Fog, in drifting banks")).to_be_visible()
    assert loaded(page, ".ts-images img") == 6
    assert page.get_by_role("tab", name="Shifts").get_attribute("aria-selected") == "true"


def test_a_click_on_a_row_opens_its_card_and_choosing_by_name_marks_the_row(visit):
    page = visit("library?tab=Data+sets")
    table = page.get_by_test_id("stDataFrame").first
    table.click(position={"x": 16, "y": 33 + 33 * 1.5})  # the box of the second row
    _server.settled(page)
    second = page.locator("[data-testid=stDataFrame] [data-testid=glide-cell-1-1]").first.inner_text()
    expect(page.locator(".st-key-opened .ts-facts").first).to_contain_text(second)
    assert f"name={second}" in page.url
    choose(page, "name", "optdigits")
    expect(page.locator(".st-key-opened .ts-facts").first).to_contain_text("optdigits")
    marked = page.locator("[data-testid=stDataFrame] tr[aria-selected=true]").first
    expect(marked).to_contain_text("optdigits")


def test_a_torch_file_is_refused_on_screen_and_the_next_file_is_welcome(visit):
    page = visit("library?tab=Bring+your+own&bring=A+network")
    upload(page, "network", "model.pt", b"\x80\x02}q\x00.")
    expect(page.get_by_text("opening it can run any code")).to_be_visible()
    expect(page.get_by_text("save_model(model")).to_be_visible()
    press(page, "Put it away")
    expect(page.get_by_text("In hand:")).to_have_count(0)


def test_an_onnx_network_is_brought_checked_and_evaluated(visit):
    page = visit("library?tab=Bring+your+own&bring=A+network")
    upload(page, "network", "by means.onnx", by_class_means())
    choose(page, "network-trained-0", "mnist")
    expect(page.get_by_text("grey: 0 to 1")).to_be_visible()
    assert loaded(page, ".st-key-tensor img") == 2
    press(page, "Try it on 100 images")
    expect(page.get_by_text(re.compile(r"Accuracy on 100 images of mnist: 0\.[678]"))).to_be_visible(timeout=SECONDS)
    press(page, "Save this network")
    press(page, "Check its accuracy on 200 images of mnist")
    found = page.get_by_text(re.compile(r"Accuracy on mnist: \d"))
    expect(found).to_be_visible(timeout=SECONDS)
    assert re.search(r"[678]\d\.\d\u202f% \[\d\d\.\d, \d\d\.\d\], n 200", found.inner_text())
    assert page.get_by_text("no better than guessing").count() == 0
    page.get_by_role("link", name="Its card").click()
    _server.settled(page)
    expect(page.get_by_role("heading", name="by means")).to_be_visible()
    page = visit("library?name=by-means")
    page.get_by_role("link", name="Evaluate it").click()
    expect(page.get_by_role("heading", name="Run an evaluation")).to_be_visible(timeout=SECONDS)
    _server.settled(page)
    expect(page.locator("[data-testid=stMultiSelect]").first).to_contain_text("by-means")


def test_a_network_that_guesses_is_warned_of(visit):
    page = visit("library?tab=Bring+your+own&bring=A+network")
    rng = np.random.default_rng(0)
    upload(page, "network", "guessing.onnx", network(rng.normal(size=(784, 10)) / 100, np.zeros(10)))
    choose(page, "network-trained-0", "mnist")
    press(page, "Save this network")
    press(page, "Check its accuracy on 200 images of mnist")
    expect(page.get_by_text("no better than guessing")).to_be_visible(timeout=SECONDS)


def test_a_zip_of_class_folders_is_brought(visit):
    out = io.BytesIO()
    found = images.load("mfeat", "test")
    with zipfile.ZipFile(out, "w") as archive:
        for i in range(30):
            picture = io.BytesIO()
            Image.fromarray(found.images[i][..., 0]).save(picture, "PNG")
            archive.writestr(f"{found.labels[i]}/{i}.png", picture.getvalue())
    page = visit("library?tab=Bring+your+own&bring=Images")
    upload(page, "images", "folders.zip", out.getvalue())
    choose(page, "images-target-0", "data set mnist")
    assert loaded(page, ".st-key-framing img") == 10
    press(page, "Save this set")
    expect(page.get_by_text("is here: test 30 images")).to_be_visible(timeout=SECONDS)
    page.get_by_role("link", name="Its card").click()
    expect(page.get_by_role("heading", name="folders")).to_be_visible(timeout=SECONDS)
    assert loaded(page, ".st-key-opened .ts-images img")


def test_a_folder_of_this_machine_is_looked_at_where_it_lies(visit, tmp_path):
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        Image.new("RGB", (20, 20), (200, 30, 30)).save(tmp_path / name / "one.png")
    page = visit("library?tab=Bring+your+own&bring=Images")
    page.locator(".st-key-images-path-0 input").fill(str(tmp_path))
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 pictures of 2 classes")).to_be_visible(timeout=SECONDS)


def test_predictions_are_brought_and_their_accuracy_shown(visit):
    labels = images.load("mnist", "test").labels
    logits = np.eye(10)[(labels + (np.arange(len(labels)) % 4 == 0)) % 10]  # every fourth answer is the next digit
    rows = "\n".join(f"{label},{','.join(map(str, row))}" for label, row in zip(labels, logits, strict=True))
    page = visit("library?tab=Bring+your+own")
    upload(page, "predictions", "three of four.csv", f"label,{','.join(f'logit_{i}' for i in range(10))}\n{rows}".encode())
    choose(page, "predictions-dataset-0", "mnist")
    expect(page.get_by_text("accuracy 0.750")).to_be_visible(timeout=SECONDS)
    press(page, "Save these predictions")
    expect(page.get_by_text(re.compile(r"accuracy on mnist 75\.0\u202f% \[7\d\.\d, 7\d\.\d\], n 1\u202f000"))).to_be_visible(timeout=SECONDS)


@pytest.mark.parametrize("tab", ["Networks", "Data sets", "Bring your own"])
def test_nothing_scrolls_sideways_on_a_telephone(visit, tab):
    page = visit(f"library?tab={tab.replace(' ', '+')}")
    page.set_viewport_size({"width": 390, "height": 844})
    _server.settled(page)
    main = page.get_by_test_id("stMain")
    assert main.evaluate("m => m.scrollWidth - m.clientWidth") <= 0
