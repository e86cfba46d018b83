"""People: who would be decided otherwise, in which direction, how close; and what both heads say of one person under the hand."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from engine import errors
from engine.datasets import tables
from engine.heads import inside, otherwise, persons, views
from engine.plainly import heads as plainly
from engine.plots import drawn, formats
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
PICTURES = 24
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
        found: pd.DataFrame = kit.made(otherwise.flipped, here.network, how, here.slack)
        counts: pd.DataFrame = kit.made(_flips, here.network, how, here.slack)
    except errors.UserError as problem:
        kit.problem(problem)
        return
    with top:
        said = otherwise.finding(found, counts, how)
        kit.finding(said, key="finding-people", plainly=lambda: kit.made(plainly.of_people, here.network, how, here.slack))
    st.header("How many of each group", anchor="groups")
    kit.figure(
        drawn.drawn(otherwise.shares, counts), key="people-counts", data=counts, name="Decided otherwise, by group",
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
    offered = [way for way in otherwise.WAYS if two or way != "swap"]  # with more groups there is no other one to swap to
    with left:
        how = st.segmented_control(
            "Decided otherwise",
            offered,
            default=offered[0],
            key="how" if two else "how-many",
            bind="query-params",
            required=True,
            format_func=otherwise.WAYS.__getitem__,
        )
    method = views.job_of(here.network).method
    if method not in inside.PRESSED and how != "unconstrained":
        key = f"people-slack-{here.network}-{here.slack:g}"
        with right:
            st.select_slider(
                "Largest gap of the merged heads", sorted({*otherwise.SLACKS, here.slack}), value=here.slack, key=key, format_func=lambda v: f"{v:g}",
                on_change=lambda: place.remember(replace(here, slack=st.session_state[key])),
            )  # fmt: skip
    return how or offered[0]


def _flips(network: str, how: str, slack: float) -> pd.DataFrame:
    return persons.flips(network, how, slack)


def _readable(counts: pd.DataFrame) -> pd.DataFrame:
    share = kit.intervals(counts, "fraction", "share")
    then = [f"{way}: {otherwise.THEN[way]} then" for way in counts["direction"]]
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
    names = kit.made(otherwise.countable, here.network)
    with st.container():
        by = kit.choose_many("Count by", names, key=f"by-{here.question.dataset}", default=names[:1], max_selections=3)
    if not by:
        st.caption("Choose one to three columns to count by.")
        return
    kit.table(kit.made(_counted, here.network, tuple(by), how, here.slack), key="people-kinds", name="Decided otherwise, by kind of person")


def _counted(network: str, by: tuple[str, ...], how: str, slack: float) -> pd.DataFrame:
    return persons.crossings(network, by, how, slack)


main()
