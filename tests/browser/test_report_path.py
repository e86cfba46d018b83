"""A report in a real browser without a network: figures are drawn in light, dark and on a narrow screen, print in light, and nothing is asked for."""

import json
import re
import shutil

import pytest

from engine.evidence import checking, writing
from engine.evidence.opened import open_bundle
from engine.evidence.spec import EvidenceSpec
from engine.plots import template
from tests.browser import _server

pytestmark = pytest.mark.browser
SECONDS = 60_000
FILLED = "() => getComputedStyle(document.querySelector('[data-plot] text.xtitle')).fill"


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report-path")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(folder / "home"))
        patch.setenv("CHROMIUM", _server.chromium())
        spec = EvidenceSpec(views=("assay-explore?x=mfeat&y=mnist", "assay-network?network=cnn-mfeat-whole-s0"), words="<img src=x onerror=alert(1)>")
        writing.make(spec, folder / "out")
    return folder / "out"


def rgb(colour):
    return "rgb({}, {}, {})".format(*(int(colour[i : i + 2], 16) for i in (1, 3, 5)))


def drawn(page, report):
    page.goto((report / "report.html").as_uri())
    page.wait_for_selector("html[data-drawn]", timeout=SECONDS)


def test_a_report_opens_without_a_network_in_both_schemes_and_prints(report):
    with _server.browsing() as browser:
        for scheme, size in (("light", (1440, 1000)), ("dark", (390, 844))):
            with _server.looking(browser, scheme=scheme, size=size, offline=True) as (page, heard):
                asked = []
                page.on("request", lambda request, asked=asked: asked.append(request.url))
                drawn(page, report)
                assert page.locator("[data-plot] .main-svg").first.is_visible()
                assert page.locator("[data-plot]").count() == 2
                assert page.evaluate(FILLED) == rgb(template.THEMES[scheme].text)
                assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
                assert len(asked) == 1  # the page itself
                heard.nothing()
                if scheme == "dark":
                    _prints_in_light(page)
                    page.get_by_role("button", name="Show in light").click()
                    page.wait_for_function(f"({FILLED})() === '{rgb(template.LIGHT.text)}'", timeout=SECONDS)
                    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == rgb(template.LIGHT.background)


def _prints_in_light(page):
    """On paper the figures are light and as wide as the paper, whatever the screen shows."""
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.wait_for_function(f"({FILLED})() === '{rgb(template.LIGHT.text)}'", timeout=SECONDS)
    assert page.evaluate("document.querySelector('[data-plot] .main-svg').getBoundingClientRect().width") == 640
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.wait_for_function(f"({FILLED})() === '{rgb(template.DARK.text)}'", timeout=SECONDS)


def test_each_figure_is_an_svg_file_too_and_a_changed_one_is_found(report, tmp_path):
    told = json.loads((report / "manifest.json").read_text())
    assert told["svg"] == "made"
    pictures = [name for name in told["files"] if name.startswith("figures/")]
    assert len(pictures) == 2
    for name in pictures:
        text = (report / name).read_text()
        assert text.startswith("<svg")
        assert re.search(r"accuracy", text)
        assert "<script" not in text
    copy = shutil.copytree(report, tmp_path / "copy")
    (copy / pictures[0]).write_text((copy / pictures[0]).read_text().replace("<svg", "<svG", 1))
    (problem,) = checking.check(open_bundle(copy)).problems
    assert problem.startswith(f"{pictures[0]} has changed")
