"""What every table of people must keep, how sides are drawn and columns encoded, and what is refused of a brought one."""

import functools

import numpy as np
import pandas as pd
import pytest

from engine import errors, places, registry, store
from engine.datasets import tables

NAMES = registry.names(tables.ROOM)


@functools.cache
def loaded(name):
    return tables.load(name)


@pytest.mark.parametrize("name", NAMES)
def test_each_table_says_what_it_is(name):
    card = tables.card(name)
    assert card.title
    assert not card.title.endswith(".")
    for said in (card.text, card.label, card.positive, card.licence, card.source, card.citation, card.recipe):
        assert said
    assert card.studied["group"] in card.groups


@pytest.mark.parametrize("name", NAMES)
def test_labels_are_0_and_1_groups_are_text_and_every_side_has_every_studied_group(name):
    table, card = loaded(name), tables.card(name)
    assert set(np.unique(table.labels)) == {0, 1}
    assert tuple(table.groups) == card.groups
    studied = table.within(str(card.studied["group"]), card.studied["values"])
    assert len(studied.values_of(str(card.studied["group"]))) >= 2
    for split in tables.SPLITS:
        side = studied.side(split)
        for value in studied.values_of(str(card.studied["group"])):
            mine = side.labels[side.groups[card.studied["group"]] == value]
            assert 0 < mine.sum() < len(mine)


@pytest.mark.parametrize("name", NAMES)
def test_sides_are_60_20_20_percent_and_the_same_every_time(name):
    table = loaded(name)
    assert [round(float((table.splits == split).mean()), 2) for split in tables.SPLITS] == [0.6, 0.2, 0.2]
    if name != "inked_digits":
        assert (table.splits == tables.divided(len(table))).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_outcome_and_what_other_systems_said_are_no_inputs(name):
    table, card = loaded(name), tables.card(name)
    assert card.label not in table.features.columns
    assert not set(table.outputs) & set(table.features.columns)


def test_nobody_is_named_in_compas():
    columns = {column.lower() for column in store.columns_of(places.DATA / "tables" / "compas.parquet")}
    assert not [column for column in columns if any(word in column for word in ("name", "dob", "birth", "case", "date"))]


def test_known_counts_of_people():
    """Adult: 48,842 people, men 30.4 % and women 10.9 % above the limit; COMPAS: 3,696 and 2,454; loans: 197 black applicants, 67.5 % approved."""
    adult, compas, loans = loaded("adult"), loaded("compas"), loaded("loans")
    sex = adult.groups["sex"]
    assert len(adult) == 48_842
    assert [round(float(adult.labels[sex == value].mean()), 3) for value in ("Male", "Female")] == [0.304, 0.109]
    assert [(compas.groups["race"] == value).sum() for value in ("African-American", "Caucasian")] == [3696, 2454]
    black = loans.groups["ethnicity"] == "black"
    assert (black.sum(), round(float(loans.labels[black].mean()), 3)) == (197, 0.675)


def test_the_files_that_ship_are_small():
    assert sum(file.stat().st_size for file in (places.DATA / "tables").glob("*")) < 2_500_000


def test_the_encoder_knows_only_the_training_side():
    features = pd.DataFrame({"x": [0.0, 2.0, 100.0], "c": ["a", "b", "new"]})
    encoder = tables.encoder(features, np.array([True, True, False]))
    assert encoder.names == ("x", "c=a", "c=b")
    inputs = encoder.encode(features)
    assert inputs[:2].tolist() == [[-1, 1, -1], [1, -1, 1]]
    assert inputs[2].tolist() == [6, -1, -1]  # clipped; a value that training people do not have is none of theirs


def test_missing_numbers_count_as_the_mean_and_are_marked():
    features = pd.DataFrame({"x": [1.0, 3.0, np.nan, 2.0], "c": ["a", None, "a", "a"]})
    encoder = tables.encoder(features, np.ones(4, bool))
    assert encoder.names[:2] == ("x", "x=(missing)")
    assert encoder.encode(features)[2, 0] == pytest.approx(0)


def test_rare_texts_share_an_input():
    features = pd.DataFrame({"c": ["a"] * 400 + ["b"] * 400 + ["rare"] * 5 + ["once"]})
    encoder = tables.encoder(features, np.ones(806, bool))
    assert encoder.names == ("c=a", "c=b", "c=(other)")
    assert (encoder.encode(features)[-6:, 2] > 1).all()


def test_a_person_without_a_column_or_with_a_word_for_a_number_is_refused():
    encoder = tables.encoder(pd.DataFrame({"x": [1.0, 2.0], "y": [0.0, 1.0]}), np.ones(2, bool))
    with pytest.raises(errors.UserError, match="“y” is missing"):
        encoder.encode(pd.DataFrame({"x": [1.0]}))
    with pytest.raises(errors.UserError, match="no number"):
        encoder.encode(pd.DataFrame({"x": ["tall"], "y": [1.0]}))


def test_a_table_can_be_cut_to_some_groups_and_keeps_its_rows():
    table = loaded("compas").within("race", ("Caucasian", "Asian"))
    assert table.values_of("race") == ("Asian", "Caucasian")
    assert table.rows is not None
    assert (loaded("compas").groups["race"][table.rows] == table.groups["race"]).all()
    with pytest.raises(errors.UserError, match="Caucasian"):
        loaded("compas").within("race", ("caucasian",))


def test_an_unknown_table_is_refused_with_the_nearest():
    with pytest.raises(errors.UserError, match="adult"):
        tables.load("adults")


def _people(n=300, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"hired": rng.choice(["yes", "no"], n), "sex": rng.choice(["f", "m"], n), "years": rng.integers(0, 30, n), "town": "here"})
    return frame.assign(who=[f"p{k}" for k in range(n)])


def _bring(tmp_path, frame, suffix="csv", **more):
    file = tmp_path / f"people.{suffix}"
    file.write_bytes(store.csv_bytes(frame) if suffix == "csv" else store.parquet_bytes(frame))
    return tables.bring(file, "mine", **{"label": "hired", "groups": ["sex"], "without": ["who"], **more})


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_brought_table_is_kept_and_read_again(tmp_path, monkeypatch, suffix):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    frame = _people()
    made = _bring(tmp_path, frame, suffix)
    assert "mine" in tables.names()
    again = tables.load("mine")
    assert again.digest == made.digest
    assert again.features.columns.tolist() == ["sex", "years", "town"]
    assert (again.labels == (frame["hired"] == "yes")).all()
    assert tables.card("mine").brought
    assert (again.splits == tables.divided(300)).all()
    with pytest.raises(errors.UserError, match="already"):
        _bring(tmp_path, frame)
    tables.remove("mine")
    assert "mine" not in tables.names()


def test_a_column_of_sides_is_taken(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    sides = np.resize(["train", "test", "val", "train"], 300)
    made = _bring(tmp_path, _people().assign(split=sides))
    assert (made.splits == sides).all()
    assert "split" not in made.features.columns


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: f.head(100), "too few"),
        (lambda f: f.assign(sex="f"), "one group only"),
        (lambda f: f.assign(sex=np.arange(len(f))), "300 different values"),
        (lambda f: f.assign(sex=f["sex"].where(f["years"] > 3)), "have no value in “sex”"),
        (lambda f: f.assign(hired=f["hired"].where(f["years"] > 3)), "have no label"),
        (lambda f: f.assign(hired=f["hired"].where(f["sex"] == "m", "no")), "Nobody with sex = f has the favourable outcome"),
        (lambda f: f.rename(columns={"hired": "hire"}), "Did you mean hire"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_a_sentence_and_nothing_is_kept(tmp_path, monkeypatch, change, said):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    with pytest.raises(errors.UserError, match=said) as refused:
        _bring(tmp_path, change(_people()))
    assert refused.value.hint
    assert "mine" not in tables.names()


@pytest.mark.parametrize("name", ["", "../mine", ".hidden", "a" * 61])
def test_a_name_that_could_leave_the_folder_is_refused(tmp_path, monkeypatch, name):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    file = tmp_path / "people.csv"
    file.write_bytes(store.csv_bytes(_people()))
    with pytest.raises(errors.UserError, match="cannot be a table's name"):
        tables.bring(file, name, label="hired", groups=["sex"])


def test_weights_must_be_positive_numbers(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    with pytest.raises(errors.UserError, match="no positive numbers"):
        _bring(tmp_path, _people(), weights="years")
    made = _bring(tmp_path, _people().assign(w=2.0), weights="w")
    assert made.weights is not None
    assert made.weights.tolist() == [2.0] * 300


def test_a_file_in_the_extensions_is_a_table(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    folder = tmp_path / "extensions" / "datasets" / "tables"
    folder.mkdir(parents=True)
    (folder / "coins.py").write_text(
        '"""Coins: nobody.\n\nFor a test.\n"""\nimport numpy as np, pandas as pd\nfrom engine.datasets.tables import Table, divided\n'
        'VERSION, LABEL, POSITIVE = 1, "heads", "heads up"\nLABEL = "heads"\nPOSITIVE = "heads up"\nGROUPS = ("metal",)\n'
        'STUDIED = {"group": "metal", "values": ()}\nLICENCE = SOURCE = CITATION = RECIPE = "none"\n'
        'LICENCE = "none"\nSOURCE = "none"\nCITATION = "none"\nRECIPE = "none"\n\ndef load():\n    n = 50\n'
        '    return Table("coins", pd.DataFrame({"x": np.arange(n) * 1.0}), (np.arange(n) % 2).astype(np.int8), POSITIVE,\n'
        '                 {"metal": np.resize(["gold", "iron"], n)}, divided(n))\n'
    )
    assert "coins" in tables.names()
    assert len(tables.load("coins")) == 50
    assert tables.card("coins").positive == "heads up"
