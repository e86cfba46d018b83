"""People: who would be decided otherwise, in which direction, how close; and what both heads say of one person under the hand."""

from dataclasses import replace
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from engine import errors
from engine.datasets import tables
from engine.heads import columns, inside, persons, views
from engine.plots import bars, drawn, formats, template
from pages.heads import one_person, place
from pages.heads.place import Place
from pages.parts import kit
from pages.store.bring import shown

HOW = (
    "A network with two heads, or one that is taken apart into two, says of each person how likely the outcome is, and how much the person "
    "looks like one group or the other: the **inferred group value**. Both count when it decides. **Swap** asks: who would be decided otherwise if "
    "only that value were swapped for the one of a typical member of the other group, and everything else about the person stayed? "
    "**One value for all** gives everybody the mean value instead. **Against the unconstrained network** shows whose decision changed when the "
    "network was pressed towards equal groups. **Up** means accepted afterwards only, **down** accepted before only.\n\n"
    "These are questions about the network, not about the people: nothing is claimed about how a person would have been in another group. Counts "
    "of 1 to 4 people are shown as fewer than 5."
)
WAYS = {"swap": "Swap", "neutral": "One value for all", "unconstrained": "Against the unconstrained network"}
SAID = {
    "swap": "if only the inferred group value were swapped",
    "neutral": "if everybody had the same group value",
    "unconstrained": "than by the unconstrained network",
}
SLACKS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2)
PICTURES = 24
THEN = {"up": "accepted", "down": "turned down"}
INFERRED = {"right": "as they are", "wrong": "wrongly"}


def main() -> None:
    """Draw the page."""
    kit.title("People", "Who would be decided otherwise if only the inferred group value were swapped?", HOW)
    here = place.chosen()
    if here is None:
        place.nothing()
        return
    top = st.container()
    place.choose(here, "people")
    if not place.kept(here):
        return
    how = _how(here)
    try:
        found: pd.DataFrame = kit.made(_flipped, here.network, how, here.slack)
        counts: pd.DataFrame = kit.made(_flips, here.network, how, here.slack)
    except errors.UserError as problem:
        kit.problem(problem)
        return
    with top:
        kit.finding(_finding(found, counts, how), key="finding-people")
    st.header("How many of each group", anchor="groups")
    rows = counts.assign(who=[f"{row.group}: {THEN[str(row.direction)]} then" for row in counts.itertuples()], value=counts["share"])
    kit.figure(
        drawn.drawn(_bars, rows), key="people-counts", data=counts, name="Decided otherwise, by group",
        alt="For each group and direction the share of the group that would be decided otherwise, with 95 % intervals",
    )  # fmt: skip
    kit.table(_readable(counts), key="people-shares", name="Decided otherwise, by group")
    _persons(here, found)
    _crossings(here, how)
    one_person.show(here, found)
    place.pages(here, "people")


def _how(here: Place) -> str:
    """Ask what is compared; the slack is asked for where it matters."""
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    two = len(inside.said(here.network).side.groups) == 2
    offered = [way for way in WAYS if two or way != "swap"]  # with more groups there is no other one to swap to
    with left:
        how = st.segmented_control(
            "Decided otherwise",
            offered,
            default=offered[0],
            key="how" if two else "how-many",
            bind="query-params",
            required=True,
            format_func=WAYS.__getitem__,
        )
    method = views.job_of(here.network).method
    if method not in inside.PRESSED and how != "unconstrained":
        key = f"people-slack-{here.network}-{here.slack:g}"
        with right:
            st.select_slider(
                "Largest gap of the merged heads", sorted({*SLACKS, here.slack}), value=here.slack, key=key, format_func=lambda v: f"{v:g}",
                on_change=lambda: place.remember(replace(here, slack=st.session_state[key])),
            )  # fmt: skip
    return how or offered[0]


def _flipped(network: str, how: str, slack: float) -> pd.DataFrame:
    found = persons.flipped(network, how, slack)
    card = tables.card(views.job_of(network).table)
    named = [name for name in found.columns if card.brought and columns.CASES.search(name) and name != "row"]
    return found.drop(columns=named)  # nobody is shown by name


def _flips(network: str, how: str, slack: float) -> pd.DataFrame:
    return persons.flips(network, how, slack)


def _finding(found: pd.DataFrame, counts: pd.DataFrame, how: str) -> str:
    """Say how many people are decided otherwise, of which group and in which direction, and how often the group was inferred wrongly."""
    people = int(counts.drop_duplicates("group")["n"].sum())
    if found.empty:
        return f"**Nobody** of {formats.count(people)} people would be decided otherwise {SAID[how]}."
    most = counts.sort_values("share", ascending=False).to_dict("records")[:2]
    parts = [
        f"**{formats.percent(row['share'])}** of {kit.escape(row['group'])} would then be {THEN[row['direction']]} "
        f"[{100 * row['low']:.1f}, {100 * row['high']:.1f}]"
        for row in most
    ]
    wrong = float((~found["inferred_right"]).mean())
    tail = f" Of them **{formats.percent(wrong)}** look to the network like another group." if how != "unconstrained" else ""
    return (
        f"**{formats.percent(len(found) / people)}** of {formats.count(people)} people would be decided otherwise {SAID[how]}. "
        f"{', '.join(parts)}.{tail}"
    )


def _bars(rows: pd.DataFrame) -> go.Figure:
    figure = bars.bars(rows, title="share of the group", label="who", colour="group", order="given").update_layout(showlegend=False)
    traces: Any = figure.data
    for k, trace in enumerate(traces):  # groups have the colours of the plane, in its order
        trace.marker.color = template.faded(template.LIGHT.categorical[k % len(template.LIGHT.categorical)], 0.75)
    return figure


def _readable(counts: pd.DataFrame) -> pd.DataFrame:
    share = kit.intervals(counts, "fraction", "share")
    then = [f"{way}: {THEN[way]} then" for way in counts["direction"]]
    return pd.DataFrame({"group": counts["group"], "direction": then, "people": counts["people"], "share of the group": share})


def _persons(here: Place, found: pd.DataFrame) -> None:
    """Show the people, those next to the line first; filters are in the address."""
    st.header("Who", anchor="who")
    if found.empty:
        st.caption("There is nobody to show here.")
        return
    a, b, c = st.columns(3)
    with a:
        direction = st.segmented_control(
            "Direction", ["up", "down"], selection_mode="multi", default=["up", "down"], key="direction", bind="query-params"
        )
    with b:
        group = kit.choose_many("Group", sorted(found["group"].unique()), key=f"of-{here.question.dataset}-{here.question.attribute}")
    with c:
        inferred = st.segmented_control(
            "Inferred",
            list(INFERRED),
            selection_mode="multi",
            default=list(INFERRED),
            key="inferred",
            bind="query-params",
            format_func=INFERRED.__getitem__,
        )
    kept = found[found["direction"].isin(direction) & found["inferred_right"].isin([one == "right" for one in inferred])]
    kept = kept[kept["group"].isin(group)] if group else kept
    kept = kept.reset_index(drop=True)
    if tables.card(here.question.dataset).pictures is not None:
        _pictures(here, kept)
    state = kit.table(kept, key="people-who", name="Decided otherwise", on_select="rerun", columns=_columns(here))
    st.caption(
        f"{formats.share(len(kept), len(found), 'people')}, nearest to the line first. Choose a row to look at that person below. "
        "Distance and boost are in log-odds; the boost is what the group value adds against the other group's typical member."
    )
    if rows := state["selection"]["rows"]:
        kit.remember("person", str(int(kept["row"].iloc[rows[0]])))


def _columns(here: Place) -> dict[str, str]:
    card = tables.card(here.question.dataset)
    score = "probability (group value taken out)" if views.job_of(here.network).method in inside.PRESSED else "probability (task head)"
    return {"label": f"outcome (1: {card.positive})", "inferred_right": "inferred rightly", "probability": score}


def _pictures(here: Place, kept: pd.DataFrame) -> None:
    """Show the first people as the pictures that they are."""
    rows = [int(row) for row in kept["row"].head(PICTURES)]
    kit.images(
        [(f"{row}, {direction}", kit.made(_picture, here.network, row)) for row, direction in zip(rows, kept["direction"], strict=False)], size=56
    )
    if len(kept) > PICTURES:
        st.caption(f"The first {PICTURES} of {formats.count(len(kept))} pictures; the number is the row.")


def _picture(network: str, row: int) -> str:
    return shown.address(persons.picture(network, row))


def _crossings(here: Place, how: str) -> None:
    """Count crossings of columns, small ones as “fewer than 5”."""
    card = tables.card(here.question.dataset)
    if card.pictures is not None:
        return
    st.header("Which kinds of people", anchor="kinds")
    names = kit.made(_texts, here.network)
    with st.container():
        by = kit.choose_many("Count by", names, key=f"by-{here.question.dataset}", default=names[:1], max_selections=3)
    if not by:
        st.caption("Choose one to three columns to count by.")
        return
    kit.table(kit.made(_counted, here.network, tuple(by), how, here.slack), key="people-kinds", name="Decided otherwise, by kind of person")


def _texts(network: str) -> list[str]:
    """Return columns with few values, that people can be counted by."""
    table = tables.load(views.job_of(network).table)
    few = [str(name) for name in table.features.columns if table.features[name].nunique() <= columns.MOST_LISTED]
    return sorted(few, key=lambda name: name not in table.groups)


def _counted(network: str, by: tuple[str, ...], how: str, slack: float) -> pd.DataFrame:
    return persons.crossings(network, by, how, slack)


main()
