"""What the views of trust say, as sentences with numbers: which number to go by, what carries over, where pooling misleads."""

import pandas as pd

from engine.plots import formats
from engine.stats import regression

HOW = {"standardised": "Within pairs", "pooled": "Over all pairs pooled"}
FEW = 0.5  # of the networks of the ID number: predictors that fewer networks have are not called best
IN_DISTRIBUTION = "in distribution"


def of_predictors(found: pd.DataFrame, target: str, view: str) -> str | None:
    """Return which single predictor tells most, by how much over the ID number on the same networks, and whether that can be chance.

    None where no predictor could be told from the rest.
    """
    mine = found[found["view"] == view]
    told = mine[mine["r2"].notna()]
    if told.empty:
        return "Too few networks have both numbers in the same pair: nothing can be said about which one tells the other."
    reference = told[told["predictor"] == target]
    rest = told[(told["predictor"] != target) & (told["networks"] >= FEW * told["networks"].max()) & told["advantage"].notna()]
    parts = [f"{HOW[view]}, {_id_alone(reference.iloc[0])}"] if len(reference) else []
    if len(rest):
        best = rest.sort_values("advantage", ascending=False).iloc[0]
        parts.append(_best(best, len(rest)))
        inside = rest[rest["kind"] == IN_DISTRIBUTION].sort_values("advantage", ascending=False)
        if best["kind"] != IN_DISTRIBUTION and len(inside):
            parts.append(_inside(inside.iloc[0]))
    return " ".join(parts)


def _id_alone(row: pd.Series) -> str:
    return f"**{row['label']}** alone has R² **{formats.interval(row['r2'], row['r2_low'], row['r2_high'])}** ({_counted(row)})."


def _best(row: pd.Series, tried: int) -> str:
    """Return how far the best of so many predictors is from the ID number."""
    difference = _signed(row, "advantage")
    said = f"Of {tried} others, **{row['label']}** tells most"
    if row["advantage"] <= 0:
        return f"None of {tried} others tells more: the nearest is {row['label']}, {difference} against it on the same networks."
    if row["advantage_low"] > 0:
        return f"{said}: R² {formats.number(row['r2'])}, **{difference}** over the ID number on the same networks ({_counted(row)})."
    return (
        f"{said}: R² {formats.number(row['r2'])}, {difference} over the ID number on the same networks ({_counted(row)}); the interval contains 0, "
        "so **the two cannot be told apart**."
    )


def _inside(row: pd.Series) -> str:
    if row["advantage"] <= 0:
        return "Of those measured in distribution, none tells more."
    apart = "" if row["advantage_low"] > 0 else ", which can be chance"
    return f"Of those measured in distribution, {row['label']} tells most: {_signed(row, 'advantage')}{apart}."


def _signed(row: pd.Series, name: str) -> str:
    value, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
    plus = "+" if value > 0 else ""
    return plus + formats.interval(value, low, high)


def _counted(row: pd.Series) -> str:
    return f"{_many(row['networks'], 'network')}, {_many(row['pairs'], 'pair')}"


def _many(n: float, noun: str) -> str:
    return f"{formats.count(n)} {noun}{'' if n == 1 else 's'}"


def of_transfer(found: pd.DataFrame, view: str) -> str | None:
    """Return which metric carries over best from ID to OOD and which worst, by rank correlation."""
    told = found[(found["view"] == view) & found["spearman"].notna()].sort_values("spearman", ascending=False)
    told = told[told["networks"] >= FEW * told["networks"].max()] if len(told) else told
    if len(told) < 2:
        return None
    best, worst = told.iloc[0], told.iloc[-1]
    said = {name: formats.interval(row["spearman"], row["spearman_low"], row["spearman_high"]) for name, row in (("best", best), ("worst", worst))}
    apart = "" if best["spearman_low"] > worst["spearman_high"] else "; their intervals overlap"
    return (
        f"{HOW[view]}, **{best['label']}** carries over best (Spearman {said['best']}) and **{worst['label']}** worst "
        f"({said['worst']}){apart}. {_counted(best).capitalize()}."
    )


def of_disagreement(found: pd.DataFrame, apart: float = regression.APART) -> str:
    """Return for how many rows pooled and standardised correlations disagree, and what that means."""
    each = found[found["view"] == "pooled"]
    n, bad = len(each), each[each["disagrees"].notna()]
    if bad.empty:
        return (
            f"Pooled and within-pair correlations agree{f' for all {n}' if n > 1 else ''}: same sign, and no further than {apart:g} from each other."
        )
    turned = bad[bad["disagrees"] == "sign"]
    said = f"For **{len(bad)} of {n}** the pooled correlation is not that within pairs (another sign, or more than {apart:g} apart)"
    signs = f"; {len(turned)} of them even change{'s' if len(turned) == 1 else ''} sign" if len(turned) else ""
    return f"{said}{signs}. Pooling mixes “this pair is hard” with “this network is bad”: choose among networks by the numbers within pairs."


def of_factors(scree: pd.DataFrame, loadings: pd.DataFrame) -> str:
    """Return how many factors stand out from random numbers, what they explain, and on how many networks that rests."""
    first = scree.iloc[0]
    k, suggested = loadings["factor"].nunique(), int(first["suggested"])
    share = formats.percent(scree["cumulative"].iloc[suggested - 1])
    left = f" ({_many(first['left_out'], 'row')} without all of them left out)" if first["left_out"] else ""
    bad = sorted(loadings.loc[loadings["improper"], "column"].unique())
    warning = f" The communality of {', '.join(bad)} passes 1: fewer factors, or fewer columns that say the same, would be sounder." if bad else ""
    return (
        f"Parallel analysis keeps **{_many(suggested, 'factor')}** of {len(scree)}, with {share} of all variance; {k} "
        f"{'is' if k == 1 else 'are'} shown. {_many(first['rows'], 'row')} of {_many(first['networks'], 'network')} count{left}.{warning}"
    )
