"""The choice of where a question is answered: offered, checked, told to the queue, no part of the question."""

import pytest
from streamlit.testing.v1 import AppTest

from engine import control, places
from engine.control import workers
from engine.executors import Where, dask


@pytest.fixture
def page(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "none"))
    monkeypatch.setattr(dask, "PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(workers, "ALIVE_SECONDS", 1e9)  # with a beat of our own, no worker is started
    workers.beat()
    app = AppTest.from_file(str(places.ROOT / "app.py"), default_timeout=60).run()
    app.switch_page("pages/assay/run.py").run()
    app.multiselect(key="networks-mnist").set_value(["linear-mnist-scratch-s0"])
    return app


def words(app):
    return " ".join(str(block.value) for block in [*app.markdown, *app.info, *app.warning, *app.error, *app.caption])


def test_a_pool_is_told_to_the_queue_and_not_to_the_question(page):
    page.selectbox(key="where-kind").set_value("pool").run()
    page.number_input(key="where-workers").set_value(3).run()
    page.button(key="go").click().run()
    assert not page.exception
    (job,) = control.jobs()
    assert Where.read(job.executor) == Where(kind="pool", workers=3)
    assert "pool" not in job.spec


def test_this_process_is_the_first_choice(page):
    page.button(key="go").click().run()
    (job,) = control.jobs()
    assert Where.read(job.executor) == Where()


def test_a_scheduler_that_is_not_there_is_said_and_nothing_can_be_started(page):
    page.selectbox(key="where-kind").set_value("dask").run()
    assert page.button(key="go").disabled
    assert "Name the scheduler" in words(page)
    page.text_input(key="where-address").set_value("tcp://127.0.0.1:9").run()
    assert not page.exception
    assert page.button(key="go").disabled
    assert "cannot be reached" in words(page)
