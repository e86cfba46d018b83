"""One network followed from the scatter to whom it matters for, in plain view: every hop a link that says why, and keeps the view."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from engine.dossier import hops
from tests.browser import _server

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SOON = 60_000  # milliseconds: a machine that does other things too
NETWORK = "nac-scale_free-mnist-s0"  # a circuit that ships, evaluated like any other network
PATHS = {
    hops.SLICE: "slices", hops.EXAMPLE: "assay-examples", hops.INTERVENTION: "strip", hops.CIRCUIT: "circuit-input", hops.WHOM: "assay-network",
}  # fmt: skip


browser = _server.browser


@pytest.fixture(scope="module")
def address(browser, tmp_path_factory):
    with _server.serving(tmp_path_factory.mktemp("click-path")) as found:
        yield found


def place(page):
    return urlsplit(page.url).path.strip("/"), parse_qs(urlsplit(page.url).query)


def onward(page):
    """Follow the one link onward; of what is said there, nothing is empty."""
    link = page.locator(".st-key-onward a")
    expect(link).to_have_count(1, timeout=SOON)
    assert len(link.inner_text()) > 20
    before = page.url
    link.click()
    page.wait_for_url(lambda url: url != before, timeout=SOON)
    _server.settled(page)


def test_a_network_is_followed_from_the_scatter_to_whom_it_matters_for_by_links_alone(browser, address):
    with _server.looking(browser, size=(1440, 1200)) as (page, heard):
        _server.opened(page, f"{address}/assay-explore?x=mnist&y=printed&plain=1")
        page.get_by_text("What differs for sure").wait_for(timeout=SOON)
        scatter = page.locator(".st-key-scatter")
        scatter.get_by_role("button", name="Show as table").click()
        scatter.get_by_role("button", name=NETWORK, exact=True).click()
        page.wait_for_url(re.compile("assay-network"), timeout=SOON)
        _server.settled(page)
        path, query = place(page)
        assert (path, query["network"], query["plain"]) == ("assay-network", [NETWORK], ["1"])
        for step in hops.STEPS[1:]:
            onward(page)
            path, query = place(page)
            assert path == PATHS[step]
            # the address leaves out what a page opens on by itself
            expect(page.locator("[data-testid=stMain]")).to_contain_text(NETWORK, timeout=SOON)
            assert query["plain"] == ["1"]
            if step == hops.EXAMPLE:
                expect(page.get_by_role("dialog").get_by_text("True class")).to_be_visible(timeout=SOON)
                page.keyboard.press("Escape")
                _server.settled(page)
        expect(page.get_by_text(re.compile("of 4 groups worst"))).to_be_visible(timeout=SOON)
        heard.nothing()
