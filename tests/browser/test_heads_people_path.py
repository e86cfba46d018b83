"""People, Thresholds and Audit in a real browser: sliders that count as the engine does, one person under the hand, a file of one's own."""

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import expect

from engine import store
from engine.heads import cutting, persons
from tests.browser import _server
from tests.pages.heads import _pressed

pytestmark = pytest.mark.browser
SECONDS = 60_000
QUICK = 50.0  # milliseconds of a slider's step
browser = _server.browser


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    home = tmp_path_factory.mktemp("heads-path")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(home))
        patch.setenv("TOUCHSTONE_SAMPLE", str(home / "none"))
        yield home, _pressed.fill(home)


@pytest.fixture(scope="module")
def server(filled):
    with _server.serving(filled[0], TOUCHSTONE_SAMPLE=str(filled[0] / "none")) as address:
        yield address


def test_thresholds_count_as_the_engine_does_and_a_link_keeps_them(filled, server, browser, tmp_path):
    name = filled[1]["plain", 0.0, 0]
    with _server.looking(browser, size=(1440, 1600)) as (page, heard):
        _server.opened(page, f"{server}/thresholds")
        first = page.get_by_role("slider", name="Threshold for f")
        first.wait_for(timeout=SECONDS)
        _server.settled(page)
        for _ in range(40):
            first.press("ArrowLeft")
        expect(page.locator(".group b").first).to_have_text("p ≥ 0.460", timeout=SECONDS)
        assert float(page.locator(".all[data-ms]").get_attribute("data-ms") or "inf") < QUICK
        _, gaps = cutting.at_thresholds(name, {"f": 0.46, "m": 0.5})
        for gap in gaps.to_dict("records"):
            factor, unit = (1, "") if str(gap["metric"]).endswith("_ratio") else (100, " points")
            digits = 1 if unit else 3
            expect(page.locator(f"tr[data-gap={gap['metric']}] td").first).to_have_text(f"{factor * gap['value']:.{digits}f}{unit}")
        _server.settled(page)
        page.wait_for_function("location.search.includes('at=0.46')", timeout=SECONDS)
        page.get_by_role("button", name="Equal shares (parity)").click()
        expect(page.locator(".say")).to_contain_text("Accuracy")
        svg = _server.downloaded(page, page.get_by_role("button", name="rates and gaps as SVG"), tmp_path).read_text()
        shown = page.locator("tr[data-gap=demographic_parity_difference] td").first.inner_text()
        assert f">{shown}</text>" in svg
        assert svg.count("p ≥ ") == 2
        png = _server.downloaded(page, page.get_by_role("button", name="rates and gaps as PNG"), tmp_path)
        assert png.read_bytes().startswith(b"\x89PNG")
        _server.settled(page)
        page.wait_for_function("!location.search.includes('at=0.46')", timeout=SECONDS)
        page.set_viewport_size({"width": 390, "height": 1200})
        page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth", timeout=SECONDS)
        heard.nothing()


def test_a_person_is_changed_and_both_heads_answer(filled, server, browser):
    name = filled[1]["two_heads", 0.0, 0]
    row = int(persons.flipped(name)["row"].iloc[0])
    with _server.looking(browser, size=(1440, 2600)) as (page, heard):
        _server.opened(page, f"{server}/people?network={name}&person={row}")
        answers = page.locator(".st-key-person-answers")
        expect(answers).to_contain_text("it would decide otherwise", timeout=SECONDS)
        field = page.get_by_label("experience").first
        field.fill("60")
        field.press("Enter")
        expect(answers).to_contain_text("accepts this person", timeout=SECONDS)
        page.wait_for_function("location.search.includes('set=experience')", timeout=SECONDS)
        heard.nothing()


def test_a_file_of_decisions_is_audited_and_survives_a_reload(server, browser, tmp_path):
    rng = np.random.default_rng(0)
    n = 600
    sex = rng.choice(["f", "m"], n)
    frame = pd.DataFrame({"hired": rng.choice(["yes", "no"], n), "sex": sex, "score": np.where(sex == "m", 0.8, 0.2)})
    file = tmp_path / "decisions.csv"
    file.write_bytes(store.csv_bytes(frame))
    with _server.looking(browser, size=(1440, 2200)) as (page, heard):
        _server.opened(page, f"{server}/audit")
        expect(page.locator(".st-key-finding-audit")).to_contain_text("African-American", timeout=SECONDS)
        page.locator("input[type=file]").first.set_input_files(str(file))
        finding = page.locator(".st-key-finding-audit")
        expect(finding).to_contain_text("a gap of 100.0 points", timeout=SECONDS)
        _server.settled(page)
        page.reload()
        expect(finding).to_contain_text("a gap of 100.0 points", timeout=SECONDS)
        found = _server.downloaded(page, page.locator(".st-key-csv-audit-rates button"), tmp_path)
        assert set(pd.read_csv(found)["group"]) == {"f", "m"}
        heard.nothing()
