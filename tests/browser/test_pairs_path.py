"""Pairs in a real browser: from the grid to a pair, from a brush to the same networks everywhere, and back by the address."""

import re

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import expect

from tests.browser import _server
from tests.engine.assay import _tables

pytestmark = pytest.mark.browser

ADDRESS = "pairs?table=made&id=id"
MILLISECONDS = 60_000
browser = _server.browser


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("pairs-path")
    frame = _tables.made()
    about = pd.DataFrame({"kind": ["a", "b"] * 20, "lr": np.linspace(0.001, 0.1, 40)}, index=frame.index)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(home))
        patch.setenv("TOUCHSTONE_SAMPLE", str(home / "none"))
        _tables.table("made", frame, attributes=about, classes=10)
    return home


@pytest.fixture(scope="module")
def server(home, browser):
    with _server.serving(home, TOUCHSTONE_SAMPLE=str(home / "none")) as address:
        yield address


@pytest.fixture
def visit(browser, server):
    """Open addresses as one visitor; whatever the browser complains of, or fetches from elsewhere, fails the test."""
    with _server.looking(browser, size=(1440, 1400)) as (page, heard):
        yield lambda address: _server.opened(page, f"{server}/{address}")
        heard.nothing()


def inked(panel):
    """Return how many pixels of a panel's drawing are not empty."""
    return panel.locator("canvas").evaluate(
        "c => { const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let n = 0;"
        " for (let i = 3; i < d.length; i += 4) n += d[i] > 0; return n; }"
    )


def test_a_panel_opens_its_pair_by_click_and_by_keyboard_and_the_address_keeps_it(visit):
    page = visit(ADDRESS)  # the first request after the server's start
    panels = page.locator(".st-key-pairs-panels button.panel")
    expect(panels).to_have_count(4, timeout=MILLISECONDS)
    _server.until(page, lambda: all(inked(panels.nth(i)) > 100 for i in range(4)), "drawn panels")
    panels.filter(has_text="id → flat").click()
    expect(page.locator(".st-key-finding-pair")).to_contain_text("nothing gets across", timeout=MILLISECONDS)
    page.wait_for_url(re.compile(r"pair=id%7Cflat"))
    expect(panels.filter(has_text="id → flat")).to_have_attribute("aria-selected", "true")
    _server.settled(page)
    panels.filter(has_text="id → flat").focus()
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"pair=id%7Cup"), timeout=MILLISECONDS)
    page.reload()
    _server.settled(page)
    expect(page.get_by_role("heading", name="id → up")).to_be_visible()


def test_a_box_marks_the_same_networks_in_every_panel_and_the_address_brings_it_back(visit, tmp_path):
    page = visit(f"{ADDRESS}&pair=id%7Cup")
    stage = page.locator("[class*=st-key-pair-] canvas").last
    expect(stage).to_be_visible(timeout=MILLISECONDS)
    stage.scroll_into_view_if_needed()
    page.locator("[class*=st-key-pair-]").get_by_role("button", name="Select a box").click()
    box = _server.still(page, stage)
    page.mouse.move(box["x"] + 0.45 * box["width"], box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.98 * box["width"], box["y"] + box["height"] - 60, steps=6)
    page.mouse.up()
    page.wait_for_url(re.compile("region="), timeout=MILLISECONDS)
    told = page.get_by_text(re.compile(r"\d+ networks of the region stand out"))
    expect(told).to_be_visible(timeout=MILLISECONDS)
    _server.settled(page)
    count = re.search(r"(\d+) networks of", told.inner_text())[1]
    expect(page.locator(".st-key-pairs-panels .note")).to_have_text([re.compile(rf"^{count}\s*of\s*40")] * 4, timeout=MILLISECONDS)
    page.reload()
    _server.settled(page)
    expect(page.get_by_text(f"{count} of 40 selected")).to_be_visible(timeout=MILLISECONDS)
    expect(told).to_contain_text(count)
    file = _server.downloaded(page, page.locator("[class*=st-key-csv-networks] button"), tmp_path)
    assert len(pd.read_csv(file)) == int(count)
    svg = _server.downloaded(page, page.locator(".st-key-pairs-panels").get_by_role("button", name="Save all panels as SVG"), tmp_path)
    assert svg.read_text().count("<clipPath") == 4
    assert "id → down" in svg.read_text()


def test_a_value_of_an_attribute_lists_its_networks_alone(visit):
    page = visit(f"{ADDRESS}&below=By+attribute&split=kind")
    page.locator("[class*=st-key-facets-kind] button.panel").first.click()
    page.wait_for_url(re.compile("group=kind%3Da"), timeout=MILLISECONDS)
    expect(page.get_by_text(re.compile(r"20 of 40 networks inside")).first).to_be_visible(timeout=MILLISECONDS)
