"""The page of trust over real stores: empty, a sweep whose relations are known, and a table that does not name its ID set."""

import pytest
from streamlit.testing.v1 import AppTest

from engine import places
from tests.engine.assay import _known


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    home = tmp_path_factory.mktemp("trust-page")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(home))
        patch.setenv("TOUCHSTONE_SAMPLE", str(home / "none"))
        _known.fill()
    return home


def opened(monkeypatch, home, **query):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(home))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(home / "none"))
    app = AppTest.from_file(str(places.ROOT / "app.py"), default_timeout=90)
    app.run()
    app.switch_page("pages/assay/trust.py")
    app.query_params.update(query)
    app.run()
    assert not app.exception
    return app


def words(app):
    return " ".join(str(block.value) for block in [*app.markdown, *app.caption, *app.info, *app.warning, *app.header]).replace("\u202f", " ")


def test_an_empty_store_says_what_to_do(monkeypatch, tmp_path):
    assert "Nothing has been evaluated yet" in words(opened(monkeypatch, tmp_path))


def test_a_sweep_opens_on_its_finding_and_warns_of_simpson(monkeypatch, filled):
    app = opened(monkeypatch, filled, table=_known.TABLE)
    said = words(app)
    assert "Within pairs, **ID error** alone has R²" in said
    assert "tells most" in said
    assert "have opposite signs" in said
    assert "**error** carries over best" in said
    assert "Parallel analysis keeps" in said
    assert len(app.get("plotly_chart")) == 7  # predictors, two scatters, transfer, scree, loadings, ranks


def test_choices_change_the_finding(monkeypatch, filled):
    app = opened(monkeypatch, filled, table=_known.TABLE, view="All pairs pooled")
    assert "Over all pairs pooled" in words(app)
    app.selectbox(key=f"factors-{_known.TABLE}-sets").set_value(1).run()
    assert "1 is shown" in words(app)
    app.selectbox(key="rotation").set_value("promax").run()
    assert not app.exception


def test_a_table_that_names_no_id_set_lets_one_be_chosen(monkeypatch, filled):
    app = opened(monkeypatch, filled, table="soups")
    assert set(app.selectbox(key="id").options) == {"one", "two", "three"}
    app.selectbox(key="id").set_value("two").run()
    assert "(40 networks, 2 pairs)" in words(app)


@pytest.mark.parametrize("name", ["table", "metric", "view", "sort", "predictor", "rotation", "factors", "id", "equal", "transferred"])
def test_nonsense_in_the_address_is_no_fault(monkeypatch, filled, name):
    app = opened(monkeypatch, filled, **{"table": _known.TABLE, name: "nonsense"})
    assert "our fault" not in words(app)
