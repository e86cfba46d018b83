"""What choosing a network and foretelling its errors cost and bring, in plain words."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from engine.assay import choosing, comparing, shortlist, trust, verdicts
from engine.assay.shortlist import Question
from engine.assay.views import Set
from engine.plainly import INTERVALS, Told
from engine.plots import formats
from engine.plots.markdown import escape

DRAWN = "How much chance alone would change is found by drawing the *networks* anew many times."


def of_choice(asked: Question) -> Told | None:
    """Return which network a rule chooses, what the best elsewhere would have brought, and how many are as good; None but for accuracy.

    Raises:
        UserError: where nobody can be chosen by the rule.
    """
    if asked.metric != "accuracy":
        return None
    cost = choosing.regret(asked.rule, asked.collection, asked.home, asked.metric, among=asked.among)
    others, means = cost[cost["kind"] == "elsewhere"], cost[cost["kind"] == "mean"]
    row: Mapping[Any, Any] = (means if len(means) else others.sort_values("regret").tail(1)).iloc[0].to_dict()
    rule = choosing.rules(asked.collection, asked.home, asked.metric)[asked.rule]
    where = f"{len(others)} other *sets* on average" if len(means) else escape(Set.read(row["ood"]).label)
    tested = (
        f"**{formats.count(row['networks'])}** *networks* could be chosen. The rule looks at {escape(rule)}; then it is seen how often they are "
        "right *elsewhere*."
    )
    chosen = f"The rule chooses {escape(row['chosen'])}, which on {where} is right about **{formats.percent(row['value'])}**."
    differs, alike = [chosen], []
    short = f"{formats.number(100 * row['regret'])} *percentage points* less than {escape(row['best_network'])}, the best there"
    if row["regret"] < 1e-9:
        differs.append("No *network* does better there.")
    elif pd.notna(row["low"]) and row["low"] > 0:
        differs.append(f"That is {short}: so much the rule costs.")
    else:
        alike.append(f"That is {short}; it can be chance.")
    return Told((tested,), tuple(differs), (*alike, *_as_good(asked)), (DRAWN, INTERVALS))


def _as_good(asked: Question) -> list[str]:
    """Return how many networks cannot be told from the best on the set that the rule looks at."""
    ranks = comparing.best(Set.read(asked.home), asked.metric, asked.collection, among=shortlist.candidates(asked)) if asked.home else pd.DataFrame()
    if ranks.empty or not int(ranks["compared"].iloc[0]):
        return []
    tied, compared = int(ranks["tied"].dropna().sum()), int(ranks["compared"].iloc[0])
    if tied == 1:
        return []
    return [f"On {escape(asked.home)} {tied} of {compared} *networks* cannot be told apart from the best: which of them looks best is chance."]


def of_trust(found: pd.DataFrame, target: str, view: str) -> Told | None:
    """Return how much the error where networks were trained tells of that elsewhere, and whether another number tells more; None for other numbers.

    Args:
        found: Rows of `trust.predictors`.
        target: The metric that is told.
        view: How networks are compared, as in `trusted.VIEWS`.
    """
    told = found[(found["view"] == view) & found["r2"].notna()]
    own = told[told["predictor"] == target]
    if not trust.is_error(target) or own.empty:
        return None
    row = own.iloc[0]
    tested = (
        f"**{formats.count(row['networks'])}** *networks* were asked about pictures *elsewhere*. Which number, known before, tells how often they "
        "are wrong there? A number that tells all accounts for 100 % of their differences, one that tells nothing for 0 %."
    )
    differs = [f"How often they are wrong *where they were trained* accounts for **{_share(row)}** of the differences."]
    most = verdicts.FEW * told["networks"].max()
    rest = told[(told["predictor"] != target) & (told["networks"] >= most) & told["advantage"].notna()].sort_values("advantage")
    if rest.empty:
        return Told((tested,), tuple(differs), (), (DRAWN, INTERVALS))
    best = rest.iloc[-1]
    if best["advantage_low"] > 0:
        differs.append(f"Of {len(rest)} other numbers one tells more: {_named(best)}, **{_share(best)}**.")
        return Told((tested,), tuple(differs), (), (DRAWN, INTERVALS))
    return Told((tested,), tuple(differs), (f"None of {len(rest)} other numbers is shown to tell more.",), (DRAWN, INTERVALS))


def _share(row: pd.Series) -> str:
    return formats.interval(row["r2"], row["r2_low"], row["r2_high"], unit="fraction")


def _named(row: pd.Series) -> str:
    return escape(str(row["label"]).replace("OOD sets", "sets elsewhere").replace("ID ", "where they were trained: "))
