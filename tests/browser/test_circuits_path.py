"""The circuit viewer in a real browser: look, pin, threshold, group, search, take away and bring back; one input; prune and drop."""

import contextlib
import json
import os
import re
import signal

import pytest
from playwright.sync_api import expect

from engine import ask
from tests.browser import _circuits, _server

pytestmark = pytest.mark.browser

MILLISECONDS = 90_000
STRONGEST = """({viewer: {made, drawn}}, node) => {
  let best = [-1, -1];
  made.target.forEach((target, e) => { if (target === node && drawn.values[e] > best[1]) best = [made.source[e], drawn.values[e]]; });
  return best;
}"""


@pytest.fixture(scope="module")
def browser():
    with _server.browsing() as one:
        yield one


@pytest.fixture(scope="module")
def server(tmp_path_factory, browser):
    home = tmp_path_factory.mktemp("circuits-path")
    patch = _circuits.homed(home)
    _circuits.observed(home)
    with _server.serving(home) as address:
        yield address
    if (number := ask.pid()) is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    patch.undo()


@pytest.fixture
def visit(browser, server):
    """Open addresses as one visitor; whatever the browser complains of, or fetches from elsewhere, fails the test."""
    with _server.looking(browser) as (page, heard):

        def opened(address="circuits?circuit=small"):
            _server.opened(page, f"{server}/{address}")
            expect(viewer(page)).to_have_attribute("data-edges", re.compile(r"\d+"), timeout=MILLISECONDS)
            return page

        yield opened
        heard.nothing()


def viewer(page):
    return page.locator(".circuit").first


def said(page):
    return page.locator(".circuit .shown")


def edges(page):
    return int(viewer(page).get_attribute("data-edges"))


GLIDE = """async ({viewer}) => {
  const {graph} = viewer, still = [4, 5, 6, 7], seen = [], [from, at] = [graph.screen(0), still.map((i) => String(graph.screen(i)))];
  viewer.change({groups: [{name: "eyes", members: [0, 1, 2], closed: true}]});
  for (let i = 0; i < 600 && !(seen.length && !graph.glide); i++) {
    await new Promise(requestAnimationFrame);
    if (graph.glide || seen.length) seen.push([...graph.screen(0), still.every((node, k) => String(graph.screen(node)) === at[k])]);
  }
  const [x, y] = graph.onScreen(...graph.places.middles.values().next().value), far = ([a, b]) => Math.hypot(a - x, b - y);
  return {begins: far(from), ways: seen.map(far), still: seen.every((one) => one[2])};
}"""


def slid(page, label, value):
    page.get_by_label(label, exact=True).evaluate(
        "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input')); }", str(value)
    )


def places(page):
    return viewer(page).evaluate("root => [...root.viewer.made.x].concat([...root.viewer.made.y])")


def test_sliders_say_what_they_hide_and_modules_never_move(visit):
    page = visit()
    expect(said(page)).to_have_text("72 of 72 edges, 100 % of total weight")
    before = places(page)
    slid(page, "Threshold", 700)
    expect(said(page)).to_have_text(re.compile(r"^\d+ of 72 edges, \d+ % of total weight$"))
    _server.until(page, lambda: edges(page) < 72, "fewer edges")
    shown = viewer(page).evaluate(
        "root => [root.viewer.view.threshold, Math.min(...[...root.viewer.now.edges].map(e => root.viewer.drawn.values[e]))]"
    )
    assert shown[1] >= shown[0] > 0
    slid(page, "Threshold", 0)
    slid(page, "Strongest edges", 500)
    expect(said(page)).to_have_text(re.compile(r"^8 of 72 edges"))  # 72 ** 0.5, to the nearest
    page.get_by_label("What is drawn").select_option(label="Attention (mean)")
    page.get_by_label("Examples", exact=True).select_option(label="class 3")
    expect(page.get_by_text("It changes from input to input while the links stay")).to_be_visible()
    assert places(page) == before


def test_pins_link_both_views_and_the_address_restores_them(visit):
    page = visit()
    graph = page.get_by_role("application").first
    graph.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    card = page.locator(".card")
    expect(card).to_have_count(1)
    node = int(str(card.get_attribute("data-module")))
    listens = card.locator("ol").first.locator("li").first
    strongest = viewer(page).evaluate(STRONGEST, node)
    assert re.search(rf"[A-Z]?{strongest[0]}\D", f"{listens.inner_text()} ")
    card.get_by_placeholder("Note").fill("watches strokes")
    card.get_by_placeholder("Note").press("Enter")
    page.wait_for_url(re.compile("watches"), timeout=MILLISECONDS)
    box = page.get_by_role("application").nth(1).bounding_box()
    page.mouse.click(box["x"] + 14, box["y"] + box["height"] / 2)  # a cell far left: a row and a column
    expect(card).to_have_count(2)
    page.keyboard.press("u")
    expect(card).to_have_count(1)
    page.wait_for_url(re.compile(rf"pins%22%3A%5B{node}%5D"), timeout=MILLISECONDS)
    visit(page.url.partition("/circuits")[2].join(["circuits", ""]))
    expect(page.locator(f".card[data-module='{node}']")).to_be_visible()
    assert page.locator(".card").get_by_placeholder("Note").input_value() == "watches strokes"


def test_search_group_hide_and_isolate(visit, tmp_path):
    page = visit()
    find = page.get_by_role("combobox", name="Search modules")
    find.fill("outputs")
    expect(page.get_by_role("button", name="Pin 2 found")).to_be_visible()
    find.press("Enter")
    expect(page.locator(".card")).to_have_count(2)
    page.get_by_role("button", name="Isolate").click()
    expect(said(page)).to_have_text(re.compile(r"^16 of 72 edges"))  # two outputs listen to eight modules each
    page.get_by_role("button", name="Hide", exact=True).click()
    expect(said(page)).to_have_text(re.compile(r"^56 of 72 edges.* 2 modules hidden$"))
    find.fill("3")
    find.press("Enter")
    find.fill("module 4")
    page.get_by_role("application").first.focus()
    viewer(page).evaluate("root => root.viewer.choose([3, 4], false)")
    page.get_by_role("button", name="Group", exact=True).click()
    expect(page.get_by_label("Name of group 1")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    expect(said(page)).to_have_text("72 of 72 edges, 100 % of total weight")
    page.emulate_media(reduced_motion="no-preference")
    glided = viewer(page).evaluate(GLIDE)  # members of a group that closes are on their way to its middle, nobody else moves
    assert glided["still"]
    assert any(1 < way < glided["begins"] for way in glided["ways"])
    assert glided["ways"] == sorted(glided["ways"], reverse=True)
    assert glided["ways"][-1] == pytest.approx(0, abs=1e-3)
    page.get_by_role("button", name="Show all").click()
    page.get_by_role("button", name="Select", exact=True).click()
    box = page.get_by_role("application").first.bounding_box()
    page.mouse.move(box["x"] + 2, box["y"] + 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + box["height"] - 2, steps=3)
    page.mouse.up()
    expect(page.get_by_text("and 2 more pinned modules")).to_be_visible()  # all ten are pinned, eight have cards
    rows = _server.downloaded(page, page.locator(".circuit").get_by_role("button", name="CSV"), tmp_path).read_text().splitlines()
    assert (rows[0], len(rows)) == ("graph,source,target,value", 73)


def test_a_circuit_is_taken_away_and_brought_back_with_its_pins(visit, tmp_path):
    page = visit()
    viewer(page).evaluate("root => root.viewer.choose([2], false)")
    page.wait_for_url(re.compile("pins"), timeout=MILLISECONDS)
    _server.settled(page)
    file = _server.downloaded(page, page.get_by_role("button", name="JSON"), tmp_path)
    document = json.loads(file.read_text())
    assert document["view"] == {"pins": [2]}
    assert len(document["static_edges"]) == 72
    document["meta"]["model"] = document["meta"]["title"] = "taken"
    file.write_text(json.dumps(document))
    page.get_by_role("button", name="Bring a circuit").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_test_id("stFileUploaderDropzone").get_by_test_id("stBaseButton-secondary").click()
    chooser.value.set_files(str(file))
    page.get_by_role("button", name="Take it in").click()
    expect(page.locator(".card[data-module='2']")).to_be_visible(timeout=MILLISECONDS)
    page.wait_for_url(re.compile("circuit=taken"), timeout=MILLISECONDS)
    svg = _server.downloaded(page, page.locator(".circuit").get_by_role("button", name="SVG"), tmp_path)
    assert "72 of 72 edges" in svg.read_text()


def test_one_html_file_opens_without_a_server(visit, browser, tmp_path):
    page = visit()
    file = _server.downloaded(page, page.get_by_role("button", name="HTML"), tmp_path)
    with _server.looking(browser) as (alone, heard):
        alone.goto(file.as_uri())
        expect(said(alone)).to_have_text("72 of 72 edges, 100 % of total weight", timeout=MILLISECONDS)
        slid(alone, "Strongest edges", 0)
        expect(said(alone)).to_have_text(re.compile(r"^1 of 72 edges"))
        unread = "({viewer}) => viewer.made.graphs.filter((graph) => Object.getOwnPropertyDescriptor(graph, 'values').get).length"
        assert viewer(alone).evaluate(unread) == viewer(alone).evaluate("({viewer}) => viewer.made.graphs.length") - 1
        alone.get_by_label("What is drawn").select_option("attention")
        expect(said(alone)).to_have_text(re.compile(r"^1 of 56 edges"))
        assert heard.errors == []
        assert [address for address in heard.outside if not address.startswith(("data:", "file:"))] == []


def test_one_input_is_read_in_attributed_and_cut(visit):
    page = visit("circuit-input?circuit=small")
    pane = page.locator(".asked").first
    expect(pane).to_have_attribute("data-answered", re.compile("."), timeout=MILLISECONDS)
    first = pane.get_attribute("data-answered")
    page.locator(".pictures button").nth(3).click()
    expect(pane).not_to_have_attribute("data-answered", str(first), timeout=MILLISECONDS)
    expect(page.get_by_text("Answer:")).to_be_visible()
    expect(page.get_by_text("blue speaks for the class")).to_be_visible()
    expect(page.get_by_role("group", name="Output modules")).to_contain_text("o0")
    assert edges(page) == 72
    page.get_by_role("button", name="Cut shown edges, one by one").click()
    expect(pane).to_have_attribute("data-cut", "72", timeout=MILLISECONDS)
    expect(page.get_by_text("As many random edges:")).to_be_visible()
    expect(page.get_by_text("measured for the 72 strongest of 72 shown edges")).to_be_visible()
    assert page.get_by_label("What is drawn").input_value() == "cut"
    page.get_by_text("or draw one and intervene on it").click()
    page.get_by_label("System", exact=True).select_option("coloured_digits")
    expect(pane).to_have_attribute("data-answered", "coloured_digits 0", timeout=MILLISECONDS)
    page.get_by_label("Set ink").select_option("red")
    expect(pane).to_have_attribute("data-answered", "coloured_digits 0 do(ink=red)", timeout=MILLISECONDS)
    page.get_by_label("Average over a slice").select_option(label="200 examples of class 3")
    expect(pane).to_have_attribute("data-answered", "slice 3", timeout=MILLISECONDS)
    expect(page.get_by_text("Links are the same for each of them")).to_be_visible()


def test_two_sides_are_compared_and_the_address_holds_what_is_asked(visit, tmp_path):
    page = visit("circuit-compare?circuit=small")
    pane = page.locator(".compared")
    expect(pane).to_have_attribute("data-compared", "classes", timeout=MILLISECONDS)
    expect(pane.get_by_role("status")).to_contain_text("edges")
    first = page.get_by_label("First class").input_value()
    page.get_by_label("Second class").select_option(first)
    expect(pane.get_by_role("status")).to_contain_text("No significant change:", timeout=MILLISECONDS)
    expect(said(page)).to_have_text(re.compile(r"^0 of 56 edges"))
    page.get_by_label("also draw differences that chance explains").check()
    expect(said(page)).to_have_text("56 of 56 edges, 100 % of total weight")
    page.get_by_label("What is compared").select_option("shift")
    expect(pane).to_have_attribute("data-compared", "shift", timeout=MILLISECONDS)
    pane.get_by_label("Strength", exact=True).select_option(index=3)
    expect(pane).to_have_attribute("data-asking", "no", timeout=MILLISECONDS)
    expect(pane).to_have_attribute("data-compared", "shift", timeout=MILLISECONDS)
    expect(pane.get_by_role("status")).to_contain_text("Paired: the same 200 examples")
    page.get_by_role("region", name="Most changed edges").get_by_role("button").first.click()
    expect(page.locator(".card")).to_have_count(2)
    page.wait_for_url(re.compile("pins.*asked.*strength"), timeout=MILLISECONDS)
    table = _server.downloaded(page, page.get_by_role("button", name="Edges (CSV)"), tmp_path).read_text().splitlines()
    assert table[0] == "kind,layer,source,target,first,second,difference,low,high,effect,significant"
    assert len(table) == 1 + 3 * 56 + 16
    again = page.url.partition("/circuit-compare")[2]
    visit(f"circuit-compare{again}")
    expect(pane).to_have_attribute("data-compared", "shift", timeout=MILLISECONDS)
    expect(page.locator(".card")).to_have_count(2)
    assert page.get_by_label("also draw differences that chance explains").is_checked()


def test_a_card_says_in_words_what_a_module_does(visit):
    page = visit()
    page.get_by_role("button", name="What does one module do?").click()
    card = page.locator(".card")
    expect(card.locator(".story[data-told]")).to_be_visible(timeout=MILLISECONDS)
    expect(card).to_contain_text(re.compile(r"Reads .*Without it", re.DOTALL))


def test_pruning_hides_modules_and_dropping_moves_accuracy(visit):
    page = visit("circuit-act?circuit=small")
    pane = page.locator(".acts")
    expect(pane).to_have_attribute("data-kept", "8", timeout=MILLISECONDS)
    page.get_by_label("Ranking").select_option("degree")
    slid(page, "Modules left", 5)
    expect(pane).to_have_attribute("data-kept", "5")
    expect(said(page)).to_have_text(re.compile(r"3 modules hidden$"))
    slid(page, "Modules left", 8)
    viewer(page).evaluate("root => root.viewer.choose([0, 1], false)")
    page.get_by_role("button", name="Drop pinned modules").click()
    expect(pane).to_have_attribute("data-acted", "dropped", timeout=MILLISECONDS)
    rows = page.get_by_role("region", name="Accuracy before and after").locator("tbody tr")
    expect(rows).to_have_count(4)  # as in training, and three shifts
    expect(rows.first).to_contain_text("mnist")


def test_a_sentence_makes_its_links_and_the_address_holds_it(visit):
    page = visit("circuit-sentences")
    pane = page.locator(".asked.sentence")
    expect(pane).to_have_attribute("data-answered", "there is a blue square 0", timeout=MILLISECONDS)
    sentence = pane.get_by_label("Sentence", exact=True)
    sentence.fill("there are exactly two red shapes on the left")
    sentence.press("Enter")
    expect(pane).to_have_attribute("data-answered", "there are exactly two red shapes on the left 0", timeout=MILLISECONDS)
    assert page.get_by_label("What is drawn").input_value() == "sentence"
    pane.get_by_role("button", name="Next").click()
    expect(pane).to_have_attribute("data-answered", "there are exactly two red shapes on the left 1", timeout=MILLISECONDS)
    page.get_by_role("button", name="Left and right").click()
    expect(pane.get_by_text("A link of the two sentences differs by")).to_be_visible(timeout=MILLISECONDS)
    expect(pane).to_have_attribute("data-answered", "the left side has more red shapes 0")
    page.get_by_label("What is drawn").select_option("rewiring")
    pane.get_by_role("button", name="Next").click()
    page.wait_for_url(re.compile("asked.*seed%22%3A1.*beside"), timeout=MILLISECONDS)
