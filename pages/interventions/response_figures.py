"""The figures of responses: curves with training shaded, maps, the sensitivity profile, and links from what they show to the pictures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Concatenate, ParamSpec, TypeVar

import pandas as pd
import streamlit as st

from engine import systems
from engine.interventions import plots, profile, responses, settings, views
from engine.interventions.plots import Kind
from engine.interventions.spec import InterventionsSpec, Plan
from engine.interventions.views import Known
from engine.plots import formats
from engine.plots.looks import Look
from pages.interventions import response_form
from pages.interventions import world as worlds
from pages.interventions.world import World
from pages.parts import kit

Asked = ParamSpec("Asked")
Made = TypeVar("Made")


def margin() -> float:
    """Ask which loss is small enough to ignore."""
    label = st.segmented_control(
        "Small enough to ignore", list(responses.MARGINS), default=_usual(),
        key="margin", bind="query-params", required=True,
        help="A factor breaks a network where it is shown to cost more accuracy than this; a network is invariant where every value is shown "
        "to change it by less. All tests of a region are adjusted for their number.",
    )  # fmt: skip
    return responses.MARGINS[str(label)]


def _usual() -> str:
    return next(label for label, share in responses.MARGINS.items() if share == profile.MARGIN)


def margin_before() -> float:
    """Return the margin that will be chosen below: the finding stands above the choice."""
    said = st.session_state.get("margin") or st.query_params.get("margin")
    return responses.MARGINS.get(str(said), profile.MARGIN)


def kind() -> Kind:
    """Ask whether to show the numbers or their differences."""
    label = st.segmented_control("Show", list(responses.SHOWN), default=next(iter(responses.SHOWN)), key="show", bind="query-params", required=True)
    return responses.SHOWN[str(label)]


def _once(make: Callable[Concatenate[Known, Asked], Made], known: Known, *words: Asked.args, **options: Asked.kwargs) -> Made:
    """Return what is made of rows; it is kept where all of them are known, for those of a run under way are others at each look."""
    return kit.made(make, known, *words, **options) if known.whole else make(known, *words, **options)


def curves(world: World, known: Known, factor: str, shown: Kind) -> None:
    """Show the response curve of one factor: accuracy, then confidence and calibration."""
    system = worlds.loaded(world)
    about = system.factor(factor)
    told = f"{factor}{f' ({about.unit})' if about.unit else ''}"
    rows, data = _once(responses.rows_of, known, factor, "accuracy"), _once(responses.data_of, known, factor)
    within = (0.0, 1.02) if shown == "value" else None
    picked = kit.figure(
        _once(responses.curve, known, system, factor, "accuracy", told, within, shown, listed=True), key=f"curve-{factor}", data=data,
        name=f"Response to {factor} in {world.system}", select=True,
        alt=f"Accuracy of {rows['network'].nunique()} networks against {factor}; what occurs in training is shaded",
    )  # fmt: skip
    _pictures(world, rows, factor, picked)
    small = {
        title: _once(responses.curve, known, system, factor, metric, told, within, shown, height=260)
        for metric, title in views.TITLES.items()
        if metric != "accuracy"
    }
    st.header("Do they know it?", anchor="confidence")
    st.html(f"<style>.st-key-panels-others-{factor} {{ grid-template-columns: repeat(auto-fill, minmax(min(100%, 420px), 1fr)); }}</style>")
    kit.figures(
        small, key=f"others-{factor}", data=data, name=f"Confidence and calibration against {factor} in {world.system}",
        legend=_once(_legend, known, factor), alt=f"Mean confidence and calibration error against {factor}",
    )  # fmt: skip


def _legend(known: Known, factor: str) -> Mapping[str, Look]:
    return plots.legend(responses.rows_of(known, factor, "accuracy"))


def _pictures(world: World, rows: pd.DataFrame, factor: str, picked: Sequence[str]) -> None:
    """Link to the pictures behind a clicked point, else behind the worst one."""
    known = rows[rows["difference"].notna()]
    if known.empty:
        return
    worst = known.sort_values("difference", kind="stable").iloc[0]
    level = next((text for text in picked if text in set(known["level"])), str(worst["level"]))
    row = known[known["level"] == level].iloc[0]
    value = settings.Level(factor, level, None if pd.isna(row["place"]) else float(row["place"]), bool(row["inside"]))
    there = replace(world, do=systems.text(settings.acts(world.interventions, (value,))))
    kit.links([
        (f"See the pictures where {factor} is {level}", worlds.address("act", there)),
        (f"Follow one picture along {factor}", worlds.address("strip", world, factor=factor)),
    ])  # fmt: skip
    if not picked:
        st.caption("Click a point to see its pictures.")


def maps(world: World, known: Known, spec: InterventionsSpec) -> None:
    """Show the heat map of two factors, a panel a network."""
    first, second = spec.factors
    metric = {title: name for name, title in views.TITLES.items()}[kit.choose("Number", list(views.TITLES.values()), key="number", width=260)]
    panels, data = _once(responses.heats, known, first, second, metric)
    st.html("<style>.st-key-panels-map { grid-template-columns: repeat(auto-fill, minmax(min(100%, 480px), 1fr)); }</style>")
    kit.figures(
        panels, key="map", data=data, name=f"{views.TITLES[metric]} by {first} and {second} in {world.system}",
        alt=f"Heat maps of {views.TITLES[metric]}, {first} across and {second} upwards, a panel a network; what occurs in training is framed",
    )  # fmt: skip
    st.caption("Framed: values of both factors that occur in training, though perhaps not together.")


def profiles(world: World, known: Known, spec: InterventionsSpec, limit: float) -> None:
    """Show the sensitivity profile: what breaks each network within training and anywhere, and what it is invariant to."""
    told, panels = _once(responses.profiles, known, limit)
    factors = profile.ordered(told)
    st.html("<style>.st-key-panels-profile { grid-template-columns: repeat(auto-fill, minmax(min(100%, 420px), 1fr)); }</style>")
    kit.figures(
        panels, key="profile", data=told, name=f"Sensitivity profile in {world.system}", legend=plots.legend(told),
        alt="Largest loss of accuracy of each network to each factor with intervals, with values that occur in training and over the whole domain",
    )  # fmt: skip
    st.caption(
        "Full marks: the factor breaks the network. Upright strokes: the network is invariant to it. Hollow marks: neither is shown. "
        "Grey ground: small enough to ignore. Factors that never vary in training stand on the right only."
    )
    _verdicts(told, factors)
    with st.container(horizontal=True, gap="small", key="curves-of"):
        st.markdown("Response curve of", width="content")
        for name in factors:  # at the same values: these cells are answered
            one = spec.model_copy(update={"ask": "curve", "factors": (name,), "steps": spec.grid})
            st.button(name, key=f"open-{name}", type="tertiary", on_click=response_form.show, args=(one,))


def _verdicts(told: pd.DataFrame, factors: Sequence[str]) -> None:
    """Show what is told of each network and factor, in words."""
    st.header("What is told", anchor="verdicts")
    anywhere = told[told["region"] == profile.ANYWHERE]
    words = anywhere.assign(said=[_word(row) for row in anywhere.to_dict("records")])
    table = words.pivot_table(index="factor", columns="network", values="said", aggfunc="first", sort=False).reindex(list(factors))
    table.columns.name = None
    titles = {str(network): str(network) for network in table.columns}
    height = 40 + 33 * len(table)
    kit.table(table.reset_index(), key="verdicts", name="what each factor does to each network", columns=titles, height=height)


def _word(row: dict) -> str:
    if row["verdict"] == profile.BREAKS:
        return f"breaks: loses {formats.fixed(100 * row['loss'], 0)} [{formats.fixed(100 * row['low'], 0)}, {formats.fixed(100 * row['high'], 0)}]"
    return str(row["verdict"])


def finding(known: Known, spec: InterventionsSpec, limit: float) -> str:
    """Return what the responses say, as a sentence."""
    return _once(responses.finding, known, spec.ask, spec.factors, limit)


def reasons(found: pd.DataFrame, planned: Plan) -> None:
    """Say which networks could not answer, and why."""
    failed = found[found["reason"].notna() & (found["factor"] == "")].drop_duplicates("network")
    for row in failed.to_dict("records"):
        st.warning(f"{kit.escape(str(row['network']))} has no answers: {kit.escape(str(row['reason']))}")
    for note in planned.notes:
        st.caption(kit.escape(note))
