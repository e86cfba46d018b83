"""An audit of decisions: published numbers of COMPAS, every kind of bad input a sentence, the command line."""

import json

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame, selection_rate

from engine import errors, places, store
from engine.__main__ import main
from engine.heads import audit, told

COMPAS = places.DATA / "tables" / "compas.parquet"
CUT = {"label": "two_year_recid", "groups": ["race"], "score": "decile_score", "positive": "0", "threshold": 5, "below": True}


def _frame(n=400, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {"hired": rng.choice(["yes", "no"], n), "sex": rng.choice(["f", "m"], n), "site": rng.choice(["x", "y", "z"], n), "p": rng.random(n)}
    )


def _read(frame, **more):
    return audit.of_frame(frame, "file.csv", **{"label": "hired", "groups": ["sex"], "score": "p", **more})


def test_published_error_rates_of_compas():
    """ProPublica 2016: labelled higher risk but not arrested again 44.85 % and 23.45 %; lower risk but arrested again 27.99 % and 47.72 %."""
    table = audit.wide(audit.read(COMPAS, **CUT)).set_index("group")
    assert 1 - table.loc["African-American", "tpr"] == pytest.approx(0.4485, abs=5e-5)
    assert 1 - table.loc["Caucasian", "tpr"] == pytest.approx(0.2345, abs=5e-5)
    assert table.loc["African-American", "fpr"] == pytest.approx(0.2799, abs=5e-5)
    assert table.loc["Caucasian", "fpr"] == pytest.approx(0.4772, abs=5e-5)


def test_small_groups_are_named_with_the_reason_and_large_ones_are_not():
    found = audit.answer(audit.read(COMPAS, **CUT))
    mine = [note for note in found["notes"] if note.startswith("race = Native American: ")]
    assert [note.partition(": ")[2] for note in mine] == [
        "precision. Not estimable: 6 people with the favourable decision, at least 10 are needed.",
        "tpr. Not estimable: 8 people whose outcome is favourable, at least 10 are needed.",
    ]
    assert not any("Caucasian" in note for note in found["notes"])
    mine = next(one for one in found["groups"] if one["group"] == "Native American")
    assert mine["tpr"] is None
    assert mine["tpr_reason"].startswith("Not estimable")
    assert mine["fpr"] is not None


def test_several_columns_are_looked_at_alone_and_crossed():
    read = _read(_frame(), groups=["sex", "site"])
    assert list(read.groups) == ["sex", "site", "sex x site"]
    crossed = audit.wide(read).query("attribute == 'sex x site'")
    assert crossed["group"].tolist() == ["f & x", "f & y", "f & z", "m & x", "m & y", "m & z"]
    assert crossed["n"].sum() == 400


def test_a_score_in_the_words_of_the_label_is_a_decision():
    frame = _frame().assign(p=lambda f: f["hired"].where(np.arange(len(f)) % 4 > 0, "no"))
    read = _read(frame)
    assert read.threshold is None
    assert read.scores is None
    assert (read.decisions == (frame["p"] == "yes")).all()


def test_probabilities_are_cut_at_one_half_and_calibrated():
    frame = _frame()
    read = _read(frame)
    assert (read.decisions == (frame["p"] >= 0.5)).all()
    assert "calibration" in set(audit.by_group(read)["metric"])


def test_weights_count():
    frame = _frame().assign(w=lambda f: np.where(f["hired"] == "yes", 3.0, 1.0))
    plain, weighed = (audit.wide(_read(frame, **more)).set_index("group") for more in ({}, {"weights": "w"}))
    assert weighed.loc["f", "n"] == plain.loc["f", "n"]
    assert weighed.loc["f", "accuracy"] != plain.loc["f", "accuracy"]


@pytest.mark.parametrize(
    ("change", "more", "said"),
    [
        (lambda f: f.assign(sex="f"), {}, "one group only"),
        (lambda f: f.assign(sex=np.arange(len(f)) % 150), {}, "150 different values"),
        (lambda f: f.assign(hired="yes"), {}, "has 1 different values"),
        (lambda f: f.assign(hired=np.arange(len(f)) % 3), {}, "has 3 different values"),
        (lambda f: f.assign(hired=np.where(f["hired"] == "yes", "hit", "miss")), {}, "which is favourable is not said"),
        (lambda f: f.assign(p=f["p"] * 3), {}, "lie outside 0 to 1"),
        (lambda f: f.assign(p="high"), {}, "no numbers, such as “high”"),
        (lambda f: f.assign(p=f["p"].where(f["p"] > 0.1)), {}, "Values are missing"),
        (lambda f: f.assign(sex=f["sex"].where(f["p"] > 0.1)), {}, "Values are missing"),
        (lambda f: f.assign(w=-1.0), {"weights": "w"}, "no positive numbers"),
        (lambda f: f, {"groups": ["sxe"]}, "Did you mean sex"),
        (lambda f: f, {"groups": []}, "No group is named"),
        (lambda f: f, {"positive": "ye"}, "Did you mean yes"),
    ],
)  # fmt: skip
def test_bad_input_is_a_sentence_with_a_way_out(change, more, said):
    with pytest.raises(errors.UserError, match=said) as refused:
        _read(change(_frame()), **more)
    assert refused.value.hint


def test_a_group_column_with_ten_thousand_values_is_a_sentence():
    frame = _frame(20_000).assign(sex=np.arange(20_000) % 10_000)
    with pytest.raises(errors.UserError, match="10,000 different values"):
        _read(frame)


def test_people_with_gaps_are_left_out_when_that_is_asked_for_and_it_is_said():
    frame = _frame().assign(p=lambda f: f["p"].where(np.arange(len(f)) >= 7))
    read = _read(frame, leave_out_missing=True)
    assert len(read) == 393
    assert read.notes == ("7 of 400 people were left out: values are missing, 7 in “p”.",)


def test_a_group_without_favourable_outcomes_is_not_estimable_and_the_rest_is():
    frame = _frame().assign(hired=lambda f: f["hired"].where(f["sex"] == "m", "no"))
    table = audit.wide(_read(frame)).set_index("group")
    assert pd.isna(table.loc["f", "tpr"])
    assert "0 people whose outcome is favourable" in table.loc["f", "tpr_reason"]
    assert table.loc["m", "tpr"] > 0


def test_nearly_equal_decisions_about_everybody_are_pointed_out():
    found = audit.answer(_read(_frame().assign(p=0.9)))
    assert any("look at balanced accuracy" in note for note in found["notes"])


def test_the_command_answers_in_json(tmp_path, capsys):
    file = tmp_path / "decisions.csv"
    file.write_bytes(store.csv_bytes(_frame()))
    assert main(["heads", "audit", str(file), "--label", "hired", "--group", "sex", "--score", "p", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["people"] == 400
    first = found["groups"][0]
    for name in ("selection_rate", "tpr", "fpr", "accuracy"):
        assert first[f"{name}_low"] <= first[name] <= first[f"{name}_high"]
    assert first["n"] == int((_frame()["sex"] == "f").sum())
    assert {gap["metric"] for gap in found["gaps"]} >= {"demographic_parity_difference", "equalized_odds_difference"}


def test_the_command_shows_intervals_and_says_what_is_wrong(tmp_path, capsys):
    file = tmp_path / "decisions.parquet"
    file.write_bytes(store.parquet_bytes(_frame()))
    words = ["heads", "audit", str(file), "--label", "hired", "--group", "sex", "--score"]
    assert main([*words, "p"]) == 0
    assert "demographic_parity_ratio" in capsys.readouterr().out
    assert main([*words, "q"]) == 1
    assert "There is no column" in capsys.readouterr().err


@pytest.mark.parametrize(("encoding", "sep"), [("utf-8-sig", ";"), ("cp1252", ";"), ("utf-16", "\t")])
def test_files_of_spreadsheets_are_read_as_they_are_saved(tmp_path, encoding, sep):
    frame = pd.DataFrame({"größer": ["ja", "nein"] * 30, "sex": ["männlich"] * 30 + ["weiblich"] * 30, "p": [0.25, 0.75] * 30})
    frame.to_csv(tmp_path / "people.txt", index=False, sep=sep, decimal=",", encoding=encoding)
    read = audit.read(tmp_path / "people.txt", label="größer", groups=["sex"], score="p")
    assert read.positive == "ja"
    assert read.scores is not None
    assert read.scores.tolist() == [0.25, 0.75] * 30
    assert set(read.groups["sex"]) == {"männlich", "weiblich"}


def test_without_an_outcome_only_acceptance_is_told_and_it_agrees_with_fairlearn(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"decision": rng.choice(["let go", "held"], 300), "group": rng.choice(["a", "b", "c"], 300)})
    frame.to_csv(tmp_path / "people.csv", index=False)
    read = audit.read(tmp_path / "people.csv", label=None, groups=["group"], score="decision", accepted=["let go"])
    found = audit.answer(read)
    expected = MetricFrame(metrics=selection_rate, y_true=frame["decision"] == "held", y_pred=read.decisions, sensitive_features=frame["group"])
    assert {one["group"]: one["selection_rate"] for one in found["groups"]} == pytest.approx(expected.by_group.to_dict())
    assert {one["metric"] for one in found["gaps"]} == {"demographic_parity_difference", "demographic_parity_ratio"}
    assert all(one["positives"] is None and "tpr" not in one for one in found["groups"])
    assert "tpr" not in found["overall"]
    assert told.table(read, "group").columns.tolist() == ["group", "n", "accepted", "selection rate"]
    assert list(told.figure(told.rates(read, "group"), ("a", "b", "c")).to_dict()["layout"]["yaxis"]["ticktext"]) == ["Accepted"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"label": "decision"}, "cannot be both the outcome and the decision"),
        ({"groups": ["decision"]}, "cannot be a group and the score or decision at once"),
        ({"accepted": ["let goo"]}, "Did you mean let go"),
        ({"accepted": []}, "The values are held, let go"),
    ],
)
def test_columns_that_cannot_mean_what_is_said_are_told(tmp_path, changed, said):
    frame = pd.DataFrame({"decision": ["let go", "held"] * 30, "group": ["a"] * 30 + ["b"] * 30, "label": [1, 0] * 30})
    frame.to_csv(tmp_path / "people.csv", index=False)
    asked = {"label": None, "groups": ["group"], "score": "decision", "accepted": ["let go"]} | changed
    with pytest.raises(errors.UserError) as problem:
        audit.read(tmp_path / "people.csv", **asked)
    assert said in f"{problem.value.message} {problem.value.hint}"
