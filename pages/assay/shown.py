"""What several pages of the assay show alike: the matrix of networks and sets, and names of sets."""

from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from engine.assay import views
from engine.assay.answered import pictured as pictured
from engine.assay.answered import sure as sure
from engine.plots import drawn, formats, matrix
from pages.parts import kit

MOST_COLUMNS = 12  # sets that can stand beside each other; more stand below each other
MOST_CELLS = 3000
NUMBERS = ("value", "low", "high", "n", "unit", "norm", "eps", "steps")  # what files hold besides the words
LEFT, CELL, LETTER = 210, 40, 8  # pixels: names and colour bar; a column with its numbers; a letter of its name


def scored(scores: pd.DataFrame, metric: str, *, key: str) -> None:
    """Show one metric of networks on sets as a matrix; many sets stand below each other.

    Args:
        scores: Rows as of `views.scores` or `views.run_scores`.
        metric: The metric to show.
        key: Streamlit's key.
    """
    show(drawn_cells(scores, metric), metric, key=key)


class Cells(NamedTuple):
    """A matrix of networks and sets, ready to be shown."""

    figure: go.Figure | None  # None where there are too many cells to read
    rows: pd.DataFrame  # what the figure shows, or all numbers in words
    cells: int
    width: int  # pixels that the figure needs


def drawn_cells(scores: pd.DataFrame, metric: str) -> Cells:
    """Return the matrix of one metric."""
    mine = views.labelled(scores[scores["metric"] == metric])
    sets, networks = list(dict.fromkeys(mine["set"])), sorted(mine["network"].astype(str).unique())
    if (cells := len(sets) * len(networks)) > MOST_CELLS:
        return Cells(None, drawn.drawn(_plain, scores[scores["metric"] == metric]), cells, 0)
    tall = len(sets) > MOST_COLUMNS and len(networks) <= len(sets)
    rows, columns = ("set", "network") if tall else ("network", "set")
    orders = {"set": sets, "network": networks}
    figure = drawn.drawn(
        matrix.matrix, mine[["network", "set", "value", "low", "high", "n", "reason", "measured"]], title=metric, unit=views.unit(metric),
        rows=rows, columns=columns, order_rows=orders[rows], order_columns=orders[columns], better=views.better(metric),
    )  # fmt: skip
    width = LEFT + max(
        CELL * len(orders[columns]), min(LETTER * sum(map(len, orders[columns])), 640)
    )  # where there is less room, the figure scrolls inside its own frame
    return Cells(figure, mine, cells, width)


def show(told: Cells, metric: str, *, key: str) -> None:
    """Show a matrix of networks and sets."""
    name = f"{metric} by network and set"
    if told.figure is None:
        st.info(
            f"{formats.count(told.cells)} cells are too many to read at once. The table holds them; choose fewer networks or sets to see them as a "
            "matrix."
        )
        kit.table(told.rows, key=f"{key}-table", name=name, hide=("run", "unit", "norm", "eps", "steps"))
        return
    frame = f".st-key-figure-{key}"
    st.html(f"<style>{frame} {{ overflow-x: auto; }} {frame} > * {{ min-width: {told.width}px; }}</style>")
    alt = f"Heat map of {metric}: networks by sets; each cell has its interval and n"
    kit.figure(told.figure, key=key, data=told.rows, name=name, alt=alt)


def numbers(scores: pd.DataFrame) -> pd.DataFrame:
    """Return score rows as network, set, metric and number in words (with interval and n), followed by the columns that files hold."""
    mine = views.labelled(scores)
    told = mine[["network", "set", "metric"]].assign(number=kit.intervals(mine), reason=mine["reason"].fillna(""))
    return pd.concat([told, mine[["run", *NUMBERS]]], axis=1)


def _plain(scores: pd.DataFrame) -> pd.DataFrame:
    """Return score rows as `numbers` does, for so many of them that putting each into words takes too long: numbers in columns of their own."""
    mine = views.labelled(scores)
    return mine[["network", "set", "metric", "value", "low", "high", "n", "reason", "run", "unit", "norm", "eps", "steps"]]


def plural(n: int, one: str) -> str:
    """Return a count with its noun.

    >>> plural(1, "network"), plural(3, "network")
    ('1 network', '3 networks')
    """
    return f"{n} {one}{'' if n == 1 else 's'}"


def spaced(name: str) -> str:
    """Return a name as words.

    >>> spaced("gaussian_noise")
    'gaussian noise'
    """
    return name.replace("_", " ")
