"""How accuracy and calibration change with the strength of a shift, and how calibrated each network is."""

import streamlit as st

from engine.assay import strengths, views
from engine.plainly import assay as plainly
from pages.assay import shown
from pages.parts import kit


def main() -> None:
    """Draw the page."""
    kit.title(
        "Strength of a shift",
        "How fast do networks fail as a shift grows, and do they know it?",
        "Each panel is one shift of the same test images, from where it changes nothing. Bands are 95 % intervals. "
        "A network that fails without losing confidence has an error of calibration (ECE) that grows as its accuracy falls.",
        paper="assay",
    )
    datasets = kit.made(strengths.shifted)
    if not datasets:
        kit.empty("No shifted set has been scored yet.", "Run an evaluation with a shift", "assay-run")
        return
    columns = st.columns(2)
    with columns[0]:
        dataset = kit.choose("Set", list(datasets), key="dataset")
    offered = list(datasets[dataset])
    with columns[1]:
        chosen = kit.choose_many("Shifts", offered, key=f"shifts-{dataset}", default=offered[: strengths.FIRST_SHIFTS], format_func=shown.spaced)
    known, first = kit.made(strengths.metrics)
    metrics = columns[1].multiselect("Metrics", known, default=first, key="rows", bind="query-params")
    everyone, first = kit.made(strengths.networks_of, dataset, metrics, chosen)
    networks = columns[0].multiselect("Networks", everyone, default=first, key=f"networks-{dataset}", bind="query-params")
    if not networks:
        st.info("Choose at least one shift, one metric and one network.")
        return
    said = kit.made(strengths.finding, dataset, metrics, chosen, networks)
    kit.finding(said, plainly=lambda: kit.made(plainly.of_strengths, dataset, chosen, networks))
    for metric in metrics:
        _panels(metric, dataset, metrics, chosen, networks)
    _reliability(dataset, networks, datasets[dataset], chosen)


def _panels(metric: str, dataset: str, metrics: list[str], chosen: list[str], networks: list[str]) -> None:
    """Show one panel a shift, with the same axis."""
    figures, legend, found, title = kit.made(strengths.panels, metric, dataset, metrics, chosen, networks)
    if found.empty:
        st.caption(f"{metric} was not measured for these.")
        return
    st.header(f"{title} on {dataset}", anchor=False)
    kit.figures(
        figures, key=f"panels-{metric}", data=found, name=f"{metric} on {dataset} against strength", legend=legend,
        alt=f"Lines of {metric} against shift strength, a panel for each shift",
    )  # fmt: skip


def _reliability(dataset: str, networks: list[str], here: dict[str, list[float]], chosen: list[str]) -> None:
    """Show the reliability diagram of one network on the set as it is or under one shift."""
    st.header("Is a network as sure as it is right?", anchor="reliability")
    left, middle, right = st.columns(3)
    with left:
        network = kit.choose("Network", networks, key="who")
    with middle:
        shift = kit.choose("Shift", ["as it is", *chosen], key="which", format_func=shown.spaced)
    steps = here[shift] if shift != "as it is" else [0.0]
    told = [f"{s:g}" for s in steps]
    strength = told[0]
    if len(told) > 1:
        with right:
            strength = kit.choose("Strength", told, key="how", default=told[-1])
    one = views.Set(dataset, "test", "" if shift == "as it is" else shift, steps[told.index(strength)])
    figure, bins = kit.made(strengths.reliable, network, one)
    if not bins["n"].sum():
        kit.empty("Single answers of this network are not kept for this set; its scores are.", "Run it again to keep them", f"assay-run?id={dataset}")
        return
    kit.figure(
        figure, key="reliability", data=bins, name=f"Reliability of {network} on {one.label}",
        alt=f"Reliability diagram of {network} on {one.label}: accuracy with 95 % interval against confidence, and the examples in each bin",
    )  # fmt: skip


main()
