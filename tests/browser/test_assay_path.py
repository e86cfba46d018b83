"""The assay in a real browser, from a deep link as the very first request to a finding, and from there to networks and images."""

import os
import re
import time

import pytest
from playwright.sync_api import expect

from engine import control
from engine.assay import views
from tests.browser import _server

pytestmark = pytest.mark.browser

SMALL = "assay-run?networks-mnist=linear-mnist-scratch-s0&ood-mnist=optdigits&ood-mnist=mfeat&shifts=rotation&images=60"
LONG = "assay-run?networks-mnist=cnn-mnist-whole-s0&networks-mnist=resnet-mnist-whole-s0&networks-mnist=vit-mnist-whole-s0&every=true"
SECONDS = 90_000  # milliseconds: a worker starts on a machine that does other things too
CANCEL_SECONDS = 3.0
browser = _server.browser


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("assay-path")


@pytest.fixture(scope="module")
def server(home, browser):
    with _server.serving(home, TOUCHSTONE_SAMPLE=str(home / "none")) as address:
        yield address


@pytest.fixture
def visit(browser, server):
    """Open addresses as one visitor; whatever the browser complains of, or fetches from elsewhere, fails the test."""
    with _server.looking(browser, size=(1440, 1600)) as (page, heard):
        yield lambda address: _server.opened(page, f"{server}/{address}")
        heard.nothing()


@pytest.fixture
def stored(home, monkeypatch):
    """Read the server's queue and store from here."""
    monkeypatch.setenv("TOUCHSTONE_HOME", str(home))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(home / "none"))


def asked(page):
    """Press Run and return the id of the new run, which the address holds."""
    page.get_by_role("button", name="Run", exact=True).click()
    page.wait_for_url(re.compile(r"[?&]run="), timeout=SECONDS)
    return re.search(r"[?&]run=([\w-]+)", page.url)[1]


def ended(run):
    until = time.monotonic() + SECONDS / 1000
    while control.job(run).active:
        assert time.monotonic() < until, control.job(run)
        time.sleep(0.1)
    return control.job(run)


def test_a_question_asked_by_a_deep_link_is_answered_with_a_finding_that_a_reload_keeps(visit, stored):
    page = visit(SMALL)  # the first request after the server's start
    run = asked(page)
    expect(page.locator(".st-key-outcome").get_by_text("accuracy is")).to_be_visible(timeout=SECONDS)
    assert ended(run).state == "done"
    page.reload()
    _server.settled(page)
    expect(page.locator(".st-key-outcome").get_by_text("accuracy is")).to_be_visible(timeout=SECONDS)


def test_progress_is_shown_cancel_is_felt_within_three_seconds_and_resume_ends_the_run(visit, stored):
    page = visit(f"{LONG}&images=1000&ood-mnist=optdigits")
    run = asked(page)
    expect(page.get_by_text(re.compile(r"[1-9]\d* of \d+ cells")).first).to_be_visible(timeout=SECONDS)
    page.get_by_role("button", name="Cancel").click()
    pressed = time.monotonic()
    expect(page.get_by_text("This run is cancelled")).to_be_visible(timeout=SECONDS)
    crowded = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))  # others at work here: the bound is for a machine of one's own
    assert time.monotonic() - pressed < CANCEL_SECONDS * crowded
    done = control.job(run).done
    assert 0 < done < control.job(run).total
    page.reload()
    _server.settled(page)
    page.get_by_role("button", name="Resume").click()
    expect(page.locator(".st-key-outcome").get_by_text("accuracy is")).to_be_visible(timeout=SECONDS)
    assert ended(run).state == "done"
    assert control.job(run).done == control.job(run).total


def test_a_click_on_a_point_of_the_scatter_opens_its_network(visit):
    page = visit("assay-explore?x=mnist&y=optdigits")
    stage = page.locator(".st-key-scatter canvas").last
    expect(stage).to_be_visible(timeout=SECONDS)
    stage.scroll_into_view_if_needed()
    box = _server.still(page, stage)
    for x, y in ((fx, fy) for fy in range(10, 90, 4) for fx in range(15, 98, 3)):
        page.mouse.move(box["x"] + box["width"] * x / 100, box["y"] + box["height"] * y / 100)
        if page.locator(".st-key-scatter .tip").is_visible():
            page.mouse.down()
            page.mouse.up()
            break
    page.wait_for_url(re.compile("assay-network"), timeout=SECONDS)
    _server.settled(page)
    expect(page.get_by_text("What is known of this network?")).to_be_visible()


def test_a_click_on_a_cell_of_the_confusion_matrix_shows_only_its_images(visit, stored):
    one = views.Set("mnist")
    counts = views.confusion("linear-mnist-scratch-s0", one)
    most = counts.loc[counts["n"].idxmax()]
    page = visit("assay-examples?network=linear-mnist-scratch-s0&set=mnist&shift=as+it+is&kind=all")
    cells = page.locator("[class*=st-key-figure-confusion] .nsewdrag").first
    expect(cells).to_be_visible(timeout=SECONDS)
    box = _server.still(page, cells)
    page.mouse.click(box["x"] + box["width"] * (most["predicted"] + 0.5) / 10, box["y"] + box["height"] * (most["true"] + 0.5) / 10)
    expect(page.get_by_role("button", name="Show all cells")).to_be_visible(timeout=SECONDS)
    expect(page.get_by_text(f"{most['n']} of {most['n']} images shown")).to_be_visible()
    page.wait_for_url(lambda url: f"cell={most['true']}%7C{most['predicted']}" in url, timeout=SECONDS)


def test_an_image_opens_beside_its_versions_and_its_address_shows_it_again(visit):
    page = visit("assay-examples?network=linear-mnist-scratch-s0&set=mnist&shift=rotation&kind=all")
    page.locator(".st-key-gallery button").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("True class")).to_be_visible(timeout=SECONDS)
    expect(dialog.locator("[class*=st-key-versions] button").nth(1)).to_be_visible()
    page.wait_for_url(lambda url: "example=" in url, timeout=SECONDS)
    page.reload()
    _server.settled(page)
    expect(dialog.get_by_text("True class")).to_be_visible(timeout=SECONDS)
    page.keyboard.press("Escape")
    page.wait_for_url(lambda url: "example=" not in url, timeout=SECONDS)
