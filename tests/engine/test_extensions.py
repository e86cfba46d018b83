"""Files of one's own outside the clone: in every room they are found, told and loaded like ours, and a question can be asked with them."""

import shutil

import pytest

from engine import api, errors, places, registry

ROOMS = (
    "metrics/classification", "metrics/pairs", "metrics/groups", "metrics/masks", "metrics/graphs", "shifts", "systems", "datasets/images",
    "datasets/tables", "datasets/clips", "datasets/statements", "models/classifiers", "models/circuits", "models/completers", "models/heads",
    "attacks", "priors", "importers", "importers/clips", "training", "claims", "executors", "evidence/views",
)  # fmt: skip
SHIFT = '''"""Upside down."""

VERSION = 1
FAMILY = "geometric"
STRENGTHS = (1.0,)
UNIT = "none"
SOURCE = "mine"
CITATION = ""


def parameters(strength, size):
    return {}


def apply(image, strength, rng):
    return image[::-1].copy()
'''


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("room", ROOMS)
def test_a_file_of_ones_own_is_an_entry_of_its_room(room, home):
    ours = registry.names(room)[0]  # copied as somebody's own
    file = places.extensions(room) / "of_mine.py"
    file.parent.mkdir(parents=True)
    shutil.copy(registry.path(room, ours), file)
    assert "of_mine" in registry.names(room)
    mine, card = registry.card(room, "of_mine"), registry.card(room, ours)
    assert (mine.title, mine.constants) == (card.title, card.constants)
    loaded = registry.load(room, "of_mine")
    assert loaded.__file__ == str(file)
    assert set(vars(registry.load(room, ours))) <= {*vars(loaded), "__cached__", "__warningregistry__"}  # Python puts these there itself


def test_ours_win_over_files_of_the_same_name(home):
    file = places.extensions("shifts") / "rotation.py"
    file.parent.mkdir(parents=True)
    file.write_text(SHIFT)
    assert registry.path("shifts", "rotation").is_relative_to(places.ENGINE)


def test_a_question_is_asked_from_python_with_a_shift_of_ones_own(home):
    file = places.extensions("shifts") / "upside_down.py"
    file.parent.mkdir(parents=True)
    file.write_text(SHIFT)
    network, question = "linear-mnist-scratch-s0", {"id_dataset": "mnist", "ood_datasets": ["optdigits"], "metrics": ["accuracy"], "images": 20}
    heard = []
    run = api.run({**question, "networks": [network], "shifts": [{"name": "upside_down", "strengths": [1]}]}, heard.append)
    assert heard
    found = api.scores([network], ["mnist@upside_down:1"], ["accuracy"], sample=False)
    assert found[["shift", "n"]].to_numpy().tolist() == [["upside_down", 20]]
    assert 0 <= found["value"].iloc[0] < api.scores([network], ["mnist"], ["accuracy"], sample=False)["value"].iloc[0]
    assert set(api.scores_of(run)["dataset"]) == {"mnist", "optdigits"}
    assert api.query("SELECT count(*) AS n FROM runs", sample=False)["n"].tolist() == [1]


def test_a_question_that_cannot_be_asked_is_a_sentence(home):
    with pytest.raises(errors.UserError, match="There is no network"):
        api.run({"networks": ["linear-mnist-scratch-s1000"], "id_dataset": "mnist"})
    with pytest.raises(errors.UserError, match="no question in JSON"):
        api.run("[")
    with pytest.raises(errors.UserError, match="more than 1 rows"):
        api.query("SELECT network FROM networks", rows=1)
