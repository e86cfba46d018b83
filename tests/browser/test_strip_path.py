"""Picture by picture in a real browser: the hand moves along a factor, another unit is chosen, the address follows, a pair is opened."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import _server

pytestmark = pytest.mark.browser

NETWORKS = ("linear-mnist-scratch-s0", "mlp-mnist-scratch-s0")
ADDRESS = f"strip?unit=3&factor=rotation&pairs-n=100&{'&'.join(f'networks-coloured_digits={name}' for name in NETWORKS)}"
MILLISECONDS = 90_000
browser = _server.browser


@pytest.fixture(scope="module")
def server(tmp_path_factory, browser):
    home = tmp_path_factory.mktemp("strip-path")
    with _server.serving(home) as address:
        yield address


@pytest.fixture
def visit(browser, server):
    """Open addresses as one visitor; whatever the browser complains of, or fetches from elsewhere, fails the test."""
    with _server.looking(browser) as (page, heard):

        def opened(address=ADDRESS):
            _server.opened(page, f"{server}/{address}")
            answered(page, "3")
            return page

        yield opened
        heard.nothing()


def strip(page):
    return page.locator(".all:has(.stage)").first


def answered(page, unit):
    expect(strip(page)).to_have_attribute("data-answered", unit, timeout=MILLISECONDS)


def test_the_hand_moves_along_the_factor_and_the_address_follows(visit):
    page = visit()
    stage = strip(page).locator(".stage")
    stage.focus()
    page.keyboard.press("End")
    expect(strip(page)).to_have_attribute("data-at", "180")
    expect(stage).to_have_attribute("aria-valuetext", re.compile(r"rotation 180, outside training, linear-mnist-scratch-s0 \d, mlp"))
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile(r"at=17\d"), timeout=MILLISECONDS)
    page.keyboard.press("o")
    own = float(strip(page).get_attribute("data-at") or "nan")
    assert -12 <= own <= 12
    box = stage.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 12, box["y"] + 100)
    expect(strip(page)).to_have_attribute("data-at", "-180")


def test_another_unit_is_shown_at_once_and_told_of(visit):
    page = visit()
    strip(page).locator(".units button[data-unit='5']").click()
    answered(page, "5")
    expect(page).to_have_url(re.compile(r"unit=5"), timeout=MILLISECONDS)
    expect(page.locator(".st-key-finding")).to_contain_text("Unit 5 is", timeout=MILLISECONDS)
    assert float(strip(page).get_attribute("data-picture-ms") or "nan") < 5000


def test_the_last_of_many_units_wins(visit):
    page = visit()
    strip(page).locator(".stage").focus()
    for _ in range(6):
        page.keyboard.press("ArrowDown")
    answered(page, "9")
    expect(page).to_have_url(re.compile(r"unit=9"), timeout=MILLISECONDS)
    answered(page, "9")


def test_a_flipped_pair_opens_above(visit):
    page = visit()
    tile = page.locator("button.tile, .grid button[data-id]").first
    expect(tile).to_be_visible(timeout=MILLISECONDS)
    unit = tile.get_attribute("data-id")
    tile.click()
    answered(page, unit)


def test_the_strip_can_be_taken_away(visit, tmp_path):
    page = visit()
    expect(strip(page)).to_have_attribute("data-picture-ms", re.compile(r"\d"), timeout=MILLISECONDS)
    file = _server.downloaded(page, strip(page).get_by_role("button", name="Save the strip as SVG"), tmp_path)
    drawing = file.read_text()
    assert drawing.count("<image ") > 10
    assert all(name in drawing for name in NETWORKS)
    picture = _server.downloaded(page, strip(page).get_by_role("button", name="Save the strip as PNG"), tmp_path)
    assert picture.read_bytes().startswith(b"\x89PNG")
