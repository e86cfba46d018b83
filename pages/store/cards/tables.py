"""The card of an imported result table: where it comes from, how it was understood, what was left out, and where to look at it."""

import streamlit as st

from engine import control, errors
from engine.assay import population
from engine.importers import _storing
from engine.plots import formats
from pages.parts import kit
from pages.store.bring import table as importing
from pages.store.cards import removal

FEW_FILES = 6


def table(name: str) -> None:
    """Show an imported table's card."""
    one = next(found for found in _storing.brought() if found.name == name)
    st.header(kit.escape(name), anchor=False)
    kit.facts({**_from(one), **_holds(name), **_understood(one)})
    _log(one)
    kit.links(importing.links_of(name, one.run)[::2])
    if one.root == "results":
        removal.table(name)


def _from(one: _storing.Brought) -> dict[str, str]:
    more = f" and {len(one.files) - FEW_FILES} more" if len(one.files) > FEW_FILES else ""
    return {
        "kind": one.kind, "read from": ", ".join(one.files[:FEW_FILES]) + more, "hash": one.digest, "licence": one.licence or "not said",
        "cite": one.citation or "not said", "imported": f"{one.finished:%Y-%m-%d %H:%M} UTC, as run {one.run}",
    }  # fmt: skip


def _holds(name: str) -> dict[str, str]:
    held = population.collections()
    mine = held[held["collection"] == name].to_dict("records")
    if not mine:
        return {"holds": "nothing"}
    counted = mine[0]
    sets = population.sets_of(name)["set"].tolist() if "accuracy" in population.metrics_of(name)["metric"].tolist() else []
    said = f"{formats.count(counted['networks'])} networks, {formats.count(counted['sets'])} sets, {formats.count(counted['scores'])} scores"
    return {"holds": said, **({"sets": ", ".join(sets[:30]) + (" …" if len(sets) > 30 else "")} if sets else {})}


def _understood(one: _storing.Brought) -> dict[str, str]:
    """Return which columns named the networks, the in-distribution set, and what was done about each finding."""
    mapping = one.mapping
    key = ", ".join(mapping.get("keys", ())) or "the row's number"
    trained = mapping.get("trained_on") or ("each row said" if mapping.get("trained_on_column") else "not said")
    done = "; ".join(f"{code}: {action}" for code, action in one.choices.items()) or "nothing was found"
    return {"named by": key, "in-distribution set": trained, "audit": done, "left out": f"{formats.count(one.rows_left_out)} rows or cells"}


def _log(one: _storing.Brought) -> None:
    try:
        log = control.job(one.run).log
    except errors.UserError:
        return  # it ships with the program, or the queue was made anew
    with st.expander("Log of the import: what was noticed, and every row that was left out"):
        st.code(log, language=None, wrap_lines=True)
