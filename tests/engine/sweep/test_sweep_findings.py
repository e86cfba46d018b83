"""The sweep's findings: their numbers come out by hand, their verdicts follow their rules, and the README says what the store says."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats
from statsmodels.stats.anova import anova_lm

from engine import errors, store
from engine.__main__ import main
from engine.plots import formats
from engine.sweep import findings, told
from engine.sweep.findings import HOLDS, NOT, PARTLY, UNTESTED

README = Path(__file__).resolve().parents[3] / "README.md"
NUMBER = re.compile(rf"{formats.MINUS}?\d[\d\u202f]*(?:\.\d+)?")


@pytest.fixture(autouse=True)
def only_what_ships(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))


@pytest.fixture
def found() -> dict[str, findings.Finding]:
    return {find.__name__: one for find, one in zip(findings.FINDINGS, findings.all_of(), strict=True)}


@pytest.fixture
def accuracies() -> pd.DataFrame:
    """One row a network and OOD set, straight from the tables."""
    return store.query(
        """SELECT n.network, n.trained_on AS id, o.dataset::VARCHAR AS ood, v.value AS val, i.value AS here, o.value AS there, n.attributes
           FROM networks n
           JOIN scores v ON v.network = n.network AND v.dataset = n.trained_on AND v.split = 'val' AND v.metric = 'accuracy' AND v.shift = ''
           JOIN scores i ON i.network = n.network AND i.dataset = n.trained_on AND i.split = 'test' AND i.metric = 'accuracy' AND i.shift = ''
           JOIN scores o ON o.network = n.network AND o.dataset <> n.trained_on AND o.metric = 'accuracy' AND o.shift = ''
           WHERE n.collection = 'sweep' AND v.slice IS NULL AND i.slice IS NULL AND o.slice IS NULL"""
    )


def test_the_readme_says_what_the_store_says() -> None:
    text = README.read_text()
    assert told.BEGIN in text, "python -m engine sweep --write README.md"
    written, made = text[text.index(told.BEGIN) : text.index(told.END) + len(told.END)], told.section()
    again = "run: python -m engine sweep --write README.md"
    assert NUMBER.sub("#", written) == NUMBER.sub("#", made), again
    for one, other in zip(NUMBER.findall(written), NUMBER.findall(made), strict=True):  # the last digit may differ between machines
        places = len(one.partition(".")[2])
        assert abs(_read(one) - _read(other)) <= 1.01 * 10**-places * (places > 0 or _read(one) < 100), (one, other, again)


def _read(number: str) -> float:
    return float(number.replace(formats.MINUS, "-").replace(formats.THIN, ""))


def test_the_relation_within_pairs_is_the_mean_of_scipys_rank_correlations(found, accuracies) -> None:
    pairs = accuracies.groupby(["id", "ood"])
    by_hand = pairs[["val", "there"]].apply(lambda one: stats.spearmanr(one["val"], one["there"])[0]).mean()
    assert found["rise_together"].value == pytest.approx(by_hand, abs=1e-9)
    assert found["rise_together"].n == accuracies["network"].nunique()
    least = pairs[["here", "there"]].apply(lambda one: stats.spearmanr(one["here"], one["there"])[0]).min()
    assert found["no_trade_off"].value == pytest.approx(least)


def test_what_augmentation_adds_is_the_mean_difference_in_cells_equal_otherwise(found, accuracies) -> None:
    each = accuracies.groupby("network").agg(there=("there", "mean"), id=("id", "first"), attributes=("attributes", "first"))
    design = pd.DataFrame([json.loads(text) for text in each.pop("attributes")], index=each.index)
    cell = ["id", "architecture", "regime", "images_per_class", "learning_rate", "seed"]
    table = each.join(design[["augmentation", *cell[1:]]])
    table["plain"] = table["augmentation"] == "none"
    cells = table.pivot_table("there", cell, "plain")
    differences = 100 * (cells[False] - cells[True]).dropna()
    one = found["augmentation"]
    interval = stats.ttest_1samp(differences, 0).confidence_interval()
    assert (one.value, one.low, one.high, one.n) == pytest.approx((differences.mean(), *interval, len(differences)))


def test_shares_of_variance_are_those_of_an_analysis_of_variance(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    made = pd.DataFrame({name: rng.integers(0, 3, 90).astype(str) for name in findings.DESIGN})
    made["elsewhere"] = made["architecture"].astype(int) + rng.normal(size=90) + 5 * made["trained_on"].astype(int)
    made["here"] = rng.normal(size=90)
    monkeypatch.setattr(findings, "_networks", lambda sample: made)
    rows = findings.shares().set_index("factor")
    squares = anova_lm(smf.ols("elsewhere ~ trained_on / architecture", made).fit())["sum_sq"]
    assert rows["elsewhere"]["architecture"] == pytest.approx(squares["trained_on:architecture"] / (squares.sum() - squares["trained_on"]))
    assert rows.index[0] == "architecture"
    assert (rows["elsewhere_low"] <= rows["elsewhere_high"]).all()


@pytest.mark.parametrize(("low", "high", "verdict"), [(0.01, 0.2, HOLDS), (-0.1, 0.2, PARTLY), (-0.3, -0.1, NOT)])
def test_a_verdict_follows_from_the_interval(low, high, verdict) -> None:
    assert findings._by(low, high, above=0) == verdict
    assert findings._under(-high, -low, below=0) == verdict


def test_every_finding_has_number_interval_rule_and_verdict_or_says_why_not(found) -> None:
    for one in found.values():
        assert one.verdict in {HOLDS, PARTLY, NOT, UNTESTED}
        if one.verdict == UNTESTED:
            assert one.measured
        else:
            assert one.low <= one.value <= one.high
            assert (one.n > 1, one.rule.startswith("holds where")) == (True, True)


def test_the_findings_as_a_command(capsys: pytest.CaptureFixture, found) -> None:
    assert main(["sweep", "--findings"]) == 0
    text = capsys.readouterr().out
    assert all(one.claim in text and one.rule in text for one in found.values())
    assert main(["sweep", "--findings", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["claim"] for row in rows] == [one.claim for one in found.values()]
    assert rows[0]["value"] == pytest.approx(found["rise_together"].value)


def test_a_document_is_written_between_its_marks_only(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    file = tmp_path / "page.md"
    file.write_text(f"before\n{told.BEGIN}\nwhat was there\n{told.END}\nafter\n")
    assert main(["sweep", "--write", str(file), "--json"]) == 0
    text = file.read_text()
    assert (text.startswith(f"before\n{told.BEGIN}\n## "), text.endswith(f"{told.END}\nafter\n"), "what was there" in text) == (True, True, False)
    with pytest.raises(errors.UserError, match="no place for the findings"):
        told.written("nothing here")


def test_without_networks_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "nothing"))
    with pytest.raises(errors.UserError, match="No network of the sweep") as told_what:
        findings.facts()
    assert "python -m engine sweep" in told_what.value.hint
