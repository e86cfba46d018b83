"""Figures of this study that stand still: a graph in its plane, differences on it, attention by class, pruning curves."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from engine.circuits.picture import REACH, WIDEST
from engine.plots import formats, lines, matrix, template
from engine.plots.template import Trace
from engine.stats import layout

MOST_DRAWN = 240  # edges of a still picture, the heaviest
WIDTHS = (0.6, 1.2, 2.0, 3.2)  # pixels of a line, by quarters of the largest weight
NODE = 20  # pixels
HEIGHT = 560
MORE, LESS = template.LIGHT.categorical[0], template.LIGHT.categorical[1]


def placed(nodes: pd.DataFrame) -> pd.DataFrame:
    """Return modules with the places that the viewer gives them, near ones pushed apart."""
    x, y = layout.spread(nodes[["x", "y"]].to_numpy(np.float64), min(WIDEST, REACH / np.sqrt(len(nodes)))).T
    return nodes.assign(x=x, y=y)


def graph(nodes: pd.DataFrame, edges: pd.DataFrame, modules: int, *, value: str = "weight") -> go.Figure:
    """Return modules with their heaviest edges; edges of a negative value are dashed.

    Args:
        nodes: One row a module, with node, x, y, degree, community, responds.
        edges: source, target and a value each.
        modules: How many of the nodes process; the others pool them into the answer, and are squares.
        value: Column of the edges' values.
    """
    at = placed(nodes).set_index("node")
    shown = edges[edges["source"] != edges["target"]].assign(size=lambda f: f[value].abs()).nlargest(MOST_DRAWN, "size")
    traces = _lines(shown, at, value) if len(shown) else []
    traces += [_marks(part, square=square) for square, part in ((False, at[at.index < modules]), (True, at[at.index >= modules])) if len(part)]
    bare = {"visible": False, "showgrid": False, "zeroline": False}
    return template.figure(traces, xaxis=bare, yaxis=bare | {"scaleanchor": "x"}, height=HEIGHT, showlegend=False, hovermode="closest")


def _lines(shown: pd.DataFrame, at: pd.DataFrame, value: str) -> list[Trace]:
    """Return edges as lines of four widths, each width and sign one trace."""
    place = np.clip((len(WIDTHS) * shown["size"] / shown["size"].max()).astype(int), 0, len(WIDTHS) - 1)
    found = []
    for k, width in enumerate(WIDTHS):
        for less in (False, True):
            part = shown[(place == k) & ((shown[value] < 0) == less)]
            ends = [(at.loc[s], at.loc[t]) for s, t in zip(part["source"], part["target"], strict=True)]
            along = {axis: [v for s, t in ends for v in (float(s[axis]), float(t[axis]), None)] for axis in ("x", "y")}
            line = {"width": width, "color": template.faded(LESS if less else MORE, 0.35 + 0.15 * k)} | ({"dash": "4px,3px"} if less else {})
            found += [template.trace("scatter", **along, mode="lines", hoverinfo="skip", line=line)] if ends else []
    return found


def _marks(part: pd.DataFrame, *, square: bool) -> Trace:
    texts = [
        f"<b>{'output' if square else 'module'} {node}</b>"
        + (f"<br>heard by {formats.number(float(row['degree']))}" if pd.notna(row["degree"]) else "")
        + (f"<br>{formats.plain(row['responds'])}" if isinstance(row["responds"], str) and row["responds"] else "")
        for node, row in part.iterrows()
    ]
    inks = template.LIGHT.categorical
    ground = [template.LIGHT.surface if square or pd.isna(one) else template.faded(inks[int(one) % len(inks)], 0.35) for one in part["community"]]
    return template.trace(
        "scatter", x=part["x"].tolist(), y=part["y"].tolist(), mode="markers+text", text=[str(node) for node in part.index], hovertext=texts,
        hoverinfo="text", textfont={"size": template.SIZE - 3, "color": template.LIGHT.text},
        marker={"size": NODE, "symbol": "square" if square else "circle", "color": ground, "line": {"width": 1, "color": template.LIGHT.axis}},
    )  # fmt: skip


def by_class(means: dict[str, pd.DataFrame], most: int = 10) -> tuple[go.Figure, pd.DataFrame]:
    """Return the mean attention of each class on the edges that differ most between classes, and its rows.

    Args:
        means: As `findings.by_class`: source, target, weight for each class, in one order of edges.
        most: How many edges.
    """
    first = next(iter(means.values()))
    values = np.array([frame["weight"].to_numpy() for frame in means.values()])
    top = np.argsort(-values.std(axis=0), kind="stable")[:most]
    names = [f"{s} to {t}" for s, t in first.iloc[top][["source", "target"]].itertuples(index=False, name=None)]
    rows = pd.DataFrame(
        [
            {"class": name, "edge": edge, "source": int(first["source"].iloc[i]), "target": int(first["target"].iloc[i]), "value": float(row[i])}
            for name, row in zip(means, values, strict=True)
            for edge, i in zip(names, top, strict=True)
        ]
    )
    figure = matrix.matrix(rows, title="mean attention", unit=None, rows="class", columns="edge", order_rows=list(means), order_columns=names)
    return figure, rows


def pruning(curves: pd.DataFrame, sets: Sequence[str]) -> tuple[dict[str, go.Figure], pd.DataFrame]:
    """Return accuracy against the modules that are left, a line each order of removal, a panel each set; and the rows."""
    rows = curves[(curves["ranking"] != "links")].copy()
    rows["set"] = [f"{shift.replace('_', ' ')} {strength:g}" if shift else str(dataset) for dataset, shift, strength in _keys(rows)]
    rows = rows[rows["set"].isin(sets)] if sets else rows
    rows = rows.rename(columns={"accuracy": "value", "ranking": "order"})
    return dict(lines.panels(rows, "set", x_title="modules left", y_title="accuracy", x="kept", colour="order")), rows


def _keys(rows: pd.DataFrame) -> list[tuple[str, str, float]]:
    return [(str(d), str(s or ""), float(x or 0)) for d, s, x in rows[["dataset", "shift", "strength"]].itertuples(index=False, name=None)]
