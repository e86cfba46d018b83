"""One relation, seen twice: all pairs together as they are, and each pair by itself (Simpson's paradox, where they differ)."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from engine.plots import axes, formats, looks, template
from engine.plots.template import Trace

MOST = 2_000  # points drawn in a panel; lines are through all
MOST_NAMED = 12  # pairs with a colour and symbol of their own


def paradox(
    frame: pd.DataFrame, own: Sequence[tuple[float, float, float, float]], lines: Mapping[str, tuple[float, float]], *, x_title: str,
    y_title: str, captions: Mapping[str, str],
) -> Mapping[str, go.Figure]:  # fmt: skip
    """Return two panels: the points as they are with each pair's own line, and standardised within their pair.

    Args:
        frame: One row a point (see `thinned`): network, pair, x, y, x_standardised, y_standardised.
        own: Each pair's own line: x and y of its two ends.
        lines: For "pooled" and "standardised" the slope and intercept of the line through all.
        x_title: What x is.
        y_title: What y is.
        captions: The two panels' titles.
    """
    given = legend(frame)
    inside = frame.dropna(subset=["x_standardised", "y_standardised"])
    clouds = {"pooled": _clouds(frame, "x", "y", given), "standardised": _clouds(inside, "x_standardised", "y_standardised", given)}
    over = {
        "pooled": [_own_lines(own), _line(frame["x"], *lines["pooled"])],
        "standardised": [_line(frame["x_standardised"], *lines["standardised"])],
    }
    names = {"pooled": (x_title, y_title), "standardised": (f"{x_title}, z-score in its pair", f"{y_title}, likewise")}
    return {
        said: template.figure(
            [*clouds[view], *over[view]], xaxis=axes.layout(names[view][0], None), yaxis=axes.layout(names[view][1], None),
            title={"text": formats.plain(said), "y": 0.98}, height=360, margin={"t": 40}, showlegend=False,
        )
        for view, said in captions.items()
    }  # fmt: skip


def thinned(frame: pd.DataFrame) -> pd.DataFrame:
    """Return at most `MOST` rows, evenly chosen."""
    return frame if len(frame) <= MOST else frame.iloc[np.linspace(0, len(frame) - 1, MOST).astype(int)]


def legend(frame: pd.DataFrame) -> Mapping[str, looks.Look]:
    """Return the look of each pair; of many pairs that of all, which is one."""
    names = sorted(frame["pair"].unique())
    if len(names) > MOST_NAMED:
        return {f"{formats.count(len(names))} pairs": looks.Look(0, 0)}
    return {str(name): one for name, one in looks.spread(names).items()}


def _clouds(frame: pd.DataFrame, x: str, y: str, given: Mapping[str, looks.Look]) -> list[Trace]:
    groups = frame.groupby("pair", sort=True) if len(given) > 1 else [(next(iter(given), ""), frame)]
    return [_cloud(part, str(name), given[str(name)], x, y) for name, part in groups if len(part)]


def _cloud(part: pd.DataFrame, name: str, look: looks.Look, x: str, y: str) -> Trace:
    pairs = [formats.plain(pair) for pair in part["pair"]]
    shared = pairs[0] if len(set(pairs)) == 1 else None  # said once for all points
    told = [[formats.number(across), formats.number(up)] for across, up in zip(part[x].tolist(), part[y].tolist(), strict=True)]
    if shared is None:
        told = [[*numbers, pair] for numbers, pair in zip(told, pairs, strict=True)]
    marker = {"color": template.faded(look.hex, 0.6), "symbol": look.plotly, "size": 6}
    where = "%{meta}" if shared is not None else "%{customdata[2]}"
    return template.trace(
        "scatter", x=part[x].to_numpy(np.float64), y=part[y].to_numpy(np.float64), mode="markers", name=formats.plain(name), marker=marker,
        text=[formats.plain(network) for network in part["network"]], customdata=told, meta=shared,
        hovertemplate=f"<b>%{{text}}</b><br>{where}<br>x: %{{customdata[0]}}<br>y: %{{customdata[1]}}<extra></extra>",
    )  # fmt: skip


def _own_lines(own: Sequence[tuple[float, float, float, float]]) -> Trace:
    """Return each pair's own line, as one trace with breaks."""
    xs: list[float | None] = []
    ys: list[float | None] = []
    for x_low, y_low, x_high, y_high in own:
        xs += [x_low, x_high, None]
        ys += [y_low, y_high, None]
    return template.trace("scatter", x=xs, y=ys, mode="lines", name="each pair", hoverinfo="skip", line={"color": template.LIGHT.axis, "width": 1})


def _line(x: pd.Series, slope: float, intercept: float) -> Trace:
    """Return the line through all, over nearly all x."""
    known = x.dropna()
    along = np.quantile(known, (0.01, 0.99)) if len(known) else np.empty(0)
    line = {"color": template.LIGHT.text, "width": 2.5}
    return template.trace("scatter", x=along, y=intercept + slope * along, mode="lines", name="all", hoverinfo="skip", line=line)
