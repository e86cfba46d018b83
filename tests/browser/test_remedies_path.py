"""The page of remedies in a real browser: its finding, another question in the address, a file that comes, a narrow screen."""

import pandas as pd
import pytest
from playwright.sync_api import expect

from engine.remedies.spec import RemediesSpec
from tests.browser import _server
from tests.engine.remedies import _answered

pytestmark = pytest.mark.browser
SECONDS = 60_000


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    found = tmp_path_factory.mktemp("remedies-path")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(found))
        patch.setenv("TOUCHSTONE_SAMPLE", str(found / "none"))
        _answered.fill(RemediesSpec(methods=("erm", "balanced"), seeds=(0, 1), units=100))
    return found


def test_remedies_answers_on_one_visit(home, tmp_path):
    sample = {"TOUCHSTONE_SAMPLE": str(home / "none")}
    with _server.browsing() as browser, _server.serving(home, **sample) as server, _server.looking(browser, size=(1440, 2200)) as (page, heard):
        _server.opened(page, f"{server}/remedies")
        finding = page.locator(".st-key-finding")
        expect(finding).to_contain_text("right where ink no longer follows class", timeout=SECONDS)
        expect(page.locator("[data-testid=stPlotlyChart]")).to_have_count(2, timeout=SECONDS)
        at_first = finding.inner_text()
        page.locator(".st-key-strength").get_by_text("0.9", exact=True).click()
        expect(finding).not_to_have_text(at_first, timeout=SECONDS)
        _server.settled(page)
        assert "strength=0.9" in page.url
        file = _server.downloaded(page, page.locator(".st-key-csv-accuracy button"), tmp_path)
        rows = pd.read_csv(file)
        assert {"method", "world", "value", "low", "high", "difference", "seeds", "n"} <= set(rows.columns)
        assert set(rows["strength"]) == {0.9}
        page.set_viewport_size({"width": 390, "height": 1200})
        page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth", timeout=SECONDS)
        heard.nothing()
