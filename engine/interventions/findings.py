"""What responses say, as sentences with their numbers."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from engine.interventions import profile, views
from engine.interventions.profile import ANYWHERE, BREAKS, INVARIANT, TRAINING
from engine.plots import formats

MOST_NAMED = 3


def of_curve(found: pd.DataFrame, factor: str, margin: float = profile.MARGIN) -> str:
    """Return who falls where a factor is set, how far, and who does not; "" where there are no two worlds to compare.

    Args:
        found: Rows of responses of this factor, with those of the base world.
        factor: The factor.
        margin: Loss that is small enough to ignore.
    """
    told = profile.profile(views.curve(found, factor), margin)
    told = told[told["region"] == ANYWHERE].sort_values("loss", ascending=False, kind="stable")
    if told.empty:
        return ""
    records = told.to_dict("records")
    broken, steady = ([row for row in records if row["verdict"] == which] for which in (BREAKS, INVARIANT))
    n = f" (n {formats.count(records[0]['n'])} units, the same at every value)"
    if not broken:
        if len(steady) == len(records):
            return f"No value of **{factor}** matters: {_few(steady)} {_verb(steady, 'stays', 'stay')} within {_points(margin)} everywhere{n}."
        worst = records[0]
        return (
            f"Nothing is shown to break on **{factor}**: the largest loss is {_loss(worst)}, of {worst['network']} where it is {worst['level']}{n}."
        )
    return f"{_fall(broken[0], factor)}; {_others(broken, steady, records, margin)}{n}."


def _fall(row: Mapping[Any, Any], factor: str) -> str:
    where = "which occurs in training" if row["inside"] else "outside of training"
    return (
        f"**{row['network']}** falls from {formats.percent(row['base_value'])} to **{formats.percent(row['value'])}** "
        f"where {factor} is {row['level']} ({where})"
    )


def _others(broken: list, steady: list, records: list, margin: float) -> str:
    if steady:
        return f"**{_few(steady)}** {_verb(steady, 'does', 'do')} not: within {_points(margin)} of {_base(steady)} at every value"
    if len(records) == 1:
        return f"that costs {_loss(broken[0])}"
    best = max(records, key=lambda row: row["value"])
    every = "both" if len(records) == 2 else f"all {len(records)}"
    rest = f"{every} networks break" if len(broken) == len(records) else f"{len(broken)} of {len(records)} networks break"
    holds = f", and {best['network']} holds best: {formats.percent(best['value'])} at its worst" if best is not broken[0] else ""
    return f"{rest}{holds}"


def of_profile(told: pd.DataFrame, margin: float = profile.MARGIN) -> str:
    """Return the factor that tells networks apart, what breaks them within training, and what none of them minds.

    Args:
        told: As `profile.profile`.
        margin: Loss that is small enough to ignore.
    """
    if told.empty:
        return ""
    sentences = [_apart(told), _within(told), _minded(told, margin)]
    return " ".join(sentence for sentence in sentences if sentence)


def _apart(told: pd.DataFrame) -> str:
    """Name the factor on which one network breaks most while another is invariant to it; else the worst break, within training if there is one."""
    anywhere, broken = told[told["region"] == ANYWHERE], told[told["verdict"] == BREAKS].sort_values("loss", ascending=False, kind="stable")
    if broken.empty:
        return "No factor is shown to break a network."
    steady = anywhere[anywhere["verdict"] == INVARIANT]
    apart = broken[broken["factor"].isin(steady["factor"])]
    within = broken[broken["region"] == TRAINING]
    worst = next(some for some in (apart, within, broken) if len(some)).iloc[0].to_dict()
    others = steady[steady["factor"] == worst["factor"]].to_dict("records")
    against = f"; **{_few(others)}** {_verb(others, 'is', 'are')} invariant to {worst['factor']}, at {_base(others)}" if others else ""
    return f"{_fall(worst, worst['factor'])}{against}."


def _within(told: pd.DataFrame) -> str:
    """Name what breaks networks although every value occurs in training."""
    broken = told[(told["region"] == TRAINING) & (told["verdict"] == BREAKS)]
    if broken.empty:
        return "Within training no factor is shown to break a network."
    factors = broken.groupby("factor", sort=False)["network"].nunique().sort_values(ascending=False, kind="stable")
    few = _listed([f"{name} ({formats.count(n)} network{'' if n == 1 else 's'})" for name, n in factors.items()])
    return f"Even values that occur in training break networks: {few}."


def _minded(told: pd.DataFrame, margin: float) -> str:
    """Name the factors that every network is invariant to."""
    anywhere = told[told["region"] == ANYWHERE]
    steady = anywhere.groupby("factor", sort=False)["verdict"].agg(lambda column: bool((column == INVARIANT).all()))
    names = [str(name) for name in steady.index[steady.to_numpy(bool)]]
    if not names:
        return ""
    several = len(set(anywhere["network"])) > 1
    return f"{'All networks are' if several else 'It is'} invariant (within {_points(margin)}) to {_listed(names)}."


def of_map(found: pd.DataFrame, factors: tuple[str, str]) -> str:
    """Return where the two factors together cost a network most, and where they do although both values occur in training.

    Args:
        found: Rows of responses that set both factors, with those of the base world.
        factors: The two.
    """
    accuracy = found[(found["metric"] == "accuracy") & (found["factor_2"] != "") & found["difference"].notna()]
    if accuracy.empty:
        return ""
    by_difference = accuracy.sort_values("difference", kind="stable").to_dict("records")
    said = [_both(by_difference[0], factors, by_difference[0]["inside"])]
    if not by_difference[0]["inside"] and (within := [row for row in by_difference if row["inside"]]):
        said.append(_both(within[0], factors, inside=True))
    return " ".join(said)


def _both(row: Mapping[Any, Any], factors: tuple[str, str], inside: bool) -> str:
    """Return how far a network falls where two factors are set."""
    where = " and ".join(f"{name} is {row[level]}" for name, level in zip(factors, ("level", "level_2"), strict=True))
    training = "both occur in training" if inside else "outside of training"
    low, high = (formats.fixed(-100 * row[end], 1) for end in ("difference_high", "difference_low"))
    return (
        f"**{row['network']}** falls from {formats.percent(row['value'] - row['difference'])} to **{formats.percent(row['value'])}** where {where} "
        f"({training}): it loses {formats.fixed(-100 * row['difference'], 1)} points [{low}, {high}], n {formats.count(row['n'])}."
    )


def _loss(row: Mapping[Any, Any]) -> str:
    low, high = (formats.fixed(100 * row[end], 1) for end in ("low", "high"))
    return f"{formats.fixed(100 * row['loss'], 1)} points [{low}, {high}]"


def _base(rows: list) -> str:
    """Return what networks reach in the base world: steady at chance is another thing than steady at the top."""
    values = sorted(row["base_value"] for row in rows)
    ends = dict.fromkeys((formats.percent(values[0]), formats.percent(values[-1])))
    return " to ".join(ends)


def _points(margin: float) -> str:
    n = round(100 * margin, 1)
    return f"{n:g} point{'' if n == 1 else 's'}"


def _verb(rows: list, one: str, many: str) -> str:
    return one if len(rows) == 1 else many


def _few(rows: list) -> str:
    return _listed([str(row["network"]) for row in rows])


def _listed(names: list[str]) -> str:
    """Return names as people list them, the first few.

    >>> _listed(["a"]), _listed(["a", "b"]), _listed(["a", "b", "c", "d", "e"])
    ('a', 'a and b', 'a, b, c and 2 more')
    """
    if len(names) > MOST_NAMED + 1:
        return f"{', '.join(names[:MOST_NAMED])} and {len(names) - MOST_NAMED} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
