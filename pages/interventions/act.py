"""See a system and act on it: its graph, what is done to it, pictures that change under the hand; seeing against doing; a set to keep."""

from collections.abc import Sequence

import streamlit as st

from engine import networks, systems
from engine.interventions import sentences, spec, starts
from engine.plainly import interventions as plainly
from pages.components import world as hand
from pages.interventions import choosing, keeping, seeing, world
from pages.interventions.world import World
from pages.parts import kit, navigation, routes

HOW = (
    "A **system** is a small world that makes pictures: each box is a **factor** (the class, the colour of the ink, the light), each arrow says "
    "which factor decides another. In training, some arrows tie the class to things that need not go with it: those are **confounded**, drawn "
    "double. A network can learn such a tie instead of the class.\n\n"
    "To **intervene** is to reach in and set a factor by hand, `do(ink=red)`, or to cut an arrow, `cut(class->ink)`. What caused the factor has no "
    "say then; what it causes follows; all else stays as it was. Each picture keeps its own chance (the same glyph, the same place), so that before "
    "and after can be compared picture by picture. Grey in a box is training, the coloured line is now; a shaded range is what training shows: "
    "beyond it lies what no network has seen."
)


def main() -> None:
    """Draw the page."""
    kit.title("See and act", "What would the pictures look like if the world were different?", HOW)
    chosen = world.chosen()
    left, right = st.columns([2, 5], vertical_alignment="bottom")
    with left:
        world.choose_system(chosen)
    system = world.loaded(chosen)
    with right:
        asked = _asked(system)
    st.caption(kit.escape(_about(chosen.system)))
    _broken()
    said = kit.spoken(kit.made(sentences.of_training, system))
    kit.finding(said, key="finding-training", plainly=lambda: kit.made(plainly.of_training, system))
    _hand(chosen, system, asked)
    seeing.show(chosen, system)
    if not kit.plain.on():
        keeping.show(chosen)
    _next(chosen)


def _asked(system: systems.System) -> list[str]:
    """Ask which networks answer; where nobody knows the classes, that is said."""
    fitting = spec.fitting(system)
    if not fitting:
        kit.empty(f"No network here knows the classes {', '.join(system.classes)}: these are only pictures.", "Bring a network", "library")
        return []
    return kit.choose_many(
        f"Networks that answer ({len(fitting)} know these classes)", list(fitting), key=f"answer-{system.name}",
        default=kit.made(choosing.parting, system, fitting), max_selections=hand.NETWORKS, placeholder="Choose networks to see what they answer",
    )  # fmt: skip


def _about(name: str) -> str:
    """Return the first two sentences of a system's card."""
    return ". ".join(" ".join(systems.card(name).text.replace("`", "").split()).split(". ")[:2]).rstrip(".") + "."


def _broken() -> None:
    """Say which systems cannot be used; the others can."""
    for name in systems.names():
        if said := systems.problem(name):
            st.caption(f":material/error: {kit.escape(name)} cannot be used. {kit.escape(said)}")


def _hand(chosen: World, system: systems.System, asked: Sequence[str]) -> None:
    usual = systems.parameters(chosen.system, {})
    rested = hand.Rested(chosen.do, chosen.given, {name: value for name, value in chosen.parameters.items() if value != usual[name]}, chosen.seed)
    found = kit.made(starts.starts, system)
    first = [(one, world.address("act", World(chosen.system, chosen.parameters, one.act.text(), seed=chosen.seed))) for one in found]
    has_strip = any(place.path == "strip" for place in navigation.available())
    left = hand.show(
        system, rested, key="hand", url=routes.world_url(system.name), token=routes.world_token(system.name),
        networks=[networks.card(name) for name in asked], starts=first, strip=has_strip,
        on_rest=lambda at: world.remember(_world(chosen.system, at)),
    )  # fmt: skip
    if left is not None:
        to = world.address("strip", _world(chosen.system, left), unit=str(left.unit), factor=left.factor)
        kit.go(to, **{f"networks-{chosen.system}": list(asked)})


def _world(system: str, at: hand.Rested) -> World:
    return World(system, systems.parameters(system, at.parameters), at.do, at.given, at.seed)


def _next(chosen: World) -> None:
    kit.links(
        [
            ("How networks respond", world.address("respond", chosen)),
            ("One picture along a path", world.address("strip", chosen)),
            ("Train under confounding", world.address("remedies", chosen)),
        ]
    )


main()
