"""The page that makes reports: what it will say, links that bring views along, a report made by the worker and taken away."""

from urllib.parse import urlencode

import pytest
from streamlit.testing.v1 import AppTest

from engine import control, places, worker
from engine.control import workers
from engine.evidence import checking, opened, views, writing
from engine.evidence.spec import EvidenceSpec

NETWORK = "assay-network?network=cnn-mfeat-whole-s0"
EXPLORE = "assay-explore?x=mfeat&y=mnist"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(workers, "ensure", lambda: None)  # the test itself is the worker
    return tmp_path


def shown(**address):
    at = AppTest.from_file(str(places.ROOT / "app.py"), default_timeout=240)
    at.switch_page("pages/store/report.py")
    for name, value in address.items():
        at.query_params[name] = value
    return ran(at)


def ran(what):
    at = what.run()
    assert not at.exception
    return at


def said(at):
    return "\n".join(str(one.value) for one in (*at.markdown, *at.caption, *at.warning)).replace("\\", "")


def test_a_link_brings_its_views_and_the_page_says_what_they_found():
    text = said(shown(views=[NETWORK, EXPLORE]))
    assert "1. The network cnn-mfeat-whole-s0" in text
    assert "Better here is better there." in text
    assert "Your report holds **2 views**" in text
    assert control.reports.collected() == []  # a link changes nothing here


def test_what_was_collected_is_moved_removed_and_survives_a_reload():
    for address in (NETWORK, EXPLORE, NETWORK):
        control.reports.collect(address)
    at = shown()
    assert "Your report holds **2 views**" in said(at)
    ran(at.button(key="report-up-1").click())
    assert control.reports.collected() == [EXPLORE, NETWORK]
    ran(at.button(key="report-remove-0").click())
    assert "Your report holds **1 view**" in said(shown())
    ran(at.button(key="report-empty").click())
    assert control.reports.collected() == []
    assert "Nothing was put into your report yet, so it holds the current findings" in said(at)


def test_pasted_links_are_added_and_others_told_of():
    control.reports.collect(NETWORK)
    at = shown()
    ran(at.text_area(key="report-pasted").set_value(f"http://127.0.0.1:8501/{EXPLORE}\nnot-a-page?x=1"))
    assert control.reports.collected() == [NETWORK, EXPLORE]
    assert "“not-a-page?x=1” is no view that can be reported" in said(at)


def test_a_button_beside_the_title_of_a_page_puts_what_is_seen_into_the_report():
    at = ran(AppTest.from_file(str(places.ROOT / "app.py"), default_timeout=240))
    at.switch_page("pages/assay/explore.py")
    at.query_params["x"], at.query_params["y"], at.query_params["run"] = "mfeat", "mnist", "a-job"
    ran(at)
    ran(at.button(key="collect-add").click())
    assert control.reports.collected() == [EXPLORE]
    views.part(EXPLORE)
    assert any("Report: 1 view" in str(link.proto.label) for link in at.get("page_link"))
    at.switch_page("pages/store/runs.py")
    assert "collect-add" not in {button.key for button in ran(at).button}  # no page that can be reported


def test_a_view_that_cannot_be_answered_says_so_in_its_place():
    text = said(shown(views=["assay-explore?x=nowhere"]))
    assert "This view cannot be reported: There is no x named “nowhere”" in text


def test_a_report_is_made_by_the_worker_and_can_be_taken_away():
    at = shown(views=[NETWORK])
    at.text_input(key="report-title").set_value("Mine & <b>")
    at.checkbox(key="report-svg").set_value(False)
    ran(at.button(key="report-go").click())
    job = control.jobs()[0]
    assert job.id in at.query_params["run"]
    assert EvidenceSpec.read(job.spec) == EvidenceSpec(views=(NETWORK,), title="Mine & <b>", svg=False)
    claimed = control.claim("test", only=job.id)
    assert worker.answer(claimed) == "done"
    bundle = opened.open_bundle(writing.place(job.id))
    assert checking.check(bundle).whole
    assert bundle.manifest.title == "Mine & <b>"
    at = shown(views=[NETWORK], run=job.id)
    text = said(at)
    assert "Mine & <b> is ready: 1 figures" in text.replace("**", "")
    assert bundle.seal[:16] in at.code[0].value
    assert [one.label for one in at.get("download_button")][:1] == ["Download the report"]


def test_a_report_that_failed_says_why():
    job = control.submit(EvidenceSpec(views=("assay-explore?x=nowhere",), svg=False), "off", total=1)
    assert worker.answer(control.claim("test", only=job)) == "failed"
    assert "This report is failed." in said(shown(views=[NETWORK], run=job))


def test_without_results_the_page_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "none"))
    assert "There is nothing to report yet" in said(shown())


def test_addresses_survive_a_way_through_the_report():
    address = f"pairs?{urlencode({'table': 'a & b', 'pair': 'x|y'})}"
    control.reports.collect(address)
    assert control.reports.collected() == [address]
    assert "There is no table named “a & b”" in said(shown())
