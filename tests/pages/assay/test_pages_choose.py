"""The pages that choose a network and find its weak slices: on nothing, on the shipped results, and on a table without answers."""

from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from engine import control, places, rows, store
from engine.assay import advice, choosing, comparing, sets, views
from engine.assay.views import Set
from engine.plots import formats

PAGES = ("assay/choose.py", "assay/slices.py")
TABLE = "by hand"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def empty(home, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(home / "none"))


@pytest.fixture
def table(empty):
    """Store numbers of three networks on three sets, without answers and without saying what they were trained on."""
    values = {"first": (0.9, 0.5, 0.4), "second": (0.8, 0.6, 0.7), "third": (0.7, 0.4, 0.5)}
    about = [rows.Network(n, n, n, "table", n, None, None, "{}", collection=TABLE) for n in values]
    found = [
        rows.Score(n, s, "test", "", 0.0, "accuracy", 1, v, None, None, None, "", unit="fraction", collection=TABLE)
        for n, three in values.items()
        for s, v in zip("xyz", three, strict=True)
    ]
    now = datetime(2026, 1, 1, tzinfo=UTC)
    writer = store.Writer("table")
    writer.append([store.block(rows.Network, about), store.block(rows.Score, found)])
    writer.finish(rows.Run("table", "import", TABLE, "{}", "done", 0, now, now, now, 1.0, 1, 1, "cpu", None, None, "{}", "test", None))


def opened(page, **query):
    app = AppTest.from_file(str(places.ROOT / "app.py"), default_timeout=90)
    app.run()
    app.switch_page(f"pages/{page}")
    app.query_params.update(query)
    return app.run()


def words(app):
    return " ".join(str(block.value) for block in [*app.markdown, *app.info, *app.warning, *app.caption]).replace("\u202f", " ")


def healthy(app):
    assert not app.exception
    assert "our fault" not in words(app)
    return app


@pytest.mark.parametrize("page", PAGES)
def test_on_an_empty_store_they_say_what_to_do(page, empty):
    assert healthy(opened(page)).title[0].value


@pytest.mark.parametrize("page", PAGES)
def test_an_unknown_address_parameter_is_no_fault(page, home):
    names = (
        "table",
        "id",
        "rule",
        "metric",
        "on",
        "allow",
        "across",
        "up",
        "and",
        "factor",
        "set",
        "kept",
        "network",
        "slice",
        "by",
        "least",
        "shifted",
    )
    healthy(opened(page, **dict.fromkeys(names, "nonsense")))


def test_a_network_is_chosen_with_what_that_costs_and_who_is_as_good(home):
    said = words(healthy(opened("assay/choose.py", id="mnist", rule="validation")))
    cost = choosing.regret("validation", id_set="mnist").iloc[-1]
    assert f"**{advice.name(cost['chosen'])}**" in said
    assert f"by accuracy on mnist (val), out of {cost['networks']} networks" in said
    assert f"**{formats.number(100 * cost['regret'])} percentage points** [" in said
    compared = comparing.best(Set("mnist"), among=views.networks_known().query("trained_on == 'mnist'")["network"].tolist())["tied"].notna().sum()
    assert f"of {compared} networks, itself counted, cannot be told apart from the best** (of the {compared} with stored answers" in said
    assert "Pairs are equal in: " in said


def test_a_table_without_answers_says_that_no_paired_test_is_possible_and_what_would_make_it_so(table):
    said = words(healthy(opened("assay/choose.py", table=TABLE, id="x")))
    assert "**first** is chosen by accuracy on x, out of 3 networks" in said
    assert "paired test not possible" in said
    assert "`import predictions`" in said
    # first has 0.5 and 0.4 elsewhere, second 0.6 and 0.7: 20 points of the mean
    assert "**20.0 percentage points**" in said


def test_candidates_are_those_of_a_kept_set_that_the_address_names(table):
    sets.keep_networks("two of them", ["first", "third"], TABLE)
    said = words(healthy(opened("assay/choose.py", table=TABLE, id="x", kept="two of them")))
    assert "out of 2 networks" in said
    assert "Kept sets side by side" in [header.value for header in opened("assay/choose.py", table=TABLE).header]


def test_the_tied_networks_are_kept_under_a_name(home):
    app = opened("assay/choose.py", id="mnist")
    app.text_input(key="keep-name").set_value("as good as the best")
    next(one for one in app.button if one.label == "Keep").click().run()
    healthy(app)
    kept = control.sets.named("as good as the best")
    assert kept.content["networks"][0] in words(app).replace("\\", "")
    assert 1 < len(kept.content["networks"]) < choosing.regret("id", id_set="mnist")["networks"].iloc[0]


def test_the_weak_slice_of_a_network_is_told_and_kept(home):
    app = opened("assay/slices.py", network="cnn-mnist-whole-s0", set="printed")
    assert "Worst: **family Amatic SC**" in words(healthy(app))
    app.text_input(key="keep-name").set_value("narrow letters")
    next(one for one in app.button if one.label == "Keep").click().run()
    healthy(app)
    assert control.sets.named("narrow letters").content["conditions"] == {"family": "Amatic SC"}


def test_shifted_versions_can_be_searched_too(home):
    said = words(healthy(opened("assay/slices.py", network="cnn-mnist-whole-s0", set="mnist", shifted="true")))
    assert "as it is and under 18 shifts" in said
