"""The page of remedies over real stores: nothing yet, a finished run, a question put into the queue, systems that cannot be asked."""

import pytest
from streamlit.testing.v1 import AppTest

from engine import control, places
from engine.control import workers
from engine.remedies.spec import RemediesSpec
from tests.engine.remedies import _answered


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    home = tmp_path_factory.mktemp("remedies-page")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(home))
        patch.setenv("TOUCHSTONE_SAMPLE", str(home / "none"))
        _answered.fill(RemediesSpec(strengths=(0.9,), methods=("erm", "balanced"), seeds=(0, 1), units=100))
    return home


def opened(monkeypatch, home, **query):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(home))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(home / "none"))
    app = AppTest.from_file(str(places.ROOT / "app.py"), default_timeout=180)
    app.run()
    app.switch_page("pages/interventions/remedies.py")
    app.query_params.update(query)
    app.run()
    assert not app.exception
    return app


def words(app):
    return " ".join(str(block.value) for block in [*app.markdown, *app.caption, *app.info, *app.warning, *app.header]).replace("\u202f", " ")


def test_without_a_run_it_says_what_to_do_and_what_that_costs(monkeypatch, tmp_path):
    said = words(opened(monkeypatch, tmp_path, **{"with": "strength=0.7"}))
    assert "Nothing has been trained on coloured digits yet" in said
    assert "**15 networks**, each asked about 2 000 units in 4 worlds" in said


def test_a_finished_run_opens_on_its_finding(monkeypatch, filled):
    app = opened(monkeypatch, filled)
    said = words(app)
    assert "**Balanced resampling** gets **" in said
    assert "n 100 units, the same for all networks; 2 seeds" in said
    assert "of its answers when only the ink changes" in said
    assert "a remedy against ink is none against paper" in said
    assert "an environment of strength 0.8, half from one of 1" in said
    assert len(app.get("plotly_chart")) == 2


def test_the_button_asks_the_question_of_the_form(monkeypatch, filled):
    monkeypatch.setattr(workers, "ensure", lambda: None)  # no worker: the question waits
    app = opened(monkeypatch, filled, strengths="0.95", methods="ERM")
    app.button(key="go").click().run()
    assert not app.exception
    job = control.jobs(control.ACTIVE)[0]
    asked = RemediesSpec.read(job.spec)
    assert (job.study, asked.strengths, asked.methods, asked.seeds) == ("remedies", (0.95,), ("erm",), (0, 1, 2))
    assert app.query_params["run"] in (job.id, [job.id])
    control.cancel(job.id)


def test_a_remedy_without_erm_is_refused_with_a_sentence(monkeypatch, filled):
    app = opened(monkeypatch, filled, methods="IRM")
    assert "compared with ERM" in " ".join(str(one.value) for one in [*app.error, *app.warning, *app.markdown])


def test_a_system_without_a_strength_and_an_unknown_run_are_told(monkeypatch, filled):
    assert "no parameter sets how often a factor follows the class" in words(opened(monkeypatch, filled, system="captured_digits"))
    app = opened(monkeypatch, filled, run="nowhere")
    assert "nowhere" in " ".join(str(one.value) for one in [*app.error, *app.warning, *app.markdown])
