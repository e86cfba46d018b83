"""Interpreters and Train without a browser: what is offered to the router, growth, what was trained, questions put into the queue, empty states."""

import pytest
from streamlit.testing.v1 import AppTest

from engine import ask, control, places, worker
from engine.control import workers
from engine.scaling import spec as scaling
from engine.scaling.spec import ScalingSpec
from engine.wiring import spec as wiring
from engine.wiring.spec import WiringSpec
from tests.browser import _circuits

TINY = WiringSpec(arms=("scale_free", "dense_fc"), modules=6, steps=4)
SIZES = ScalingSpec(parts=(2, 4, 8), tokens=(4, 9), fixed=4, middle=4, batch=2, repeats=3)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with an interpreter, a measurement of growth and a training."""
    folder = tmp_path_factory.mktemp("circuit-train")
    patch = _circuits.homed(folder)
    _circuits.interpreter(folder)
    for study, spec in ((scaling, SIZES), (wiring, TINY)):
        run = control.submit(spec, study.title(spec), total=study.plan(spec).cells, images_total=0)
        job = control.claim("test", only=run)
        assert job is not None
        assert worker.answer(job) == "done", control.job(run).error
    yield folder
    patch.undo()


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    """No warm process and no worker: nothing here asks a network, and questions wait."""
    monkeypatch.setattr(ask, "wake", lambda: None)
    monkeypatch.setattr(workers, "ensure", lambda: None)


def opened(page, **query):
    app = AppTest.from_file(str(places.ROOT / "app.py"), default_timeout=180)
    app.run()
    app.switch_page(f"pages/circuits/{page}.py")
    app.query_params.update(query)
    app.run()
    assert not app.exception
    return app


def words(app):
    blocks = [*app.markdown, *app.caption, *app.info, *app.warning, *app.header]
    return " ".join(str(block.value) for block in blocks).replace("\u202f", " ").replace("\\", "")


def test_interpreters_open_on_routing_and_on_what_was_measured(home):
    app = opened("interpreters")
    said = words(app)
    assert "With more functions the time of a Neural Interpreter grows to the power **" in said
    assert "2 images at a time, median of 3 with 95 % intervals over repeats" in said
    assert len(app.get("plotly_chart")) == 4  # time and memory, by parts and by tokens


def test_growth_is_told_while_training_too(home):
    app = opened("interpreters", **{"scaling-mode": "train"})
    assert app.selectbox(key="scaling-mode").value == "train"
    assert len(app.get("plotly_chart")) == 4


def test_the_last_training_is_shown_at_once(home):
    app = opened("train")
    said = words(app)
    assert "**2 circuits** end between **" in said
    assert "highest: " in said
    assert "At step 4 the mean link probability between different modules is" in said
    assert len(app.get("plotly_chart")) == 3


def test_the_slider_moves_the_graph_through_training(home):
    app = opened("train")
    assert "scale_free" in str(app.selectbox(key="circuit-trained").value)  # a graph that moves, not the dense one
    slider = next(one for one in app.select_slider if one.label == "Training step")
    slider.set_value(0).run()
    assert not app.exception
    assert "At step 0 the mean link probability" in words(app)


def test_the_form_says_the_cost_and_puts_the_question_into_the_queue(home):
    app = opened("train", arm="no prior", modules="16", steps="100")
    assert "**1 circuit**: about **" in words(app)
    app.button(key="wiring-go").click().run()
    assert not app.exception
    job = control.jobs(control.ACTIVE)[0]
    spec = WiringSpec.read(job.spec)
    assert (spec.arms, spec.modules, spec.steps, spec.bandwidth, spec.truncation) == (("none",), 16, 100, 0.5, 0.8)
    assert app.query_params["run"] == job.id
    assert "The first numbers come after a few seconds" in words(app)
    control.cancel(job.id)
    again = opened("train", run=job.id)
    assert again.button(key="resume-wiring-run")
    assert "This run is cancelled: 0 of 1 circuits are done and kept" in words(again)


def test_what_is_there_already_is_said(home):
    app = opened("train", arm="scale free prior", modules="8")
    assert "there already" not in words(app)
    app = opened("train", arm="", run="no-such-run")
    assert "no-such-run" in words(app)


def test_a_run_of_growth_is_watched_from_its_address(home):
    spec = SIZES.model_copy(update={"repeats": 4})
    run = control.submit(spec, "waiting", total=4, images_total=0)
    app = opened("interpreters", run=run)
    assert app.button(key="cancel-scaling-run")
    control.cancel(run)
    assert "This run is cancelled: 0 of 4 sizes" in words(opened("interpreters", run=run))


def test_empty_pages_say_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "none"))
    said = words(opened("interpreters"))
    assert "Time and memory have not been measured yet" in said
    assert "Nothing has been trained from this page yet" in words(opened("train"))
