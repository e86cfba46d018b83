"""Networks' answers on See and act in a real browser: asked while the hand moves, counted when it rests, in the link, and without a server."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from engine import ask
from engine.stats.intervals import wilson
from tests.browser import _server

pytestmark = pytest.mark.browser

NETWORKS = ("cnn-coloured_digits-0.9-erm-s0", "cnn-coloured_digits-0.9-balanced-s0")
MILLISECONDS = 90_000
browser = _server.browser


@pytest.fixture(scope="module")
def server(tmp_path_factory, browser):
    home = tmp_path_factory.mktemp("act-answers")
    with pytest.MonkeyPatch.context() as patch, _server.serving(home, TOUCHSTONE_SAMPLE=str(home / "none")) as address:
        patch.setenv("TOUCHSTONE_HOME", str(home))
        yield address


@pytest.fixture
def visit(browser, server):
    """Open addresses as one visitor; whatever the browser complains of, or fetches from elsewhere, fails the test."""
    with _server.looking(browser, size=(1440, 1200)) as (page, heard):
        yield lambda address: _server.opened(page, f"{server}/{address}")
        heard.nothing()


def counted(page, done):
    expect(page.locator(".world")).to_have_attribute("data-counted", done, timeout=MILLISECONDS)
    expect(page.locator(".world .answers")).not_to_have_class(re.compile("waiting"))
    return page.locator(".world .answers")


def test_a_newcomer_finds_where_two_networks_part_and_sends_the_link(visit, browser, server):
    """The numbers are those that the warm process gives to the same question, their intervals those of the engine."""
    page = visit("act")
    expect(counted(page, "").locator(".told")).to_contain_text(f"Nothing is done: {NETWORKS[0]} is right on 96.0")
    page.get_by_role("link", name="Try: Cut class → ink").click()
    answers = counted(page, "cut(class->ink)")
    expect(answers.locator(".told")).to_have_text(re.compile(f"^Here they part: {NETWORKS[0]} falls from .*; {NETWORKS[1]} .* shows no clear change"))
    asked = {"kind": "units", "system": "coloured_digits", "do": "cut(class->ink)", "n": 400, "networks": NETWORKS}
    said, _ = ask.ask("interventions", asked)
    for i, name in enumerate(NETWORKS):
        right = int((np.array(said["predicted"][i]) == np.array(said["labels"])).sum())
        row = answers.locator(f"tr[data-network='{name}']")
        expect(row).to_have_attribute("data-right", str(right))
        low, high = wilson(right, 400)
        expect(row.locator("td").nth(1)).to_have_text(f"{100 * right / 400:.1f}\u202f% [{100 * low:.1f}, {100 * high:.1f}]")
    answers.get_by_role("button", name="Copy link").click()
    expect(answers.get_by_role("button", name="Link copied")).to_be_visible()
    assert page.url.endswith("act?do=cut%28class-%3Eink%29")
    with _server.looking(browser, scheme="dark", size=(390, 844)) as (other, heard):
        _server.opened(other, page.url)
        expect(counted(other, "cut(class->ink)").locator(".told")).to_have_text(answers.locator(".told").inner_text())
        assert other.evaluate("() => document.documentElement.scrollWidth") <= 390
        heard.nothing()


def test_each_picture_says_what_networks_answer_now_and_before(visit):
    page = visit("act?do=do(ink%3Dred)")
    counted(page, "do(ink=red)")
    said, _ = ask.ask("interventions", {"kind": "units", "system": "coloured_digits", "do": "do(ink=red)", "n": 24, "networks": NETWORKS})
    shown = page.locator(".world .tile .says > span")
    answers = np.array(said["predicted"]).T.ravel()
    assert shown.all_inner_texts() == [f"{'AB'[i % 2]}{answer}" for i, answer in enumerate(answers)]
    wrong = (np.array(said["predicted"]) != np.array(said["labels"])).T.ravel()
    assert [bool(kind) for kind in shown.evaluate_all("spans => spans.map((span) => span.className === 'no')")] == wrong.tolist()
    first = int(np.flatnonzero(wrong)[0]) // 2
    tile = page.locator(".world .tile").nth(first)
    assert "wrong" in (tile.get_attribute("aria-label") or "")
    tile.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".world .unit .replies")).to_contain_text(NETWORKS[1])
    page.locator(".world .node[data-key='ink']").click()
    page.get_by_role("link", name="How networks answer as it changes").click()
    page.wait_for_url(re.compile(rf"/strip\?.*{NETWORKS[1]}"), timeout=MILLISECONDS)


def test_the_last_place_of_the_hand_is_what_is_counted(visit):
    page = visit("act?do=do(noise%3D0.1)")
    counted(page, "do(noise=0.1)")
    page.locator(".world .node[data-key='noise']").click()
    slider = page.get_by_role("slider", name="noise", exact=True)
    slider.focus()
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    last = page.locator(".world .chip").first.get_attribute("title")
    assert last != "do(noise=0.1)"
    counted(page, last)
    said, _ = ask.ask("interventions", {"kind": "units", "system": "coloured_digits", "do": last, "n": 400, "networks": NETWORKS})
    right = int((np.array(said["predicted"][0]) == np.array(said["labels"])).sum())
    expect(page.locator(f".world tr[data-network='{NETWORKS[0]}']")).to_have_attribute("data-right", str(right))


def test_other_networks_are_asked_and_stay_in_the_address(visit):
    page = visit("act?do=do(ink%3Dred)&answer-coloured_digits=linear-mnist-scratch-s0")
    expect(counted(page, "do(ink=red)").locator("tbody tr")).to_have_count(1)
    expect(page.locator(".world .told")).to_contain_text("linear-mnist-scratch-s0")
    page.get_by_role("button", name=re.compile("linear-mnist-scratch-s0")).locator("svg, [role=presentation]").last.click()
    expect(page.locator(".world .answers")).to_be_hidden(timeout=MILLISECONDS)
    expect(page.locator(".world .tile .says").first).to_be_hidden()


def test_a_rare_condition_is_counted_over_what_there_is_and_said_so(visit):
    page = visit("act?given=given(ink%3Dred); given(class%3D5)")  # 239 units meet it among those that are tried
    expect(counted(page, "").locator("p.small")).to_contain_text("24 units now, 400 where nothing is done", timeout=MILLISECONDS)


def test_where_nobody_answers_the_pictures_stay_and_it_is_said(browser, server):
    with _server.looking(browser) as (page, _):
        page.route("**/ts/live/**", lambda route: route.abort())
        _server.opened(page, f"{server}/act")
        expect(page.locator(".world .told")).to_have_text("The server does not answer. Move again once it does.", timeout=MILLISECONDS)
        expect(page.locator(".world .tile")).to_have_count(24)
