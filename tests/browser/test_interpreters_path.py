"""Interpreters in a real browser: patches are routed, a patch is followed, a function is removed and put back, the address keeps it."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import _circuits, _server

pytestmark = pytest.mark.browser

MILLISECONDS = 90_000
browser = _server.browser


@pytest.fixture(scope="module")
def server(tmp_path_factory, browser):
    home = tmp_path_factory.mktemp("interpreters-path")
    patch = _circuits.homed(home)
    _circuits.interpreter(home)
    with _server.serving(home) as address:
        yield address
    patch.undo()


def test_a_patch_is_followed_and_a_function_removed(browser, server):
    with _server.looking(browser) as (page, heard):
        _server.opened(page, f"{server}/interpreters?interpreter=routing")
        router = page.locator(".routing")
        expect(router).to_have_attribute("data-answered", re.compile("without none"), timeout=MILLISECONDS)
        assert router.locator(".grid canvas").count() == (3 + 1) * 2  # all and each function, step by step
        expect(router.locator(".grid .name").nth(2)).to_contain_text("without it", timeout=MILLISECONDS)
        router.locator(".grid").press("ArrowRight")
        router.locator(".grid").press("ArrowRight")
        expect(router.locator(".under")).to_contain_text("Patch in row 1, column 2 goes to, step 1:")
        shown = router.locator(".under").inner_text()
        shares = [float(one) for one in re.findall(r"([\d.]+) %", shown)]
        assert sum(shares) == pytest.approx(200, abs=6)  # of each step the shares add up to 1
        router.get_by_role("button", name="Remove").first.click()
        expect(router).to_have_attribute("data-answered", re.compile("without 0$"), timeout=MILLISECONDS)
        expect(router).to_have_attribute("data-measured", "0", timeout=MILLISECONDS)
        assert router.locator(".measured tbody tr").count() == 4
        expect(page).to_have_url(re.compile("without=0"), timeout=MILLISECONDS)
        router.get_by_role("button", name="Put back").click()
        expect(router).to_have_attribute("data-answered", re.compile("without none"), timeout=MILLISECONDS)
        with page.expect_download() as saved:
            router.get_by_role("button", name="Save all shares as CSV").click()
        rows = saved.value.path().read_text().splitlines()
        assert rows[0] == "step,row,column,function,share"
        assert len(rows) == 1 + 2 * 17 * 3
        heard.nothing()
