"""Picking one of many networks in a real browser: from what a rule costs to a kept set, and from a weak slice to its images."""

import pytest
from playwright.sync_api import expect

from engine import control
from tests.browser import _server

pytestmark = pytest.mark.browser

WAIT = 30_000  # milliseconds: a page's first visit imports what it needs
browser = _server.browser


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("choose-path")


@pytest.fixture(scope="module")
def server(home):
    _server.chromium()
    with _server.serving(home) as address:
        yield address


def test_a_network_is_chosen_kept_and_compared_and_its_weak_slice_opened(server, browser, home, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(home))
    with _server.looking(browser, size=(1440, 1800)) as (page, heard):
        _server.opened(page, f"{server}/choose?id=mnist&rule=validation")
        expect(page.get_by_text("by accuracy on mnist (val), out of ")).to_be_visible(timeout=WAIT)
        page.get_by_role("textbox", name="as", exact=True).fill("shortlist")
        page.get_by_role("button", name="Keep", exact=True).click()
        expect(page.get_by_text("Kept as shortlist")).to_be_visible(timeout=WAIT)
        assert control.sets.named("shortlist").kind == "networks"
        _server.opened(page, f"{server}/choose?id=mnist&kept=shortlist")
        expect(page.get_by_text(f"out of {len(control.sets.named('shortlist').content['networks'])} networks")).to_be_visible(timeout=WAIT)
        expect(page.get_by_role("heading", name="Kept sets side by side")).to_be_visible()
        _server.opened(page, f"{server}/slices?network=cnn-mnist-whole-s0&set=printed")
        expect(page.get_by_text("Worst: family Amatic SC")).to_be_visible(timeout=WAIT)
        expect(page.get_by_text("answers wrong, both halves together")).to_be_visible()
        pictures = page.locator("img[src*='image']")
        expect(pictures.first).to_be_visible(timeout=WAIT)
        page.wait_for_function("() => [...document.images].some(i => i.complete && i.naturalWidth > 8)", timeout=WAIT)
        heard.nothing()
