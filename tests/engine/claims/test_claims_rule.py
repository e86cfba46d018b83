"""A claim's verdict follows from its parts by the written rule, and from the store by its parts."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from engine import claims
from engine.__main__ import main
from engine.claims import Evidence
from pages.parts import navigation


def of(*parts, floor=0.0):
    frame = pd.DataFrame(parts, columns=["part", "value", "low", "high", "n"])
    return Evidence(frame, "Rise", "set", "seeds", "pairs", floor=floor)


UP, DOWN, UNCLEAR, UNKNOWN = (
    ("up", 0.3, 0.1, 0.5, 5),
    ("down", -0.3, -0.5, -0.1, 5),
    ("unclear", 0.1, -0.1, 0.3, 5),
    ("one seed", 0.4, np.nan, np.nan, 1),
)


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        ((UP, UP), claims.HOLDS),
        ((UP, UNCLEAR), claims.PARTLY),
        ((UP, DOWN), claims.NOT),
        ((UP, UP, DOWN), claims.PARTLY),
        ((UP, *[UNCLEAR] * 8), claims.NOT),  # 1 of 9 agrees by chance in 20 of 100 cases
        ((UNCLEAR, DOWN), claims.NOT),
        ((UNCLEAR,), claims.NOT),
        ((UP, UNKNOWN), claims.HOLDS),
        ((UNKNOWN,), claims.NOT_ASKED),
        ((), claims.NOT_ASKED),
    ],
)
def test_the_verdict_follows_from_the_parts_by_the_rule(parts, verdict):
    assert of(*parts).verdict == verdict


def test_an_interval_that_touches_the_floor_does_not_agree():
    assert of(("touches", 0.2, 0.0, 0.4, 9)).verdict == claims.NOT
    assert of(("above one half", 0.7, 0.6, 0.8, 9), floor=0.5).verdict == claims.HOLDS
    assert of(("above one half", 0.7, 0.6, 0.8, 9), floor=0.7).verdict == claims.NOT


def test_the_sentence_counts_who_agrees_who_contradicts_and_who_does_not_say():
    said = of(UP, DOWN, UNCLEAR, UNKNOWN).said
    assert said.startswith("**1 of 3 sets agree**, 1 contradicts, 1 is unclear. Rise: \u22120.30 (down) to 0.30 (up); 5 seeds each")


def test_what_lacks_a_column_is_no_evidence():
    with pytest.raises(ValueError, match="low"):
        Evidence(pd.DataFrame({"part": ["a"], "value": [1.0], "high": [1.0], "n": [3]}), "Rise", "set", "seeds", "pairs")


def test_parts_over_seeds_have_the_interval_of_students_t():
    values = pd.Series([0.1, 0.2, 0.15, np.nan, 0.3])
    row = claims.over_seeds([("a", values), ("nothing", pd.Series([np.nan]))]).iloc[0]
    known = values.dropna()
    low, high = stats.t.interval(0.95, len(known) - 1, loc=known.mean(), scale=known.sem())
    assert (row["low"], row["high"], row["n"]) == (pytest.approx(low), pytest.approx(high), 4)
    assert len(claims.over_seeds([("nothing", pd.Series([np.nan]))])) == 0


@pytest.mark.parametrize("name", claims.names())
def test_a_claim_is_answered_from_what_ships(name, tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    line = claims.ask(name)
    assert line.evidence is not None
    assert line.evidence.verdict != claims.NOT_ASKED
    assert (line.evidence.asked["low"] <= line.evidence.asked["value"]).all()
    assert (line.evidence.asked["value"] <= line.evidence.asked["high"]).all()
    for address in (line.evidence.page, line.card.constants["TRY"][1]):
        navigation.target(address)


@pytest.mark.parametrize("name", claims.names())
def test_a_claim_is_not_yet_asked_of_an_empty_store(name, tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    assert claims.ask(name, sample=False).verdict == claims.NOT_ASKED


def test_the_verdict_changes_when_the_results_do(tmp_path, monkeypatch):
    """Of the shipped pairs one does not agree; in a store with three networks of one pair that rank alike, all do, or none is sure."""
    from engine.assay import relation

    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    before = claims.ask("transfer")
    assert before.evidence is not None
    kept = relation.pairs
    agreeing = before.evidence.parts.query("low > 0")["part"]
    monkeypatch.setattr(relation, "pairs", lambda *a, **k: (lambda f: f[(f["id"] + " → " + f["ood"]).isin(agreeing)])(kept(*a, **k)))
    assert (before.verdict, claims.ask("transfer").verdict) == (claims.PARTLY, claims.HOLDS)


def test_the_command_tells_every_claim_with_its_rule(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    assert main(["claims", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in said] == list(claims.names())
    assert all(one["verdict"] in (claims.HOLDS, claims.PARTLY, claims.NOT, claims.NOT_ASKED) for one in said)
