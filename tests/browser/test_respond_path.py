"""The page of responses in a real browser: asked, watched while points come, found, sent on as a link, taken away as a file."""

import pandas as pd
import pytest
from playwright.sync_api import expect

from tests.browser import _server

pytestmark = pytest.mark.browser
SECONDS = 120_000
ASKED = "networks-coloured_digits=linear-mnist-scratch-s0&networks-coloured_digits=mlp-mnist-whole-s0&units=200&factor-coloured_digits=rotation"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("respond-path")


def test_a_factor_is_asked_about_watched_found_and_sent(home, tmp_path):
    sample = {"TOUCHSTONE_SAMPLE": str(home / "none")}
    with _server.browsing() as browser, _server.serving(home, **sample) as server:
        with _server.looking(browser, size=(1440, 2200)) as (page, heard):
            _server.opened(page, f"{server}/respond?{ASKED}")
            expect(page.locator(".st-key-offer")).to_contain_text("22 worlds", timeout=SECONDS)
            page.locator(".st-key-go button").click()
            expect(page.locator(".st-key-progress-run")).to_be_visible(timeout=SECONDS)
            finding = page.locator(".st-key-finding")
            expect(finding).to_contain_text("where rotation is", timeout=SECONDS)
            _server.settled(page)
            expect(page.locator("[data-testid=stPlotlyChart]")).to_have_count(3, timeout=SECONDS)
            expect(page.get_by_text("never in training").first).to_be_visible(timeout=SECONDS)
            file = _server.downloaded(page, page.locator(".st-key-csv-curve-rotation button"), tmp_path)
            rows = pd.read_csv(file)
            assert {"network", "level", "inside", "value", "low", "high", "difference", "p"} <= set(rows.columns)
            assert len(rows) == 2 * 22 * 3
            page.locator(".st-key-margin").get_by_text("10 points").click()
            page.wait_for_function("location.search.includes('margin=')", timeout=SECONDS)
            sent, said = page.url, finding.inner_text()
            page.locator(".st-key-curve-rotation .points path").first.click(force=True)
            expect(page.get_by_text("See the pictures where rotation is -180")).to_be_visible(timeout=SECONDS)
            heard.nothing()
        with _server.looking(browser, scheme="dark", size=(390, 1200)) as (page, heard):  # a colleague, on a telephone
            _server.opened(page, sent)
            expect(page.locator(".st-key-finding")).to_contain_text(said.splitlines()[0][:60], timeout=SECONDS)
            page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth", timeout=SECONDS)
            heard.nothing()
