"""What the heads' pages look at: a question (table, attribute, constraint), one of its networks, a slack. It lives in the address.

The keys are `dataset`, `attribute`, `constraint`, `network` and `slack`. A page calls `chosen` first; what cannot be read there is said on the
page, and the default stays. Links between the pages are written by `address`, so that the place goes along.
"""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from engine import errors, places
from engine.datasets import tables
from engine.heads import frontier, spec, views, weights
from pages.parts import kit

KEYS = ("dataset", "attribute", "constraint", "network", "slack")
SLACK = 0.02
EQUAL = {"parity": "share accepted", "opportunity": "share accepted of those whose outcome is favourable"}
PAGES = (
    ("Frontier: what equality costs", "frontier"), ("Inside: where the network keeps the group", "inside"),
    ("People: who is decided otherwise", "people"), ("Thresholds: set them by hand", "thresholds"),
)  # fmt: skip


@dataclass(frozen=True)
class Question:
    """What networks were trained for."""

    dataset: str
    attribute: str
    constraint: str = "parity"

    @property
    def asked(self) -> tuple[str, str, str]:
        """The question as the views of `engine.heads` take it."""
        return self.dataset, self.attribute, self.constraint


@dataclass(frozen=True)
class Place:
    """A question, a network of it, and the largest gap that its merged heads may have on validation people."""

    question: Question
    network: str
    slack: float = SLACK


def questions() -> list[Question]:
    """Return what has been trained, the table that is shown first in front, then the newest."""
    return kit.made(_questions)


def _questions() -> list[Question]:
    return [Question(*asked) for asked in frontier.questions()]


def networks(question: Question) -> pd.DataFrame:
    """Return the networks of a question that people choose from: network, method, strength, seed, title, kept; no ceilings."""
    return kit.made(_networks, question, _weights())


def _weights() -> tuple[int, int]:
    """Return what changes when weights come or go."""
    return places.changed(weights.folder()), places.changed(weights.shipped())


def _networks(question: Question, _weights: tuple[int, int]) -> pd.DataFrame:
    return frontier.networks(question.asked)


def first_network(question: Question) -> str:
    """Return the network that is looked at where none was chosen: one that was pressed, whose weights are kept."""
    return frontier.first_network(networks(question))


def chosen() -> Place | None:
    """Return the place in the address, or None where nothing has been trained; what is not known there is said on the page."""
    known = questions()
    if not known:
        return None
    said = st.query_params
    question = known[0]
    if named := {key: said[key] for key in KEYS[:3] if key in said}:
        fitting = [one for one in known if all(getattr(one, key) == value for key, value in named.items())]
        if fitting:
            question = fitting[0]
        else:
            kit.problem(errors.UserError(f"Nothing was trained for {' by '.join(list(named.values())[:2])}.", "Another question is shown."))
    usual = Place(question, first_network(question))
    return replace(usual, network=_network(usual), slack=_slack(said.get("slack", "")))


def _network(usual: Place) -> str:
    name = st.query_params.get("network", usual.network)
    if name in set(networks(usual.question)["network"]):
        return name
    kit.problem(errors.unknown("network of this question", name[:200], networks(usual.question)["network"].tolist()))
    return usual.network


def _slack(written: str) -> float:
    if not written:
        return SLACK
    try:
        value = float(written)
    except ValueError:
        value = -1.0
    if 0 < value <= 1:
        return value
    kit.problem(errors.UserError(f"“{written[:40]}” is no slack.", "A slack is a gap above 0, up to 1."))
    return SLACK


def query(place: Place) -> dict[str, str]:
    """Return what the address says of a place; the usual slack is left out."""
    told = {"dataset": place.question.dataset, "attribute": place.question.attribute, "constraint": place.question.constraint}
    told |= {"network": place.network} if place.network else {}
    return told | ({"slack": f"{place.slack:.6g}"} if place.slack != SLACK else {})


def address(page: str, place: Place, **more: str) -> str:
    """Return the address of a page about this place, such as "inside?dataset=adult&…", for `kit.links` and `kit.empty`.

    Args:
        page: A path of `pages/parts/navigation.py`.
        place: The place that goes along.
        more: Further choices of that page.
    """
    return f"{page}?{urlencode(query(place) | more)}"


def remember(place: Place) -> None:
    """Write a place into the address."""
    asked = query(place)
    for key in KEYS:
        kit.remember(key, asked.get(key))


def key(question: Question) -> str:
    """Return a question as part of a widget's key."""
    return "-".join(question.asked)


def said(question: Question) -> str:
    """Return a question for people, such as “Census income (Adult) by sex, parity”."""
    try:
        name = tables.card(question.dataset).title
    except errors.UserError:  # the table is not here any more
        name = question.dataset
    unusual = views.unusual(question.dataset, question.attribute)
    attribute = question.attribute.partition(spec.MARK)[0]
    return f"{name}, by {attribute} ({question.constraint}{f'; {unusual}' if unusual else ''})"


def choose(place: Place, page: str, *, network: bool = True) -> None:
    """Show which question and network it is, and let others be chosen; the address follows before the page runs again.

    Args:
        place: What is looked at now.
        page: The page's path: keys of widgets are its own.
        network: Whether a network can be chosen here.
    """
    known = questions()
    columns = st.columns(2) if network else [st.container()]
    asked, named = f"heads-{page}-question-{key(place.question)}", f"heads-{page}-network-{place.network}"
    with columns[0]:
        st.selectbox(
            "Table and protected attribute", known, index=known.index(place.question), key=asked, format_func=said,
            on_change=lambda: remember(Place(st.session_state[asked], "", place.slack)),
        )  # fmt: skip
    if not network:
        return
    titles = kit.made(_titles, place.question, _weights())
    with columns[1]:
        st.selectbox(
            "Network", list(titles), index=list(titles).index(place.network), key=named, format_func=titles.__getitem__,
            on_change=lambda: remember(replace(place, network=st.session_state[named])),
        )  # fmt: skip


def _titles(question: Question, _weights: tuple[int, int]) -> dict[str, str]:
    found = networks(question)
    return {
        str(name): f"{str(title)[:1].upper()}{str(title)[1:]}{'' if kept else ' (weights not kept)'}"
        for name, title, kept in zip(found["network"], found["title"], found["kept"], strict=True)
    }


def kept(place: Place) -> bool:
    """Return whether the network's weights are here; where they are not, say so, with a link to one whose are."""
    found = networks(place.question)
    if bool(found.loc[found["network"] == place.network, "kept"].iloc[0]):
        return True
    other = first_network(place.question)
    there = bool(found.loc[found["network"] == other, "kept"].iloc[0])
    kit.empty(
        "The weights of this network are not kept: what was measured of it stays, but it cannot be asked about people any more."
        + ("" if there else " Train the question here to have them."),
        "See a network whose weights are kept" if there else "",
        address("inside", replace(place, network=other)),
        key="heads-not-kept",
    )
    return False


def nothing() -> None:
    """Say that no network has been trained, and what to do."""
    kit.empty(
        "No network has been trained for equal groups yet. Train some, on a table that comes along or on your own: with the form for it, or with"
        " python -m engine heads train adult.",
        "Train networks",
        "train",
        key="heads-nothing",
    )


def pages(place: Place, here: str) -> None:
    """Show links to the other pages about this place."""
    kit.links([(label, address(path, place)) for label, path in PAGES if path != here])
