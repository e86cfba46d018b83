"""What an audit found, on the page: the finding, rates of each group with intervals, gaps, notes, and the same on the command line."""

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from engine.heads import audit, auditing, told
from engine.heads.audit import Audited
from pages.parts import kit


def attribute(audited: Audited) -> str:
    """Ask which groups are looked at, where there are several."""
    names = list(audited.groups)
    if len(names) == 1:
        return names[0]
    said = st.segmented_control("Groups by", names, default=names[0], key="look", bind="query-params", required=True)
    return said if said in names else names[0]


@dataclass(frozen=True, eq=False)
class Told:
    """Everything that is said of an audit by one attribute, made once."""

    finding: str
    rates: pd.DataFrame
    groups: pd.DataFrame
    gaps: pd.DataFrame
    notes: tuple[str, ...]
    answer: dict[str, Any]


@functools.lru_cache(maxsize=6)
def telling(audited: Audited, chosen: str) -> Told:
    """Return what is said of an audit; the latest few are kept."""
    found = audit.answer(audited)
    notes = tuple(auditing.worded(note) for note in found["notes"])
    rates, groups, gaps = (make(audited, chosen) for make in (told.rates, told.table, told.gap_table))
    return Told(kit.spoken(told.finding(audited, chosen)), rates, groups, gaps, notes, found)


@functools.lru_cache(maxsize=12)
def _drawn(audited: Audited, chosen: str, metric: str | None) -> go.Figure:
    return told.figure(telling(audited, chosen).rates, audited.decided(chosen).groups, metric)


def show(audited: Audited, chosen: str) -> None:
    """Show rates, gaps and notes of an attribute."""
    all_told, groups = telling(audited, chosen), set(audited.groups[chosen].tolist())
    st.header("Rates of each group", anchor="rates")
    metric = _metric() if len(groups) > told.MOST_TOGETHER else None
    kit.figure(
        _drawn(audited, chosen, metric), key="audit-rates", data=all_told.rates, name=f"Rates by {chosen}, {audited.source}",
        alt=f"For each group of {chosen} the share accepted, true and false positive rates, precision and accuracy, with 95 % intervals",
    )  # fmt: skip
    st.caption("Marks are groups, lines their 95 % intervals. A rate of fewer than 10 people has no mark: it is not estimable.")
    kit.table(all_told.groups, key="audit-groups", name=f"Groups of {chosen}")
    st.header("Gaps between groups", anchor="gaps")
    kit.table(all_told.gaps, key="audit-gaps", name=f"Gaps by {chosen}")
    sure = "Where the interval of the first row reaches 0, the difference can be chance."
    many = "Each row is of the highest and the lowest of several rates, and so pushed up by chance, the more the smaller groups are. "
    st.caption(sure if len(groups) == 2 else many + sure)
    st.caption(told.SCOPE)
    _notes(all_told.notes)


def _metric() -> str:
    """Ask which rate is drawn, where groups are many."""
    said = st.segmented_control(
        "Rate", list(told.RATES), default="selection_rate", key="rate", bind="query-params", required=True, format_func=told.SHORT.__getitem__
    )
    return said or "selection_rate"


def _notes(notes: Sequence[str]) -> None:
    if notes:
        st.header("Noticed", anchor="noticed")
        st.markdown("\n".join(f"- {kit.escape(note)}" for note in notes))


def away(found: dict[str, Any], name: str, command: str) -> None:
    """Offer the whole audit as JSON, and the command that gives the same."""
    with st.expander("The same on the command line", key="audit-command"):
        st.code(command, language="bash")
        kit.save(
            "JSON", lambda: json.dumps(found, ensure_ascii=False, indent=1), f"{name}.json", "application/json", key="audit-json", type="secondary"
        )
