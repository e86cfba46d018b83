"""Seeing against doing: what it tells of the class that a factor happens to be something, and what making it so does."""

import functools
import shlex
from html import escape
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from engine import errors, systems
from engine.interventions import sentences, starts, written
from engine.plots import drawn
from engine.plots import seeing as plot
from engine.systems import Condition, Probabilities, System
from pages.interventions.world import World
from pages.parts import kit, routes

PICTURES = 12
SIDE = 56  # pixels
COUNTED = "Lines on the bars are 95 % intervals of what is counted over 20,000 drawn units; bars without are exact."


def show(chosen: World, system: System) -> None:
    """Show both numbers for a factor and a value that a person chooses, in the system as it is in training."""
    st.header("Seeing is not doing", anchor="seeing")
    left, right = st.columns([2, 3], gap="large")
    with left:
        asked = _asked(system)
    if asked is None:
        return
    of, seen = asked
    try:
        found = systems.seeing_and_doing(system, of, seen)
    except errors.UserError as problem:
        kit.problem(problem)
        return
    told = sentences.of_seeing_and_doing(system, of, seen, found)
    with left:
        kit.finding(kit.spoken(told.finding), key="finding-seeing")
        st.markdown(kit.escape(told.why))
        st.caption("The same on the command line:")
        st.code("\n".join(commands(chosen, of, seen)), language="bash", wrap_lines=True)
    with right:
        _figure(system, of, seen, found)
    _pictures(chosen, seen)


def _asked(system: System) -> tuple[str, Condition] | None:
    """Ask what is seen, and of what it is to tell."""
    named = [factor.name for factor in system.factors if factor.categorical]
    ties = _ties(system)
    factors = [factor.name for factor in system.factors if factor.name != system.target]
    if not factors:
        st.caption("This system has nothing besides its class.")
        return None
    first, second = st.columns(2)
    with first:
        factor = kit.choose("Seen and made", factors, key="seen", default=max(factors, key=lambda name: (not system.factor(name).hidden, ties[name])))
    others = [name for name in named if name != factor]
    with second:
        of = kit.choose("What it tells of", others, key="of", default=system.target)
    return of, _condition(system, factor)


def _ties(system: System) -> dict[str, float]:
    """Return how much each factor tells of the class when the system is as usual: what the page opens on stays while parameters move."""
    return _told(systems.load(system.name))


@functools.lru_cache(maxsize=32)
def _told(system: System) -> dict[str, float]:
    units = systems.sample(system, starts.DRAWN)
    return {factor.name: starts.tie(units, factor.name) for factor in system.factors}


@functools.lru_cache(maxsize=256)
def _telling(system: System, factor: str) -> str | tuple[float, float]:
    return starts.telling(systems.sample(system, starts.DRAWN), system.factor(factor))


def _condition(system: System, factor: str) -> Condition:
    """Ask for a value, or a range of numbers."""
    about, known = system.factor(factor), systems.support(system, factor)
    first = _telling(systems.load(system.name), factor)
    if about.categorical:
        return Condition(factor, (kit.choose("Value", known.values, key=f"is-{factor}", default=str(first)),))
    low, high = about.limits
    begin, end = known.intervals[0][0], known.intervals[-1][1]
    if begin == end:
        st.caption(f"In training {factor} is always {begin:g}.")
    span = st.slider(
        "Range",
        low,
        high,
        ((begin + end) / 2, max(end, (begin + end) / 2 + (high - low) / 100)),
        (high - low) / 100,
        key=f"is-{factor}",
        bind="query-params",
    )
    return Condition(factor, (), *span)


def _figure(system: System, of: str, seen: Condition, found: systems.SeeingAndDoing) -> None:
    what = _what(seen)
    frame = pd.concat([_rows("as it is", found.as_it_is), _rows("seen", found.seeing), _rows("made", found.doing)], ignore_index=True)
    kit.figure(
        drawn.drawn(plot.seeing, frame, of=of, seen=f"{seen.factor} happens to be {what}", made=f"{seen.factor} is made {what}"),
        key="seeing", data=frame, name=f"{of} where {seen.factor} is {what}, seen and made: {system.title}",
        alt=f"Bars of how likely each {of} is in all pictures, where {seen.factor} happens to be {what}, and where it is made so",
    )  # fmt: skip
    st.caption("Exact, by going through all combinations of causes." if frame["exact"].all() else COUNTED)


def _what(seen: Condition) -> str:
    return seen.values[0] if seen.values else f"{seen.low:g} to {seen.high:g}"  # noqa: PD011  # names, no frame


def _done(seen: Condition) -> str:
    """Return the intervention that makes so what is seen."""
    return f"do({seen.factor}={_what(seen)})" if seen.values else f"do({seen.factor}~uniform({seen.low:.12g},{seen.high:.12g}))"  # noqa: PD011


def _rows(way: str, one: Probabilities) -> pd.DataFrame:
    return pd.DataFrame({"value": one.names, "way": way, "probability": one.probability, "low": one.low, "high": one.high, "exact": one.exact})


def _pictures(chosen: World, seen: Condition) -> None:
    """Show pictures that happen to be so, and pictures that are made so."""
    what, done = _what(seen), _done(seen)
    rows = ((f"{seen.factor} happens to be {what}", {"given": seen.text()}), (f"{seen.factor} is made {what}", {"do": done}))
    shown = "".join(_row(words, _sheet(chosen, more)) for words, more in rows)
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:0.75rem 2rem">{shown}</div>')


def _row(words: str, address: str) -> str:
    return (
        f'<figure style="margin:0;flex:1 1 300px;max-width:560px"><figcaption style="font-size:0.87rem">{escape(words)}</figcaption>'
        f'<img src="{escape(address)}" alt="{escape(f"{PICTURES} pictures where {words}")}" loading="lazy" '
        'style="display:block;width:100%;image-rendering:pixelated"></figure>'
    )


def commands(chosen: World, of: str, seen: Condition) -> list[str]:
    """Return the command lines that print what is seen and what is made."""
    words = ["python", "-m", "engine", "intervene", chosen.system, *written.options(_unusual(chosen)), "--of", of]
    return [shlex.join([*words, "--given", seen.text()]), shlex.join([*words, "--do", _done(seen)])]


def _unusual(chosen: World) -> dict[str, float]:
    return {name: value for name, value in chosen.parameters.items() if value != systems.card(chosen.system).parameters[name].default}


def _sheet(chosen: World, more: dict[str, str]) -> str:
    asked = {"with": written.of_parameters(_unusual(chosen)), "seed": chosen.seed, "n": PICTURES, "columns": PICTURES, "size": SIDE, **more}
    return f"{routes.world_url(chosen.system)}sheet.png?{urlencode(asked | {'t': routes.world_token(chosen.system)})}"
