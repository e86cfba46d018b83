"""A square matrix of correlations, with room for the names of its columns."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from engine.plots import matrix

FRAME = 90  # pixels around the cells
LETTER = 5.2  # pixels that a letter of a slanted name takes in height


def correlations(frame: pd.DataFrame, names: Sequence[str], *, title: str) -> go.Figure:
    """Return the heat map of correlations from -1 to 1 between each two names.

    Args:
        frame: One row a cell: row, column, value, and low, high, n where they are known.
        names: Rows and columns, in this order.
        title: What the numbers are.
    """
    drawn = matrix.matrix(
        frame, title=title, unit=None, rows="row", columns="column", order_rows=names, order_columns=names, middle=0.0, within=(-1.0, 1.0)
    )
    if sum(map(len, names)) >= matrix.LETTERS:  # the names are slanted
        drawn.update_layout(height=FRAME + matrix.ROW * len(names) + LETTER * max(map(len, names)))
    return drawn
