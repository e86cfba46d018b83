"""The stepper in a real browser: exact frames, masks that never leave their picture, two answers, the address, what is saved; flat memory."""

import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from engine.amodal import reel, replies
from engine.datasets import clips
from tests.browser import _clips, _server

pytestmark = pytest.mark.browser

FRAMES = 100
MILLISECONDS = 90_000
PLAYED = """async (root, frames) => {
  const {stepper} = root, seen = [], read = %s;
  stepper.speed.value = '60';
  stepper.player.toggle();
  let last = -1;
  while (seen.length < frames && stepper.playing) {
    await new Promise(requestAnimationFrame);
    if (stepper.frame !== last) seen.push([last = stepper.frame, ...read(root)]);
  }
  stepper.stop();
  return seen;
}"""
BITS = """({stepper}) => {
  const sums = [0, 0, 0, 0, 0];
  stepper.stage.painter.plane.forEach((bits, place) => [1, 2, 4, 8, 64].forEach((bit, i) => (sums[i] += bits & bit ? place + 1 : 0)));
  return sums;
}"""


@pytest.fixture(scope="module")
def browser():
    with _server.browsing() as one:
        yield one


@pytest.fixture(scope="module")
def server(tmp_path_factory, browser):
    home = tmp_path_factory.mktemp("stepper-path")
    patch = _clips.homed(home)
    _clips.numbered("walk", FRAMES, 90, 160)
    with _server.serving(home, TOUCHSTONE_SAMPLE=str(home / "no-sample")) as address:
        yield address
    patch.undo()


@pytest.fixture
def visit(browser, server):
    """Open addresses as one visitor; whatever the browser complains of, or fetches from elsewhere, fails the test."""
    with _server.looking(browser) as (page, heard):

        def opened(address="amodal?clip=walk&frame=0&layers=12&a=union_two_way&b=convex_hull"):
            _server.opened(page, f"{server}/{address}")
            expect(stepper(page)).to_have_attribute("data-series", re.compile(r"\d+"), timeout=MILLISECONDS)
            expect(stepper(page)).to_have_attribute("data-frame", re.compile(r"\d+"), timeout=MILLISECONDS)
            return page

        yield opened
        heard.nothing()


def stepper(page):
    return page.locator(".stepper").first


def at(page, frame):
    """Wait for a frame and read its number off the picture, and off the mask."""
    expect(stepper(page)).to_have_attribute("data-frame", str(frame), timeout=MILLISECONDS)
    assert stepper(page).evaluate(_clips.READ) == [frame, frame]


def test_keys_go_to_exact_frames_and_rest_while_somebody_types(visit):
    page = visit()
    at(page, 0)
    frame = 0
    for key, step in ((".", 1), (".", 1), (",", -1), ("ArrowRight", 1), ("ArrowLeft", -1), ("Shift+ArrowRight", 10), ("Shift+ArrowLeft", -10)):
        page.keyboard.press(key)
        frame += step
        at(page, frame)
    page.keyboard.press("End")
    at(page, FRAMES - 1)
    page.keyboard.press("g")
    page.keyboard.type("70,.")
    at(page, FRAMES - 1)
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    at(page, 70)
    page.keyboard.press("Home")
    at(page, 0)
    said = reel.said("walk", "disc", "union_two_way")
    page.keyboard.press("n")
    at(page, said.worst)
    expect(page.locator(".finding")).to_contain_text(f"it is worst around frame {said.worst}")
    expect(page.locator(".finding")).to_contain_text(f"{100 * said.filled:.3g} %")
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").get_by_role("button", name="one frame on").click()
    page.keyboard.press("n")
    expect(page.get_by_text("“n” is taken: next worst moment.")).to_be_visible()
    page.keyboard.press("L")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    page.keyboard.press("l")
    at(page, said.worst + 1)
    page.keyboard.press(".")
    at(page, said.worst + 1)  # it has no meaning any more
    expect(page.get_by_role("button", name="One on (L)")).to_be_visible()
    _server.settled(page)
    page.reload()
    expect(page.get_by_role("button", name="One on (L)")).to_be_visible(timeout=MILLISECONDS)  # the browser keeps it


def test_no_mask_is_drawn_over_another_frame_while_it_plays(visit):
    page = visit()
    seen = stepper(page).evaluate(PLAYED % _clips.READ, 60)
    assert [frame for frame, *_ in seen] == list(range(seen[0][0], seen[0][0] + len(seen)))  # none is left out
    assert len(seen) > 50
    assert [(picture, mask) for _, picture, mask in seen] == [(frame, frame) for frame, *_ in seen]


def test_masks_in_the_browser_are_the_masks_of_the_clip(visit):
    page = visit("amodal?clip=walk&frame=3&a=union_two_way&b=convex_hull")
    clip, track = clips.find("walk"), clips.find("walk").tracks[0]
    for frame in (3, 66):
        stepper(page).evaluate("(root, frame) => root.stepper.go(frame)", frame)
        expect(stepper(page)).to_have_attribute("data-frame", str(frame), timeout=MILLISECONDS)
        answers = [replies.answer("walk", name, "disc").whole[frame] for name in ("union_two_way", "convex_hull")]
        wanted = [clip.dense(mask) for mask in (track.visible[frame], answers[0], track.whole[frame])]
        wanted += [clip.others("disc", frame), clip.dense(answers[1])]
        assert stepper(page).evaluate(BITS) == [int((np.flatnonzero(mask) + 1).sum()) for mask in wanted]


def test_two_answers_stand_side_by_side_are_wiped_and_flicker_and_the_address_says_so(visit):
    page = visit()
    canvas = page.locator(".stage canvas")
    width = canvas.evaluate("canvas => canvas.width")
    page.keyboard.press("x")
    expect(page.get_by_role("button", name="Side by side")).to_have_attribute("aria-pressed", "true")
    assert canvas.evaluate("canvas => canvas.width") > width or canvas.evaluate("canvas => canvas.height") < 0.7 * width
    page.keyboard.press("w")
    page.get_by_label("Where the wipe stands").press("ArrowRight")  # the slider's own key
    at(page, 0)
    page.keyboard.press("w")
    shown = stepper(page).locator(".names")
    expect(shown).to_contain_text("warp-union two-way")
    page.keyboard.down("b")
    expect(shown).to_contain_text("convex hull")
    page.wait_for_timeout(400)
    page.keyboard.up("b")
    expect(shown).to_contain_text("warp-union two-way")
    page.keyboard.press("7")
    expect(page.get_by_text(re.compile(r"hidden, found: \d+ px"))).to_be_visible()
    page.get_by_label("Opacity of Visible mask").press("ArrowLeft")
    stepper(page).locator(".names").click()
    page.keyboard.press("m")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("x")
    page.wait_for_url(re.compile("frame=10.*layers=-127.*mode=side"), timeout=MILLISECONDS)
    assert re.search("opacity=2(:|%3A)40", page.url)
    assert re.search("ghost=0", page.url)
    _server.settled(page)
    page.reload()
    expect(stepper(page)).to_have_attribute("data-frame", "10", timeout=MILLISECONDS)
    expect(page.get_by_role("button", name="Side by side")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("checkbox", name="Right and wrong")).to_be_checked()
    expect(page.get_by_label("Opacity of Visible mask")).to_have_value("0.4")


def test_a_click_on_the_timeline_jumps_a_drag_loops_and_pictures_are_saved(visit, tmp_path):
    page = visit()
    box = _server.still(page, page.get_by_role("slider", name="Frame", exact=True))
    place = [box["x"] + 34 + frame / (FRAMES - 1) * (box["width"] - 42) for frame in (50, 20, 40)]
    page.mouse.click(place[0], box["y"] + 40)
    at(page, 50)
    page.mouse.move(place[1], box["y"] + 40)
    page.mouse.down()
    page.mouse.move(place[2], box["y"] + 40, steps=4)
    page.mouse.up()
    at(page, 20)
    assert stepper(page).evaluate("root => root.stepper.loop") == [20, 40]
    picture = np.asarray(Image.open(_server.downloaded(page, page.get_by_role("button", name="Save what is shown as PNG"), tmp_path)).convert("RGBA"))
    assert picture.shape == (6 * 90, 6 * 160, 4)  # by a whole factor
    assert (picture[..., 3] == 255).all()
    alone = np.asarray(Image.open(_server.downloaded(page, page.get_by_role("button", name="Save the layers alone"), tmp_path)))
    visible = clips.find("walk").dense(clips.find("walk").tracks[0].visible[20]).repeat(6, 0).repeat(6, 1)
    np.testing.assert_array_equal(alone[..., 3] > 0, visible)


@pytest.mark.slow
def test_ten_thousand_frames_open_at_once_and_take_no_more_memory_than_a_hundred(tmp_path, browser, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "none"))
    _clips.numbered("long", 10_000, 54, 96)
    with _server.serving(tmp_path, TOUCHSTONE_SAMPLE=str(tmp_path / "none")) as address, _server.looking(browser) as (page, _):
        _server.opened(page, f"{address}/amodal?clip=long&frame=0&layers=12")
        at(page, 0)
        assert _clips.wandered(page, range(0, 900, 90)) == list(range(0, 900, 90))
        early = _clips.heap(page)
        far = [(7919 * k) % 10_000 for k in range(1, 240)]
        assert _clips.wandered(page, far) == far
        assert _clips.heap(page) < 1.25 * early
        assert stepper(page).evaluate("({stepper: {frames, pages}}) => [frames.held.size <= 64, pages.held.size <= 10]") == [True, True]
