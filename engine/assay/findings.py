"""What the store says, as sentences with numbers: the first thing on every page. Nothing here is written beforehand."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from engine.assay import views
from engine.plots import formats
from engine.stats import lines


def of_store(falls: pd.DataFrame) -> str | None:
    """Return how far networks fall elsewhere, over all ID/OOD pairs of the store; None where there is no pair."""
    if falls.empty:
        return None
    worst, best = falls.iloc[int(falls["gap"].argmax())], falls.iloc[int(falls["gap"].argmin())]
    n = int(falls["networks"].max())
    text = (
        f"Across {_counted(len(falls), 'pair')} of a training set and another set, mean accuracy falls by "
        f"**{_points(falls['gap'].mean())}** on average. "
        f"Furthest from **{worst['id']}** to **{worst['ood']}**: {_fall(worst)}."
    )
    if len(falls) > 1:
        text += f" Least from **{best['id']}** to **{best['ood']}**: {_fall(best)}."
    return f"{text} (Up to {n} network{'' if n == 1 else 's'} a pair.)"


def _counted(n: int, noun: str) -> str:
    return f"{formats.count(n)} {noun}{'' if n == 1 else 's'}"


def _fall(pair: pd.Series) -> str:
    return (
        f"{formats.percent(pair['id_accuracy'])} to {formats.percent(pair['ood_accuracy'])} "
        f"({formats.count(pair['networks'])} network{'' if pair['networks'] == 1 else 's'}, n {formats.count(pair['images_ood'])} images each)"
    )


def _points(difference: float) -> str:
    return f"{formats.number(100 * difference)} percentage points"


def of_points(found: pd.DataFrame, x: views.Set, y: views.Set, metric: str, fitted: lines.Line | None) -> str | None:
    """Return whether the number on x tells that on y, for the networks of a scatter."""
    if found.empty:
        return None
    n = len(found)
    means = f"Mean {metric} goes from {_amount(found['x'].mean(), metric)} on {x.label} to **{_amount(found['y'].mean(), metric)}** on {y.label}"
    if n < 4 or fitted is None:
        return f"{means} ({n} network{'' if n == 1 else 's'}: too few to say whether one tells the other)."
    rank = fitted.spearman
    spread = found["x"].max() - found["x"].min()
    return (
        f"{_relation(rank)} {means}; Spearman {_signed(rank.value)} [{_signed(rank.low)}, {_signed(rank.high)}], n {n} networks; "
        f"{metric} on {x.label} spans {_points(spread) if views.unit(metric) == 'fraction' else _amount(spread, metric)}."
    )


def _relation(rank: lines.Estimate) -> str:
    if not np.isfinite(rank.value) or rank.low <= 0 <= rank.high:
        return "**No clear relation.** The interval of the rank correlation contains 0."
    return "**Better here is better there.**" if rank.value > 0 else "**Better here is worse there.**"


def _signed(value: float) -> str:
    return formats.number(value) if np.isfinite(value) else "undefined"


def _amount(value: float, metric: str) -> str:
    return formats.amount(value, views.unit(metric))


def of_strengths(found: pd.DataFrame, metric: str) -> str | None:
    """Return which shift costs most at its strongest, and which network holds best under it."""
    strongest = found[found["severity"] == found.groupby("shift")["severity"].transform("max")]
    mean = strongest.dropna(subset=["value"]).groupby("shift")["value"].mean()
    if mean.empty:
        return None
    down = "accuracy" in metric
    worst = str(mean.idxmin() if down else mean.idxmax())
    here = strongest[(strongest["shift"] == worst) & strongest["value"].notna()]
    holds = here.iloc[int(here["value"].argmax() if down else here["value"].argmin())]
    clean = found[(found["severity"] == 0) & (found["shift"] == worst)]["value"].mean()
    return (
        f"Of these shifts **{worst.replace('_', ' ')}** at strength {holds['strength']:g} costs most: mean {metric} goes from "
        f"{_amount(clean, metric)} to **{_amount(mean[worst], metric)}** over {_counted(here['network'].nunique(), 'network')}. "
        f"{holds['network']} holds best: {formats.interval(holds['value'], holds['low'], holds['high'], holds['n'], holds['unit'])}."
    )


def of_run(scores: pd.DataFrame, id_dataset: str) -> str | None:
    """Return what a run found: the mean in distribution, and where the networks fall furthest."""
    mine = scores[(scores["metric"] == "accuracy") & scores["slice"].isna() & (scores["split"] == "test") & scores["value"].notna()]
    if mine.empty:
        return None
    here = mine[(mine["dataset"] == id_dataset) & (mine["shift"] == "")]
    elsewhere = mine.drop(here.index)
    networks = mine["network"].nunique()
    start = f"{_counted(networks, 'network')}: mean accuracy" if networks != 1 else "Accuracy"
    if here.empty or elsewhere.empty:
        return f"{start} **{formats.percent(mine['value'].mean())}** over {_counted(_sets(mine), 'set')}, n {_ns(mine)} images a set."
    each = elsewhere.groupby(["dataset", "shift", "strength"], observed=True)["value"].mean()
    dataset, shift, strength = each.idxmin()  # type: ignore[misc]
    worst = views.Set(str(dataset), "test", str(shift), float(strength)).label
    return (
        f"{start} is **{formats.percent(here['value'].mean())}** on {id_dataset} and falls furthest on **{worst}**, to "
        f"**{formats.percent(each.min())}** (n {_ns(mine)} images a set, {_sets(elsewhere)} other set{'' if _sets(elsewhere) == 1 else 's'})."
    )


def _sets(scores: pd.DataFrame) -> int:
    return len(scores[["dataset", "shift", "strength"]].drop_duplicates())


def _ns(scores: pd.DataFrame) -> str:
    low, high = int(scores["n"].min()), int(scores["n"].max())
    return formats.count(low) if low == high else f"{formats.count(low)} to {formats.count(high)}"


def of_flips(flips: pd.DataFrame, there: views.Set) -> str | None:
    """Return how many examples a network gets right here and wrong there, and how sure it is of the wrong answers."""
    if flips.empty:
        return None
    lost = flips[flips["correct_here"] & ~flips["correct_there"]]
    won = int((~flips["correct_here"] & flips["correct_there"]).sum())
    sure = f", with mean confidence {formats.percent(lost['confidence_there'].mean())}" if len(lost) else ""
    return (
        f"**{formats.count(len(lost))} of {formats.count(len(flips))}** examples are right as they are and wrong on {there.label}{sure}; "
        f"{formats.count(won)} {'is' if won == 1 else 'are'} the other way round."
    )


def of_answers(found: pd.DataFrame, one: views.Set, network: str) -> str | None:
    """Return how often a network is wrong on a set and how sure it is when wrong."""
    if found.empty:
        return None
    wrong = found[~found["correct"]]
    if wrong.empty:
        return f"{network} is right on all {formats.count(len(found))} examples of {one.label}."
    sure, when_right = (formats.percent(part["confidence"].mean()) for part in (wrong, found[found["correct"]]))
    return (
        f"{network} is wrong on **{formats.count(len(wrong))} of {formats.count(len(found))}** examples of {one.label}; "
        f"when wrong it is {sure} sure on average, when right {when_right}."
    )


def of_pairs(found: pd.DataFrame, shares: pd.Series) -> str | None:
    """Return how many pairs show which pattern, each task counting the same; None where there is no pair.

    Args:
        found: As `relation.pairs`.
        shares: As `relation.by_task`.
    """
    if found.empty:
        return None
    counts, tasks = found["pattern"].value_counts().to_dict(), found["task"].fillna("").value_counts()
    said = [f"**{formats.percent(share, 2)} {_pattern(str(name))}** ({formats.count(counts[name])})" for name, share in shares.items()]
    start = f"Of {_counted(len(found), 'pair')} of a set in distribution and another"
    if len(tasks) < 2:
        return f"{start}: {', '.join(said)}."
    owner = f" {tasks.index[0]} alone has {formats.share(tasks.iloc[0], len(found), 'pairs')}." if tasks.iloc[0] > len(found) / 2 else ""
    return f"{start}, each of {len(tasks)} tasks counting the same: {', '.join(said)}.{owner}"


def _pattern(name: str) -> str:
    return {"none": "without clear trend", "vertical": "vertical (underspecified)", "not told": "that cannot be told"}.get(name, name)


def best_known(scores: pd.DataFrame, higher: bool = True) -> Sequence[str]:
    """Return the networks of a score frame from best to worst mean."""
    return scores.groupby("network", observed=True)["value"].mean().sort_values(ascending=not higher).index.tolist()
