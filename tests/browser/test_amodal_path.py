"""Somebody's frames and masks in a real browser: brought by path, completed by the worker, stepped, taken away with as many frames as came in."""

import json
import re
import zipfile

import pytest
from playwright.sync_api import expect

from tests.browser import _server
from tests.pages.amodal import _footage

pytestmark = pytest.mark.browser

MILLISECONDS = 120_000
FRAMES = 6


@pytest.fixture(scope="module")
def visited(tmp_path_factory):
    """A visitor's page on a server of their own; whatever the browser complains of, or fetches from elsewhere, fails the test."""
    home = tmp_path_factory.mktemp("amodal-path")
    with (
        _server.browsing() as browser,
        _server.serving(home, TOUCHSTONE_SAMPLE=str(home / "none")) as address,
        _server.looking(browser) as (page, heard),
    ):
        yield page, address, home
        heard.nothing()


def test_footage_is_brought_completed_stepped_and_taken_away_whole(visited):
    page, address, home = visited
    frames, masks = _footage.written(home / "mine", FRAMES)
    _server.opened(page, f"{address}/amodal-bring")
    for path in (frames, masks):
        _server.settled(page)
        typed = page.get_by_placeholder("path of a file or folder").first
        typed.fill(str(path))
        typed.press("Enter")
        expect(page.get_by_text(f"In hand: {path.name}")).to_be_visible(timeout=MILLISECONDS)
    _server.settled(page)
    page.get_by_role("textbox", name="Name").fill("Blocks")
    page.get_by_role("textbox", name="Name").press("Enter")
    _server.settled(page)
    page.get_by_role("button", name="Bring it").click()
    expect(page.locator(".st-key-finding-brought")).to_contain_text("blocks is here", timeout=MILLISECONDS)
    _server.settled(page)
    page.get_by_role("button", name="Complete", exact=True).click()
    expect(page.locator(".st-key-finding-completed")).to_contain_text("Completed: blocks", timeout=MILLISECONDS)
    page.get_by_role("link", name=re.compile("Step through it")).click()
    page.wait_for_url(re.compile(r"/amodal\?.*clip=blocks"), timeout=MILLISECONDS)
    page.wait_for_url(re.compile(r"/amodal\?.*frame="), timeout=MILLISECONDS)  # told once the first frame is drawn, which runs the page again
    page.get_by_text("Take away", exact=True).click()
    file = _server.downloaded(page, page.get_by_role("button", name="PNG frames"), home)
    with zipfile.ZipFile(file) as archive:
        assert len(archive.namelist()) == FRAMES
    said = json.loads(_server.downloaded(page, page.get_by_role("button", name="Masks (JSON)"), home).read_text())
    assert [len(one["amodal_segmentations"]) for one in said["annotations"]] == [FRAMES]
