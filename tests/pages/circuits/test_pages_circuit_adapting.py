"""The part of the page Train on few labels: what it says of an empty store, of what ships, and what its button asks."""

import pytest
from streamlit.testing.v1 import AppTest

from engine import control
from engine.control import workers
from engine.lowshot.spec import LowshotSpec


def page() -> None:
    from pages.circuits import adapting

    adapting.show()


@pytest.fixture(autouse=True)
def quiet(monkeypatch, tmp_path):
    """No worker: questions wait."""
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    monkeypatch.setattr(workers, "ensure", lambda: None)


def words(app) -> str:
    return " ".join(str(block.value) for block in (*app.markdown, *app.caption, *app.info, *app.header)).replace("\u202f", " ")


def test_an_empty_store_says_what_to_do_and_the_form_asks(monkeypatch, tmp_path):
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "none"))
    app = AppTest.from_function(page, default_timeout=60).run()
    assert not app.exception
    assert "No circuit has been adapted with few labels yet" in words(app)
    assert "**10 adapted circuits**: about **" in words(app)  # as it came, and three parts with three numbers of labels
    app.button(key="lowshot-go").click().run()
    assert not app.exception
    job = control.jobs(control.ACTIVE)[0]
    spec = LowshotSpec.read(job.spec)
    assert (len(spec.circuits), spec.shots) == (1, (1, 5, 10))
    assert app.query_params["adapting"] in (job.id, [job.id])
    control.cancel(job.id)


def test_what_ships_is_shown_at_once_and_the_domain_is_in_the_address():
    app = AppTest.from_function(page, default_timeout=120).run()
    assert not app.exception
    assert "labelled images a class of printed and mfeat, circuits go from" in words(app)
    assert len(app.get("plotly_chart")) == 1
    assert app.selectbox(key="adapted").value == "none"
    app.selectbox(key="onto").set_value("printed").run()
    assert not app.exception
    assert "accuracy on printed" in app.dataframe[0].value.columns
