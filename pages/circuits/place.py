"""What the circuits' pages share: which circuit is looked at, the view in the address, what can be taken away."""

import tempfile
from pathlib import Path

import pandas as pd
import streamlit as st

from engine import errors
from engine.circuits import exchange, views
from engine.circuits import spec as asking
from pages.circuits import alone
from pages.parts import kit

COMMANDS = "python -m engine train circuits --into FOLDER --arm scale_free --data mnist --offer"


def choose(only: tuple[str, ...] | None = None) -> str | None:
    """Let a circuit be chosen, kept in the address, or say how to come by one; None where there is none. `only`: those that may be chosen."""
    found = kit.made(views.listing)
    if only is not None and not found.empty:
        found = found[found["circuit"].isin(only)]
    if found.empty:
        _none()
        if only is None:
            bring()
        return None
    twice = found["title"].duplicated(keep=False)
    titles = {
        str(name): f"{title} ({name})" if same else str(title) for name, title, same in zip(found["circuit"], found["title"], twice, strict=True)
    }
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        name = kit.choose("Circuit", list(titles), key="circuit", default=_first(found), format_func=titles.__getitem__)
    if only is None:
        with right:
            bring()
    return name


def askable() -> tuple[str, ...]:
    """Return the circuits whose networks are here, so that they can be asked."""
    found, here = kit.made(views.listing), {card.name for card in asking.known()}
    return tuple(str(name) for name in ([] if found.empty else found["circuit"]) if name in here)


def _first(found: pd.DataFrame) -> str:
    """Return the circuit to begin with: one that was trained here with learned links and a prior, else the first."""
    mine = found[(found["source"] == "network") & found["prior"].notna()]
    return str((mine if len(mine) else found)["circuit"].iloc[0])


def _none() -> None:
    trained = [card.name for card in asking.known()]
    if trained:
        kit.empty(f"{len(trained)} circuits were trained, but none was looked into yet. In a terminal: python -m engine circuits observe all")
    else:
        kit.empty(f"There is no circuit yet. Train one (minutes): {COMMANDS}; look into it: python -m engine circuits observe all; or bring a file.")


def bring() -> None:
    """Let a circuit be brought from a file."""
    with st.popover("Bring a circuit", width="content"):
        st.caption(
            "JSON of the schema touchstone.circuit 1, GraphML with edge weights from 0 to 1, or a table (Parquet, CSV) with source, target, weight. "
            "Pins, groups and notes that a JSON file holds are restored."
        )
        file = st.file_uploader("File", type=[suffix.lstrip(".") for suffix in exchange.SUFFIXES], key="circuit-file")
        if file is not None:
            st.button("Take it in", key="circuit-take", type="primary", on_click=_take)
        if (problem := st.session_state.pop("circuit-problem", None)) is not None:
            kit.problem(problem)


def _take() -> None:
    """Take in the file that was given and choose its circuit, before the page runs again."""
    file = st.session_state["circuit-file"]
    try:
        name = _kept(file.name, file.getvalue())
    except errors.UserError as problem:
        st.session_state["circuit-problem"] = problem
        return
    kit.remember("view", None)
    st.session_state["circuit"] = name


def _kept(name: str, content: bytes) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(name).name
        path.write_bytes(content)
        return exchange.bring(path)


def started(page: str, circuit: str) -> str:
    """Return the view to begin with: the one in the address when a page first shows a circuit. What comes later, the browser knows itself."""
    known = st.session_state.get("circuit-mounted")
    if known is None:
        known = (page, circuit, st.query_params.get("view", "")[:20_000])
    elif known[:2] != (page, circuit):
        last = st.session_state.get("circuit-view", {})
        known = (page, circuit, last.get(circuit, ""))
        kit.remember("view", known[2] or None)
    st.session_state["circuit-mounted"] = known
    return known[2]


def remember(view: str) -> None:
    """Write a view into the address, and keep it for the other pages."""
    said = view if view != "{}" else None
    kit.remember("view", said)
    if mounted := st.session_state.get("circuit-mounted"):
        st.session_state["circuit-view"] = {mounted[1]: said or ""}


def view() -> dict | None:
    """Return the view in the address as it is exported, None where nothing was changed."""
    return exchange.view_of(st.query_params.get("view", ""))


def take_away(circuit: str) -> None:
    """Show quiet buttons that save the circuit, JSON and HTML with pins, groups and notes; pictures are saved from the viewer."""
    now = view()
    with st.container(horizontal=True, key="takeaway-circuit", gap="small"):
        for word, ending, kind, make in (
            ("JSON", "json", "application/json", lambda: exchange.to_json(circuit, view=now)),
            ("GraphML", "graphml", "application/xml", lambda: exchange.to_graphml(circuit)),
            ("HTML", "html", "text/html", lambda: alone.page(circuit, now)),
            ("Edges (Parquet)", "parquet", "application/vnd.apache.parquet", lambda: exchange.to_parquet(circuit)),
        ):
            st.download_button(word, make, f"{circuit}.{ending}", kind, key=f"circuit-{ending}", on_click="ignore", type="tertiary")
