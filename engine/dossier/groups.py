"""For whom it matters: how often a network is right about each group that examples are told to belong to, the worst one first."""

from dataclasses import dataclass
from urllib.parse import urlencode

import pandas as pd

from engine.assay import views, weak
from engine.assay.views import Set
from engine.plots import formats
from engine.stats import intervals

FEWEST = 20  # answers about a group
MOST = 40  # groups of an attribute
PART = "For whom"  # of the network's page
COLUMNS = ("set", "attribute", "group", "value", "low", "high", "n", "rest", "clear")


@dataclass(frozen=True)
class Worst:
    """The group that a network serves worst."""

    said: str
    address: str


def rows(network: str) -> pd.DataFrame:
    """Return one row a group of a test set that a network answered as it is, the least often right first.

    Columns: set, attribute, group, value (accuracy), low, high, n, rest (accuracy on all other examples), clear: whether the group is below the rest
    when all groups of the attribute are looked at once (Wilson's intervals, Bonferroni), which `low` and `high` are made for.
    """
    found = [row for one in _answered(network) for row in _of_set(network, one)]
    return pd.DataFrame(found, columns=list(COLUMNS)).sort_values("value", ignore_index=True)


def _answered(network: str) -> list[Set]:
    kept = views.answered()
    mine = kept[(kept["network"] == network) & (kept["shift"] == "") & (kept["split"] == "test")]
    return [Set(str(name)) for name in mine["dataset"].unique()]


def _of_set(network: str, one: Set) -> list[tuple]:
    answers = weak.answers(network, one)
    right, made = answers["correct"].astype(bool), []
    for attribute in weak.attributes(answers):
        if attribute in (weak.CLASS, weak.SHIFT, weak.PREDICTED, weak.CONFIDENCE):
            continue
        parts = {str(name): right[part.index] for name, part in answers.groupby(attribute, observed=True) if len(part) >= FEWEST}
        if not 1 < len(parts) <= MOST:
            continue
        level = 1 - (1 - intervals.LEVEL) / len(parts)
        for name, mine in parts.items():
            rest = float(right.drop(mine.index).mean())
            low, high = map(float, intervals.wilson(int(mine.sum()), len(mine), level))
            made.append((one.label, attribute, f"{attribute} {name}", float(mine.mean()), low, high, len(mine), rest, high < rest))
    return made


def worst(network: str) -> Worst | None:
    """Return the group that a network is right about least often, those that are clearly below the rest before others; None without groups."""
    found = rows(network)
    if found.empty:
        return None
    clear = found[found["clear"].astype(bool)]
    row = (clear if len(clear) else found).iloc[0]
    right = formats.interval(row["value"], row["low"], row["high"], row["n"], "fraction")
    of = len(found[(found["set"] == row["set"]) & (found["attribute"] == row["attribute"])])
    beside = f"{formats.percent(row['rest'])} on the others" + ("" if row["clear"] else "; not clear of chance among them")
    said = f"For whom it matters: of {of} groups worst for {row['group']} of {row['set']}: right about {right}, {beside}"
    return Worst(said, f"assay-network?{urlencode({'network': network, 'part': PART})}")
