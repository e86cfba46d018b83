"""Picture by picture: one unit along a factor, with each network's answer on the way; and the units whose answer flips with one change."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from jaxtyping import Bool

from engine import ask, errors, networks, systems
from engine.dossier import hops
from engine.interventions import alike as drawing
from engine.interventions import asking, changes, settings, spec, strips
from engine.plots import formats
from pages.components import strip as hand
from pages.components.gallery import Reply, Tile
from pages.components.gallery import show as gallery
from pages.interventions import world as worlds
from pages.interventions.world import World
from pages.parts import alike, kit
from pages.parts.made import made

FIRST_NETWORKS = 3
MOST_NETWORKS = 6
UNITS = 12
LAST_UNIT = 2**31 - 1
TILES = 24
AS_IT_IS = "as it is"
FEW = 7  # values of a number that a telling unit is looked for at
STEPS = 21  # values of a number that a pair can be made of
HOW = (
    "A **unit** is one draw of everything that varies. Setting a factor by hand changes what the factor reaches and nothing else: the glyph, the "
    "noise, the place stay. In the strip the pictures run along the factor; below, each network's answer is a band in its class's colour and letter, "
    "underlined where it is wrong, with a notch where it changes and its confidence as a line above. What training shows is shaded: an answer that "
    "changes outside of it is about something the network never saw. The ring marks the unit as it is.\n\n"
    "A **counterfactual pair** is the same unit before and after one change. Since all else is equal, a flipped answer is the factor's doing. "
    "*Lost* units were right before and wrong after, *gained* ones the other way; McNemar's exact test asks whether the two could be as likely."
)


def main() -> None:
    """Draw the page."""
    ask.wake()
    kit.title("Picture by picture", "Where does an answer change when one factor of a picture changes?", HOW)
    found_at = st.container()
    world = worlds.chosen()
    system = worlds.loaded(world)
    fitting = spec.fitting(system)
    asked = _form(world, system, fitting)
    if (network := kit.followed(list(asked.networks))) is not None:
        kit.onward(network, hops.INTERVENTION)
    _strip(world, asked)
    if asked.networks:
        _told_of(asked, found_at)
        _pairs(world, system, asked)
    kit.links(
        [
            ("Act on this world", worlds.address("act", world)),
            ("Response curves of many units", worlds.address("respond", world)),
        ]
    )


def _form(world: World, system: systems.System, fitting: Sequence[str]) -> asking.Path:
    """Ask for system, factor, networks, unit; where nobody knows the classes, that is said."""
    columns = st.columns([3, 3, 2, 6], vertical_alignment="bottom")
    with columns[0]:
        worlds.choose_system(world)
    offered = [*spec.offered(system), system.target]
    with columns[1]:
        factor = kit.choose("Factor", offered, key="factor", default=_first_factor(system, offered, fitting), help=_about(system))
    chosen: list[str] = []
    with columns[3]:
        if fitting:
            chosen = kit.choose_many(
                f"Networks ({len(fitting)} know these classes)", list(fitting), key=f"networks-{world.system}",
                default=_first_networks(system, fitting),
            )  # fmt: skip
    if not fitting:
        kit.empty(f"No network here knows the classes {', '.join(system.classes)}: these are only pictures.", "Bring a network", "library")
    elif not chosen:
        st.info("Choose at least one network to see answers.")
    if len(chosen) > MOST_NETWORKS:
        st.caption(f"The first {MOST_NETWORKS} of {len(chosen)} networks are shown.")
    asked = asking.Path(
        system=world.system, parameters=dict(world.parameters), do=world.do, seed=world.seed, networks=tuple(chosen[:MOST_NETWORKS]), factor=factor
    )
    # not bound: which unit is the first depends on the other choices, and a link without one must open on that
    said = st.query_params.get("unit", "")
    chosen_here = said.isdecimal() and int(said) <= LAST_UNIT
    st.session_state["unit"] = int(said) if chosen_here else _first_unit(asked) if len(asked.networks) > 1 and not world.given else 0
    unit = columns[2].number_input("Unit", 0, LAST_UNIT, step=1, key="unit", on_change=lambda: _choose(st.session_state["unit"]))
    return asked.model_copy(update={"unit": int(unit)})


def _first_unit(asked: asking.Path) -> int:
    """Return the unit to begin with: one of the first dozen, on which the networks part; the very first where nobody answers."""
    try:
        with st.spinner("Looking for a picture on which these networks part …", show_time=False):
            return made(_parting, json.dumps(asked.said()))
    except errors.UserError:  # the strip says so
        return 0


def _parting(question: str) -> int:
    asked = asking.read(json.loads(question))
    assert isinstance(asked, asking.Path)
    levels = settings.levels(asked.loaded(), asked.factor, FEW)
    own, *along = (_hits(asked, level) for level in (None, *levels))
    return strips.telling(own, np.stack(along))


def _hits(asked: asking.Path, level: settings.Level | None) -> Bool[np.ndarray, "networks units"]:
    """Return which network is right on which of the first units, as they are or where the factor is set."""
    do = systems.text(settings.acts(asked.acts(), (level,))) if level else asked.do
    one = asking.Units(system=asked.system, parameters=asked.parameters, do=do, seed=asked.seed, networks=asked.networks, n=UNITS)
    said = ask.ask("interventions", one.said())[0]
    return np.array(said["predicted"]) == np.array(said["labels"])


def _first_factor(system: systems.System, offered: Sequence[str], fitting: Sequence[str]) -> str:
    """Return the factor to begin with: what the class decides, where a network was trained on that; else a turn, or another number."""
    tied = [edge.target for edge in system.edges if edge.confounded and edge.source == system.target and edge.target in offered]
    if tied and any(networks.card(name).attributes.get("system") == system.name for name in fitting):
        return tied[0]
    numbers = [name for name in offered if not system.factor(name).categorical]
    return "rotation" if "rotation" in numbers else (numbers or list(offered))[0]


def _about(system: systems.System) -> str:
    """Return what each factor is, for the help of the choice."""
    return "\n".join(f"- **{factor.name}**: {factor.description}" for factor in system.factors if not factor.hidden)


def _first_networks(system: systems.System, fitting: Sequence[str]) -> list[str]:
    """Return the networks to begin with: trained on this system, by different methods; else of different architectures, on plain digits."""

    def rank(card: networks.Card) -> tuple:
        about, usual = card.attributes, system.parameters.get("strength")
        strength = about.get("strength")
        apart = abs(strength - usual) if isinstance(strength, float) and usual is not None else 0.0
        return about.get("system") != system.name, apart, about.get("method") != "erm", not card.name.endswith("-mnist-scratch-s0"), card.name

    seen: dict[tuple, str] = {}
    for card in sorted((networks.card(name) for name in fitting), key=rank):
        seen.setdefault((card.architecture, card.attributes.get("method")), card.name)
    return list(seen.values())[:FIRST_NETWORKS]


def _strip(world: World, asked: asking.Path) -> None:
    """Show the strip; what it needs, the browser fetches."""
    try:
        units = _near(world, asked.unit)
    except errors.UserError as problem:
        kit.problem(problem)
        units = [asked.unit]
    hand.show(
        asked, units, key="strip", name=f"Unit {asked.unit} of {asked.system} along {asked.factor}", at=st.query_params.get("at"),
        alt=f"Answers of {len(asked.networks)} networks to one unit along {asked.factor}.", on_unit=_choose, on_at=lambda at: kit.remember("at", at),
    )  # fmt: skip
    st.caption(
        "Shaded: what training shows. Line: confidence. Band: the answer, underlined in red where it is wrong. Ring: the unit as it is. "
        "Drag, or use the arrow keys."
    )


def _near(world: World, unit: int) -> list[int]:
    """Return the units to choose from: a dozen that meet the condition, the chosen one among them."""
    start = unit - unit % UNITS
    if not world.given:
        return list(range(start, start + UNITS))
    drawn = systems.sample(worlds.loaded(world), UNITS, world.seed, world.interventions, world.conditions, start)
    return sorted({unit, *drawn.units.tolist()})


def _choose(unit: int) -> None:
    kit.remember("unit", str(unit))


def _told_of(asked: asking.Path, found_at: Any) -> None:
    """Say what the strip shows at the top of the page, and offer its rows below the strip; comes after it, for a first answer takes a while."""
    try:
        told, rows = made(_read, json.dumps(asked.said()))
    except errors.UserError as problem:
        kit.problem(problem)
        return
    with found_at:
        kit.finding(told)
    kit.take_away(rows, key="strip-rows", name=f"unit {asked.unit} of {asked.system} along {asked.factor}")


def _read(question: str) -> tuple[str, pd.DataFrame]:
    """Return what the strip shows as a sentence, and as rows."""
    asked, said = asking.read(json.loads(question)), made(_said, question)
    assert isinstance(asked, asking.Path)
    levels = settings.levels(asked.loaded(), asked.factor, asked.points)
    return strips.finding(asked.loaded(), asked.factor, asked.unit, said, levels), strips.rows(said, levels)


def _said(question: str) -> dict[str, Any]:
    """Return what the warm process says to a question."""
    return ask.ask("interventions", json.loads(question))[0]


def _pairs(world: World, system: systems.System, asked: asking.Path) -> None:
    """Show what one change of the factor does to many units."""
    st.header("Counterfactual pairs", anchor="pairs")
    question = _change(world, system, asked)
    if question.before == question.after:
        st.info("Before and after are the same: choose another value for one of the two.")
        return
    try:
        with st.spinner("Asking the networks …", show_time=False):
            told, table, flips = made(_compared, json.dumps(question.said()))
    except errors.UserError as problem:
        kit.problem(problem)
        return
    kit.finding(told, key="finding-pairs")
    st.caption(made(_reach, json.dumps(question.said())))
    kit.table(table, key="pairs", name=f"{question.factor} {question.before or AS_IT_IS} to {question.after} in {question.system}")
    _flipped(question, flips)


def _compared(question: str) -> tuple[str, pd.DataFrame, pd.DataFrame]:
    """Return what a change does: as a sentence, as rows that people read, and the units whose answer flips."""
    asked, said = asking.read(json.loads(question)), made(_said, question)
    assert isinstance(asked, asking.Change)
    found = changes.rows(said)
    return changes.finding(asked, found), _told(found), changes.flips(said)


def _change(world: World, system: systems.System, asked: asking.Path) -> asking.Change:
    """Ask for the change: from what, to what, how many units."""
    values = [level.text for level in settings.levels(system, asked.factor, STEPS)]
    columns = st.columns([3, 3, 4], vertical_alignment="bottom")
    with columns[0]:
        before = kit.choose(f"{asked.factor} before", [AS_IT_IS, *values], key=f"from-{asked.factor}")
    with columns[1]:
        after = kit.choose(f"{asked.factor} after", values, key=f"to-{asked.factor}", default=_furthest(system, asked.factor))
    n = columns[2].slider("Units", 100, 2000, 400, 100, key="pairs-n", bind="query-params")
    return asking.Change(
        system=asked.system, parameters=asked.parameters, do=asked.do, given=world.given, seed=asked.seed, networks=asked.networks,
        factor=asked.factor, before="" if before == AS_IT_IS else before, after=after, n=n,
    )  # fmt: skip


def _furthest(system: systems.System, factor: str) -> str:
    """Return a value that training does not show, the nearest above it of a number; the last where training shows all."""
    levels = settings.levels(system, factor, STEPS)
    outside = [level for level in levels if not level.inside]
    if system.factor(factor).categorical or not outside:
        return (outside or levels)[-1].text
    top = max((level.place or 0.0 for level in levels if level.inside), default=0.0)
    above = [level for level in outside if (level.place or 0.0) > top]
    return (above[len(above) // 2] if above else outside[0]).text


def _reach(question: str) -> str:
    """Say which other factors the change reaches, and the mean share of pixels that differ."""
    asked = asking.read(json.loads(question))
    assert isinstance(asked, asking.Change)
    changed = drawing.changed(asked.model_copy(update={"n": min(asked.n, 100)}))
    shares = changes.pixels(changed)
    reached = changes.reached(changed, asked.factor)
    others = f"{asked.factor} reaches {', '.join(reached)} too" if reached else f"No other factor changes with {asked.factor}"
    return f"{others}; on average {formats.percent(sum(shares) / len(shares))} of a picture's pixels differ."


def _told(found: pd.DataFrame) -> pd.DataFrame:
    """Return the rows as people read them; the numbers are in the files."""
    flipped = found[["n", "share", "share_low", "share_high"]].set_axis(["n", "value", "low", "high"], axis=1)
    difference = found[["difference", "low", "high"]].set_axis(["value", "low", "high"], axis=1)
    counts = (
        found[["lost", "gained"]]
        .assign(p=found["p"].map(changes.chance), p_holm=found["p_holm"].map(changes.chance))
        .set_axis(["lost (b)", "gained (c)", "McNemar's exact p", "p after Holm"], axis=1)
    )
    told = {
        "network": found["network"], "flipped": found["flipped"], "share flipped": kit.intervals(flipped, "fraction"),
        "accuracy before": found["before"].map(formats.percent), "accuracy after": found["after"].map(formats.percent),
        "difference": kit.intervals(difference, "fraction"),
    }  # fmt: skip
    return pd.DataFrame(told).join(counts)


def _flipped(question: asking.Change, flips: pd.DataFrame) -> None:
    """Show the units whose answer flips: before, after, what differs."""
    if flips.empty:
        kit.empty("No answer flips with this change. Choose a value further away, or other networks.")
        return
    units = flips["unit"].drop_duplicates()
    shown = units.head(TILES).tolist()
    st.caption(
        f"{formats.share(len(shown), len(units), 'units')} with a flipped answer, those first on which most networks flip. "
        "Each: before, after, and the pixels that differ. Select one to open it above."
    )
    tiles = made(_tiles, json.dumps(question.said()), alike.address("change"))
    gallery(
        tiles, key="flipped", size=190, shape=3.0, label="Units whose answer flips",
        on_select=lambda unit: _choose(int(unit)),
    )  # fmt: skip
    kit.take_away(flips, key="flips", name=f"flipped by {question.factor} in {question.system}")


def _tiles(question: str, address: str) -> list[Tile]:
    """Return a tile for each of the first units whose answer flips; their pictures are drawn behind an address."""
    asked, flips = asking.read(json.loads(question)), made(_compared, question)[2]
    assert isinstance(asked, asking.Change)
    shown = flips["unit"].drop_duplicates().head(TILES).tolist()
    return [_tile(asked, int(unit), flips[flips["unit"] == unit], address) for unit in shown]


def _tile(question: asking.Change, unit: int, rows: pd.DataFrame, address: str) -> Tile:
    one = question.model_copy(update={"units": (unit,), "given": "", "n": 1, "networks": ()})
    replies = [
        Reply(str(row["network"]), f"{row['before']} → {row['after']}", float(row["confidence_after"]), bool(row["right_after"]))
        for row in rows.to_dict("records")
    ]
    return Tile(str(unit), alike.with_question(address, one.said()), f"{rows['label'].iloc[0]}, unit {unit}", replies=replies)


main()
