"""The page to see and act: what the address says, seeing against doing, a set to keep, systems that cannot be used."""

import json
import shlex
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from engine import __main__ as command_line
from engine import places, systems
from engine.datasets import images
from pages.interventions import keeping, seeing, world

RING = '''"""A ring."""
from engine.systems import Choice, Edge, Factor, Mechanism, System

VERSION = 1
TASK = "things"
FRAME = 32
CHANNELS = 3
PARAMETERS = {}
CITATION = "none"


def build():
    factors = tuple(Factor(name, "categorical", ("x", "y"), "n") for name in ("a", "b"))
    laws = tuple(Mechanism(name, "s", lambda **given: Choice.even(("x", "y"))) for name in ("a", "b"))
    return System("ring", "Ring", factors, (Edge("a", "b", "s"), Edge("b", "a", "s")), laws, "a", TASK, FRAME, CHANNELS, None)
'''


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "none"))
    return tmp_path


def opened(**query):
    app = AppTest.from_file(str(places.ROOT / "app.py"), default_timeout=90)
    app.run()
    app.switch_page("pages/interventions/act.py")
    app.query_params.update(query)
    app.run()
    assert not app.exception
    assert "our fault" not in words(app)
    return app


def words(app):
    blocks = [*app.markdown, *app.caption, *app.info, *app.warning, *app.success]
    return " ".join(str(block.value) for block in blocks).replace("\u202f", " ").replace("\\", "")


def test_the_page_opens_on_seeing_against_doing_in_the_first_system():
    app = opened()
    assert "Among pictures whose ink happens to be red, class 0 makes up **91.4 %**; where we make ink red, it stays at **10.0 %**" in words(app)
    assert "Exact, by going through all combinations of causes." in words(app)
    assert not app.warning


def test_parameters_in_the_address_change_what_is_seen():
    """Without own inks red is as likely for every digit of the warm batch: P(0 | red) = P(0 | warm) = .14."""
    assert "class 0 makes up **14.0 %**" in words(opened(**{"with": "strength=0"}))


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"system": "nosuch", "do": "do(ink=red)"}, "There is no system named “nosuch”."),
        ({"do": "do(weight=1)"}, "There is no factor of coloured_digits named “weight”."),
        ({"do": "do(size=9)"}, "do(size=9) leaves the domain 0.3 to 1.6."),
        ({"do": "do(size=0.5);" * 400}, "more than can be read"),
        ({"given": "given(ink=mauve)"}, "There is no value of ink named “mauve”."),
        ({"with": "strength=7"}, "“strength” cannot be 7"),
        ({"with": "strength=x"}, "cannot be read"),
        ({"seed": "-1"}, "“-1” is no seed."),
        ({"seed": "9" * 400}, "is no seed."),
    ],
)
def test_what_the_address_gets_wrong_is_said_and_the_rest_stands(query, sentence):
    app = opened(**query)
    assert sentence in words(app)
    assert len(app.warning) == 1
    assert "makes up" in words(app)
    assert [box.value for box in app.selectbox if box.label == "System"] == ["coloured_digits"]


def test_a_right_part_of_the_address_holds_beside_a_wrong_one():
    app = opened(do="do(ink=red)", seed="x")
    assert "--do 'do(ink=red)'" in app.code[-1].value


def test_another_system_leaves_what_was_done_to_the_last_one():
    app = opened(do="do(ink=red)", seed="4", **{"with": "strength=0.5"})
    next(box for box in app.selectbox if box.label == "System").select("shape_scenes").run()
    assert not app.exception
    assert {name: app.query_params[name] for name in world.KEYS if name in app.query_params} == {"system": "shape_scenes"}
    assert "shape disc makes up" in words(app)


def test_a_number_is_seen_as_a_range_with_intervals():
    app = opened(system="captured_digits", seen="lighting")
    assert "95 % intervals" in words(app)
    next(slider for slider in app.slider if slider.label == "Range").set_value((0.1, 0.2)).run()
    assert not app.exception
    assert "units meet given(lighting=0.1..0.2)" in words(app)  # never in training


def test_a_system_with_a_cycle_is_named_and_the_others_work(home):
    folder = home / "extensions" / "systems"
    folder.mkdir(parents=True)
    (folder / "ring.py").write_text(RING)
    app = opened()
    assert "ring cannot be used. The system file ring.py: “a” is a cause of itself (a -> b -> a). Remove one of these edges." in words(app)
    assert "makes up" in words(app)
    asked_for = opened(system="ring")
    assert "“a” is a cause of itself" in words(asked_for)
    assert "makes up" in words(asked_for)


def test_a_world_is_kept_as_a_set_and_the_link_has_it_chosen():
    app = opened(system="shape_scenes", do="do(background=snow)", name="snowed in", test="50")
    app.button(key="keep").click().run()
    assert not app.exception
    assert "Kept as **snowed in**: 50 test." in words(app)
    assert images.card("snowed in").sizes["test"] <= 50
    assert images.recipe_of("snowed in") == images.Recipe(
        "shape_scenes", "do(background=snow)", "", 0, {"test": 50}, {"strength": 0.5}, systems.card("shape_scenes").version
    )
    app.button(key="keep").click().run()  # again: it is there already
    assert "Kept as" in words(app)


def test_a_set_that_cannot_be_kept_says_why():
    app = opened(system="shape_scenes", test="0")
    app.button(key="keep").click().run()
    assert "The set has no split." in words(app)
    app = opened(system="shape_scenes", name="mnist", test="20")
    app.button(key="keep").click().run()
    assert "mnist" in " ".join(str(warning.value) for warning in app.warning)


def test_the_command_on_the_page_keeps_the_same_set(capsys):
    recipe = images.Recipe(
        "shape_scenes", "do(colour=red); cut(shape->background)", "given(size=0.4..0.6)", 3, {"test": 20, "val": 10}, {"strength": 0.25}
    )
    line = shlex.split(keeping.command(recipe, "by hand"))
    assert command_line.main(line[3:]) == 0
    assert capsys.readouterr().out
    kept = images.recipe_of("by hand")
    assert kept is not None
    assert (kept.interventions, kept.conditions, kept.seed, dict(kept.sizes), dict(kept.parameters)) == (
        recipe.interventions, recipe.conditions, 3, {"val": 10, "test": 20}, {"strength": 0.25},
    )  # fmt: skip


def test_the_commands_beside_seeing_and_doing_print_the_pages_numbers(capsys):
    chosen = world.World("coloured_digits", {"strength": 0.5, "common": 0.7, "paper": 0.9})
    seen = systems.Condition("ink", ("red",))
    found = systems.seeing_and_doing(world.loaded(chosen), "class", seen)
    for line, told in zip(seeing.commands(chosen, "class", seen), (found.seeing, found.doing), strict=True):
        assert command_line.main([*shlex.split(line)[3:], "--json"]) == 0
        assert [row["probability"] for row in json.loads(capsys.readouterr().out)] == pytest.approx(list(told.probability))


def test_a_command_without_a_test_split_is_not_shown_with_one():
    recipe = images.Recipe("shape_scenes", sizes={"train": 20}, parameters={"strength": 0.5})
    assert keeping.command(recipe, "") == "python -m engine intervene shape_scenes --seed 0 --n 0 --train 20 --save"


def test_the_run_page_is_asked_for_the_set_beside_what_networks_were_trained_on():
    address = keeping.run_address("mnist", "do(a=b) & more")
    assert parse_qs(urlsplit(address).query) == {"id": ["mnist"], "ood-mnist": ["do(a=b) & more"]}


def test_the_address_of_a_world_leaves_out_what_is_as_usual():
    usual = world.untouched("coloured_digits")
    assert world.address("act", usual) == "act"
    changed = world.World("coloured_digits", {**usual.parameters, "strength": 0.5}, "do(ink=red)", seed=3)
    assert parse_qs(urlsplit(world.address("act", changed, unit="7")).query) == {
        "with": ["strength=0.5"],
        "do": ["do(ink=red)"],
        "seed": ["3"],
        "unit": ["7"],
    }
