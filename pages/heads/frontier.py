"""Accuracy against the gap between groups, of every network and rule: what equality costs, and for whom it is paid."""

from dataclasses import replace

import numpy as np
import streamlit as st

from engine import errors
from engine.heads import frontier, views
from engine.heads.frontier import Frontier
from engine.plainly import heads as plainly
from pages.heads import place as places
from pages.heads.place import Place
from pages.parts import kit

SHOWN = "each"


def main() -> None:
    """Draw the page."""
    kit.title(
        "Frontier",
        "What does it cost to treat groups alike, and what changes for whom?",
        "Each point is a network, or a rule made from one. **Right** is the gap: by how much more often one group is accepted than the other. **Up** "
        "is accuracy. A network that ignores equality stands at the top right; the harder it is pressed, the further left and the lower it goes. "
        "*Lambda* says how hard; *slack* is the largest gap that a rule was allowed on other people (validation). Everything shown was measured on "
        "test people. The upright line is the gap of the outcomes themselves: where a network that is always right would stand. Click a point, or go "
        "to it with the arrow keys and press Enter: then all of this section is about its network.",
        paper="heads",
    )
    place = places.chosen()
    if place is None:
        places.nothing()
        return
    places.choose(place, "frontier")
    try:
        _said(place)
        _frontier(place)
        _network(place)
    except errors.UserError as problem:
        kit.problem(problem)
    places.pages(place, "frontier")


def _said(place: Place) -> None:
    """Show the finding, in plain words."""
    question, lead, more = kit.made(frontier.sentences, place.question.asked, place.network)
    st.caption(question)
    kit.finding("\n\n".join(map(kit.spoken, lead)), plainly=lambda: kit.made(plainly.of_place, place.question.asked, place.network))
    if more:
        with st.expander("All that was found of this network, with controls", key="heads-all-found", type="compact"):
            st.markdown("\n".join(f"- {kit.escape(sentence)}" for sentence in more))


def _frontier(place: Place) -> None:
    """Show the figure; an opened point becomes the network of the address."""
    each = st.segmented_control("Points", list(frontier.EACH), default=next(iter(frontier.EACH)), key=SHOWN, bind="query-params", required=True)
    each = frontier.EACH[each]
    drawn = kit.made(frontier.drawn, place.question.asked, each)
    name = f"Accuracy against gap, {places.said(place.question)}"
    kit.scatter(
        drawn.points, key=f"heads-frontier-{each}-{places.key(place.question)}", data=drawn.rows, name=name, selected=_mark(drawn, place),
        alt="Accuracy against the gap between groups, for every network and rule; the upright line is the gap of the outcomes.",
        on_open=lambda opened: _open(place, drawn, opened),
    )  # fmt: skip
    st.caption(kit.made(frontier.under, place.question.asked, each))


def _open(place: Place, drawn: Frontier, opened: str) -> None:
    network, slack = drawn.leads[opened]
    if network in set(places.networks(place.question)["network"]):
        places.remember(replace(place, network=network, slack=slack or places.SLACK))


def _mark(drawn: Frontier, place: Place) -> str | None:
    """Return the point that stands for the chosen network: its own, or the mean that it is part of; of rules, the one of its slack."""
    job = views.job_of(place.network)
    mine = drawn.rows[(drawn.rows["method"] == job.method) & np.isclose(drawn.rows["strength"], job.strength)]
    own = mine[mine["network"] == place.network]
    found = own if len(own) else mine
    return str(found["id"].iloc[0]) if len(found) else None


def _network(place: Place) -> None:
    """Show each network's gap in decisions and in probabilities, accuracy and balanced accuracy."""
    st.header("Networks, hard and soft", anchor="networks")
    table = kit.made(frontier.table, place.question.asked)
    kit.table(table, key="heads-frontier-table", name=f"Networks of {places.said(place.question)}")


main()
