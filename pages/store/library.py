"""Everything there is to evaluate with: networks, architectures, data sets, shifts, metrics, imported tables; and the way to bring your own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from engine import errors
from engine.plots import formats
from pages.parts import kit
from pages.store.bring import choice
from pages.store.cards import listings, opened, pictures, tables

BRING = "Bring your own"
ROW = 33  # pixels
HEIGHT = 9 * ROW + 3
NUMBERS = {
    "weights (MB)": st.column_config.NumberColumn(format="%.3g"), "parameters": st.column_config.NumberColumn(format="localized"),
    "images": st.column_config.NumberColumn(format="localized"), "scores": st.column_config.NumberColumn(format="localized"),
    "imported": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm"),
}  # fmt: skip


@dataclass(frozen=True)
class Shelf:
    """One tab: what it lists, and how a card of it is shown."""

    one: str
    rows: Callable[[], pd.DataFrame]
    show: Callable[[str], None]


SHELVES = {
    "Networks": Shelf("network", listings.of_networks, opened.network),
    "Architectures": Shelf("architecture", listings.of_architectures, opened.architecture),
    "Data sets": Shelf("data set", listings.of_datasets, pictures.dataset),
    "Shifts": Shelf("shift", listings.of_shifts, pictures.shift),
    "Metrics": Shelf("metric", listings.of_metrics, opened.metric),
    "Tables": Shelf("table", listings.of_tables, tables.table),
}


def main() -> None:
    """Draw the page."""
    kit.title(
        "Library",
        "What is there to evaluate, on what, and on whose terms?",
        "Each entry has a card: what it is, its licence, whom to cite, where it comes from, and the hash that every result refers to. "
        "Click a row to open its card. The last tab takes in networks, images, predictions and result tables of your own.",
    )
    kit.finding(_finding())
    if said := st.session_state.pop("removed", None):
        st.info(said)
    _follow_link()
    tabs = st.tabs([*SHELVES, BRING], key="tab", bind="query-params")
    for tab, (label, shelf) in zip(tabs, SHELVES.items(), strict=False):
        if tab.open:
            with tab:
                _shelf(label, shelf)
    if tabs[-1].open:
        with tabs[-1]:
            choice.show()


def _finding() -> str:
    """Return what the library holds, counted."""
    n = listings.counts()
    tables = f", and **{n['tables']} imported table{'s' if n['tables'] > 1 else ''}** of results" if n["tables"] else ""
    missing = f", {n['sets_missing']} not installed here" if n["sets_missing"] else ""
    return (
        f"**{formats.count(n['networks'])} networks** ready to run ({n['networks_brought']} brought; {formats.size(n['bytes'])} of weights) of "
        f"{n['architectures']} architectures, **{n['sets']} data sets** with {formats.count(n['images'])} images "
        f"({n['sets_brought']} brought{missing}), **{n['shifts']} shifts** and {n['attacks']} attacks, **{n['metrics']} metrics**{tables}."
    )


def _follow_link() -> None:
    """Open the tab that holds the name in the address, where the address names no tab; say so where nothing is called so."""
    name = st.query_params.get("name")
    if name is None:
        st.session_state.pop("followed", None)
    if not name or st.session_state.get("followed") == name:
        return
    st.session_state["followed"] = name
    here = st.session_state.get("tab") or st.query_params.get("tab", next(iter(SHELVES)))
    known = {label: shelf.rows()["name"].tolist() for label, shelf in SHELVES.items()}
    if name in known.get(here, ()):
        return
    holds = [label for label, names in known.items() if name in names]
    if holds:
        st.session_state["tab"] = holds[0]
    else:
        problem = errors.unknown("card", name, [n for names in known.values() for n in names])
        near = problem.hint.startswith("Did you mean")
        kit.problem(problem if near else errors.UserError(problem.message, "Look for it in the tabs; what was removed is no longer here."))


def _shelf(label: str, shelf: Shelf) -> None:
    """Show a tab: search, the table, and the card that is open."""
    rows = shelf.rows()
    if rows.empty:
        kit.empty(f"There is no {shelf.one} here yet.", "Bring your own", f"library?tab={BRING}")
        return
    left, right = st.columns(2)
    sought = left.text_input("Search", key="find", bind="query-params", live=True, placeholder="any word in the table", type="search")
    found = _matching(rows, sought)
    names = rows["name"].tolist()
    if st.session_state.get("name") not in names:
        st.session_state.pop("name", None)
    table = f"table-{label}"
    name = right.selectbox(
        "Open a card", names, index=None, key="name", bind="query-params", placeholder="none is open", on_change=_mark, args=(table, found)
    )
    if found.empty:
        st.caption(f"Nothing here has “{kit.escape(sought)}” in its row.")
    else:
        _table(found, table, name)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(formats.share(len(found), len(rows), f"{shelf.one}s shown"), width="content")
        kit.take_away(found, key=table, name=label)
    if name:
        with st.container(border=True, key="opened"):
            shelf.show(name)


def _matching(rows: pd.DataFrame, sought: str | None) -> pd.DataFrame:
    """Return the rows that hold every word, whatever its case."""
    words = (sought or "").casefold().split()
    if not words:
        return rows
    texts = rows.astype(str).agg(" ".join, axis=1).str.casefold()
    return rows[[all(word in text for word in words) for text in texts]].reset_index(drop=True)


def _table(found: pd.DataFrame, key: str, name: str | None) -> None:
    """Show the rows; a click on one opens its card."""
    st.dataframe(
        found, key=key, hide_index=True, height=min(HEIGHT, ROW * (len(found) + 1) + 3), row_height=ROW, placeholder="",
        column_config=NUMBERS, on_select=lambda: _open(key, found), selection_mode="single-row", selection_default=_selection(found, name),
        alt=key.removeprefix("table-"),
    )  # fmt: skip


def _selection(found: pd.DataFrame, name: str | None) -> Any:
    return {"selection": {"rows": [i for i, other in enumerate(found["name"]) if other == name]}}


def _open(key: str, found: pd.DataFrame) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    st.session_state["name"] = found["name"].iloc[rows[0]] if rows else None


def _mark(key: str, found: pd.DataFrame) -> None:
    """Mark the row of the card that was opened by name."""
    st.session_state[key] = _selection(found, st.session_state.get("name"))


main()
