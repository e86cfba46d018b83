"""Which of many networks to take: what a rule of choice costs elsewhere, who is as good as the best, what a factor changes."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from engine import control, errors
from engine.assay import choosing, comparing, population, sets, shortlist, views
from engine.plainly import choosing as plainly
from engine.plots import formats
from engine.stats.ranking import Allowance
from pages.assay import shown
from pages.parts import kit

MOST_PAIRED = 6  # networks compared two by two
HIDDEN = ("value", "low", "high", "n", "p", "rank_low", "rank_high", "against", "reason")  # columns for the files only


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


def _choose(tables: pd.DataFrame) -> shortlist.Question | None:
    """Ask which networks, what is in distribution, by which rule; None where nothing can be shortlist."""
    columns = st.columns([3, 2, 3, 2, 1.4], vertical_alignment="bottom")
    sizes = dict(zip(tables["collection"].tolist(), tables["networks"].tolist(), strict=True))
    with columns[0]:
        collection = kit.choose(
            "Networks", list(sizes), key="table", default="",
            format_func=lambda name: f"{name or 'Evaluated here'} ({formats.count(sizes[name])})",
        )  # fmt: skip
    with columns[3]:
        metric = kit.choose("What counts", kit.made(shortlist.metrics, collection), key="metric", default="accuracy")
    with columns[4].popover("Only"):
        among = _only(collection)
    homes = kit.made(shortlist.homes, collection, metric, among)
    if not homes:
        kit.empty("None of these networks has this number on a set.", "Run an evaluation", "assay-run")
        return None
    with columns[1]:
        home = kit.choose("In distribution", homes, key="id", help="The set that the networks were trained on, or the one that counts as such.")
    offered = kit.made(choosing.rules, collection, home, metric)
    with columns[2]:
        rule = kit.choose("Chosen by", list(offered), key="rule", format_func=offered.__getitem__)
    return shortlist.Question(collection, home, rule, metric, tuple(among))


def _only(collection: str) -> list[str]:
    """Ask which networks are candidates: a kept set, values of attributes; an empty list means all."""
    kept = {one.name: one.content["networks"] for one in control.sets.kept("networks") if one.content["collection"] == collection}
    name = kit.choose("Kept set", [shortlist.EVERYONE, *kept], key="kept", default=shortlist.EVERYONE)
    wanted = {}
    for attribute, levels in kit.made(shortlist.levels, collection).items():
        wanted[attribute] = st.multiselect(shown.spaced(attribute), levels, key=f"only-{attribute}", bind="query-params")
    mine, all_of_them = kit.made(shortlist.among, collection, kept.get(name), {attribute: levels for attribute, levels in wanted.items() if levels})
    if not mine:
        st.info("No network is left; all count.")
    return mine if 0 < len(mine) < all_of_them else []


def _cost(asked: shortlist.Question) -> None:
    """Show what the rule costs, and beside it what the others would."""
    finding, figure, found, caption = kit.made(shortlist.costs, asked)
    kit.finding(finding, plainly=lambda: kit.made(plainly.of_choice, asked))
    st.header("What each rule costs", anchor="regret")
    kit.figure(
        figure, key="regret", data=found, name=f"Regret of choosing by a rule, networks of {asked.home or 'the table'}",
        alt="For each rule of choice, how much the best network on each set would have gained over the chosen one, with 95 % intervals",
    )  # fmt: skip
    st.caption(caption)


def _ranking(asked: shortlist.Question) -> None:
    """Show the networks from best to worst on a set, or inside a kept slice, and who cannot be told apart from the best."""
    st.header("Who is as good as the best?", anchor="ranking")
    slices = {f"slice: {one.name}": one.name for one in control.sets.kept("slice")}
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        text = kit.choose(
            "On", [*kit.made(shortlist.sets_of, asked), *slices], key="on", default=asked.home,
            format_func=lambda text: text if text in slices else views.Set.read(text).label,
        )  # fmt: skip
    how = right.segmented_control(
        "Allow for", list(shortlist.ALLOWED), default=next(iter(shortlist.ALLOWED)), key="allow", bind="query-params", required=True,
        help="The network that looks best was picked for it, so it is flattered on these images. The first choice allows for that; the others "
        "only for how many networks are compared with it: the share of false differences (Benjamini-Hochberg), or any (Holm).",
    )  # fmt: skip
    one, examples = sets.examples_in(slices[text]) if text in slices else (views.Set.read(text), ())
    where = f"{text.replace('slice: ', 'the slice ')} of {one.label}" if text in slices else one.label
    told, rows, finding = kit.made(_ranks, asked, one, examples, shortlist.ALLOWED[how], where)
    kit.finding(finding, key="finding-ties")
    if told is None or rows is None:
        return
    picture, table = st.columns([5, 4])
    with picture:
        kit.figure(
            told.figure, key="ranking", data=told.ranks, name=f"Ranking on {where}",
            alt=shortlist.of_ranks(asked, told, where),
        )  # fmt: skip
        if len(told.ranks) > shortlist.MOST_RANKED:
            st.caption(f"{formats.share(shortlist.MOST_RANKED, len(told.ranks), 'networks')} drawn; the table holds all.")
    with table:
        _ranked(told, rows, asked, where)
        if not examples:
            _stability(asked, one)
    _pairwise(told.ranks["network"].tolist(), asked, one)


def _ranks(
    asked: shortlist.Question, one: views.Set, examples: Sequence[str], allow: Allowance, where: str
) -> tuple[shortlist.Ranked | None, pd.DataFrame | None, str]:
    """Return the ranking with its table, and what it says; None where there is none."""
    told, finding = shortlist.ranks(asked, one, examples, allow, where)
    return told, None if told is None else _rows(told.ranks, asked, where), finding


def _rows(told: pd.DataFrame, asked: shortlist.Question, where: str) -> pd.DataFrame:
    """Return ranks with intervals and adjusted p as words; then the numbers, for the files."""
    numbers = kit.intervals(told, views.unit(asked.metric))
    ranges = [
        f"{low:.0f} to {high:.0f}" if low == low and low is not None else "" for low, high in zip(told["rank_low"], told["rank_high"], strict=True)
    ]
    small = [None if p != p else float(p) for p in told["adjusted"].astype(float)]
    rows = pd.DataFrame({"rank": told["rank"], "95 %": ranges, "network": told["network"], "adjusted p": small, where: numbers, "": told["group"]})
    return pd.concat([rows, told[list(HIDDEN)]], axis=1)


def _ranked(told: shortlist.Ranked, rows: pd.DataFrame, asked: shortlist.Question, where: str) -> None:
    """Show ranks with intervals and adjusted p, and offer to keep those that are as good as the best."""
    kit.table(rows, key="ranks", name=f"ranks on {where}", hide=HIDDEN, columns={"rank": st.column_config.NumberColumn("rank", format="%.4g")})
    names = told.ranks["network"].tolist()
    few = {f"the {shown.plural(len(told.good), 'network')} as good as the best": told.good} if told.good else {"the first": names[:1]}
    _keep(few | {f"all {formats.count(len(names))} candidates": names}, asked)


def _pairwise(names: list[str], asked: shortlist.Question, one: views.Set) -> None:
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
        scale, unit = (100.0, shortlist.POINTS) if asked.fraction else (1.0, views.unit(asked.metric) or asked.metric)
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


def _keep(choices: dict[str, list[str]], asked: shortlist.Question) -> None:
    """Offer to keep networks under a name; not in plain view."""
    if kit.plain.on():
        return
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


def _stability(asked: shortlist.Question, one: views.Set) -> None:
    if told := kit.made(shortlist.stability, asked, one):
        st.caption("How stable this order is (Kendall's tau, 1 = the same order):")
        kit.facts(told)


def _front(asked: shortlist.Question) -> None:
    """Show two numbers of each network and who is beaten by nobody on both (and on a third, where one is chosen)."""
    st.header("Beaten by nobody", anchor="pareto")
    offered, away = kit.made(shortlist.criteria, asked)
    if len(offered) < 2:
        st.caption("There are no two numbers to weigh against each other.")
        return
    columns = st.columns(3)
    with columns[0]:
        x = kit.choose("Across", offered, key="across", default=f"{asked.metric} on {asked.home}")
    with columns[1]:
        y = kit.choose("Up", [name for name in offered if name != x], key="up", default=away)
    with columns[2]:
        third = kit.choose("And", [shortlist.NOTHING, *(name for name in offered if name not in {x, y})], key="and")
    told = kit.made(shortlist.beaten, asked, (x, y, *([third] if third != shortlist.NOTHING else [])))
    if told is None:
        st.caption("No network has all of these numbers.")
        return
    cloud, found, front, caption = told
    st.caption(caption)
    alt = f"{y} against {x}, one point a network; those beaten by nobody stand out"
    opened = kit.scatter(cloud, key="front", data=found, name=f"{x} against {y}", alt=alt, height=400)
    if opened and not asked.collection:
        kit.go("assay-network", network=opened)
    rates = {name: st.column_config.NumberColumn(name, format="percent") for name in map(str, front) if shortlist.is_rate(name)}
    kit.table(front, key="front-table", name="networks beaten by nobody", columns=rates)


def _effects(asked: shortlist.Question) -> None:
    """Show what levels of a factor change, between networks that are equal otherwise."""
    st.header("What makes them better?", anchor="effects")
    offered = kit.made(shortlist.factors, asked)
    if not offered:
        st.caption("These networks share no attribute with several values, so no two of them can be paired.")
        return
    left, right = st.columns(2)
    with left:
        first = next((one for one in shortlist.PAIRED if one in offered), None)
        factor = kit.choose("Factor", list(offered), key="factor", default=first, format_func=shown.spaced)
    with right:
        baseline = kit.choose("Compared with", offered[factor], key=f"baseline-{factor}")
    finding, figure, found, caption = kit.made(shortlist.changes, asked, factor, baseline)
    kit.finding(finding, key="finding-effects")
    if figure is None:
        return
    kit.figure(
        figure, key="effects", data=found, name=f"Effect of {shown.spaced(factor)} on {asked.metric}",
        alt=f"Mean paired difference of {asked.metric} for each level of {shown.spaced(factor)} against {baseline}, with 95 % intervals",
    )  # fmt: skip
    st.caption(caption)


def _kept(asked: shortlist.Question) -> None:
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
    if kit.plain.on():
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        gone = st.selectbox("Forget a set", names, index=None, key="forget-which", placeholder="none")
        if st.button("Forget", disabled=gone is None, key="forget") and gone is not None:
            control.sets.forget(gone)
            st.rerun()


main()
