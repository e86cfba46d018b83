"""What a finished comparison of remedies says and shows at one strength; pages and reports tell it alike."""

import pandas as pd
import plotly.graph_objects as go

from engine.plots import drawn
from engine.remedies import findings, plots, views
from engine.training.methods import METHODS


def sentences(run: str, strength: float) -> tuple[str, str, str]:
    """Return what a run found at a strength: in general, beyond training, and of reliance."""
    spec, every = views.question(run), views.methods_found(run)
    general = findings.of_accuracy(every, spec, strength, views.chance(run))
    return general, findings.of_outside(every, spec, strength), findings.of_reliance(views.reliance(run), spec, strength)


def accuracies(run: str, strength: float) -> tuple[go.Figure, pd.DataFrame]:
    """Return accuracy of every method in every world, and the rows behind it."""
    rows, networks = _at(views.methods_found(run), strength), _at(views.networks_found(run), strength)
    return drawn.drawn(plots.accuracies, rows, networks, tuple(METHODS), views.chance(run)), rows


def changes(run: str, strength: float) -> tuple[go.Figure, pd.DataFrame]:
    """Return which share of answers changes when only the factor does, and the rows behind it."""
    rows, networks = _at(views.reliance(run), strength), _at(views.flips(run), strength)
    return drawn.drawn(plots.changes, rows, networks, tuple(METHODS), "answers that change"), rows


def _at(rows: pd.DataFrame, strength: float) -> pd.DataFrame:
    return rows[rows["strength"] == strength].reset_index(drop=True)
