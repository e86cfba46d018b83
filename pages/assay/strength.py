"""How accuracy and calibration change with the strength of a shift, and how calibrated each network is."""

import pandas as pd
import streamlit as st

from engine import registry, shifts
from engine.assay import findings, views
from engine.plots import drawn, lines, reliability
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
    known = views.known()
    shifted = known[(known["shift"] != "") & (known["split"] == "test")]
    if shifted.empty:
        kit.empty("No shifted set has been scored yet.", "Run an evaluation with a shift", "assay-run")
        return
    datasets = shifted.groupby("dataset")["networks"].max().sort_values(ascending=False).index.tolist()
    columns = st.columns(2)
    with columns[0]:
        dataset = kit.choose("Set", datasets, key="dataset")
    here = shifted[shifted["dataset"] == dataset]
    offered = sorted(here["shift"].unique())
    with columns[1]:
        chosen = kit.choose_many("Shifts", offered, key=f"shifts-{dataset}", default=offered[:FIRST_SHIFTS], format_func=shown.spaced)
    metrics = columns[1].multiselect("Metrics", views.metrics(), default=_first_metrics(), key="rows", bind="query-params")
    found = views.strengths(dataset, metrics, chosen) if metrics and chosen else pd.DataFrame({"network": []})
    everyone = found["network"].unique().tolist()
    networks = columns[0].multiselect("Networks", everyone, default=_first(everyone), key=f"networks-{dataset}", bind="query-params")
    mine = found[found["network"].isin(networks)]
    if mine.empty:
        st.info("Choose at least one shift, one metric and one network.")
        return
    kit.finding(findings.of_strengths(mine[mine["metric"] == metrics[0]], metrics[0]) or "")
    for metric in metrics:
        _panels(mine[mine["metric"] == metric], metric, dataset)
    _reliability(dataset, networks, here, chosen)


def _first_metrics() -> list[str]:
    known = views.metrics()
    return [name for name in FIRST_METRICS if name in known] or known[:1]


def _first(networks: list[str]) -> list[str]:
    """Return the networks shown first: one of each architecture, fully tuned ones before others."""
    about = views.networks_known().set_index("network")
    regimes, architectures = (about[name].to_dict() if name in about else {} for name in ("regime", "architecture"))
    seen: dict[str, str] = {}
    for name in sorted(networks, key=lambda n: (regimes.get(n) != "whole", n)):
        seen.setdefault(str(architectures.get(name, name)), name)
    return list(seen.values())[:MOST_NETWORKS]


def _panels(found: pd.DataFrame, metric: str, dataset: str) -> None:
    """Show one panel a shift, with the same axis."""
    if found.empty:
        st.caption(f"{metric} was not measured for these.")
        return
    st.header(f"{_title(metric)} on {dataset}", anchor=False)
    titles = {name: f"strength ({_unit(name)})" for name in found["shift"].unique()}
    rows = found[["shift", "strength", "network", "value", "low", "high", "n"]]
    figures = drawn.drawn(lines.panels, rows, facet="shift", x_titles=titles, x_title="strength", y_title=metric, unit=views.unit(metric))
    kit.figures(
        figures, key=f"panels-{metric}", data=found, name=f"{metric} on {dataset} against strength", legend=lines.legend(found),
        alt=f"Lines of {metric} against shift strength, a panel for each shift",
    )  # fmt: skip


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


def _reliability(dataset: str, networks: list[str], here: pd.DataFrame, chosen: list[str]) -> None:
    """Show the reliability diagram of one network on the set as it is or under one shift."""
    st.header("Is a network as sure as it is right?", anchor="reliability")
    left, middle, right = st.columns(3)
    with left:
        network = kit.choose("Network", networks, key="who")
    with middle:
        shift = kit.choose("Shift", ["as it is", *chosen], key="which", format_func=shown.spaced)
    strengths = sorted(here[here["shift"] == shift]["strength"].unique()) if shift != "as it is" else [0.0]
    told = [f"{s:g}" for s in strengths]
    strength = told[0]
    if len(told) > 1:
        with right:
            strength = kit.choose("Strength", told, key="how", default=told[-1])
    one = views.Set(dataset, "test", "" if shift == "as it is" else shift, strengths[told.index(strength)])
    bins = views.reliability(network, one)
    if not bins["n"].sum():
        kit.empty("Single answers of this network are not kept for this set; its scores are.", "Run it again to keep them", f"assay-run?id={dataset}")
        return
    kit.figure(
        drawn.drawn(reliability.reliability, bins), key="reliability", data=bins, name=f"Reliability of {network} on {one.label}",
        alt=f"Reliability diagram of {network} on {one.label}: accuracy with 95 % interval against confidence, and the examples in each bin",
    )  # fmt: skip


main()
