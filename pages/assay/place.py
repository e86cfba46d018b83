"""Where a question is answered: in the worker of this machine, in a pool of its processes, or on a Dask cluster."""

import os

import streamlit as st

from engine import errors, executors, registry
from engine.executors import Where
from pages.parts import kit

CHECKED_SECONDS = 20  # how long an answer, or the lack of one, stands before the scheduler is asked again


def chosen() -> Where | None:
    """Show the choice and return it; None where it cannot be used (the page says why)."""
    with st.expander("Where to run", key="where"):
        kind = st.selectbox("Run in", executors.names(), _first(), format_func=_title, key="where-kind", help=_about())
        try:
            where = _asked(kind)
        except errors.UserError as problem:
            kit.problem(problem)
            return None
        if where is None or not where.address:
            return where
        found, said, hint = _checked(where.text())
        if not found:
            kit.problem(errors.UserError(said, hint))
            return None
        st.caption(f"Found: {kit.escape(said)}.")
        return where


def _first() -> int:
    return executors.names().index(executors.IN_PROCESS)


def _asked(kind: str) -> Where | None:
    """Ask what this kind needs to know."""
    if kind == "pool":
        cores = os.cpu_count() or 1
        workers = st.number_input("Processes", 1, 1024, cores, key="where-workers", help=_help("workers"))
        return Where(kind=kind, workers=int(workers))
    if kind != "dask":
        return Where(kind=kind)
    address = st.text_input("Address of the scheduler", key="where-address", placeholder="tcp://10.0.0.5:8786", help=_help("address")).strip()
    gpu = st.toggle("Only on workers with a GPU", key="where-gpu", help=_help("gpu"))
    if not address:
        st.info("Name the scheduler; it prints its address when it starts.")
        return None
    return Where(kind=kind, address=address, gpu=gpu)


@st.cache_data(ttl=CHECKED_SECONDS, max_entries=16, show_spinner="Asking the scheduler")
def _checked(where: str) -> tuple[bool, str, str]:
    """Return whether there is something to run on, and what is said of it, with a hint."""
    try:
        return True, executors.check(Where.read(where)), ""
    except errors.UserError as problem:
        return False, problem.message, problem.hint


def _title(kind: str) -> str:
    return registry.card(executors.ROOM, kind).title.rstrip(".")


def _about() -> str:
    """Return what each kind is, a paragraph each."""
    cards = [registry.card(executors.ROOM, kind) for kind in executors.names()]
    return "\n\n".join(f"**{card.title.rstrip('.')}.** {card.text}" for card in cards)


def _help(field: str) -> str | None:
    return Where.model_fields[field].description
