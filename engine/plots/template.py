"""The look of every figure: two themes with the same slots, and a Plotly template for each.

The eight categorical colours keep an OKLab distance of at least 0.07 from each other, as they are and as seen with
protanopia, deuteranopia and tritanopia (matrices of Machado et al., "A physiologically-based model for simulation of
color vision deficiency", IEEE TVCG 2009), and a contrast of at least 3 : 1 to the background; a symbol goes with each
colour as the second cue.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go

Name = Literal["light", "dark"]
Trace = dict[str, Any]
FONT = '"Source Sans", "Source Sans 3", "Source Sans Pro", system-ui, sans-serif'
SIZE = 13
SHORT = 500  # numbers
BAND = 0.16  # opacity of what lies between two bounds


@dataclass(frozen=True)
class Theme:
    """One theme's colours; the same slot means the same thing in both."""

    name: Name
    background: str
    surface: str  # raised or resting areas
    text: str
    muted: str  # secondary text, contrast AA on background and surface
    rule: str  # grid and thin rules
    axis: str  # axis lines and reference lines
    accent: str
    categorical: tuple[str, ...]
    sequential: tuple[str, ...]  # low to high, away from the background
    diverging: tuple[str, ...]  # below, middle, above
    faint_ink: str  # text on the parts of both scales that are near the background
    strong_ink: str  # text on the parts that are far from it


# Where both scales, in both themes, are as far from black as from white (relative luminance 0.18): text changes its ink there.
SEQUENTIAL_TURN = 0.57  # of the way from low to high
DIVERGING_TURN = 0.65  # of the way from the middle to an end

# No colour of the light theme stands in two slots: `themed` swaps by colour.
LIGHT = Theme(
    name="light",
    faint_ink="#000000",
    strong_ink="#fefefe",
    background="#ffffff",
    surface="#f6f7f8",
    text="#1d2329",
    muted="#5a646d",
    rule="#e7eaed",
    axis="#8b959e",
    accent="#0f5a6e",
    categorical=("#1b3f8b", "#9c3d0c", "#2c8a57", "#7e3cb5", "#1899c9", "#d0568a", "#9c9428", "#33383f"),
    sequential=("#e4f3fa", "#b4d0e0", "#90b9d2", "#70a4c7", "#5390bf", "#3f7db1", "#366a9f", "#2d598e", "#26497d", "#1f3a6d"),
    diverging=("#8d3700", "#9c4e27", "#a8694c", "#b68670", "#caa99a", "#eef0f3", "#9cb4cc", "#7396bb", "#4e7faf", "#296aa6", "#045797"),
)
DARK = Theme(
    name="dark",
    faint_ink="#ffffff",
    strong_ink="#000000",
    background="#15181b",
    surface="#1d2125",
    text="#e4e7ea",
    muted="#a2abb3",
    rule="#2b3136",
    axis="#727d86",
    accent="#63bfd2",
    categorical=("#5585f2", "#db6d22", "#b5eab8", "#7d63c4", "#4ad2e4", "#b4566c", "#d3c65e", "#9a9ea3"),
    sequential=("#202b39", "#1e3247", "#1e3f5a", "#1d5071", "#18658a", "#277ca0", "#4995b2", "#6ab1c7", "#8dcede", "#b3edf7"),
    diverging=("#fe9b61", "#c8794b", "#985d3a", "#6f452d", "#4e3426", "#2c2e30", "#273d50", "#2e5574", "#3b729f", "#4c96d2", "#71bfff"),
)
THEMES: Mapping[Name, Theme] = {"light": LIGHT, "dark": DARK}


def faded(colour: str, opacity: float = BAND) -> str:
    """Return a hexadecimal colour with an opacity, in the form that `themed` can swap.

    >>> faded("#1b3f8b", 0.16)
    'rgba(27,63,139,0.16)'
    """
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def scale(colours: tuple[str, ...]) -> list[list[float | str]]:
    """Return colours as an evenly spaced Plotly colour scale."""
    return [[i / (len(colours) - 1), colour] for i, colour in enumerate(colours)]


@lru_cache(maxsize=2)
def template(name: Name = "light") -> go.layout.Template:
    """Return the Plotly template of a theme: transparent, thin rules, tabular hover, no decoration."""
    theme = THEMES[name]
    axis = {
        "gridcolor": theme.rule,
        "gridwidth": 1,
        "zeroline": False,
        "linecolor": theme.axis,
        "showline": True,
        "ticks": "outside",
        "ticklen": 4,
        "tickcolor": theme.axis,
        "tickfont": {"color": theme.muted},
        "automargin": True,
        "title": {"standoff": 8, "font": {"size": SIZE, "color": theme.text}},
    }
    layout = {
        "font": {"family": FONT, "size": SIZE, "color": theme.text},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "colorway": list(theme.categorical),
        "xaxis": axis,
        "yaxis": axis,
        "margin": {"l": 8, "r": 22, "t": 12, "b": 8},
        "separators": ".\u202f",
        "hovermode": "closest",
        "hoverlabel": {
            "bgcolor": theme.surface,
            "bordercolor": theme.axis,
            "align": "left",
            "namelength": -1,
            "font": {"family": FONT, "size": SIZE, "color": theme.text},
        },
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1.02,
            "yanchor": "bottom",
            "title": {"text": ""},
            "font": {"color": theme.text},
            "itemsizing": "trace",
            "bgcolor": "rgba(0,0,0,0)",
        },
        "title": {"font": {"size": SIZE + 2, "color": theme.text}, "x": 0, "xanchor": "left"},
        "annotationdefaults": {"font": {"color": theme.muted, "size": SIZE - 1}, "showarrow": False},
        "colorscale": {"sequential": scale(theme.sequential), "diverging": scale(theme.diverging)},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": theme.muted, "activecolor": theme.text},
        "dragmode": "zoom",
    }
    bar = {
        "outlinewidth": 0,
        "thickness": 10,
        "ticks": "outside",
        "ticklen": 3,
        "tickcolor": theme.axis,
        "tickfont": {"color": theme.muted, "size": SIZE - 1},
        "title": {"side": "right", "font": {"color": theme.text, "size": SIZE}},
    }
    return go.layout.Template(layout=layout, data={"heatmap": [{"colorbar": bar}]})


def trace(kind: str, **settings: Any) -> Trace:
    """Return a trace as a plain mapping; what is None is left out."""
    return {"type": kind} | {key: plain(value) for key, value in settings.items() if value is not None}


def plain(value: Any) -> Any:
    """Return a short array of numbers as a list, with None for NaN: Plotly's compact form of arrays only pays for long ones."""
    if isinstance(value, np.ndarray) and value.ndim == 1 and value.size <= SHORT and value.dtype.kind == "f":
        return [number if number == number else None for number in value.tolist()]  # NaN differs from itself
    return value


def figure(traces: Sequence[Trace], **layout: Any) -> go.Figure:
    """Return a figure in the light theme, the one that makers draw in.

    Plotly's own check of each setting costs ten times the drawing, so it is left to the tests, which check every maker.
    """
    return go.Figure({"data": list(traces), "layout": {"template": template("light"), **layout}}, _validate=False)


def errors(values: Any, low: Any, high: Any, colour: str) -> dict[str, Any]:
    """Return Plotly's error bars from a value to its two bounds; without caps, thinner than the mark."""
    middle, under, over = (np.asarray(v, dtype=np.float64) for v in (values, low, high))
    reach = {"array": plain(over - middle), "arrayminus": plain(middle - under)}
    return {"type": "data", "symmetric": False, "width": 0, "thickness": 1.25, "color": colour} | reach


@lru_cache(maxsize=1)
def swaps() -> Mapping[str, str]:
    """Return light colour -> dark colour: as six digits, and as the beginning of how colours with an opacity are written."""
    fields = ("background", "surface", "text", "muted", "rule", "axis", "accent", "faint_ink", "strong_ink")
    pairs = [(getattr(LIGHT, f), getattr(DARK, f)) for f in fields]
    for ramp in ("categorical", "sequential", "diverging"):
        pairs += zip(getattr(LIGHT, ramp), getattr(DARK, ramp), strict=True)
    return dict(pairs) | {_rgb(light): _rgb(dark) for light, dark in pairs}


def _rgb(colour: str) -> str:
    return faded(colour).rsplit(",", 1)[0]


def themed(drawn: go.Figure, name: Name) -> go.Figure:
    """Return a figure drawn in the light theme as it looks in the named one; the given figure stays as it is."""
    if name == "light":
        return drawn
    content = drawn.to_plotly_json()
    layout = {key: value for key, value in content["layout"].items() if key != "template"}
    swapped = {"data": [_swapped(t) for t in content["data"]], "layout": _swapped(layout)}
    swapped["layout"]["template"] = template(name)
    return go.Figure(swapped, _validate=False)


def _swapped(value: Any) -> Any:
    """Return the same tree with the palette's colours exchanged; arrays are left alone."""
    match value:
        case str() if value.startswith("#"):
            return swaps().get(value, value)
        case str() if value.startswith("rgba("):
            head, _, tail = value.rpartition(",")
            return f"{swaps().get(head, head)},{tail}"
        case dict():
            return {key: _swapped(item) for key, item in value.items()}
        case list() | tuple():
            return [_swapped(item) for item in value]
        case _:
            return value
