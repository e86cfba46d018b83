"""What the assay's pages found, in plain words: a network, two sets, shifts, slices, single answers, pairs of sets."""

from collections.abc import Sequence

import pandas as pd

from engine.assay import relation, strengths, views, weak
from engine.assay.views import Set
from engine.plainly import INTERVALS, Told
from engine.plots import formats
from engine.plots.markdown import escape
from engine.stats import equivalence
from engine.stats.lines import Axes

MOST = 3  # things that are named


def of_network(network: str) -> Told | None:
    """Return on which sets a network does worse than where it was trained; None where it has no accuracy on any."""
    mine = _accuracies([network])
    if mine.empty:
        return None
    trained = views.networks_known().set_index("network")["trained_on"].to_dict().get(network)
    plain = mine[mine["shift"] == ""]
    home = plain[plain["dataset"] == trained]
    shifts = mine[mine["shift"] != ""]["shift"].nunique()
    also = f", and about pictures under {shifts} *shifts* of several *strengths*" if shifts else ""
    tested = f"The *network* {escape(network)} was asked about pictures of {_counted(len(plain), 'set')} ({_n(plain['n'])} of each){also}."
    if home.empty:
        best, worst = (plain.sort_values("value").iloc[i] for i in (-1, 0))
        return Told((tested,), (f"Most often right on {_at(best)}, least often on {_at(worst)}.",))
    here = home.iloc[0]
    others = plain.drop(home.index).sort_values("value")
    worse, better = others[others["high"] < here["low"]], others[others["low"] > here["high"]]
    differs = [f"*Where it was trained* ({escape(trained)}) it is right about {_share(here)} of pictures."]
    if len(worse):
        named = [_at(row) for _, row in worse.head(MOST).iterrows()]
        differs.append(f"*Elsewhere* it does worse on **{len(worse)} of {_counted(len(others), 'other set')}**: {'; '.join(named)}.")
    if len(better):
        differs.append(f"It does better on {'; '.join(_at(row) for _, row in better.tail(MOST).iterrows())}.")
    open_ = [escape(name) for name in others.drop([*worse.index, *better.index])["dataset"]]
    alike = (f"Not told apart from where it was trained: {', '.join(open_)}.",) if open_ else ()
    return Told((tested,), tuple(differs), alike)


def of_pair(x: Set, y: Set, metric: str, axes: Axes, *, only: bool) -> Told | None:
    """Return how many networks do worse on one set than on another, and whether who is better here is better there; None for other metrics.

    Args:
        x: The set across.
        y: The set up.
        metric: Which number; only accuracy can be said plainly.
        axes: Scale of both axes.
        only: Only networks that were trained on the set across.
    """
    found = views.points(x, y, metric, trained_on=x.dataset if only else None).dropna(subset=["x", "y"])
    if metric != "accuracy" or found.empty:
        return None
    here, there, n = escape(x.label), escape(y.label), len(found)
    worse, better = int((found["y_high"] < found["x_low"]).sum()), int((found["y_low"] > found["x_high"]).sum())
    who = f"**{_counted(n, 'network')}**" + (f", all trained on {escape(x.dataset)}," if only else "")
    tested = f"{who} {'was' if n == 1 else 'were'} asked about {_n(found['x_n'])} pictures of {here} and {_n(found['y_n'])} of {there}."
    means = f"On average they are right about {formats.percent(found['x'].mean())} of {here} and **{formats.percent(found['y'].mean())}** of {there}."
    differs, alike = [f"**{worse} of {n}** do worse on {there} than on {here}{f'; {better} do better' if better else ''}. {means}"], []
    if n - worse - better:
        alike.append(f"Of {n - worse - better} of them the two shares of right answers cannot be told apart.")
    fitted = views.line(found, axes)
    rank = None if fitted is None else fitted.spearman
    if rank is None or n < 4:
        alike.append("These are too few *networks* to say whether who is better here is better there.")
    elif rank.low > 0 or rank.high < 0:
        way = "better" if rank.low > 0 else "worse"
        differs.append(
            f"Who is better on {here} tends to be {way} on {there} (*rank correlation* {formats.interval(rank.value, rank.low, rank.high)})."
        )
    else:
        said = formats.interval(rank.value, rank.low, rank.high)
        alike.append(f"Whether who is better on {here} is better on {there} cannot be told (*rank correlation* {said}).")
    return Told((tested,), tuple(differs), tuple(alike))


def of_strengths(dataset: str, shifts: Sequence[str], networks: Sequence[str]) -> Told | None:
    """Return under which shifts, at their strongest, networks lose beyond chance; None where no accuracy was measured."""
    found = strengths.of(dataset, ["accuracy"], list(shifts), list(networks), "accuracy").dropna(subset=["value"])
    if found.empty:
        return None
    ends = found.sort_values("severity").groupby(["network", "shift"], observed=True).agg(
        clean=("value", "first"), clean_low=("low", "first"), value=("value", "last"), high=("high", "last")
    )  # fmt: skip
    ends = ends.assign(worse=ends["high"] < ends["clean_low"]).reset_index()
    by = ends.groupby("shift", observed=True).agg(worse=("worse", "sum"), of=("worse", "size"), clean=("clean", "mean"), value=("value", "mean"))
    by = by.sort_values("value")
    who = len(found["network"].unique())
    tested = (
        f"{_counted(who, 'network')} {'was' if who == 1 else 'were'} asked about {_n(found['n'])} pictures of {escape(dataset)}, as they are and "
        f"under {len(by)} *shifts* from mild to severe."
    )
    said = [
        f"under {escape(_spaced(name))} **{int(row['worse'])} of {int(row['of'])}** (right about {formats.percent(row['clean'])} before, "
        f"**{formats.percent(row['value'])}** at its strongest)"
        for name, row in by.iterrows() if row["worse"]
    ]  # fmt: skip
    differs = (f"So many do worse than on the pictures as they are: {'; '.join(said)}.",) if said else ()
    steady = [escape(_spaced(name)) for name, row in by.iterrows() if not row["worse"]]
    alike = (f"No *network* is shown to do worse under {', '.join(steady)}.",) if steady else ()
    return Told((tested,), differs, alike)


def of_slices(network: str, one: Set, by: Sequence[str], smallest: int, *, shifted: bool) -> Told | None:
    """Return the kinds of pictures on which a network is wrong more often, as far as the other half of the pictures confirms them."""
    answers = weak.answers(network, one, shifted=shifted)
    found = weak.search(network, one, by, shifted=shifted, smallest=smallest)
    wrong = float((~answers["correct"].astype(bool)).mean())
    tested = (
        f"The *network* {escape(network)} gave {formats.count(len(answers))} answers to pictures of {escape(one.label)} and was wrong in "
        f"**{formats.percent(wrong)}** of them. One half of the pictures was searched for kinds on which it is wrong more often."
    )
    sure = "A kind counts only where it is *confirmed*: the other half of the pictures, which took no part in the search, shows it again."
    if found.empty:
        none = "No kind of picture is worse than the rest beyond what chance brings in such a search."
        return Told((tested,), alike=(none,), sure=(sure, INTERVALS))
    held = found[found["confirmed"].astype(bool)].sort_values("worse", ascending=False)
    named = [
        f"{escape(row['slice'])}: wrong in **{formats.interval(row['error'], row['low'], row['high'], row['n'], 'fraction')}**, on other pictures in "
        f"{formats.percent(row['elsewhere'])}"
        for row in held.head(MOST).to_dict("records")
    ]  # fmt: skip
    more = f" ({len(held) - MOST} more in the table below)" if len(held) > MOST else ""
    differs = (f"*Slices* on which it is wrong more often: {'; '.join(named)}{more}.",) if named else ()
    left = len(found) - len(held)
    them = "it" if left == 1 else "them"
    alike = (f"{_counted(left, 'kind')} of pictures looked worse in the search, but the other half does not confirm {them}.",)
    return Told((tested,), differs, alike if left else (), (sure, INTERVALS))


def of_examples(network: str, one: Set) -> Told | None:
    """Return how often a network is wrong on a set, how sure it is then, and what a shift costs; None where it has no answers."""
    found = views.predictions(network, one)
    if found.empty:
        return None
    wrong = found[~found["correct"].astype(bool)]
    tested = f"The *network* {escape(network)} was asked about **{formats.count(len(found))} pictures** of {escape(one.label)}."
    lines = [f"It is wrong about **{formats.count(len(wrong))}** of them."]
    if len(wrong):
        right = f", {formats.percent(found[found['correct']]['confidence'].mean())} where it is right" if len(wrong) < len(found) else ""
        lines.append(f"Its mean *confidence* is {formats.percent(wrong['confidence'].mean())} where it is wrong{right}.")
    if not one.shift:
        return Told((tested,), tuple(lines))
    flips = views.flips(network, Set(one.dataset, one.split), one)
    if flips.empty:
        return Told((tested,), tuple(lines))
    lost, gained = (int((a & ~b).sum()) for a, b in _both_ways(flips))
    low, high = (float(end) for end in equivalence.interval(lost, gained, len(flips)))
    counted = f"The same pictures before and after: **{lost}** were right and become wrong, {gained} the other way round"
    if low > 0 or high < 0:
        return Told((tested,), (*lines, f"{counted}. The *shift* {'costs' if low > 0 else 'brings'} right answers."))
    return Told((tested,), tuple(lines), (f"{counted}. Whether the *shift* costs anything cannot be told.",))


def of_pairs(collection: str, metric: str, axes: Axes, id_set: str | None) -> Told | None:
    """Return in how many pairs of sets better here is better there; None where there is no pair."""
    found = relation.pairs(collection, metric, axes, None, id_set)
    if found.empty:
        return None
    ups, downs = found[found["spearman_low"] > 0], found[found["spearman_high"] < 0]
    open_ = len(found) - len(ups) - len(downs)
    tested = f"**{_counted(len(found), 'pair')} of sets** were looked at, with {_n(found['n'])} *networks* each: how good here, how good there?"
    differs = [f"In **{len(ups)}** who is better here tends to be better there."]
    differs += [f"In {len(downs)} who is better here tends to be worse there."] if len(downs) else []
    alike = (f"In {open_} nothing can be told: the *rank correlation* may be 0.",) if open_ else ()
    return Told((tested,), tuple(differs), alike)


def _accuracies(networks: Sequence[str]) -> pd.DataFrame:
    found = views.scores(networks, metrics_chosen=["accuracy"])
    return found[(found["split"] == "test") & found["value"].notna()]


def _both_ways(flips: pd.DataFrame) -> tuple[tuple[pd.Series, pd.Series], tuple[pd.Series, pd.Series]]:
    here, there = (flips[f"correct_{where}"].astype(bool) for where in ("here", "there"))
    return (here, there), (there, here)


def _at(row: pd.Series) -> str:
    return f"{escape(row['dataset'])} {_share(row)}"


def _share(row: pd.Series) -> str:
    return f"**{formats.interval(row['value'], row['low'], row['high'], unit='fraction')}**"


def _n(counts: pd.Series) -> str:
    known = counts.dropna()
    if known.empty:
        return "an unknown number of"
    least, most = int(known.min()), int(known.max())
    return formats.count(most) if least == most else f"{formats.count(least)} to {formats.count(most)}"


def _counted(n: int, noun: str) -> str:
    return f"{formats.count(n)} {noun}{'' if n == 1 else 's'}"


def _spaced(name: object) -> str:
    return str(name).replace("_", " ")
