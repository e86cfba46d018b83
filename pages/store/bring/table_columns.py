"""Which column of a table means what: guessed, shown as a form, changed by the person."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from engine.importers import table
from engine.importers._collected import Draft
from engine.importers._mapping import KEPT_AS_IS, Asked, Layout, PlusMinus, Unit
from pages.store.bring import given

MEANINGS = ("score", "attribute", "left out")
WRITTEN: dict[Unit, str] = {"auto": "found by itself", "percent": "percent", "fraction": "fractions"}
UNITS = {"auto": "found by its numbers", "percent": "percent", "fraction": "fractions", KEPT_AS_IS: "as it is"}
PLUS_MINUS: dict[PlusMinus, str] = {"interval": "half of a 95 % interval", "stderr": "a standard error", "none": "left out"}
ROW = 35  # pixels


def ask(draft: Draft, kind: str) -> Draft:
    """Return the draft with its columns understood as the person says; what is not said is guessed.

    Raises:
        UserError: where no column is left as scores.
    """
    names = [str(c) for c in draft.frame.columns]
    left, right = st.columns([3, 2])
    why = "Several, where one does not tell the rows apart, such as a model at several image sizes. None: each row is a network."
    keys = left.multiselect(
        "Columns that name a network", names, default=[k for k in draft.layout.keys if k in names], key=given.key(kind, "keys"),
        persist_state="session", help=why,
    )  # fmt: skip
    unit: Unit | None = right.segmented_control(
        "Scores are written in", list(WRITTEN), default="auto", required=True, format_func=lambda u: WRITTEN[u], key=given.key(kind, "unit"),
        persist_state="session",
    )  # fmt: skip
    with st.expander(f"Columns: {len(draft.layout.scores)} hold scores", expanded=False):
        long = _long(draft, names, kind)
        rest = [name for name in names if name not in keys and name not in long.values()]
        edited = _edited(draft, rest, kind)
        metric = st.text_input("The scores are", value="accuracy", key=given.key(kind, "metric"), persist_state="session")
        plus_minus: PlusMinus | None = st.segmented_control(
            "Behind ± stands", list(PLUS_MINUS), default="interval", required=True, format_func=lambda p: PLUS_MINUS[p],
            key=given.key(kind, "plus-minus"), persist_state="session",
        )  # fmt: skip
    meaning = dict(zip(edited["column"], edited["meaning"], strict=True))
    units = {str(c): str(u) for c, u in zip(edited["column"], edited["unit"], strict=True) if meaning[c] == "score" and u != "auto"}
    asked = Asked(
        key=tuple(keys), unit=unit or "auto", metric=metric.strip() or "accuracy", scores=tuple(c for c in rest if meaning[c] == "score"),
        attributes=tuple(c for c in rest if meaning[c] == "attribute"), dataset=long["dataset"], metric_column=long["metric"], split=long["split"],
        units=units, plus_minus=plus_minus or "interval",
    )  # fmt: skip
    return _keyless(table.again(draft, asked), draft.layout) if not keys else table.again(draft, asked)


def _keyless(draft: Draft, guessed: Layout) -> Draft:
    """Return the draft with each row a network of its own, where the person named no column."""
    return replace(draft, layout=replace(draft.layout, keys=(), row_name=guessed.row_name))


def _long(draft: Draft, names: list[str], kind: str) -> dict[str, str | None]:
    """Ask for the columns of a long table: those that say on which set and by which metric a number was measured."""
    layout = draft.layout
    st.caption("A table with a column a set needs nothing here. One with a row a number says the set, and maybe metric and split, in columns.")
    found: dict[str, str | None] = {}
    for place, (what, label, now) in zip(
        st.columns(3), [("dataset", "Set", layout.dataset), ("metric", "Metric", layout.metric), ("split", "Split", layout.split)], strict=True
    ):
        chosen = place.selectbox(
            label, names, index=names.index(now) if now in names else None, placeholder="no column", key=given.key(kind, f"long-{what}"),
            persist_state="session",
        )  # fmt: skip
        found[what] = chosen
    return found


def _edited(draft: Draft, rest: list[str], kind: str) -> pd.DataFrame:
    """Show each column with its meaning, unit and first cells, to be changed; returns it as it is now."""
    layout = draft.layout
    rows = pd.DataFrame({
        "column": rest,
        "meaning": ["score" if c in layout.scores else "attribute" if c in layout.attributes else "left out" for c in rest],
        "unit": [layout.scores[c].unit if c in layout.scores else "auto" for c in rest],
        "first cells": [", ".join(draft.frame[c].head(3).astype("str")) for c in rest],
    })  # fmt: skip
    return st.data_editor(
        rows, hide_index=True, disabled=["column", "first cells"], height=min(ROW * (len(rest) + 1) + 3, 320), row_height=ROW, width="stretch",
        key=f"{given.key(kind, 'columns')}-{hash(tuple(rest))}",
        column_config={
            "meaning": st.column_config.SelectboxColumn("meaning", options=list(MEANINGS), required=True),
            "unit": st.column_config.SelectboxColumn("unit", options=list(UNITS), required=True, help="auto: found by its numbers; raw: no share"),
        },
    )  # fmt: skip
