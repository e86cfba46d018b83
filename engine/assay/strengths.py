"""How accuracy and calibration change with the strength of a shift: what can be shown, what is shown first, and the figures."""

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from engine import registry, shifts
from engine.assay import findings, views
from engine.plots import drawn, lines, looks, reliability

MOST_NETWORKS = 8
FIRST_SHIFTS = 6
FIRST_METRICS = ("accuracy", "ece")


def shifted() -> dict[str, dict[str, list[float]]]:
    """Return the shifted sets: data set, shift, strengths; the set that most networks have comes first."""
    known = views.known()
    known = known[(known["shift"] != "") & (known["split"] == "test")]
    order = known.groupby("dataset")["networks"].max().sort_values(ascending=False).index
    return {
        str(dataset): {str(shift): sorted(part["strength"].unique().tolist()) for shift, part in known[known["dataset"] == dataset].groupby("shift")}
        for dataset in order
    }


def metrics() -> tuple[list[str], list[str]]:
    """Return all metrics, and those shown first."""
    known = views.metrics()
    return known, [name for name in FIRST_METRICS if name in known] or known[:1]


def networks_of(dataset: str, metrics: list[str], chosen: list[str]) -> tuple[list[str], list[str]]:
    """Return the networks that have one of the numbers, and those shown first."""
    everyone = views.networks_shifted(dataset, metrics, chosen) if metrics and chosen else []
    return everyone, first(everyone)


def of(dataset: str, metrics: list[str], chosen: list[str], networks: list[str], metric: str) -> pd.DataFrame:
    """Return one metric of the chosen networks under the chosen shifts."""
    found = views.strengths(dataset, metrics, chosen, networks)
    return found[found["metric"] == metric]


def finding(dataset: str, metrics: list[str], chosen: list[str], networks: list[str]) -> str:
    """Return which of the chosen shifts costs most of the first metric, as a sentence; "" where nothing was measured."""
    return findings.of_strengths(of(dataset, metrics, chosen, networks, metrics[0]), metrics[0]) or ""


def first(networks: list[str]) -> list[str]:
    """Return the networks shown first: one of each architecture, fully tuned ones before others."""
    about = views.networks_known().set_index("network")
    regimes, architectures = (about[name].to_dict() if name in about else {} for name in ("regime", "architecture"))
    seen: dict[str, str] = {}
    for name in sorted(networks, key=lambda n: (regimes.get(n) != "whole", n)):
        seen.setdefault(str(architectures.get(name, name)), name)
    return list(seen.values())[:MOST_NETWORKS]


def panels(
    metric: str, dataset: str, metrics: list[str], chosen: list[str], networks: list[str]
) -> tuple[Mapping[str, go.Figure], Mapping[str, looks.Look], pd.DataFrame, str]:
    """Return the panels of a metric with their legend and rows, and how its card calls it."""
    found = of(dataset, metrics, chosen, networks, metric)
    if found.empty:
        return {}, {}, found, metric
    titles = {name: f"strength ({_unit(name)})" for name in found["shift"].unique()}
    rows = found[["shift", "strength", "network", "value", "low", "high", "n"]]
    figures = drawn.drawn(lines.panels, rows, facet="shift", x_titles=titles, x_title="strength", y_title=_axis(metric), unit=views.unit(metric))
    return figures, lines.legend(found), found, _title(metric)


def _title(metric: str) -> str:
    """Return how a metric's card calls it."""
    known = metric in registry.names("metrics/classification")
    return registry.card("metrics/classification", metric).title.rstrip(".") if known else metric


def _axis(metric: str) -> str:
    """Return a metric's name as it stands at an axis: abbreviations in capitals, as its card has them."""
    return metric.upper() if f"({metric.upper()})" in _title(metric) else metric.replace("_", " ")


def _unit(shift: str) -> str:
    """Return what a shift's or an attack's strength means, in a few words."""
    if shift in shifts.names():
        told = shifts.card(shift).unit
    else:
        told = str(registry.card("attacks", shift).constants.get("UNIT", "")) if shift in registry.names("attacks") else ""
    return told.split(" of ImageNet-C")[0].split(",")[0] or "no unit known"


def reliable(network: str, one: views.Set) -> tuple[go.Figure, pd.DataFrame]:
    """Return the reliability diagram and its bins."""
    bins = views.reliability(network, one)
    return drawn.drawn(reliability.reliability, bins), bins
