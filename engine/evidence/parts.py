"""What a view gives to a report: sentences, figures and tables, and what stands behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd
import plotly.graph_objects as go

from engine.plainly import Told
from engine.plots.looks import Look


@dataclass(frozen=True, eq=False)
class Figure:
    """A figure, of one panel or several, with its rows and what it shows in words."""

    title: str
    alt: str
    drawn: Mapping[str, go.Figure]
    """The panels by name; a figure of one panel calls it ""."""
    rows: pd.DataFrame
    legend: Mapping[str, Look] = field(default_factory=dict)
    """Looks of the lines, where the panels do not name them."""
    captions: Sequence[str] = ()


@dataclass(frozen=True)
class Picture:
    """A small picture with what stands under it."""

    file: bytes
    words: str
    """What it shows, and what was said of it."""
    good: bool | None = None
    """Whether what was said is right; None where nothing is right or wrong."""
    kind: str = "png"
    """The file's kind, as browsers call it."""


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures side by side, with the rows behind them."""

    title: str
    shown: Sequence[Picture]
    rows: pd.DataFrame
    caption: str = ""
    width: int = 84
    """Pixels of each on a screen."""


@dataclass(frozen=True, eq=False)
class Table:
    """A table that stands in the report."""

    title: str
    rows: pd.DataFrame
    shown: Sequence[str] = ()
    """Columns that stand in the report; all of them by default. The file holds all."""


@dataclass(frozen=True, eq=False)
class Part:
    """One view of a report."""

    title: str
    findings: Sequence[str]
    """What was found, in Markdown (`**bold**`, and a backslash before what is no markup)."""
    method: str
    """How it was measured, as plain text."""
    limits: Sequence[str]
    figures: Sequence[Figure]
    pictures: Sequence[Pictures] = ()
    tables: Sequence[Table] = ()
    networks: Sequence[str] = ()
    """Names of the networks behind it."""
    collection: str = ""
    """The imported table or sweep that they belong to."""
    datasets: Sequence[str] = ()
    """Image sets, tables of people and systems that were asked about."""
    runs: Sequence[str] = ()
    """Runs that measured it, besides those of the scores."""
    scores: pd.DataFrame | None = None
    """The scores behind it, as `engine.evidence.behind.scores` gives them."""
    plain: Told | None = None
    """What was found, in plain words; it stands first."""
    more: Sequence[str] = ()
    """What else was found, for those who want all of it; in Markdown."""
    remarks: Sequence[str] = ()
    """Notes on what is shown, in Markdown; those that were written in the store come to them."""
    paper: str = ""
    """Whose method it is: a name in `engine.evidence.papers.PAPERS`, or a citation."""


@dataclass(frozen=True)
class Offer:
    """A view that can be chosen for a report."""

    address: str
    title: str
    usual: bool = False
    """Whether it belongs to the report that is made where nobody chose."""
