"""What the README says of the heads is what the shipped runs say."""

import pandas as pd
import pytest

from engine import places
from engine.heads import views

README = (places.ROOT / "README.md").read_text()
SHOWN = {
    ("adult", "sex"): "Adult, sex", ("census_kdd", "sex"): "Census income, sex", ("compas", "race"): "COMPAS, race",
    ("loans", "ethnicity"): "Loans, ethnicity", ("inked_digits", "ink"): "Inked digits, ink (made)",
}  # fmt: skip
LAMBDA, HARDEST = 20.0, 100.0


def ranged(values: pd.Series) -> str:
    return f"{values.mean():.2f} ({values.min():.2f} to {values.max():.2f})"


def row(dataset: str, attribute: str) -> str:
    """Return the README's line about a table: means over seeds, ranges over seeds in parentheses."""
    asked = (dataset, attribute, "parity")
    means = views.over_seeds(views.frontier(*asked))
    plain, pressed = means.query("method == 'plain'").iloc[0], means.query("method == 'squared' and strength == @LAMBDA").iloc[0]
    aware, shifts = views.aware(*asked), views.shifts(*asked).query("groups == 'true'")
    last = aware[aware["layer"] == aware.loc[aware["layer"].str.startswith("layer="), "layer"].max()]
    cells = [
        SHOWN[dataset, attribute],
        *(f"{100 * one['accuracy']:.1f} %, {100 * one['gap']:.1f} points".replace("-", "\u2212") for one in (plain, pressed)),
        ranged(last.query("method == 'plain'")["auc"]),
        ranged(last.query("method == 'squared' and strength == @HARDEST")["auc"]),
        ranged(shifts.query("method == 'squared' and strength == @LAMBDA")["auc"]),
        ranged(shifts.query("method == 'shuffled'")["auc"]),
    ]
    return f"| {' | '.join(cells)} |"


@pytest.mark.parametrize(("dataset", "attribute"), list(SHOWN))
def test_the_readme_says_what_the_shipped_networks_did(dataset: str, attribute: str, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    assert row(dataset, attribute) in README
