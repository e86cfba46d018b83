"""See and act in a real browser: graph by mouse and keys, pictures that change under the hand without a run of the page, and what is kept."""

import itertools
import re
from urllib.parse import urlsplit
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser import _server

pytestmark = pytest.mark.browser

MILLISECONDS = 60_000
PIXELS = (
    "tiles => [...tiles].map((c) => { const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
    " let h = 0; for (let i = 0; i < d.length; i++) h = (h * 31 + d[i]) | 0; return h; })"
)
browser = _server.browser


@pytest.fixture(scope="module")
def server(tmp_path_factory, browser):
    home = tmp_path_factory.mktemp("act-path")
    with _server.serving(home, TOUCHSTONE_SAMPLE=str(home / "none")) as address:
        yield address


@pytest.fixture
def visit(browser, server):
    """Open addresses as one visitor; whatever the browser complains of, or fetches from elsewhere, fails the test."""
    with _server.looking(browser, size=(1440, 1200)) as (page, heard):
        page.said = []  # what the browser sends to the page, each a run
        page.on("websocket", lambda socket: socket.on("framesent", lambda frame: page.said.append(frame)))
        yield lambda address: drawn(_server.opened(page, f"{server}/{address}"))
        heard.nothing()


def drawn(page):
    expect(page.locator(".world[data-moves]")).to_be_visible(timeout=MILLISECONDS)
    return page


def tiles(page):
    return page.locator(".world .tile canvas").evaluate_all(PIXELS)


def moved(page, act):
    """Do something and wait until pictures that were asked for since then are drawn."""
    before = int(page.locator(".world").get_attribute("data-moves"))
    act()
    expect(page.locator(".world")).not_to_have_attribute("data-moves", str(before), timeout=MILLISECONDS)
    expect(page.locator(".world[data-asking=no]")).to_be_visible(timeout=MILLISECONDS)


def node(page, name):
    return page.locator(f".world .node[data-key='{name}']")


def rested(page, pattern):
    page.wait_for_url(re.compile(pattern), timeout=MILLISECONDS)
    _server.settled(page)


def test_a_slider_changes_the_pictures_without_a_run_and_the_address_brings_them_back(visit):
    page = visit("act?system=shape_scenes")  # the first request after the server's start
    first = tiles(page)
    assert len(first) == 24
    node(page, "size").click()
    slider = page.get_by_role("slider", name="size", exact=True)
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    said = len(page.said)
    moved(page, page.mouse.down)
    shown = [tiles(page)]
    for share in (0.6, 0.75, 0.9):
        moved(page, lambda at=share: page.mouse.move(box["x"] + at * box["width"], middle))
        shown.append(tiles(page))
    page.wait_for_timeout(700)  # longer than a rest: a hand that still presses does not rest
    assert len(page.said) == said
    assert all(one != other for one, other in itertools.pairwise(shown))
    expect(page.locator(".world .hand")).to_contain_text("lies outside training, which shows 0.35 to 0.65.")
    page.mouse.up()
    rested(page, r"do=do%28size%3D0\.\d+%29")
    last = tiles(page)
    expect(page.locator(".world .done")).to_contain_text("size is made 0.")
    page.reload()
    drawn(page)
    _server.settled(page)
    assert tiles(page) == last
    moved(page, page.locator(".world .done").get_by_role("button", name="Reset all").click)
    assert tiles(page) == first  # the same units again, bit for bit
    rested(page, r"act\?system=shape_scenes$")


def test_the_graph_is_walked_by_keys_an_edge_is_cut_and_undone(visit):
    page = visit("act")
    first = tiles(page)
    node(page, "ink").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowUp")
    edge = page.locator(".world .edge[data-key='class->ink']")
    edge.focus()
    expect(page.locator(".world .tip")).to_contain_text("Each digit has an ink of its own. Confounded")
    page.keyboard.press("Enter")
    expect(page.locator(".world .hand h2")).to_have_text("class → ink")
    edge.focus()
    moved(page, lambda: page.keyboard.press("x"))
    expect(edge).to_have_attribute("data-cut", "true")
    expect(page.locator(".world .done")).to_contain_text("ink no longer follows class")
    assert tiles(page) != first
    rested(page, r"do=cut%28class-%3Eink%29")
    moved(page, lambda: page.keyboard.press("u"))
    expect(edge).to_have_attribute("data-cut", "false")
    assert tiles(page) == first
    rested(page, r"act$")


def test_a_factor_that_is_set_is_drawn_with_its_edges_cut_and_back_goes_back(visit):
    page = visit("act")
    page.get_by_role("link", name="Try: Cut class → ink").click()
    rested(page, r"do=cut%28class-%3Eink%29")
    node(page, "ink").click()
    moved(page, page.locator(".world .value[data-value='teal']").click)
    expect(node(page, "ink")).to_have_class(re.compile("acted"))
    expect(page.locator(".world .edge[data-key='batch->ink']")).to_have_attribute("data-cut", "true")
    expect(page.locator(".world .edge[data-key='batch->paper']")).to_have_attribute("data-cut", "false")
    rested(page, r"ink%3Dteal")
    page.go_back()
    expect(page.locator(".world .done")).not_to_contain_text("teal", timeout=MILLISECONDS)
    expect(page.locator(".world .done")).to_contain_text("ink no longer follows class")


def test_a_picture_shows_what_it_was_and_its_factors(visit):
    page = visit("act?system=shape_scenes&do=do(colour%3Dred)")
    now = tiles(page)
    tile = page.locator(".world .tile").nth(3)
    tile.hover()
    expect(tile).to_have_class(re.compile("past"))
    assert tiles(page)[3] != now[3]
    page.mouse.move(5, 5)
    assert tiles(page) == now
    tile.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    detail = page.locator(".world .unit")
    expect(detail).to_contain_text("Unit 2")
    expect(detail.locator(".moved")).to_contain_text("red")
    page.keyboard.down("b")
    assert sum(one != other for one, other in zip(tiles(page), now, strict=True)) > 12
    page.keyboard.up("b")
    assert tiles(page) == now
    node(page, "size").click()
    detail.get_by_role("link", name="How networks answer as it changes").click()
    page.wait_for_url(re.compile(r"/strip\?"), timeout=MILLISECONDS)
    assert {"unit=2", "factor=size", "system=shape_scenes"} <= set(urlsplit(page.url).query.split("&"))


def test_other_units_come_by_a_key_and_the_first_ones_by_going_back(visit):
    page = visit("act?system=shape_scenes&do=do(colour%3Dred)")
    first = tiles(page)
    node(page, "colour").focus()
    moved(page, lambda: page.keyboard.press("n"))
    others = tiles(page)
    assert not set(first) & set(others)
    rested(page, r"seed=1$")
    page.get_by_title("Show the same pictures as they were before").click()
    assert not set(tiles(page)) & set(first)  # the past of the others
    page.get_by_title("Show the same pictures as they were before").click()
    moved(page, page.go_back)
    assert tiles(page) == first


def test_graph_and_pictures_are_taken_away(visit, tmp_path):
    page = visit("act?do=do(ink%3Dred)")
    graph = _server.downloaded(page, page.get_by_role("button", name="Save the graph as SVG"), tmp_path)
    drawn_text = ElementTree.fromstring(graph.read_text())  # well-formed
    said = [text.text for text in drawn_text.iter("{http://www.w3.org/2000/svg}text")]
    assert "ink = red" in said
    assert "batch" in said
    pictures = np.asarray(Image.open(_server.downloaded(page, page.get_by_title("Save the pictures as PNG"), tmp_path)))
    assert pictures.shape[:2] == (4 * 88 - 4, 6 * 88 - 4)
    assert pictures.std() > 10


def test_the_systems_own_numbers_are_moved_too_and_come_into_the_address(visit):
    page = visit("act")
    page.locator(".world summary").click()
    dial = page.locator(".world .settings input").first
    before = tiles(page)
    moved(page, lambda: dial.fill("0"))
    assert tiles(page) != before
    rested(page, r"with=strength%3D0$")
    expect(page.locator(".st-key-finding-seeing")).to_contain_text("14.0")


def test_what_cannot_be_read_is_said_and_the_pictures_are_there(visit):
    page = visit("act?do=do(weight%3D1)&seed=x")
    expect(page.get_by_text("There is no factor of coloured_digits named “weight”.")).to_be_visible()
    expect(page.get_by_text("“x” is no seed.")).to_be_visible()
    assert len(tiles(page)) == 24


def test_on_a_small_screen_everything_is_within_reach(browser, server):
    with _server.looking(browser, scheme="dark", size=(390, 844)) as (page, heard):
        drawn(_server.opened(page, f"{server}/act?system=captured_digits"))
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
        node(page, "lighting").click()
        number = page.get_by_role("spinbutton", name="lighting, as a number")
        number.press_sequentially("0.3")
        moved(page, lambda: number.press("Enter"))
        expect(page.locator(".world .hand")).to_contain_text("lies outside training")
        expect(page.locator(".world .hand")).to_be_in_viewport()
        heard.nothing()


def test_a_world_is_kept_as_a_set_and_the_run_page_has_it_chosen(visit):
    page = visit("act?do=do(ink%3Dteal)&name=teal+ink&test=60")
    page.get_by_role("button", name="Keep as data set").click()
    expect(page.get_by_text("Kept as")).to_be_visible(timeout=MILLISECONDS)
    page.get_by_role("link", name="Evaluate networks on it").click()
    page.wait_for_url(re.compile(r"assay-run\?.*ood-mnist"), timeout=MILLISECONDS)
    _server.settled(page)
    expect(page.locator(".st-key-ood-mnist [data-tag]")).to_have_text(["teal ink"], timeout=MILLISECONDS)
