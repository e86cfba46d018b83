"""Axes for shares: linear, logit or probit places, with ticks that read as percentages."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Float64

from engine.plots import formats
from engine.stats import lines
from engine.stats.lines import Axes

TICKS = (0.001, 0.01, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.99, 0.999)


def place(values: Float[np.ndarray, "*shape"], scale: Axes) -> Float64[np.ndarray, "*shape"]:
    """Return where values lie on the axis; NaN stays NaN."""
    return lines.to_axis(np.asarray(values, dtype=np.float64), scale)


def value(places: Float[np.ndarray, "*shape"], scale: Axes) -> Float64[np.ndarray, "*shape"]:
    """Return the values that lie at places on the axis."""
    return lines.from_axis(places, scale)


def layout(title: str, unit: str | None, scale: Axes = "linear", within: Sequence[float] | None = None) -> dict[str, Any]:
    """Return the Plotly settings of an axis.

    Args:
        title: What the axis shows; its unit is added.
        unit: "fraction" for a rate, else a unit's name, or None.
        scale: How values become places.
        within: Lowest and highest value to show, in data units; None leaves it to the data.
    """
    found: dict[str, Any] = {"title": {"text": titled(title, unit)}}
    if within is not None:
        found["range"] = place(np.asarray(within, dtype=np.float64), scale).tolist()
    if scale != "linear":
        places = place(np.array(TICKS), scale)
        return found | {"tickvals": places.tolist(), "ticktext": [f"{100 * t:g}%" for t in TICKS]}
    return found | {"tickformat": tick_format(unit)}


def tick_format(unit: str | None) -> str:
    """Return how ticks are written: rates in percent."""
    return ",.3~%" if unit == "fraction" else ",.3~g"


def titled(title: str, unit: str | None) -> str:
    """Return an axis title with its unit; the ticks of rates carry theirs.

    >>> titled("accuracy on mnist", "fraction"), titled("NLL", "nats"), titled("severity", None)
    ('accuracy on mnist', 'NLL (nats)', 'severity')
    """
    name = formats.plain(title)
    return f"{name} ({formats.plain(unit)})" if unit and unit != "fraction" else name
