"""The SQL page opens on a question, answers it, and says what is wrong with another."""

import pytest
from streamlit.testing.v1 import AppTest

from engine import places
from engine.store import sql

PAGE = str(places.ROOT / "pages" / "store" / "sql.py")


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    app = AppTest.from_file(PAGE, default_timeout=60).run()
    assert not app.exception
    return app


def test_it_lists_the_tables_and_answers_its_first_question(app):
    assert [one.label.partition(",")[0] for one in app.expander if one.label.endswith("columns")] == list(sql.tables())
    app.button(key="sql-ask").click().run()
    assert {"network", "accuracy"} <= set(app.dataframe[0].value.columns)
    assert len(app.dataframe[0].value) == 20


def test_every_example_is_answered(app):
    for button in [one for one in app.button if one.key.startswith("sql-example")]:
        button.click().run()
        app.button(key="sql-ask").click().run()
        assert not app.warning, button.label
        assert len(app.dataframe[0].value), button.label


def test_a_mistake_is_a_sentence_and_the_text_stays(app):
    app.text_area[0].set_value("DROP TABLE scores").run()
    app.button(key="sql-ask").click().run()
    assert "Only one SELECT" in app.warning[0].value
    assert app.text_area[0].value == "DROP TABLE scores"
