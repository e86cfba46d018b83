"""Figures of a training: curves over its steps, and a graph as a matrix at one of them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from jaxtyping import Float

from engine.plots import formats, lines, template

SIDE = 340  # pixels


def losses(history: pd.DataFrame) -> go.Figure:
    """Return the mean loss since the mark before, a line a circuit."""
    made = lines.curves(
        history.dropna(subset=["loss"]), x_title="training step", y_title="loss (nats)", unit=None, x="step", y="loss", colour="title"
    )
    return _whole(made, history)


def accuracies(history: pd.DataFrame) -> go.Figure:
    """Return accuracy on validation images, a line a circuit."""
    shown = history.rename(columns={"accuracy": "value"})
    made = lines.curves(shown, x_title="training step", y_title="validation accuracy", x="step", colour="title", within=(0.0, 1.02))
    return _whole(made, history)


def _whole(figure: go.Figure, history: pd.DataFrame) -> go.Figure:
    """Return a figure whose axis shows all steps that there will be: while a training goes on, curves grow and nothing else moves."""
    return figure.update_xaxes(range=[0, 1.02 * float(history["steps"].max())], tickformat=",d")


def matrix(links: Float[np.ndarray, "r u"], order: Sequence[int]) -> go.Figure:
    """Return link probabilities as a picture: a row for each module that listens, a column for each that is heard; outputs left out.

    Args:
        links: Receivers x processors.
        order: In which order processors stand.
    """
    shown = links[np.ix_(order, order)].copy()
    np.fill_diagonal(shown, np.nan)
    names = [str(one) for one in order]
    told = [[f"{a} listens to {b}: {formats.number(float(shown[i, j]))}" for j, b in enumerate(names)] for i, a in enumerate(names)]
    drawn = template.trace(
        "heatmap", z=shown.round(4).tolist(), text=told, hoverinfo="text", colorscale=template.scale(template.LIGHT.sequential), zmin=0.0, zmax=1.0,
        colorbar={"title": {"text": "link probability"}},
    )  # fmt: skip
    return template.figure(
        [drawn], xaxis={"visible": False, "constrain": "domain"}, yaxis={"visible": False, "autorange": "reversed", "scaleanchor": "x"}, height=SIDE
    )
