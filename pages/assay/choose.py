"""Which of many networks to take: what a rule of choice costs elsewhere, who is as good as the best, what a factor changes."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from engine import control, errors
from engine.assay import advice, attributes, choosing, comparing, effects, population, sets, views
from engine.plots import bars, drawn, estimates, formats, points
from engine.stats.ranking import Allowance
from pages.assay import shown
from pages.parts import kit

EVERYONE = "all networks"
MOST_RULES = 10
MOST_SETS = 7  # drawn in the panel of costs beside their mean; the data below it hold all
MOST_RANKED = 30  # networks drawn in the ranking; the table holds all
MOST_PAIRED = 6  # networks compared two by two
MOST_LEVELS = 20  # of an attribute that candidates can be filtered by
PAIRED = ("regime", "architecture")  # factors that networks usually differ in while all else is equal
MOST_EFFECTS = 30  # rows drawn
COSTS = ("param", "second", "latency", "flop", "mac", "memory", "size")  # in names of attributes of which less is better
POINTS = "percentage points"
ALLOWED: dict[str, Allowance] = {"The best was picked": "picked", "False discoveries": "bh", "Any false one": "holm"}
HIDDEN = ("value", "low", "high", "n", "p", "rank_low", "rank_high", "against", "reason")  # columns for the files only
BEST, AS_GOOD, WORSE, UNKNOWN = "the best", "cannot be told apart from it", "worse", "not compared"


class Asked(NamedTuple):
    """What the page is about."""

    collection: str
    home: str | None  # the ID set
    rule: str
    metric: str
    among: tuple[str, ...]  # empty = all

    @property
    def fraction(self) -> bool:
        """Whether differences are told in percentage points."""
        return views.unit(self.metric) == "fraction"


def main() -> None:
    """Draw the page."""
    kit.title(
        "Choose",
        "Which of these networks should we ship?",
        "A network is chosen by a number that is known before it meets other data: a rule. **Regret** is how much better the best network would have "
        "been on a set than the chosen one; 0 means that the rule found the best. Intervals of regret are 95 %, from drawing the networks anew. "
        "Networks that **cannot be told apart** from the best are those whose answers to the same images differ no more than chance allows, "
        "after allowing for how many were compared.",
        paper="assay",
    )
    tables = population.collections()
    if tables.empty:
        kit.empty("Nothing has been evaluated yet.", "Run an evaluation", "assay-run")
        return
    try:
        asked = _choose(tables)
        if asked is None:
            return
        _cost(asked)
        _ranking(asked)
        _front(asked)
        _effects(asked)
        _kept(asked)
    except errors.UserError as problem:
        kit.problem(problem)


def _choose(tables: pd.DataFrame) -> Asked | None:
    """Ask which networks, what is in distribution, by which rule; None where nothing can be chosen."""
    columns = st.columns([3, 2, 3, 2, 1], vertical_alignment="bottom")
    sizes = dict(zip(tables["collection"].tolist(), tables["networks"].tolist(), strict=True))
    with columns[0]:
        collection = kit.choose(
            "Networks", list(sizes), key="table", default="",
            format_func=lambda name: f"{name or 'Evaluated here'} ({formats.count(sizes[name])})",
        )  # fmt: skip
    with columns[3]:
        metric = kit.choose("What counts", kit.made(_metrics, collection), key="metric", default="accuracy")
    with columns[4].popover("Only"):
        among = _only(collection)
    homes = kit.made(_homes, collection, metric, among)
    if not homes:
        kit.empty("None of these networks has this number on a set.", "Run an evaluation", "assay-run")
        return None
    with columns[1]:
        home = kit.choose("In distribution", homes, key="id", help="The set that the networks were trained on, or the one that counts as such.")
    offered = kit.made(choosing.rules, collection, home, metric)
    with columns[2]:
        rule = kit.choose("Chosen by", list(offered), key="rule", format_func=offered.__getitem__)
    return Asked(collection, home, rule, metric, tuple(among))


def _metrics(collection: str) -> list[str]:
    """Return the metrics that networks of a collection have."""
    return population.metrics_of(collection)["metric"].tolist()


def _homes(collection: str, metric: str, among: Sequence[str]) -> list[str]:
    """Return the training sets of the networks, those with most networks first; where nobody told, every set."""
    table = population.wide(collection, metric)
    about = population.networks_of(collection)
    mine = about[about["network"].isin(among)] if among else about
    trained = [str(name) for name in mine["trained_on"].dropna().value_counts(sort=True).index if name in table or f"{name}/val" in table]
    plain = table.notna().sum().sort_values(ascending=False, kind="stable").index
    return trained or [str(text) for text in plain if views.Set.read(str(text)).split == "test"]


def _only(collection: str) -> list[str]:
    """Ask which networks are candidates: a kept set, values of attributes; an empty list means all."""
    kept = {one.name: one.content["networks"] for one in control.sets.kept("networks") if one.content["collection"] == collection}
    name = kit.choose("Kept set", [EVERYONE, *kept], key="kept", default=EVERYONE)
    wanted = {}
    for attribute, levels in kit.made(_levels, collection).items():
        wanted[attribute] = st.multiselect(shown.spaced(attribute), levels, key=f"only-{attribute}", bind="query-params")
    mine, all_of_them = kit.made(_left, collection, kept.get(name), {attribute: levels for attribute, levels in wanted.items() if levels})
    if not mine:
        st.info("No network is left; all count.")
    return mine if 0 < len(mine) < all_of_them else []


def _levels(collection: str) -> dict[str, list[str]]:
    """Return the attributes by which candidates can be chosen, with their levels."""
    about = population.networks_of(collection)
    told = {name: sorted(attributes.told(about[name]).unique()) for name in attributes.of(about) if name != "trained_on"}
    return {name: levels for name, levels in told.items() if len(levels) <= MOST_LEVELS}


def _left(collection: str, kept: Sequence[str] | None, wanted: Mapping[str, Sequence[str]]) -> tuple[list[str], int]:
    """Return the networks of a kept set (None = all) that have the wanted levels, and how many networks there are."""
    about = population.networks_of(collection)
    mine = about if kept is None else about[about["network"].isin(kept)]
    for attribute, levels in wanted.items():
        told = attributes.told(about[attribute])
        mine = mine[told[mine.index].isin(levels)]
    return mine["network"].tolist(), len(about)


def _cost(asked: Asked) -> None:
    """Show what the rule costs, and beside it what the others would."""
    finding, figure, found, caption = kit.made(_costs, asked)
    kit.finding(finding)
    st.header("What each rule costs", anchor="regret")
    kit.figure(
        figure, key="regret", data=found, name=f"Regret of choosing by a rule, networks of {asked.home or 'the table'}",
        alt="For each rule of choice, how much the best network on each set would have gained over the chosen one, with 95 % intervals",
    )  # fmt: skip
    st.caption(caption)


def _costs(asked: Asked) -> tuple[str, go.Figure, pd.DataFrame, str]:
    """Return what the rule costs in words, the figure of all rules with its rows, and what is said below it."""
    words = choosing.rules(asked.collection, asked.home, asked.metric)
    chosen = choosing.regret(asked.rule, asked.collection, asked.home, asked.metric, among=asked.among)
    costs = {rule: _regret(rule, asked) for rule in list(words)[:MOST_RULES]}
    found = pd.concat([frame.assign(words=words[rule]) for rule, frame in costs.items() if frame is not None], ignore_index=True)
    shown_sets = found[found["kind"] == "elsewhere"].groupby("ood")["regret"].mean().sort_values(ascending=False).index[:MOST_SETS].tolist()
    scale = 100.0 if asked.fraction else 1.0
    rows = _across(found, [choosing.MEAN, *sorted(shown_sets)], scale)
    series = {"mean of the others": choosing.MEAN} | {views.Set.read(text).label: text for text in sorted(shown_sets)}
    title = f"regret ({POINTS} of {asked.metric})" if asked.fraction else f"regret ({views.unit(asked.metric) or asked.metric})"
    figure = drawn.drawn(estimates.estimates, rows, series, title=title)
    left = int(found[found["kind"] == "elsewhere"]["ood"].nunique()) - len(shown_sets)
    more = f" The {left} sets with the smallest regret are in the data only." if left > 0 else ""
    caption = f"A rule that looks at a set is not judged on it. The oracle is who knows the mean of all other sets beforehand.{more}"
    return advice.of_choice(chosen, words[asked.rule], asked.metric), figure, found, caption


def _regret(rule: str, asked: Asked) -> pd.DataFrame | None:
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


def _ranking(asked: Asked) -> None:
    """Show the networks from best to worst on a set, or inside a kept slice, and who cannot be told apart from the best."""
    st.header("Who is as good as the best?", anchor="ranking")
    slices = {f"slice: {one.name}": one.name for one in control.sets.kept("slice")}
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        text = kit.choose(
            "On", [*kit.made(_sets, asked), *slices], key="on", default=asked.home,
            format_func=lambda text: text if text in slices else views.Set.read(text).label,
        )  # fmt: skip
    how = right.segmented_control(
        "Allow for", list(ALLOWED), default=next(iter(ALLOWED)), key="allow", bind="query-params", required=True,
        help="The network that looks best was picked for it, so it is flattered on these images. The first choice allows for that; the others "
        "only for how many networks are compared with it: the share of false differences (Benjamini-Hochberg), or any (Holm).",
    )  # fmt: skip
    one, examples = sets.examples_in(slices[text]) if text in slices else (views.Set.read(text), ())
    where = f"{text.replace('slice: ', 'the slice ')} of {one.label}" if text in slices else one.label
    told, finding = kit.made(_ranks, asked, one, examples, ALLOWED[how], where)
    kit.finding(finding, key="finding-ties")
    if told is None:
        return
    picture, table = st.columns([5, 4])
    with picture:
        kit.figure(
            told.figure, key="ranking", data=told.ranks, name=f"Ranking on {where}",
            alt=f"{asked.metric} on {where} with 95 % intervals, the best {min(MOST_RANKED, len(told.ranks))} networks, coloured by whether they "
            "differ from the best",
        )  # fmt: skip
        if len(told.ranks) > MOST_RANKED:
            st.caption(f"{formats.share(MOST_RANKED, len(told.ranks), 'networks')} drawn; the table holds all.")
    with table:
        _ranked(told, asked, where)
        if not examples:
            _stability(asked, one)
    _pairwise(told.ranks["network"].tolist(), asked, one)


class Ranked(NamedTuple):
    """Networks from best to worst."""

    ranks: pd.DataFrame  # as of `comparing.best`, with `group`: whether they differ from the best
    figure: go.Figure
    rows: pd.DataFrame  # what the table shows, then what is in the files only
    good: list[str]  # the best, and who cannot be told apart from it


def _ranks(asked: Asked, one: views.Set, examples: Sequence[str], allow: Allowance, where: str) -> tuple[Ranked | None, str]:
    """Return the ranking and what it says; None where there is none."""
    ranks = comparing.best(one, asked.metric, asked.collection, among=_candidates(asked), examples=examples, allow=allow)
    finding = advice.of_ties(ranks, where, asked.metric)
    if ranks.empty:
        return None, finding
    told = ranks.assign(group=_groups(ranks))
    top = told.head(MOST_RANKED)[["network", "value", "low", "high", "n", "group"]]
    figure = drawn.drawn(bars.bars, top, title=f"{asked.metric} on {where}", unit=views.unit(asked.metric), colour="group", order="given", kind="dot")
    return Ranked(told, figure, _rows(told, asked, where), told[told["group"].isin([BEST, AS_GOOD])]["network"].tolist()), finding


def _candidates(asked: Asked) -> tuple[str, ...]:
    """Return the candidates that were trained on the ID set, where that is told."""
    about = population.networks_of(asked.collection)
    mine = about[about["network"].isin(asked.among)] if asked.among else about
    same = mine[mine["trained_on"] == asked.home]
    return tuple(same["network"]) if len(same) else asked.among


def _sets(asked: Asked) -> list[str]:
    """Return the unshifted sets on which enough of the candidates have the number."""
    table, networks = population.wide(asked.collection, asked.metric), _candidates(asked)
    mine = table[table.index.isin(networks)] if networks else table
    return choosing.sets_with(mine)


def _groups(ranks: pd.DataFrame) -> list[str]:
    said = {True: AS_GOOD, False: WORSE}
    return [
        BEST if name == against else said.get(tied, UNKNOWN) if isinstance(tied, bool) else UNKNOWN
        for name, against, tied in zip(ranks["network"], ranks["against"], ranks["tied"], strict=True)
    ]


def _rows(told: pd.DataFrame, asked: Asked, where: str) -> pd.DataFrame:
    """Return ranks with intervals and adjusted p as words; then the numbers, for the files."""
    numbers = kit.intervals(told, views.unit(asked.metric))
    ranges = [
        f"{low:.0f} to {high:.0f}" if low == low and low is not None else "" for low, high in zip(told["rank_low"], told["rank_high"], strict=True)
    ]
    small = [None if p != p else float(p) for p in told["adjusted"].astype(float)]
    rows = pd.DataFrame({"rank": told["rank"], "95 %": ranges, "network": told["network"], "adjusted p": small, where: numbers, "": told["group"]})
    return pd.concat([rows, told[list(HIDDEN)]], axis=1)


def _ranked(told: Ranked, asked: Asked, where: str) -> None:
    """Show ranks with intervals and adjusted p, and offer to keep those that are as good as the best."""
    kit.table(told.rows, key="ranks", name=f"ranks on {where}", hide=HIDDEN, columns={"rank": st.column_config.NumberColumn("rank", format="%.4g")})
    names = told.ranks["network"].tolist()
    few = {f"the {shown.plural(len(told.good), 'network')} as good as the best": told.good} if told.good else {"the first": names[:1]}
    _keep(few | {f"all {formats.count(len(names))} candidates": names}, asked)


def _pairwise(names: list[str], asked: Asked, one: views.Set) -> None:
    """Compare some networks two by two, on the same examples of the whole set."""
    if len(names) < 2 or asked.metric not in kit.made(comparing.examplewise):
        return
    with st.expander("Are two of them different?", key="pairwise", on_change="rerun") as opened:
        if not opened.open:
            return
        chosen = kit.choose_many("Networks to compare two by two", names, key="pair", default=names[:3], max_selections=MOST_PAIRED)
        if len(chosen) < 2:
            st.caption("Choose at least two.")
            return
        found = comparing.differences(tuple(chosen), one, asked.metric, asked.collection)
        scale, unit = (100.0, POINTS) if asked.fraction else (1.0, views.unit(asked.metric) or asked.metric)
        ends = [[scale * v for v in found[name]] for name in ("difference", "low", "high")]
        said = [kit.estimate(*three) if three[0] == three[0] else "" for three in zip(*ends, strict=True)]
        rows = found[["first", "second"]].assign(
            **{f"first minus second ({unit})": said}, **{"adjusted p": found["bh"], "why not": found["reason"].fillna("")}
        )
        hidden = found.drop(columns=["first", "second"])
        kit.table(pd.concat([rows, hidden], axis=1), key="pairs", name=f"paired differences on {one.label}", hide=[str(name) for name in hidden])
        n = int(found["n"].max())
        how = "McNemar's exact test" if asked.metric == "accuracy" else "the paired bootstrap"
        st.caption(f"The same {formats.count(n)} examples of {one.label} for both; p of {how}, adjusted after Benjamini-Hochberg; intervals 95 %.")


def _keep(choices: dict[str, list[str]], asked: Asked) -> None:
    with st.form("keep", border=False, clear_on_submit=True), st.container(horizontal=True, vertical_alignment="bottom"):
        which = st.selectbox("Keep", list(choices), key="keep-which")
        name = st.text_input("as", key="keep-name", max_chars=control.sets.LONGEST, placeholder="a name")
        sent = st.form_submit_button("Keep")
    if not sent:
        return
    try:
        made = sets.keep_networks(name, choices[which], asked.collection)
    except errors.UserError as problem:
        kit.problem(problem)
        return
    st.success(f"Kept as **{kit.escape(made.name)}**: choose it under “Only”, or compare it below.")


def _stability(asked: Asked, one: views.Set) -> None:
    if told := kit.made(_stable, asked, one):
        st.caption("How stable this order is (Kendall's tau, 1 = the same order):")
        kit.facts(told)


def _stable(asked: Asked, one: views.Set) -> dict[str, str]:
    """Return how stable the order of the candidates is, as words."""
    found = comparing.stability(one, asked.metric, asked.collection, among=_candidates(asked))
    return {
        row["what"]: f"{kit.estimate(row['tau'], row['low'], row['high'])}, {formats.count(row['networks'])} compared"
        for row in found.to_dict("records")
    }


def _front(asked: Asked) -> None:
    """Show two numbers of each network and who is beaten by nobody on both (and on a third, where one is chosen)."""
    st.header("Beaten by nobody", anchor="pareto")
    offered, away = kit.made(_criteria, asked)
    if len(offered) < 2:
        st.caption("There are no two numbers to weigh against each other.")
        return
    columns = st.columns(3)
    with columns[0]:
        x = kit.choose("Across", offered, key="across", default=f"{asked.metric} on {asked.home}")
    with columns[1]:
        y = kit.choose("Up", [name for name in offered if name != x], key="up", default=away)
    with columns[2]:
        third = kit.choose("And", ["nothing else", *(name for name in offered if name not in {x, y})], key="and")
    told = kit.made(_beaten, asked, (x, y, *([third] if third != "nothing else" else [])))
    if told is None:
        st.caption("No network has all of these numbers.")
        return
    cloud, found, front, caption = told
    st.caption(caption)
    alt = f"{y} against {x}, one point a network; those beaten by nobody stand out"
    opened = kit.scatter(cloud, key="front", data=found, name=f"{x} against {y}", alt=alt, height=400)
    if opened and not asked.collection:
        st.switch_page(kit.page("assay-network"), query_params={"network": opened})
    kit.table(front, key="front-table", name="networks beaten by nobody")


def _criteria(asked: Asked) -> tuple[list[str], str | None]:
    """Return the numbers that can be weighed against each other, and that of the set on which networks are worst."""
    about, table = population.networks_of(asked.collection), population.wide(asked.collection, asked.metric)
    plain = [text for text in _sets(asked) if views.Set.read(text).split == "test"]
    offered = [f"{asked.metric} on {text}" for text in plain] + [name for name in attributes.numbers(about) if any(word in name for word in COSTS)]
    offered += [
        f"{name} on {asked.home}" for name in choosing.CALIBRATION if name != asked.metric and asked.home in population.wide(asked.collection, name)
    ]
    away = sorted((text for text in plain if text != asked.home), key=table.mean().__getitem__)
    return offered, f"{asked.metric} on {away[0]}" if away else None


def _beaten(asked: Asked, criteria: Sequence[str]) -> tuple[points.Points, pd.DataFrame, pd.DataFrame, str] | None:
    """Return the points to draw, the rows behind them, those that are beaten by nobody, and how many these are in words."""
    found = choosing.pareto(criteria, asked.collection, among=_candidates(asked))
    if found.empty:
        return None
    x, y = criteria[:2]
    front = found[found["front"]]
    told = found.assign(side=found["front"].map({True: "beaten by nobody", False: "beaten"}))
    path = front.sort_values([x, y])
    fit = {"x": path[x].astype(float).tolist(), "y": path[y].astype(float).tolist()} if len(criteria) == 2 and len(front) > 1 else None
    cloud = points.of_frame(
        told, x_axis=points.Axis(x, _unit(x)), y_axis=points.Axis(y, _unit(y)), x=x, y=y, colour="side", reference=False, fit=fit
    )  # fmt: skip
    caption = (
        f"{formats.share(len(front), len(found), 'networks')} are beaten by nobody: no other is at least as good on {' and '.join(criteria)}, "
        "and better on one."
    )
    return cloud, found, front.drop(columns="front"), caption


def _unit(criterion: str) -> str | None:
    metric, among, _ = criterion.partition(" on ")
    return views.unit(metric) if among else None


def _effects(asked: Asked) -> None:
    """Show what levels of a factor change, between networks that are equal otherwise."""
    st.header("What makes them better?", anchor="effects")
    offered = kit.made(_factors, asked)
    if not offered:
        st.caption("These networks share no attribute with several values, so no two of them can be paired.")
        return
    left, right = st.columns(2)
    with left:
        first = next((one for one in PAIRED if one in offered), None)
        factor = kit.choose("Factor", list(offered), key="factor", default=first, format_func=shown.spaced)
    with right:
        baseline = kit.choose("Compared with", offered[factor], key=f"baseline-{factor}")
    finding, figure, found, caption = kit.made(_changes, asked, factor, baseline)
    kit.finding(finding, key="finding-effects")
    if figure is None:
        return
    kit.figure(
        figure, key="effects", data=found, name=f"Effect of {shown.spaced(factor)} on {asked.metric}",
        alt=f"Mean paired difference of {asked.metric} for each level of {shown.spaced(factor)} against {baseline}, with 95 % intervals",
    )  # fmt: skip
    st.caption(caption)


def _factors(asked: Asked) -> dict[str, list[str]]:
    """Return the attributes that have several values, with these."""
    offered = effects.factors(asked.collection, among=asked.among)
    return {factor: effects.levels(factor, asked.collection, among=asked.among) for factor in offered}


def _changes(asked: Asked, factor: str, baseline: str) -> tuple[str, go.Figure | None, pd.DataFrame, str]:
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
    caption = (
        f"Pairs are equal in: {', '.join(map(shown.spaced, equal)) or 'nothing else that differs'}. p of the sign test, adjusted after "
        "Benjamini-Hochberg."
    )
    return finding, figure, found, caption


def _kept(asked: Asked) -> None:
    """Show kept sets side by side."""
    names = [one.name for one in control.sets.kept()]
    if not names:
        return
    st.header("Kept sets side by side", anchor="kept")
    chosen = kit.choose_many("Sets", names, key="compare", default=names[:4])
    if chosen:
        found = sets.compare(chosen, asked.metric)
        told = found[["name", "set"]].assign(number=kit.intervals(found, views.unit(asked.metric)))
        wide = told.pivot_table(index="set", columns="name", values="number", aggfunc="first", sort=False).reset_index()
        kit.table(wide, key="compared", name="kept sets side by side")
        st.caption(f"A set of networks: mean {asked.metric} with 95 % interval, n networks. A slice: accuracy inside, n answers.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        gone = st.selectbox("Forget a set", names, index=None, key="forget-which", placeholder="none")
        if st.button("Forget", disabled=gone is None, key="forget") and gone is not None:
            control.sets.forget(gone)
            st.rerun()


main()
