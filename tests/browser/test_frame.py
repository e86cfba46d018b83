"""The frame in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from engine.plots import template
from pages.parts import navigation
from tests.browser import _server

pytestmark = pytest.mark.browser
ADDRESSES = [place.path for place in navigation.available()]
GRAVE = ("serious", "critical")
UPSTREAM = [["[data-testid=stSidebarNav]"]]  # Streamlit's own menu: its list holds headings, its items stand outside of a list
LOOKS = {"light-wide": ("light", (1440, 1000)), "dark-narrow": ("dark", (390, 844))}
browser = _server.browser


@pytest.fixture(scope="module")
def address(browser, tmp_path_factory):
    with _server.serving(tmp_path_factory.mktemp("home")) as found:
        yield found


def test_a_deep_link_as_the_very_first_request_shows_the_page_in_its_frame(browser, tmp_path):
    with _server.serving(tmp_path / "home") as fresh, _server.looking(browser) as (page, heard):
        _server.opened(page, f"{fresh}/runs")
        expect(page.get_by_role("heading", level=1)).to_have_text("Runs")
        expect(page.locator("[data-testid=stSidebarNavLink]")).to_have_count(sum(not p.hidden for p in navigation.available()))
        assert page.get_by_role("dialog").count() == 0
        heard.nothing()


@pytest.fixture(scope="module", params=[pytest.param("light-wide", marks=pytest.mark.slow), "dark-narrow"])
def visit(request, browser, address):
    """One visitor who goes from page to page: what the browser has read once it need not read again."""
    scheme, size = LOOKS[request.param]
    with _server.looking(browser, scheme, size) as (page, heard):
        yield scheme, page, heard


@pytest.mark.parametrize("path", ADDRESSES)
def test_a_page_opens_without_errors_or_sideways_scrolling_and_asks_no_other_machine(visit, address, path):
    scheme, page, heard = visit
    heard.forget()
    _server.opened(page, f"{address}/{path}")
    background = template.faded(template.THEMES[scheme].background, 1).replace("rgba", "rgb").replace(",1)", ")").replace(",", ", ")
    expect(page.locator("[data-testid=stApp]")).to_have_css("background-color", background)
    assert "it is our fault" not in page.locator("[data-testid=stMain]").inner_text()
    assert page.locator("[data-testid=stException]").count() == 0
    _server.still(page, page.locator("[data-testid=stMainBlockContainer]"))  # figures draw after the script is done
    assert page.locator("[data-testid=stMain]").evaluate("e => e.scrollWidth - e.clientWidth") <= 1
    heard.nothing()


@pytest.mark.slow
@pytest.mark.parametrize("path", ADDRESSES)
def test_a_page_has_no_grave_accessibility_faults(visit, address, path):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    _, page, _ = visit
    _server.opened(page, f"{address}/{path}")
    _server.still(page, page.locator("[data-testid=stMainBlockContainer]"))
    expect(page.locator(".waiting")).to_have_count(0, timeout=_server.MILLISECONDS)  # what is asked anew is pale until it is answered
    found = axe.run(page, context={"exclude": UPSTREAM}).response["violations"]
    assert {v["id"]: [n["html"][:160] for n in v["nodes"]] for v in found if v["impact"] in GRAVE} == {}


def test_an_unknown_page_leads_home_and_says_so(browser, address):
    with _server.looking(browser) as (page, _):
        _server.opened(page, f"{address}/no-such-page")
        expect(page.get_by_role("dialog")).to_contain_text(re.compile("no-such-page|not found", re.IGNORECASE))


def test_unknown_choices_in_an_address_do_no_harm(browser, address):
    with _server.looking(browser) as (page, heard):
        _server.opened(page, f"{address}/?nonsense=1&network=../../etc&metric=%3Cscript%3E")
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        heard.nothing()


def test_switching_the_theme_redraws_what_the_server_drew(browser, address):
    with _server.looking(browser) as (page, heard):
        _server.opened(page, address)
        muted = "e => getComputedStyle(e).getPropertyValue('--ts-muted').trim()"
        page.wait_for_function(f"() => ({muted})(document.querySelector('.stApp')) === '{template.LIGHT.muted}'", timeout=10_000)
        page.locator("[data-testid=stMainMenu] button").first.click()
        page.locator("button:has-text('Dark')").first.click()
        page.wait_for_function(f"() => ({muted})(document.querySelector('.stApp')) === '{template.DARK.muted}'", timeout=10_000)
        heard.nothing()


def test_the_link_of_what_is_seen_is_copied(browser, address):
    with _server.looking(browser, permissions=["clipboard-read", "clipboard-write"]) as (page, heard):
        _server.opened(page, f"{address}/runs?x=1")
        page.get_by_role("button", name="Copy the address").click()
        page.get_by_text("Link copied").wait_for()
        assert page.evaluate("() => navigator.clipboard.readText()") == page.url
        heard.nothing()


def test_the_frame_has_no_accessibility_faults_of_its_own(browser, address):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    known = {"list", "listitem", "heading-order"}  # of Streamlit's own side bar and subheadings
    for scheme in ("light", "dark"):
        with _server.looking(browser, scheme) as (page, _):
            _server.opened(page, f"{address}/runs")
            _server.still(page, page.locator("[data-testid=stMainBlockContainer]"))
            found = {v["id"]: [n["html"][:200] for n in v["nodes"]] for v in axe.run(page).response["violations"]}
            assert set(found) <= known, found
