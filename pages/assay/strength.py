"""How accuracy and calibration change with the strength of a shift, and how calibrated each network is."""

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from engine import registry, shifts
from engine.assay import findings, views
from engine.plots import drawn, lines, looks, reliability
from pages.assay import shown
from pages.parts import kit

MOST_NETWORKS = 8
FIRST_SHIFTS = 6
FIRST_METRICS = ("accuracy", "ece")


def main() -> None:
    """Draw the page."""
    kit.title(
        "Strength of a shift",
        "How fast do networks fail as a shift grows, and do they know it?",
        "Each panel is one shift of the same test images, from where it changes nothing. Bands are 95 % intervals. "
        "A network that fails without losing confidence has an error of calibration (ECE) that grows as its accuracy falls.",
        paper="assay",
    )
    datasets = kit.made(_shifted)
    if not datasets:
        kit.empty("No shifted set has been scored yet.", "Run an evaluation with a shift", "assay-run")
        return
    columns = st.columns(2)
    with columns[0]:
        dataset = kit.choose("Set", list(datasets), key="dataset")
    offered = list(datasets[dataset])
    with columns[1]:
        chosen = kit.choose_many("Shifts", offered, key=f"shifts-{dataset}", default=offered[:FIRST_SHIFTS], format_func=shown.spaced)
    known, first = kit.made(_metrics)
    metrics = columns[1].multiselect("Metrics", known, default=first, key="rows", bind="query-params")
    everyone, first = kit.made(_networks, dataset, metrics, chosen)
    networks = columns[0].multiselect("Networks", everyone, default=first, key=f"networks-{dataset}", bind="query-params")
    if not networks:
        st.info("Choose at least one shift, one metric and one network.")
        return
    kit.finding(kit.made(_finding, dataset, metrics, chosen, networks))
    for metric in metrics:
        _panels(metric, dataset, metrics, chosen, networks)
    _reliability(dataset, networks, datasets[dataset], chosen)


def _shifted() -> dict[str, dict[str, list[float]]]:
    """Return the shifted sets: data set, shift, strengths; the set that most networks have comes first."""
    known = views.known()
    known = known[(known["shift"] != "") & (known["split"] == "test")]
    order = known.groupby("dataset")["networks"].max().sort_values(ascending=False).index
    return {
        str(dataset): {str(shift): sorted(part["strength"].unique().tolist()) for shift, part in known[known["dataset"] == dataset].groupby("shift")}
        for dataset in order
    }


def _metrics() -> tuple[list[str], list[str]]:
    """Return all metrics, and those shown first."""
    known = views.metrics()
    return known, [name for name in FIRST_METRICS if name in known] or known[:1]


def _networks(dataset: str, metrics: list[str], chosen: list[str]) -> tuple[list[str], list[str]]:
    """Return the networks that have one of the numbers, and those shown first."""
    everyone = views.strengths(dataset, metrics, chosen)["network"].unique().tolist() if metrics and chosen else []
    return everyone, _first(everyone)


def _of(dataset: str, metrics: list[str], chosen: list[str], networks: list[str], metric: str) -> pd.DataFrame:
    """Return one metric of the chosen networks under the chosen shifts."""
    found = views.strengths(dataset, metrics, chosen)
    return found[found["network"].isin(networks) & (found["metric"] == metric)]


def _finding(dataset: str, metrics: list[str], chosen: list[str], networks: list[str]) -> str:
    return findings.of_strengths(_of(dataset, metrics, chosen, networks, metrics[0]), metrics[0]) or ""


def _first(networks: list[str]) -> list[str]:
    """Return the networks shown first: one of each architecture, fully tuned ones before others."""
    about = views.networks_known().set_index("network")
    regimes, architectures = (about[name].to_dict() if name in about else {} for name in ("regime", "architecture"))
    seen: dict[str, str] = {}
    for name in sorted(networks, key=lambda n: (regimes.get(n) != "whole", n)):
        seen.setdefault(str(architectures.get(name, name)), name)
    return list(seen.values())[:MOST_NETWORKS]


def _panels(metric: str, dataset: str, metrics: list[str], chosen: list[str], networks: list[str]) -> None:
    """Show one panel a shift, with the same axis."""
    figures, legend, found, title = kit.made(_drawn_panels, metric, dataset, metrics, chosen, networks)
    if found.empty:
        st.caption(f"{metric} was not measured for these.")
        return
    st.header(f"{title} on {dataset}", anchor=False)
    kit.figures(
        figures, key=f"panels-{metric}", data=found, name=f"{metric} on {dataset} against strength", legend=legend,
        alt=f"Lines of {metric} against shift strength, a panel for each shift",
    )  # fmt: skip


def _drawn_panels(
    metric: str, dataset: str, metrics: list[str], chosen: list[str], networks: list[str]
) -> tuple[Mapping[str, go.Figure], Mapping[str, looks.Look], pd.DataFrame, str]:
    """Return the panels of a metric with their legend and rows, and how its card calls it."""
    found = _of(dataset, metrics, chosen, networks, metric)
    if found.empty:
        return {}, {}, found, metric
    titles = {name: f"strength ({_unit(name)})" for name in found["shift"].unique()}
    rows = found[["shift", "strength", "network", "value", "low", "high", "n"]]
    figures = drawn.drawn(lines.panels, rows, facet="shift", x_titles=titles, x_title="strength", y_title=metric, unit=views.unit(metric))
    return figures, lines.legend(found), found, _title(metric)


def _title(metric: str) -> str:
    """Return how a metric's card calls it."""
    known = metric in registry.names("metrics/classification")
    return registry.card("metrics/classification", metric).title.rstrip(".") if known else metric


def _unit(shift: str) -> str:
    """Return what a shift's or an attack's strength means, in a few words."""
    if shift in shifts.names():
        told = shifts.card(shift).unit
    else:
        told = str(registry.card("attacks", shift).constants.get("UNIT", "")) if shift in registry.names("attacks") else ""
    return told.split(" of ImageNet-C")[0].split(",")[0] or "no unit known"


def _reliability(dataset: str, networks: list[str], here: dict[str, list[float]], chosen: list[str]) -> None:
    """Show the reliability diagram of one network on the set as it is or under one shift."""
    st.header("Is a network as sure as it is right?", anchor="reliability")
    left, middle, right = st.columns(3)
    with left:
        network = kit.choose("Network", networks, key="who")
    with middle:
        shift = kit.choose("Shift", ["as it is", *chosen], key="which", format_func=shown.spaced)
    strengths = here[shift] if shift != "as it is" else [0.0]
    told = [f"{s:g}" for s in strengths]
    strength = told[0]
    if len(told) > 1:
        with right:
            strength = kit.choose("Strength", told, key="how", default=told[-1])
    one = views.Set(dataset, "test", "" if shift == "as it is" else shift, strengths[told.index(strength)])
    figure, bins = kit.made(_drawn_reliability, network, one)
    if not bins["n"].sum():
        kit.empty("Single answers of this network are not kept for this set; its scores are.", "Run it again to keep them", f"assay-run?id={dataset}")
        return
    kit.figure(
        figure, key="reliability", data=bins, name=f"Reliability of {network} on {one.label}",
        alt=f"Reliability diagram of {network} on {one.label}: accuracy with 95 % interval against confidence, and the examples in each bin",
    )  # fmt: skip


def _drawn_reliability(network: str, one: views.Set) -> tuple[go.Figure, pd.DataFrame]:
    """Return the reliability diagram and its bins."""
    bins = views.reliability(network, one)
    return drawn.drawn(reliability.reliability, bins), bins


main()
