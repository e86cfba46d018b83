"""Figures of this study: a mark with its interval for each method, and its seeds as dots around it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from engine.plots import axes, formats, template
from engine.plots.estimates import SYMBOLS
from engine.plots.template import Trace

STEP = 17  # pixels from one method to the next
GAP = 22  # pixels between groups


def accuracies(methods: pd.DataFrame, networks: pd.DataFrame, order: Sequence[str], chance: float) -> go.Figure:
    """Return a group of marks for each world, from the top, one a method; the upright line is guessing.

    Args:
        methods: Rows of one strength, as `views.methods_found` gives them.
        networks: Rows of the same strength, as `views.networks_found` gives them.
        order: All methods there are: each has its colour and symbol in every figure.
        chance: The share that guessing gets right.
    """
    groups = list(dict.fromkeys(methods["world_title"]))
    return _grouped(methods, networks.rename(columns={"accuracy": "value"}), "world_title", groups, order, "accuracy", {"guessing": chance})


def changes(methods: pd.DataFrame, networks: pd.DataFrame, order: Sequence[str], title: str) -> go.Figure:
    """Return a mark for each method: the share of answers that change when only the confounder does.

    Args:
        methods: Rows of one strength, as `views.reliance` gives them.
        networks: Rows of the same strength, as `views.flips` gives them.
        order: All methods there are.
        title: What the numbers are.
    """
    groups = list(dict.fromkeys(methods["method_title"]))
    return _grouped(methods, networks, "method_title", groups, order, title, {}, legend=False)


def _grouped(
    methods: pd.DataFrame, networks: pd.DataFrame, group: str, groups: Sequence[str], order: Sequence[str], title: str,
    lines: Mapping[str, float], *, legend: bool = True,
) -> go.Figure:  # fmt: skip
    shown = [name for name in order if name in set(methods["method"])]
    apart = legend  # where each group holds every method, these stand below each other
    traces = [_line(value, said, len(groups)) for said, value in lines.items()]
    for name in shown:
        step = (shown.index(name) - (len(shown) - 1) / 2) / (len(shown) + GAP / STEP) if apart else 0.0
        look = _Look(order.index(name))
        mine, seeds = methods[methods["method"] == name], networks[networks["method"] == name]
        traces += [_dots(seeds, group, groups, step, look), _marks(mine, group, groups, step, look)]
    a_group = STEP * len(shown) + GAP if apart else 2 * STEP
    return template.figure(
        traces,
        xaxis=axes.layout(title, "fraction", within=(-0.01, 1.01)),
        yaxis={
            "tickvals": list(range(len(groups))), "ticktext": [formats.plain(one) for one in groups], "range": [len(groups) - 0.5, -0.5],
            "ticks": "", "showgrid": False,
        },
        shapes=[_rule(i) for i in range(1, len(groups))] if apart else [],
        height=100 + a_group * len(groups),
        showlegend=legend,
    )  # fmt: skip


class _Look:
    """Colour and symbol of a method."""

    def __init__(self, place: int) -> None:
        self.ink = template.LIGHT.categorical[place % len(template.LIGHT.categorical)]
        self.symbol = SYMBOLS[place % len(SYMBOLS)]


def _marks(rows: pd.DataFrame, group: str, groups: Sequence[str], step: float, look: _Look) -> Trace:
    texts = [
        f"<b>{formats.plain(row['method_title'])}</b><br>{formats.plain(row[group])}: "
        f"{formats.interval(row['value'], row['low'], row['high'], unit='fraction')}<br>{_counted(row)}"
        for row in rows.to_dict("records")
    ]
    return template.trace(
        "scatter", x=rows["value"].to_numpy(np.float64), y=_places(rows, group, groups, step), mode="markers",
        name=formats.plain(rows["method_title"].iloc[0]), hovertext=texts, hoverinfo="text", cliponaxis=False,
        error_x=template.errors(rows["value"], rows["low"], rows["high"], template.faded(look.ink, 0.55)),
        marker={"color": look.ink, "size": 9, "symbol": look.symbol, "line": {"width": 1.75}},
    )  # fmt: skip


def _counted(row: Mapping[Any, Any]) -> str:
    seeds = int(row["seeds"])
    return f"{seeds} seed{'' if seeds == 1 else 's'}, n {formats.count(row['n'])} units"


def _dots(rows: pd.DataFrame, group: str, groups: Sequence[str], step: float, look: _Look) -> Trace:
    texts = [
        f"<b>{formats.plain(row['method_title'])}, seed {row['seed']}</b><br>"
        f"{formats.interval(row['value'], row['low'], row['high'], unit='fraction')}"
        for row in rows.to_dict("records")
    ]
    return template.trace(
        "scatter", x=rows["value"].to_numpy(np.float64), y=_places(rows, group, groups, step), mode="markers", showlegend=False,
        hovertext=texts, hoverinfo="text", cliponaxis=False, marker={"color": template.faded(look.ink, 0.4), "size": 5, "symbol": "circle"},
    )  # fmt: skip


def _places(rows: pd.DataFrame, group: str, groups: Sequence[str], step: float) -> np.ndarray:
    return np.array([groups.index(one) for one in rows[group]], np.float64) + step


def _line(value: float, said: str, groups: int) -> Trace:
    return template.trace(
        "scatter", x=[value, value], y=[-0.5, groups - 0.5], mode="lines", name=formats.plain(said), hoverinfo="name",
        line={"color": template.LIGHT.axis, "width": 1, "dash": "dot"},
    )  # fmt: skip


def _rule(i: int) -> dict[str, Any]:
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": i - 0.5, "y1": i - 0.5, "line": {"color": template.LIGHT.rule, "width": 1}}
