"""The page of responses over real stores: nothing asked yet, a curve, a profile, a map, a run under way, nonsense in the address."""

import pytest
from streamlit.testing.v1 import AppTest

from engine import control, places, worker
from engine.interventions import spec as asking
from engine.interventions.spec import InterventionsSpec
from tests.pages.interventions import _own

NETWORKS = ("linear-mnist-scratch-s0", "mlp-mnist-whole-s0")
COMMON = {"system": "coloured_digits", "parameters": {"strength": 0.9, "common": 0.7, "paper": 0.9}, "networks": NETWORKS, "units": 100}
CURVE = InterventionsSpec(**COMMON, factors=("rotation",), steps=5)
MAP = InterventionsSpec(**COMMON, ask="map", factors=("ink", "size"), steps=3)
PROFILE = InterventionsSpec(**COMMON, ask="profile", steps=3)
ADDRESS = {"networks-coloured_digits": list(NETWORKS), "units": "100"}


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    home = tmp_path_factory.mktemp("respond-page")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(home))
        patch.setenv("TOUCHSTONE_SAMPLE", str(home / "none"))
        for spec in (CURVE, MAP, PROFILE):
            job = control.claim("test", only=control.submit(spec, asking.title(spec), total=asking.plan(spec).cells))
            assert worker.answer(job) == "done"
    return home


def opened(monkeypatch, home, **query):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(home))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(home / "none"))
    monkeypatch.setattr(control.workers, "ensure", lambda: None)
    monkeypatch.setattr(control.workers, "ensure_measured", lambda names: None)
    app = AppTest.from_file(str(places.ROOT / "app.py"), default_timeout=90)
    app.run()
    app.switch_page("pages/interventions/respond.py")
    app.query_params.update(query)
    app.run()
    assert not app.exception
    return app


def words(app):
    found = [*app.markdown, *app.caption, *app.info, *app.warning, *app.header, *app.error]
    return " ".join(str(block.value) for block in found).replace("\u202f", " ")


def charts(app):
    return len(app.get("plotly_chart"))


def test_before_anything_is_asked_the_page_says_what_it_will_cost(monkeypatch, tmp_path):
    app = opened(monkeypatch, tmp_path)
    assert "11 worlds" in words(app)  # the ten inks and the base world
    assert [button.label for button in app.button if button.key == "go"] == ["Run"]
    assert charts(app) == 0


def test_running_puts_the_question_into_the_queue_and_shows_its_progress(monkeypatch, tmp_path):
    app = opened(monkeypatch, tmp_path, **ADDRESS)
    app.button(key="go").click().run()
    (job,) = control.jobs()
    assert (job.study, job.state, job.total) == ("interventions", "queued", 22)
    assert InterventionsSpec.read(job.spec).networks == NETWORKS
    assert "0 of 22 cells" in " ".join(str(bar.proto) for bar in app.get("progress")).replace("\u202f", " ") or app.button(key="cancel-run")


def test_a_curve_opens_on_its_finding_with_three_figures_and_links_to_its_pictures(monkeypatch, filled):
    app = opened(monkeypatch, filled, **ADDRESS, **{"factor-coloured_digits": "rotation", "values-curve": "5"})
    said = words(app)
    assert "falls from" in said
    assert "(n 100 units, the same at every value)" in said
    assert charts(app) == 3  # accuracy, confidence, calibration
    assert not [button for button in app.button if button.key == "go"]
    assert "see the luma of the pictures" in said


def test_differences_and_the_margin_are_choices_in_the_address(monkeypatch, filled):
    asked = {**ADDRESS, "factor-coloured_digits": "rotation", "values-curve": "5"}
    app = opened(monkeypatch, filled, **asked, show="paired differences from the base world", margin="10 points")
    title = app.get("plotly_chart")[0].proto.spec
    assert "\\u0394 accuracy" in title or "Δ accuracy" in title


def test_a_profile_shows_both_regions_and_what_is_told(monkeypatch, filled):
    app = opened(monkeypatch, filled, **ADDRESS, ask="Every factor", **{"values-profile": "3"})
    assert charts(app) == 2
    assert "What is told" in words(app)
    table = next(frame.value for frame in app.dataframe if "factor" in frame.value)
    assert set(table["factor"]) == set(asking.offered(PROFILE.loaded()))
    assert list(table.columns) == ["factor", *NETWORKS]
    app.button(key="open-rotation").click().run()  # its cells are those of the profile, at the same values
    assert app.selectbox(key="factor-coloured_digits").value == "rotation"
    assert app.session_state["values-curve"] == 3
    assert charts(app) == 3


def test_a_map_has_a_panel_for_each_network(monkeypatch, filled):
    asked = {**ADDRESS, "factor-coloured_digits": "ink", "second-coloured_digits": "size", "values-map": "3"}
    app = opened(monkeypatch, filled, **asked, ask="Two factors")
    assert charts(app) == len(NETWORKS)
    assert "falls from" in words(app)
    same = opened(monkeypatch, filled, **{**asked, "second-coloured_digits": "ink"}, ask="Two factors")
    assert "Choose two different factors" in words(same)


def test_what_was_asked_before_is_one_click_away(monkeypatch, filled):
    app = opened(monkeypatch, filled)
    labels = [button.label for button in app.button if str(button.key).startswith("before-")]
    assert len(labels) == 3
    next(button for button in app.button if "rotation" in button.label).click().run()
    assert app.selectbox(key="factor-coloured_digits").value == "rotation"
    assert charts(app) == 3


def test_a_system_that_no_network_knows_says_what_to_do(monkeypatch, tmp_path):
    _own.system(tmp_path)
    assert "No network here knows the classes" in words(opened(monkeypatch, tmp_path, system="mine"))


@pytest.mark.parametrize(
    ("name", "value"),
    [("system", "nonsense"), ("do", "do(ink=nothing)"), ("given", "given(size=1)"), ("with", "strength=9"), ("seed", "x"), ("ask", "nonsense"),
     ("factor-coloured_digits", "nonsense"), ("networks-coloured_digits", "nonsense"), ("units", "1"), ("margin", "x"), ("show", "x")],
)  # fmt: skip
def test_nonsense_in_the_address_is_no_fault(monkeypatch, filled, name, value):
    app = opened(monkeypatch, filled, **{**ADDRESS, name: value})
    assert "our fault" not in words(app)


def test_a_condition_that_nobody_meets_is_told_after_the_run(monkeypatch, tmp_path):
    spec = InterventionsSpec(**COMMON, factors=("ink",), conditions="given(paper=white)", steps=21)
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "none"))
    job = control.claim("test", only=control.submit(spec, "nobody", total=22))
    assert worker.answer(job) == "failed"
    app = opened(monkeypatch, tmp_path, **ADDRESS, given="given(paper=white)")
    assert "units meet given(paper=white)" in words(app).replace("\\", "")


def test_the_page_of_runs_leads_back_to_what_a_question_found(monkeypatch, filled):
    app = opened(monkeypatch, filled)
    run = next(job.id for job in control.jobs() if InterventionsSpec.read(job.spec).ask == "map")
    app.switch_page("pages/store/runs.py")
    app.query_params.clear()
    app.query_params["open"] = run
    app.run()
    assert not app.exception
    (link,) = [one.proto for one in app.get("page_link") if one.proto.label == "What it found"]
    assert "second-coloured_digits=size" in link.query_string
    assert link.query_string.count("networks-coloured_digits=") == len(NETWORKS)
