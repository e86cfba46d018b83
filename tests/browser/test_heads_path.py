"""Frontier and Inside in a real browser: a point opened by keyboard, the line that tilts under the hand, many people, what is taken away."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from engine.heads import inside, merge
from tests.browser import _plane, _server
from tests.pages.heads import _pressed

pytestmark = pytest.mark.browser

MILLISECONDS = 90_000
browser = _server.browser


@pytest.fixture(scope="module")
def answered(tmp_path_factory, browser):
    """The server's address, and the networks of an answered question."""
    home = tmp_path_factory.mktemp("heads-path")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(home))
        patch.setenv("TOUCHSTONE_SAMPLE", str(home / "none"))
        named = _pressed.fill(home)
        with _server.serving(home, TOUCHSTONE_SAMPLE=str(home / "none")) as address:
            yield address, named


@pytest.fixture(scope="module")
def many(tmp_path_factory, browser):
    folder = tmp_path_factory.mktemp("plane")
    with _server.serving(folder, script=_plane.script(folder)) as address:
        yield address


@pytest.fixture
def visit(browser):
    """Open addresses as one visitor; whatever the browser complains of, or fetches from elsewhere, fails the test."""
    with _server.looking(browser) as (page, heard):
        yield lambda address: _server.opened(page, address)
        heard.nothing()


def test_a_point_opened_by_keyboard_becomes_the_network_of_the_section(visit, answered):
    address, named = answered
    page = visit(f"{address}/frontier?network={named['squared', 20.0, 1]}&each=Every+network")
    finding = page.locator(".st-key-finding")
    expect(finding).to_contain_text("lambda 20, seed 1")
    stage = page.locator(".stage").first
    stage.focus()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda now: named["squared", 20.0, 1] not in now and "network=" in now, timeout=MILLISECONDS)
    expect(finding).not_to_contain_text("lambda 20, seed 1", timeout=MILLISECONDS)
    page.get_by_role("link", name="Inside").last.click()
    page.wait_for_url(re.compile(r"/inside\?.*network="), timeout=MILLISECONDS)
    expect(page.locator(".stage").first).to_be_visible(timeout=MILLISECONDS)


def test_the_line_tilts_under_the_hand_and_counts_as_the_engine_does(visit, answered):
    address, named = answered
    name = named["two_heads", 0.0, 0]
    page = visit(f"{address}/inside?network={name}&slack=0.001")
    plane = page.locator(".plane").first
    path, said = inside.path(name), inside.said(name)
    changed = [int((merge.decide(said.task, said.group, rule) != (said.task > 0)).sum()) for _, rule in path]
    expect(plane).to_have_attribute("data-changed", str(changed[0]), timeout=MILLISECONDS)
    slider = page.locator("input[type=range]").first
    slider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(plane).to_have_attribute("data-changed", str(changed[3]))
    expect(plane).to_have_attribute("data-slack", str(path[3][0]))
    page.wait_for_url(re.compile(rf"slack={path[3][0]:.6g}".replace(".", r"\.")), timeout=MILLISECONDS)
    _server.settled(page)
    expect(plane).to_have_attribute("data-changed", str(changed[3]))
    expect(page.locator(".said").first).to_contain_text("stand in the wedge and are decided otherwise")
    page.keyboard.press("End")
    expect(plane).to_have_attribute("data-changed", str(changed[-1]))


def test_many_people_are_shaded_and_become_dots_on_zoom(visit, many):
    page = visit(f"{many}/?people=60000")
    foot = page.locator(".foot").first
    expect(foot).to_contain_text("shaded by how many people stand there", timeout=MILLISECONDS)
    page.locator(".stage").first.focus()
    for _ in range(8):
        page.keyboard.press("+")
    expect(foot).to_contain_text("each dot is a person", timeout=MILLISECONDS)
    expect(foot).to_contain_text("stand outside the picture")
    page.locator("[data-tool=fit]").first.click()
    expect(foot).to_contain_text("shaded by how many", timeout=MILLISECONDS)


def test_the_slider_works_in_the_browser_and_tells_the_page_once_it_rests(visit, many):
    page = visit(f"{many}/?people=500")
    expect(page.locator(".plane").first).to_have_attribute("data-people", "500", timeout=MILLISECONDS)
    times = _plane.slid(page)
    assert len(times) == 40
    assert np.median(times) < 200, "milliseconds of a move over 500 people"
    expect(page.get_by_text("told: None")).to_be_visible()
    page.locator("input[type=range]").focus()
    page.keyboard.press("End")
    expect(page.get_by_text("told: 0.21")).to_be_visible(timeout=MILLISECONDS)


def test_the_picture_and_the_counts_can_be_taken_away(visit, many, tmp_path):
    page = visit(f"{many}/?people=500")
    expect(page.locator(".plane").first).to_have_attribute("data-people", "500", timeout=MILLISECONDS)
    svg = _server.downloaded(page, page.locator("[data-tool=svg]").first, tmp_path).read_text()
    assert "<svg" in svg
    assert "data:image/png" in svg  # the people
    assert ">group value<" in svg
    png = _server.downloaded(page, page.locator("[data-tool=png]").first, tmp_path)
    assert png.read_bytes().startswith(b"\x89PNG")
    page.locator("[data-tool=table]").first.click()
    expect(page.locator(".panel table")).to_contain_text("decided rightly")
