"""The page of trust in a real browser: it opens on its finding, a choice changes it and stands in the address, a file comes."""

import pandas as pd
import pytest
from playwright.sync_api import expect

from tests.browser import _server
from tests.engine.assay import _known

pytestmark = pytest.mark.browser
SECONDS = 60_000


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    found = tmp_path_factory.mktemp("trust-path")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(found))
        patch.setenv("TOUCHSTONE_SAMPLE", str(found / "none"))
        _known.fill()
    return found


def test_trust_answers_on_one_visit(home, tmp_path):
    sample = {"TOUCHSTONE_SAMPLE": str(home / "none")}
    with _server.browsing() as browser, _server.serving(home, **sample) as server, _server.looking(browser, size=(1440, 2200)) as (page, heard):
        _server.opened(page, f"{server}/trust?table={_known.TABLE}")
        finding = page.locator(".st-key-finding")
        expect(finding).to_contain_text("Within pairs, ID error alone has R²", timeout=SECONDS)
        expect(page.get_by_text("have opposite signs")).to_be_visible()
        expect(page.locator("[data-testid=stPlotlyChart]")).to_have_count(7, timeout=SECONDS)
        file = _server.downloaded(page, page.locator(".st-key-csv-predictors button"), tmp_path)
        assert {"r2", "r2_low", "r2_high", "networks", "pairs", "view"} <= set(pd.read_csv(file).columns)
        page.locator(".st-key-view").get_by_text("All pairs pooled").click()
        expect(finding).to_contain_text("Over all pairs pooled", timeout=SECONDS)
        _server.settled(page)
        page.wait_for_url(lambda url: "view=" in url, timeout=SECONDS)
        page.set_viewport_size({"width": 390, "height": 1200})
        page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth", timeout=SECONDS)
        heard.nothing()
