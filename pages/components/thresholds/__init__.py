"""Thresholds under the hand: a slider for each group, with rates, gaps and ratios that follow in the browser."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from engine import hashing
from pages.components.mounting import mount

BINS = 1000


def packed(counts: pd.DataFrame, groups: Sequence[str], bins: int = BINS) -> list[dict[str, Any]]:
    """Return what the browser counts from: of each group, where its people's probabilities lie, how many with either outcome, their sum.

    Args:
        counts: As `engine.heads.cutting.score_counts` gives them.
        groups: In the order of the sliders.
        bins: How many bins the probability has.
    """
    made = []
    for group in groups:
        mine = counts[counts["group"] == group]
        made.append(
            {
                "name": group, "places": [round(low * bins) for low in mine["low"].tolist()], "positives": mine["positives"].tolist(),
                "negatives": mine["negatives"].tolist(), "score": [round(value, 6) for value in mine["score"].tolist()],
            }
        )  # fmt: skip
    return made


def show(
    groups: Sequence[Mapping[str, Any]], at: Sequence[float], *, key: str, presets: Mapping[str, Sequence[float]], gaps: Mapping[str, str],
    name: str, on_at: Callable[[list[float]], None] | None = None,
) -> None:  # fmt: skip
    """Draw sliders, rates and gaps.

    Args:
        groups: As `packed` makes them.
        at: The thresholds now, in the order of the groups.
        key: Streamlit's key.
        presets: Words of a button -> thresholds.
        gaps: Name of a gap -> its words, in the order of the rows.
        name: Title of the saved picture, which shows them too.
        on_at: Called with the thresholds that the visitor left the sliders at, before the page runs again.
    """
    buttons = [{"label": label, "at": list(one)} for label, one in presets.items()]
    data = {
        "groups": list(groups), "bins": BINS, "at": list(at), "presets": buttons, "gaps": list(gaps.items()), "name": name,
        "version": hashing.of_parts([dict(one) for one in groups], {str(one["label"]): one["at"] for one in buttons}),
    }  # fmt: skip
    mount("thresholds/thresholds.js", key=key, data=data, on_at_change=lambda: _called(key, on_at))


def _called(key: str, on_at: Callable[[list[float]], None] | None) -> None:
    held: Any = st.session_state.get(key, {})
    if on_at is not None and held.get("at") is not None:
        on_at([float(value) for value in held["at"]])
