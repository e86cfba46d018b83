"""A threshold for each group, as it is shown: what one for all and fitted ones do, rates and gaps in words."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from engine import errors
from engine.heads import cutting, told
from engine.plots import formats, markdown

HALF = 0.5
SLACK = 0.02


def unconstrained(known: pd.DataFrame) -> str | None:
    """Return the network of some (as `frontier.networks`) at which a repair by thresholds begins: one that nobody pressed, with its weights."""
    plain = known[(known["method"] == "plain") & known["kept"]]["network"]
    return str(plain.iloc[0]) if len(plain) else None


def read(written: str, groups: Sequence[str]) -> list[float]:
    """Return thresholds as an address holds them, in the order of the groups; 0.5 each where nothing is written. Raises UserError for others."""
    if not written:
        return [HALF] * len(groups)
    try:
        found = [float(one) for one in written.split(",")]
    except ValueError:
        found = []
    if len(found) == len(groups) and all(0 <= one <= 1 for one in found):
        return found
    raise errors.UserError(f"“{written[:60]}” are no thresholds for {len(groups)} groups.", "Write one from 0 to 1 for each, such as at=0.5,0.4.")


def finding(network: str, groups: tuple[str, ...]) -> str:
    """Say what equal shares do to equal chances here: the side effect, with intervals."""
    best = cutting.best_thresholds(network, SLACK, "parity")
    _, before = cutting.at_thresholds(network, dict.fromkeys(groups, HALF))
    _, after = cutting.at_thresholds(network, best)
    asked = " and ".join(f"**{best[group]:.2f}** for {markdown.escape(group)}" for group in groups)
    parity, chance = "demographic_parity_difference", "equal_opportunity_difference"
    shares = f"With one threshold of 0.5 for all, {_apart(before, parity)}. Thresholds of {asked}, fitted on other people, bring that to "
    if any(np.isnan(_row(frame, chance)["value"]) for frame in (before, after)):
        return f"{shares}{_gap(after, parity)}. What that does to those whose outcome is favourable is not estimable: a group has too few of them."
    return (
        f"{shares}{_gap(after, parity)}. What that does elsewhere: of those whose outcome is favourable, {_apart(after, chance)} then; at 0.5 for "
        f"all, {_apart(before, chance)}."
    )


def _row(frame: pd.DataFrame, name: str) -> dict[str, Any]:
    return next({str(key): value for key, value in one.items()} for one in frame.to_dict("records") if one["metric"] == name)


def _gap(frame: pd.DataFrame, name: str) -> str:
    row = _row(frame, name)
    if row["value"] != row["value"]:
        return "an amount that is not estimable"
    return f"**{100 * row['value']:.1f} points** [{100 * row['low']:.1f}, {100 * row['high']:.1f}]"


def _apart(frame: pd.DataFrame, name: str) -> str:
    """Say who is accepted more often than whom, and by how much."""
    row = _row(frame, name)
    if row["value"] != row["value"]:
        return "groups lie an amount apart that is not estimable"
    return f"{markdown.escape(str(row['highest']))} are accepted {_gap(frame, name)} more often than {markdown.escape(str(row['lowest']))}"


def cut(network: str, groups: tuple[str, ...], at: tuple[float, ...]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return rates of each group and gaps between them at thresholds, as words with intervals."""
    rates, gaps = cutting.at_thresholds(network, dict(zip(groups, at, strict=True)))
    words = [worded(row) for row in rates.to_dict("records")]
    wide = rates.assign(told=words, rate=rates["metric"].map(told.SHORT)).pivot_table(
        index="group", columns="rate", values="told", aggfunc="first", sort=False
    )
    wide = wide.loc[list(groups), [name for name in told.SHORT.values() if name in wide]].reset_index()
    found = gaps.set_index("metric").reindex(list(told.GAPS)).reset_index()
    values = [worded(row) for row in found.to_dict("records")]
    between = [f"{h} and {low}" if isinstance(h, str) else "" for h, low in zip(found["highest"], found["lowest"], strict=True)]
    return wide, pd.DataFrame({"gap": found["metric"].map(told.GAPS), "value": values, "between": between})


def worded(row: Mapping[Any, Any]) -> str:
    """Return a rate or gap with its interval in words; “not estimable” where there are too few."""
    if row["value"] != row["value"] or row["value"] is None:
        return "not estimable"
    if str(row["metric"]).endswith("_difference"):
        return told.points(row)
    ratio = str(row["metric"]).endswith("_ratio") or row["metric"] == "calibration"
    return formats.interval(row["value"], row["low"], row["high"], row["n"], unit=None if ratio else "fraction")
