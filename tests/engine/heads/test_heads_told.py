"""What an audit says to people: guesses of columns, the finding with its numbers, words for what is not estimable, the figure."""

import numpy as np
import pandas as pd
import pytest

from engine import places, store
from engine.heads import audit, columns, told

COMPAS = places.DATA / "tables" / "compas.parquet"


@pytest.fixture(scope="module")
def compas():
    return audit.read(COMPAS, label="two_year_recid", groups=["race"], score="decile_score", positive="0", threshold=5, below=True)


def _decided():
    """Ten men in twenty accepted, five women in twenty; outcomes alternate."""
    frame = pd.DataFrame({"sex": ["m"] * 20 + ["f"] * 20, "hired": ["yes", "no"] * 20, "p": [0.9] * 10 + [0.1] * 10 + [0.9] * 5 + [0.1] * 15})
    return audit.of_frame(frame, "f", label="hired", groups=["sex"], score="p")


def test_the_finding_says_both_groups_and_the_gap():
    said = told.finding(_decided(), "sex").replace("\u202f", " ")
    assert said.startswith("**m** are accepted in **50.0 %** (n 20), **f** in **25.0 %** (n 20): a gap of **25.0 points [0.0, ")
    assert said.partition("]**.")[2].startswith(" Such a gap can be chance: the interval reaches 0.")


def test_of_many_groups_the_largest_two_come_first_and_small_ones_are_named(compas):
    said = told.finding(compas, "race").replace("\u202f", " ")
    assert said.startswith(
        "Of the two largest groups **Caucasian** are accepted in **65.2 %** (n 2 454), **African-American** in **41.2 %** (n 3 696)."
    )
    assert "Too small for some of these numbers: Asian, Native American." in said


def test_a_rate_of_too_few_people_reads_as_not_estimable(compas):
    table = told.table(compas, "race").set_index("group")
    assert table.loc["Native American", "true positive rate"] == "not estimable"
    assert table.loc["Caucasian", "true positive rate"].replace("\u202f", " ").startswith("76.5 % [")
    gaps = told.gap_table(compas, "race")
    assert gaps["gap"].tolist() == list(told.GAPS.values())
    assert gaps["left out"].iloc[2] == "Native American"


def test_a_group_has_a_mark_for_each_rate_that_can_be_estimated(compas):
    rates = told.rates(compas, "race")
    figure = told.figure(rates, compas.decided("race").groups)
    marks = {trace.name: np.isfinite(np.array(trace.x, float)).sum() for trace in figure.data}
    assert marks == {"African-American": 5, "Asian": 4, "Caucasian": 5, "Hispanic": 5, "Native American": 3, "Other": 5}


def test_many_groups_stand_below_each_other():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"town": rng.choice(list("abcdefghij"), 2000), "hired": rng.choice(["yes", "no"], 2000), "p": rng.random(2000)})
    read = audit.of_frame(frame, "f", label="hired", groups=["town"], score="p")
    figure = told.figure(told.rates(read, "town"), read.decided("town").groups, "tpr")
    assert len(figure.layout.yaxis.categoryarray) == 10


def test_columns_are_guessed_by_name_and_values(tmp_path):
    n = 60
    frame = pd.DataFrame(
        {
            "case_id": range(n), "gender": ["a", "b"] * 30, "age": range(n), "y_true": [0, 1] * 30, "y_score": np.linspace(0, 1, n),
            "sample_weight": np.ones(n),
        }
    )  # fmt: skip
    (tmp_path / "f.parquet").write_bytes(store.parquet_bytes(frame))
    found = columns.look(tmp_path / "f.parquet")
    assert columns.guess(found) == columns.Guess("y_true", "1", ("gender",), "y_score", "sample_weight")
    assert columns.inputs(found, ["y_true", "y_score"]) == ["age", "sample_weight"]
    assert columns.cases(found, []) == ["case_id"]
