"""Which of many networks to take, as it is shown: what rules cost, who is as good as the best, who is beaten by nobody, what a factor changes."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go

from engine import errors
from engine.assay import advice, attributes, choosing, comparing, effects, population, views
from engine.plots import bars, drawn, estimates, formats, points
from engine.stats.ranking import Allowance

EVERYONE = "all networks"
NOTHING = "nothing else"  # no third number
MOST_RULES = 10
MOST_SETS = 7  # drawn in the panel of costs beside their mean; the data below it hold all
MOST_RANKED = 30  # networks drawn in the ranking; the table holds all
MOST_LEVELS = 20  # of an attribute that candidates can be filtered by
PAIRED = ("regime", "architecture")  # factors that networks usually differ in while all else is equal
MOST_EFFECTS = 30  # rows drawn
COSTS = ("param", "second", "latency", "flop", "mac", "memory", "size")  # in names of attributes of which less is better
POINTS = "percentage points"
ALLOWED: dict[str, Allowance] = {"The best was picked": "picked", "False discoveries": "bh", "Any false one": "holm"}
BEST, AS_GOOD, WORSE, UNKNOWN = "the best", "cannot be told apart from it", "worse", "not compared"


class Question(NamedTuple):
    """Whose networks are chosen from, and by what."""

    collection: str
    home: str | None  # the ID set
    rule: str
    metric: str
    among: tuple[str, ...]  # empty = all

    @property
    def fraction(self) -> bool:
        """Whether differences are told in percentage points."""
        return views.unit(self.metric) == "fraction"


def metrics(collection: str) -> list[str]:
    """Return the metrics that networks of a collection have."""
    return population.metrics_of(collection)["metric"].tolist()


def homes(collection: str, metric: str, among: Sequence[str]) -> list[str]:
    """Return the training sets of the networks, those with most networks first; where nobody told, every set."""
    table = population.wide(collection, metric)
    about = population.networks_of(collection)
    mine = about[about["network"].isin(among)] if among else about
    trained = [str(name) for name in mine["trained_on"].dropna().value_counts(sort=True).index if name in table or f"{name}/val" in table]
    plain = table.notna().sum().sort_values(ascending=False, kind="stable").index
    return trained or [str(text) for text in plain if views.Set.read(str(text)).split == "test"]


def levels(collection: str) -> dict[str, list[str]]:
    """Return the attributes by which candidates can be chosen, with their levels."""
    about = population.networks_of(collection)
    told = {name: sorted(attributes.told(about[name]).unique()) for name in attributes.of(about) if name != "trained_on"}
    return {name: values for name, values in told.items() if len(values) <= MOST_LEVELS}


def among(collection: str, kept: Sequence[str] | None, wanted: Mapping[str, Sequence[str]]) -> tuple[list[str], int]:
    """Return the networks of a kept set (None = all) that have the wanted levels, and how many networks there are."""
    about = population.networks_of(collection)
    mine = about if kept is None else about[about["network"].isin(kept)]
    for attribute, values in wanted.items():
        told = attributes.told(about[attribute])
        mine = mine[told[mine.index].isin(values)]
    return mine["network"].tolist(), len(about)


def costs(asked: Question) -> tuple[str, go.Figure, pd.DataFrame, str]:
    """Return what the rule costs in words, the figure of all rules with its rows, and what is said below it."""
    words = choosing.rules(asked.collection, asked.home, asked.metric)
    chosen = choosing.regret(asked.rule, asked.collection, asked.home, asked.metric, among=asked.among)
    each = {rule: _regret(rule, asked) for rule in list(words)[:MOST_RULES]}
    found = pd.concat([frame.assign(words=words[rule]) for rule, frame in each.items() if frame is not None], ignore_index=True)
    shown_sets = found[found["kind"] == "elsewhere"].groupby("ood")["regret"].mean().sort_values(ascending=False).index[:MOST_SETS].tolist()
    scale = 100.0 if asked.fraction else 1.0
    rows = _across(found, [choosing.MEAN, *sorted(shown_sets)], scale)
    series = {"mean of the others": choosing.MEAN} | {views.Set.read(text).label: text for text in sorted(shown_sets)}
    title = f"regret ({POINTS} of {asked.metric})" if asked.fraction else f"regret ({views.unit(asked.metric) or asked.metric})"
    figure = drawn.drawn(estimates.estimates, rows, series, title=title)
    others = int(found[found["kind"] == "elsewhere"]["ood"].nunique()) - len(shown_sets)
    more = f" The {others} sets with the smallest regret are in the data only." if others > 0 else ""
    caption = f"A rule that looks at a set is not judged on it. The oracle is who knows the mean of all other sets beforehand.{more}"
    return advice.of_choice(chosen, words[asked.rule], asked.metric), figure, found, caption


def _regret(rule: str, asked: Question) -> pd.DataFrame | None:
    """Return what a rule costs; None where no network has what it needs."""
    try:
        return choosing.regret(rule, asked.collection, asked.home, asked.metric, among=asked.among)
    except errors.UserError:
        return None


def _across(found: pd.DataFrame, targets: Sequence[str], scale: float) -> pd.DataFrame:
    """Return one row a rule with a column of regret and its bounds for each target."""
    rows = []
    for words, part in found.groupby("words", sort=False):
        at = part.set_index("ood")
        row: dict[str, object] = {"label": words}
        for target in targets:
            has = target in at.index
            for column, end in (("regret", ""), ("low", "_low"), ("high", "_high")):
                row[f"{target}{end}"] = scale * float(at.loc[target, column]) if has else float("nan")  # type: ignore[arg-type]
        rows.append(row)
    return pd.DataFrame(rows)


class Ranked(NamedTuple):
    """Networks from best to worst."""

    ranks: pd.DataFrame  # as of `comparing.best`, with `group`: whether they differ from the best
    figure: go.Figure
    good: list[str]  # the best, and who cannot be told apart from it


def ranks(asked: Question, one: views.Set, examples: Sequence[str], allow: Allowance, where: str) -> tuple[Ranked | None, str]:
    """Return the ranking and what it says; None where there is none."""
    found = comparing.best(one, asked.metric, asked.collection, among=candidates(asked), examples=examples, allow=allow)
    finding = advice.of_ties(found, where, asked.metric)
    if found.empty:
        return None, finding
    told = found.assign(group=_groups(found))
    top = told.head(MOST_RANKED)[["network", "value", "low", "high", "n", "group"]]
    figure = drawn.drawn(bars.bars, top, title=f"{asked.metric} on {where}", unit=views.unit(asked.metric), colour="group", order="given", kind="dot")
    return Ranked(told, figure, told[told["group"].isin([BEST, AS_GOOD])]["network"].tolist()), finding


def of_ranks(asked: Question, told: Ranked, where: str) -> str:
    """Return what the figure of a ranking shows, for who cannot see it."""
    many = min(MOST_RANKED, len(told.ranks))
    return f"{asked.metric} on {where} with 95 % intervals, the best {many} networks, coloured by whether they differ from the best"


def candidates(asked: Question) -> tuple[str, ...]:
    """Return the candidates that were trained on the ID set, where that is told."""
    about = population.networks_of(asked.collection)
    mine = about[about["network"].isin(asked.among)] if asked.among else about
    same = mine[mine["trained_on"] == asked.home]
    return tuple(same["network"]) if len(same) else asked.among


def sets_of(asked: Question) -> list[str]:
    """Return the unshifted sets on which enough of the candidates have the number."""
    table, networks = population.wide(asked.collection, asked.metric), candidates(asked)
    mine = table[table.index.isin(networks)] if networks else table
    return choosing.sets_with(mine)


def _groups(found: pd.DataFrame) -> list[str]:
    said = {True: AS_GOOD, False: WORSE}
    return [
        BEST if name == against else said.get(tied, UNKNOWN) if isinstance(tied, bool) else UNKNOWN
        for name, against, tied in zip(found["network"], found["against"], found["tied"], strict=True)
    ]


def stability(asked: Question, one: views.Set) -> dict[str, str]:
    """Return how stable the order of the candidates is, as words."""
    found = comparing.stability(one, asked.metric, asked.collection, among=candidates(asked))
    return {
        row["what"]: f"{formats.interval(row['tau'], row['low'], row['high'])}, {formats.count(row['networks'])} compared"
        for row in found.to_dict("records")
    }


def criteria(asked: Question) -> tuple[list[str], str | None]:
    """Return the numbers that can be weighed against each other, and that of the set on which networks are worst."""
    about, table = population.networks_of(asked.collection), population.wide(asked.collection, asked.metric)
    plain = [text for text in sets_of(asked) if views.Set.read(text).split == "test"]
    offered = [f"{asked.metric} on {text}" for text in plain] + [name for name in attributes.numbers(about) if any(word in name for word in COSTS)]
    offered += [
        f"{name} on {asked.home}" for name in choosing.CALIBRATION if name != asked.metric and asked.home in population.wide(asked.collection, name)
    ]
    away = sorted((text for text in plain if text != asked.home), key=table.mean().__getitem__)
    return offered, f"{asked.metric} on {away[0]}" if away else None


def beaten(asked: Question, by: Sequence[str]) -> tuple[points.Points, pd.DataFrame, pd.DataFrame, str] | None:
    """Return the points to draw, the rows behind them, those that are beaten by nobody, and how many these are in words."""
    found = choosing.pareto(by, asked.collection, among=candidates(asked))
    if found.empty:
        return None
    x, y = by[:2]
    front = found[found["front"]]
    told = found.assign(side=found["front"].map({True: "beaten by nobody", False: "beaten"}))
    path = front.sort_values([x, y])
    fit = {"x": path[x].astype(float).tolist(), "y": path[y].astype(float).tolist()} if len(by) == 2 and len(front) > 1 else None
    cloud = points.of_frame(
        told, x_axis=points.Axis(x, _unit(x)), y_axis=points.Axis(y, _unit(y)), x=x, y=y, colour="side", reference=False, fit=fit
    )  # fmt: skip
    caption = (
        f"{formats.share(len(front), len(found), 'networks')} are beaten by nobody: no other is at least as good on {' and '.join(by)}, "
        "and better on one."
    )
    return cloud, found, front.drop(columns="front"), caption


def _unit(criterion: str) -> str | None:
    metric, among, _ = criterion.partition(" on ")
    return views.unit(metric) if among else None


def is_rate(criterion: str) -> bool:
    """Return whether a number that networks are weighed by is a share."""
    return _unit(criterion) == "fraction"


def factors(asked: Question) -> dict[str, list[str]]:
    """Return the attributes that have several values, with these."""
    offered = effects.factors(asked.collection, among=asked.among)
    return {factor: effects.levels(factor, asked.collection, among=asked.among) for factor in offered}


def changes(asked: Question, factor: str, baseline: str) -> tuple[str, go.Figure | None, pd.DataFrame, str]:
    """Return what a factor changes in words, the figure with its rows, and what is said below it; no figure where nothing can be paired."""
    found = effects.effects(factor, asked.collection, asked.metric, baseline=baseline, among=asked.among)
    finding = advice.of_effects(found, factor, asked.metric)
    known = found[found["pairs"] > 0]
    if known.empty:
        return finding, None, found, ""
    scale = 100.0 if asked.fraction else 1.0
    rows = known.assign(
        label=[f"{level}: {outcome}" for level, outcome in zip(known["level"], known["outcome"], strict=True)],
        **{f"effect{end}": scale * known[name] for name, end in (("difference", ""), ("low", "_low"), ("high", "_high"))},
        note=["" if p > 0.05 else "adjusted p ≤ 0.05" for p in known["adjusted"]],
    ).head(MOST_EFFECTS)
    unit = POINTS if asked.fraction else views.unit(asked.metric) or ""
    figure = drawn.drawn(
        estimates.estimates, rows[["label", "effect", "effect_low", "effect_high", "pairs", "note"]], {f"against {baseline}": "effect"},
        title=f"change of {asked.metric} ({unit})" if unit else f"change of {asked.metric}", note="note",
    )  # fmt: skip
    equal = sorted({one for text in known["equal"] for one in text.split(", ") if one})
    alike = ", ".join(name.replace("_", " ") for name in equal) or "nothing else that differs"
    return finding, figure, found, f"Pairs are equal in: {alike}. p of the sign test, adjusted after Benjamini-Hochberg."
