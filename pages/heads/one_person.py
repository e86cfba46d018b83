"""One person: features to change, and what both heads answer at once."""

from typing import Any
from urllib.parse import parse_qsl, urlencode

import pandas as pd
import streamlit as st

from engine import errors, hashing
from engine.datasets import tables
from engine.heads import inside, people, persons, views
from engine.plots import formats
from pages.heads.place import Place
from pages.parts import kit
from pages.store.bring import shown

PERSON, SET = "person", "set"  # in the address: a row of the table, and what is changed about it
COLUMNS = 3
GONE = "(missing)"
LONGEST = 4000  # letters of the changes in the address


def show(here: Place, found: pd.DataFrame) -> None:
    """Show one person of the table, the first of those decided otherwise unless the address names another."""
    st.header("One person", anchor="person")
    row = _row(found)
    if row is None:
        return
    try:
        features: dict[str, Any] = kit.made(_somebody, here.network, row)
    except errors.UserError as problem:
        kit.problem(problem)
        return
    if tables.card(here.question.dataset).pictures is not None:
        kit.images([(f"row {row}", shown.address(persons.picture(here.network, row)))], size=112)
        _answers(here, row, features, features)
        return
    st.fragment(_edit)(here, row, features)


def _row(found: pd.DataFrame) -> int | None:
    """Return the row that is looked at."""
    said = st.query_params.get(PERSON, "")
    if said.isdecimal() and len(said) < 12:
        return int(said)
    if said:
        kit.problem(errors.UserError(f"“{said[:40]}” is no row.", "Choose a person in the table above."))
    if found.empty:
        st.caption("Nobody is decided otherwise here; a row of the table may be named in the address (person=12).")
        return None
    return int(found["row"].iloc[0])


def _edit(here: Place, row: int, features: dict[str, Any]) -> None:
    """Ask for features, and answer; what is changed is in the address."""
    encoder = people.of(views.job_of(here.network)).encoder
    stem = f"person-{hashing.of_bytes(here.network.encode())[:8]}-{row}"
    turn = st.session_state.get(f"{stem}-turn", 0)
    before = _changed(features)
    left, right = st.columns([3, 2], gap="large")
    edited = dict(features)
    with left:
        st.caption(f"Row {row} of the table. Change what you like: nothing is stored.")
        grid = st.columns(COLUMNS)
        for k, column in enumerate(encoder.columns):
            with grid[k % COLUMNS]:
                edited[column.name] = _field(column, before.get(column.name, features[column.name]), f"{stem}-{turn}-{column.name}")
        changed = {name: edited[name] for name in edited if edited[name] != features[name]}
        kit.remember(SET, urlencode({name: GONE if value is None else value for name, value in changed.items()})[:LONGEST] or None)
        st.button("As in the table", key=f"{stem}-back", on_click=_back, args=(f"{stem}-turn",), disabled=not changed)
    with right:
        _answers(here, row, features, edited)


def _back(turn: str) -> None:
    st.session_state[turn] = st.session_state.get(turn, 0) + 1
    kit.remember(SET, None)


def _changed(features: dict[str, Any]) -> dict[str, Any]:
    """Return what the address says is changed about a person; what is unknown there is left out."""
    said = dict(parse_qsl(st.query_params.get(SET, "")[:LONGEST]))
    found: dict[str, Any] = {}
    for name, value in said.items():
        if name in features:
            found[name] = None if value == GONE else _as_number(value) if isinstance(features[name], int | float) else value
    return found


def _as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _field(column: tables.Number | tables.Choice, value: Any, key: str) -> Any:
    """Ask for one feature: a number, or one of the texts that the network knows."""
    label = column.name.replace("_", " ")
    if isinstance(column, tables.Number):
        whole = value is None or float(value).is_integer()
        told = st.number_input(
            label, value=None if value is None else float(value), step=1.0 if whole else 0.1, format="%g" if whole else "%.4g", key=key
        )
        return None if told is None else float(told)
    options = list(dict.fromkeys([*column.texts, GONE if value is None else str(value)]))
    told = st.selectbox(label, options, index=options.index(GONE if value is None else str(value)), key=key)
    return None if told == GONE else told


def _somebody(network: str, row: int) -> dict[str, Any]:
    return persons.somebody(network, row)


def _as_is(network: str, row: int, slack: float) -> dict[str, Any]:
    return persons.person(network, persons.somebody(network, row), slack)


def _answers(here: Place, row: int, features: dict[str, Any], edited: dict[str, Any]) -> None:
    """Say what both heads and the merged rule answer, as the person is and as changed."""
    try:
        then = kit.made(_as_is, here.network, row, here.slack)
        now = then if edited == features else persons.person(here.network, edited, here.slack)
    except errors.UserError as problem:
        kit.problem(problem)
        return
    groups = people.of(views.job_of(here.network)).groups
    with st.container(border=True, key="person-answers"):
        pressed = views.job_of(here.network).method in inside.PRESSED
        st.markdown(_sentence("This network" if pressed else "The merged rule", now))
        kit.table(_both(then, now, groups, changed=edited != features, pressed=pressed), key="person-both", name="What both heads answer")
        how = "The network, taken apart" if pressed else f"Merged with a gap of at most {here.slack:g} on validation people"
        st.caption(
            f"{how}: accepted where f + b·g + c > 0, b {', '.join(formats.number(b) for b in now['b'])}, c {formats.number(now['c'])}. The group "
            "value is what the network makes of the features; it says nothing of the person's own group."
        )


def _sentence(who: str, now: dict[str, Any]) -> str:
    verdict = "accepts" if now["merged"] else "turns down"
    if now["swapped"] is None:
        return f"{who} **{verdict}** this person."
    word = "alike" if now["swapped"] == now["merged"] else "otherwise"
    return f"{who} **{verdict}** this person; after a swap of the inferred group value it would decide **{word}**."


def _both(then: dict[str, Any], now: dict[str, Any], groups: tuple[str, ...], *, changed: bool, pressed: bool) -> pd.DataFrame:
    value = f"group value (near 0: {groups[0]}, near 1: {groups[1]})" if len(groups) == 2 else f"group values ({', '.join(groups)})"
    head, whole = ("without the group value", "the network") if pressed else ("task head alone", "merged rule")
    names = [f"{head}: probability", head, value, whole, f"{whole}, group value swapped"]
    made = pd.DataFrame({"answer": names, "as in the table": _column(then)})
    return made.assign(**{"as changed": _column(now)}) if changed else made


def _column(said: dict[str, Any]) -> list[str]:
    swapped = "two groups only" if said["swapped"] is None else _word(said["swapped"])
    return [
        formats.percent(said["probability"]), _word(said["accepted"]), ", ".join(formats.number(g) for g in said["group"]), _word(said["merged"]),
        swapped,
    ]  # fmt: skip


def _word(accepted: bool) -> str:
    return "accepted" if accepted else "turned down"
