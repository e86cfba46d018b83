"""The page of single pictures, with a real warm process: findings, choices in the address, addresses that make no sense."""

import os
import signal

import pytest
from streamlit.testing.v1 import AppTest

from engine import ask, places
from tests.pages.interventions import _own

NETWORKS = ["linear-mnist-scratch-s0", "mlp-mnist-scratch-s0"]


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory):
    """One home for the module, whose warm process is ended afterwards."""
    folder = tmp_path_factory.mktemp("strip-page")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(folder))
        patch.setenv("TOUCHSTONE_SAMPLE", str(folder / "none"))
        yield
        number = ask.pid()
        if number is not None:
            os.kill(number, signal.SIGKILL)
            for started in ask._started:
                started.wait(20)


def opened(**query):
    app = AppTest.from_file(str(places.ROOT / "app.py"), default_timeout=120)
    app.run()
    app.switch_page("pages/interventions/strip.py")
    app.query_params.update({"networks-coloured_digits": NETWORKS, "pairs-n": "100"} | query)
    app.run()
    assert not app.exception
    assert "our fault" not in words(app)
    return app


def words(app):
    blocks = [*app.markdown, *app.caption, *app.info, *app.warning]
    return " ".join(str(block.value) for block in blocks).replace("\u202f", " ").replace("\\", "")


def test_it_opens_on_what_one_unit_shows_and_on_what_a_change_flips():
    app = opened(factor="rotation")
    said = words(app)
    assert "2 of 2 networks say so" in said  # a unit that both answer right as it is
    assert "everything else as it was, flips the answer of" in said
    assert "No other factor changes with rotation" in said
    table = next(frame.value for frame in app.dataframe if "lost (b)" in frame.value)
    assert table["network"].tolist() == NETWORKS


def test_the_address_names_unit_factor_and_change():
    app = opened(unit="3", factor="ink", **{"from-ink": "red", "to-ink": "blue"})
    said = words(app)
    assert "Unit 3 is **5**; as it is (ink " in said
    assert "Changing ink from red to blue" in said
    assert app.number_input(key="unit").value == 3


def test_it_opens_on_a_unit_on_which_the_shipped_networks_part():
    """Who is right at how many inks is read off the strip's own rows, asked of the warm process again."""
    app = opened(**{"networks-coloured_digits": ["cnn-coloured_digits-0.9-erm-s0", "cnn-coloured_digits-0.9-balanced-s0"]})
    unit = app.number_input(key="unit").value
    said, _ = ask.ask(
        "interventions",
        {"kind": "path", "system": "coloured_digits", "unit": unit, "factor": "ink", "networks": app.multiselect[0].value},
    )
    right = [sum(one == label for one, label in zip(row, said["labels"], strict=True)) for row in said["predicted"]]
    assert all(answer == said["own"]["label"] for answer in said["own"]["predicted"])
    assert abs(right[0] - right[1]) >= 5


def test_a_unit_that_was_chosen_stays_and_another_is_chosen_by_number():
    app = opened(unit="3", factor="ink")
    app.selectbox(key="factor").select("rotation").run()
    assert app.number_input(key="unit").value == 3
    app.number_input(key="unit").set_value(5).run()
    assert not app.exception
    assert app.query_params["unit"] == "5"
    assert "Unit 5 is **" in words(app)


def test_without_a_chosen_unit_every_factor_opens_on_its_own_as_its_link_would():
    app = opened(factor="ink")
    app.selectbox(key="factor").select("rotation").run()
    assert app.number_input(key="unit").value == opened(factor="rotation").number_input(key="unit").value


def test_before_and_after_must_differ():
    assert "Before and after are the same" in words(opened(factor="ink", **{"from-ink": "red", "to-ink": "red"}))


def test_a_condition_chooses_the_units_of_the_pairs():
    said = words(opened(factor="ink", given="given(class=3)", **{"from-ink": "red", "to-ink": "blue"}))
    assert "Changing ink from red to blue" in said


def test_a_system_that_nobody_knows_the_classes_of_shows_pictures_only():
    _own.system(places.home())
    said = words(opened(system="mine"))
    assert "these are only pictures" in said
    assert "Counterfactual" not in said


@pytest.mark.parametrize(
    "query", [{"unit": "minus"}, {"factor": "inks"}, {"system": "nothing"}, {"do": "do(ink=mauve)"}, {"seed": "-3"}, {"at": "x"}]
)
def test_an_address_that_makes_no_sense_does_no_harm(query):
    assert "Unit " in words(opened(**query))


def test_a_condition_that_no_unit_meets_is_a_sentence():
    assert "meet" in words(opened(given="given(paper=white)"))
