"""What choosing, comparing and searching found, as sentences with numbers. Nothing here is written beforehand."""

import re

import pandas as pd

from engine.assay import effects, views
from engine.plots import formats


def name(text: object) -> str:
    r"""Return a name that Markdown shows as it is: those of imported networks hold anything.

    >>> print(name("vit_b [img_size=448]"))
    vit\_b \[img\_size=448\]
    """
    return re.sub(r"([\\`*_\[\]<>$~])", r"\\\1", str(text))


def of_choice(cost: pd.DataFrame, words: str, metric: str) -> str:
    """Return who a rule chooses, what that reaches elsewhere and what it costs against the best there.

    Args:
        cost: Rows of `choosing.regret` for one ID set.
        words: The rule in words.
        metric: What counts.
    """
    others = cost[cost["kind"] == "elsewhere"]
    means = cost[cost["kind"] == "mean"]
    row = means.iloc[0] if len(means) else others.sort_values("regret").iloc[-1]  # no network may have all sets
    tie = int(row["tied_choices"])
    who = (
        f"**{name(row['chosen'])}** is chosen"
        if tie == 1
        else f"**{name(row['chosen'])}** and {_many(tie - 1, 'other')} are chosen alike (their mean counts)"
    )
    start = f"{who} by {words}, out of {_many(row['networks'], 'network')}."
    where = "the other set" if len(others) == 1 else f"the {len(others)} other sets on average" if len(means) else views.Set.read(row["ood"]).label
    place = f"On {where} that reaches {_amount(row['value'], metric)}"
    if row["regret"] < 1e-9:
        return f"{start} {place}: no network does better there."
    spread = f" [{_gap(row['low'], metric, bare=True)}, {_gap(row['high'], metric, bare=True)}]" if pd.notna(row["low"]) else ""
    worst = others.sort_values("regret").iloc[-1]
    more = (
        f" It costs most on {views.Set.read(worst['ood']).label}: {_gap(worst['regret'], metric)}."
        if len(others) > 1 and worst["chosen"] == row["chosen"] and len(means)
        else ""
    )
    return f"{start} {place}, **{_gap(row['regret'], metric)}**{spread} short of {name(row['best_network'])}, the best there.{more}"


def of_ties(ranks: pd.DataFrame, where: str, metric: str) -> str:
    """Return how many networks cannot be told apart from the best on a set, or why nothing can be said."""
    if ranks.empty:
        return f"No network has {metric} on {where}."
    first = ranks.iloc[0]
    best = f"Best on {where}: **{name(first['network'])}**, {formats.interval(first['value'], *_ends(first), first['unit'] or views.unit(metric))}."
    compared = int(first["compared"])
    if not compared:
        return f"{best} Who could be as good is not known: {first['reason']}."
    tested = ranks[ranks["tied"].notna()]
    tied = int(tested["tied"].sum())
    against = tested.iloc[0]["against"]
    among = "" if compared == len(ranks) else f" (of the {formats.count(compared)} with stored answers; the best of these is {name(against)})"
    if tied == 1:
        return f"{best} **Every other network can be told apart from it**{among}."
    last = tested[tested["tied"].astype(bool)].iloc[-1]
    return (
        f"{best} **{formats.count(tied)} of {formats.count(compared)} networks, itself counted, cannot be told apart from the best**{among}, "
        f"down to {name(last['network'])} at {_amount(last['value'], metric)}."
    )


def _ends(row: pd.Series) -> tuple[float | None, float | None, float | None]:
    low, high, n = (None if pd.isna(row[name]) else float(row[name]) for name in ("low", "high", "n"))
    return low, high, n


def of_effects(found: pd.DataFrame, factor: str, metric: str) -> str:
    """Return what a factor changes most clearly, and on how many pairs of equal networks that rests."""
    known = found[found["pairs"] > 1]
    if known.empty:
        return f"No two pairs of networks differ in {_spaced(factor)} and are equal in all else, so its effect cannot be told."
    overall = known[known["outcome"] == effects.ELSEWHERE]
    known = overall if len(overall) else known
    clear = known[known["adjusted"] <= 0.05]
    row = (clear if len(clear) else known).assign(size=lambda f: f["difference"].abs()).sort_values("size").iloc[-1]
    outcome = {effects.HERE: effects.HERE, effects.ELSEWHERE: "elsewhere on average"}.get(row["outcome"], f"on {row['outcome']}")
    said = f"{_spaced(factor)} **{name(row['level'])}** instead of **{name(row['baseline'])}** changes {metric} {outcome} by"
    number = f"**{_gap(row['difference'], metric, signed=True)}** [{_gap(row['low'], metric, bare=True)}, {_gap(row['high'], metric, bare=True)}]"
    sign = f"{_many(row['pairs'], 'pair')} of equal networks; up in {row['up']}, down in {row['down']}, adjusted p {formats.number(row['adjusted'])}"
    clearly = "Most clearly, " if len(clear) else "No effect is clear at 5 %. The largest difference: "
    along = f" {_spaced(row['along'])} could not be held equal." if row["along"] else ""
    return f"{clearly}{said} {number} ({sign}).{along}"


def of_slices(found: pd.DataFrame, answers: pd.DataFrame, network: str, where: str) -> str:
    """Return how often a network is wrong, and the worst slice that held on the half of the examples that did not choose it."""
    wrong = int((~answers["correct"].astype(bool)).sum())
    start = f"{name(network)} is wrong on {formats.count(wrong)} of {formats.count(len(answers))} answers to {where}."
    if found.empty:
        return f"{start} **No slice is worse than the rest** beyond what chance brings among all that was searched."
    confirmed = found[found["confirmed"]]
    asked = f"({formats.count(found['searched'].iloc[0])} slices searched, {len(found)} found, {len(confirmed)} confirmed)"
    if confirmed.empty:
        return f"{start} {_many(len(found), 'slice')} looked worse on one half of the examples; **none is confirmed by the other half** {asked}."
    worst = confirmed.sort_values("worse").iloc[-1]
    return (
        f"{start} Worst: **{name(worst['slice'])}**, where {formats.percent(worst['error'])} [{_percent(worst['low'])}, {_percent(worst['high'])}] "
        f"are wrong against {formats.percent(worst['elsewhere'])} elsewhere, n {formats.count(worst['n'])} {asked}."
    )


def _percent(value: float) -> str:
    return formats.fixed(100 * value, 1)


def _many(n: float, noun: str) -> str:
    return f"{formats.count(n)} {noun}{'' if n == 1 else 's'}"


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _amount(value: float, metric: str) -> str:
    return formats.amount(value, views.unit(metric))


def _gap(value: float, metric: str, *, bare: bool = False, signed: bool = False) -> str:
    """Return a difference: of fractions in percentage points, else in the metric's unit."""
    unit = views.unit(metric)
    number = formats.number(100 * value if unit == "fraction" else value)
    sign = "+" if signed and value > 0 else ""
    if bare:
        return number
    return f"{sign}{number} {'percentage points' if unit == 'fraction' else unit or ''}".rstrip()
