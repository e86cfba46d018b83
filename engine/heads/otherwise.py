"""Who is decided otherwise, as it is shown: counts by group in words and as a figure; small counts are never told."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from engine.datasets import tables
from engine.heads import columns, persons, views
from engine.metrics import groups as group_metrics
from engine.plots import bars, formats, markdown, template

WAYS = {"swap": "Swap", "neutral": "One value for all", "unconstrained": "Against the unconstrained network"}
SAID = {
    "swap": "if only the inferred group value were swapped",
    "neutral": "if everybody had the same group value",
    "unconstrained": "than by the unconstrained network",
}
SLACKS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2)
THEN = {"up": "accepted", "down": "turned down"}


def flipped(network: str, how: str, slack: float) -> pd.DataFrame:
    """Return one row a person who would be decided otherwise, as `persons.flipped`, without columns of a brought table that may name somebody."""
    found = persons.flipped(network, how, slack)
    card = tables.card(views.job_of(network).table)
    named = [name for name in found.columns if card.brought and columns.CASES.search(name) and name != "row"]
    return found.drop(columns=named)  # nobody is shown by name


def finding(found: pd.DataFrame, counts: pd.DataFrame, how: str) -> str:
    """Say how many people are decided otherwise, of which group and in which direction, and how often the group was inferred wrongly."""
    people = int(counts.drop_duplicates("group")["n"].sum())
    if found.empty:
        return f"**Nobody** of {formats.count(people)} people would be decided otherwise {SAID[how]}."
    if len(found) < group_metrics.FEWEST_SHOWN:
        return f"**Fewer than {group_metrics.FEWEST_SHOWN}** of {formats.count(people)} people would be decided otherwise {SAID[how]}."
    most = counts.dropna(subset=["share"]).sort_values("share", ascending=False).to_dict("records")[:2]
    parts = [
        f"**{formats.percent(row['share'])}** of the group {markdown.escape(row['group'])} would then be {THEN[row['direction']]} "
        f"[{100 * row['low']:.1f}, {100 * row['high']:.1f}]"
        for row in most
    ]
    wrong = float((~found["inferred_right"]).mean())
    tail = f" Of them **{formats.percent(wrong)}** look to the network like another group." if how != "unconstrained" else ""
    return (
        f"**{formats.percent(len(found) / people)}** of {formats.count(people)} people would be decided otherwise {SAID[how]}. "
        f"{', '.join(parts)}{'.' if parts else ''}{tail}"
    )


def shares(counts: pd.DataFrame) -> go.Figure:
    """Return the share of each group that would be decided otherwise, up and down, from `persons.flips`."""
    who = [f"{group}: {THEN[str(way)]} then" for group, way in zip(counts["group"], counts["direction"], strict=True)]
    rows = counts.assign(who=who, value=counts["share"])
    figure = bars.bars(rows, title="share of the group", label="who", colour="group", order="given").update_layout(showlegend=False)
    traces: Any = figure.data
    for k, trace in enumerate(traces):  # groups have the colours of the plane, in its order
        trace.marker.color = template.faded(template.LIGHT.categorical[k % len(template.LIGHT.categorical)], 0.75)
    return figure


def countable(network: str) -> list[str]:
    """Return columns with few values, that people can be counted by."""
    table = tables.load(views.job_of(network).table)
    few = [str(name) for name in table.features.columns if table.features[name].nunique() <= columns.MOST_LISTED]
    return sorted(few, key=lambda name: name not in table.groups)
