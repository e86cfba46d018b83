"""Taking away what a person brought: asked twice, noted in the audit log."""

import json
from collections.abc import Callable

import streamlit as st

from engine import control, errors, store
from engine.assay import views
from engine.datasets import images
from engine.importers import _storing
from engine.importers import network as network_in
from pages.parts import kit


def offer(kind: str, name: str, keeps: str, take: Callable[[str], None]) -> None:
    """Offer to remove something, behind a question.

    Args:
        kind: what it is, for the audit log and the question.
        name: which one.
        keeps: what stays, as a sentence.
        take: removes it; raises UserError where it cannot.
    """
    with st.popover("Remove …"):
        st.markdown(f"Remove the {kind} **{kit.escape(name)}**? {keeps}")
        st.button("Remove it", key="remove", type="primary", on_click=_remove, args=(kind, name, take))
    if problem := st.session_state.pop("remove-problem", None):
        kit.problem(problem)


def _remove(kind: str, name: str, take: Callable[[str], None]) -> None:
    try:
        take(name)
    except errors.UserError as problem:
        st.session_state["remove-problem"] = problem
        return
    control.audit(f"remove {kind}", name)
    st.session_state["name"] = None
    st.session_state["removed"] = f"The {kind} {name} was removed."


def network(name: str) -> None:
    """Offer to remove a brought network."""
    offer("network", name, "Its weights are deleted; what was measured with it stays in the store.", network_in.remove)


def dataset(name: str) -> None:
    """Offer to remove a brought data set."""
    offer("data set", name, "Its pictures are deleted; what was measured on it stays in the store, without pictures.", images.remove)


def predictions(name: str) -> None:
    """Offer to take brought predictions out of every answer."""
    offer("predictions of", name, "Its runs are archived: they leave every answer, their files stay.", _archive)


def _archive(name: str) -> None:
    """Archive the runs that brought a network's predictions; runs that asked more than one network stay."""
    runs = views.runs()
    mine = [row.run for row in runs[runs["study"] == "import"].itertuples() if json.loads(str(row.spec)).get("networks") == [name]]
    if not mine:
        raise errors.UserError(f"No run that brought predictions of {name} is left.", "What is shown was measured by later runs, which are kept.")
    for run in mine:
        store.archive(str(run))


def table(name: str) -> None:
    """Offer to take an imported result table out of every answer."""
    offer("table", name, "Its run is archived: its networks and scores leave every answer, the run's files stay.", _storing.remove)
