"""The path that one network is followed along: its weak slice, an example, what breaks it, the circuit it takes, for whom it matters.

Each hop says with numbers why one would go there, and has an address; one that does not apply says why not, and the path goes on after it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pandas as pd

from engine import networks, systems
from engine.assay import views, weak
from engine.assay.answered import sure
from engine.assay.views import Set
from engine.circuits import views as circuits
from engine.dossier import asked, groups
from engine.interventions import offering, profile
from engine.interventions import spec as asking
from engine.interventions.spec import InterventionsSpec
from engine.plots import formats
from engine.stats import intervals

NETWORK, SLICE, EXAMPLE, INTERVENTION, CIRCUIT, WHOM = STEPS = ("network", "slice", "example", "intervention", "circuit", "whom")
TITLES = {
    NETWORK: "network", SLICE: "weakest slice", EXAMPLE: "an example", INTERVENTION: "what breaks it", CIRCUIT: "the circuit it takes",
    WHOM: "for whom it matters",
}  # fmt: skip
TRIED = 3  # of the hardest sets, that slices are searched on
FIRST_SYSTEM, TURN = "coloured_digits", "rotation"


@dataclass(frozen=True)
class Hop:
    """One step of the path."""

    step: str
    said: str
    """Why to go there, with numbers; why not, where there is no address."""
    address: str = ""


@dataclass(frozen=True)
class Weak:
    """Where a network fails: a set, and the conditions of a slice of it; none = the whole set."""

    one: Set
    conditions: Mapping[str, str]
    error: float
    low: float
    high: float
    n: int
    confirmed: bool

    @property
    def said(self) -> str:
        """What it is, and how often the network is right there."""
        right = formats.interval(1 - self.error, 1 - self.high, 1 - self.low, self.n, "fraction")
        return f"{f'{weak.told(self.conditions)} of ' if self.conditions else ''}{self.one.label}: right about {right}"


def after(network: str, step: str, one: str = "", conditions: Mapping[str, str] | None = None) -> list[Hop]:
    """Return the next hops up to the first that applies.

    Args:
        network: Who is followed.
        step: Where one stands, of `STEPS`.
        one: The set that is looked at, as `Set.text` writes it; the network's weakest by default.
        conditions: Those of the slice that is looked at.
    """
    found = []
    for name in STEPS[STEPS.index(step) + 1 :]:
        found.append(_HOPS[name](network, one, conditions))
        if found[-1].address:
            break
    return found


def weakest(network: str) -> Weak | None:
    """Return the slice in which a network is wrong most beyond its errors elsewhere, confirmed by examples that took no part in the search.

    The sets with stored answers are searched from the hardest on. Where no slice is confirmed it is the hardest set as a whole; None without answers.
    """
    kept = views.answered()
    mine = kept[(kept["network"] == network) & (kept["shift"] == "") & (kept["split"] == "test")]
    found = [_whole(network, Set(str(name))) for name in mine["dataset"]]
    hardest = sorted(found, key=lambda whole: -whole.error)
    for whole in hardest[:TRIED]:
        searched = weak.search(network, whole.one)
        held = searched[searched["confirmed"].astype(bool)]
        if len(held):
            return _slice(whole.one, held.sort_values("worse").iloc[-1])
    return hardest[0] if hardest else None


def _whole(network: str, one: Set) -> Weak:
    """Return a set as a whole: how often a network is wrong on it."""
    found = weak.answers(network, one)
    wrong, n = int((~found["correct"].astype(bool)).sum()), len(found)
    low, high = intervals.wilson(wrong, n)
    return Weak(one, {}, wrong / n, low, high, n, confirmed=False)


def _slice(one: Set, row: pd.Series) -> Weak:
    error, low, high = (float(row[name]) for name in ("error", "low", "high"))
    return Weak(one, json.loads(row["conditions"]), error, low, high, int(row["n"]), confirmed=True)


def _to_slice(network: str, _one: str, _conditions: Mapping[str, str] | None) -> Hop:
    found = weakest(network)
    if found is None:
        return Hop(SLICE, "Its single answers are not stored, so there is no slice to look into.")
    query = {"network": network, "set": found.one.text()} | ({"slice": weak.told(found.conditions)} if found.conditions else {})
    lead = "Its weakest slice" if found.conditions else "No slice is confirmed; its hardest set"
    return Hop(SLICE, f"{lead}: {found.said}", f"slices?{urlencode(query)}")


def _to_example(network: str, one: str, conditions: Mapping[str, str] | None) -> Hop:
    """Return the example of a slice that the network gets wrong most surely."""
    if not one:
        found = weakest(network)
        if found is None:
            return Hop(EXAMPLE, "Its single answers are not stored, so there is no example of them.")
        one, conditions = found.one.text(), found.conditions
    members = weak.members(weak.answers(network, Set.read(one)), conditions or {})
    if members.empty or bool(members["correct"].iloc[0]):
        return Hop(EXAMPLE, "It gets every example of this slice right.")
    row = members.iloc[0]
    query = {"network": network, "set": one, "shift": "as it is", "kind": "wrong", "example": str(row["example_id"])}
    said = f"An example: {row['class']}, taken for {row['predicted']}, {sure(float(row['sure']))} sure"
    return Hop(EXAMPLE, said, f"assay-examples?{urlencode(query)}")


def _to_intervention(network: str, _one: str, _conditions: Mapping[str, str] | None) -> Hop:
    """Return the factor that is shown to break a network most; where that was not measured, a picture under the hand."""
    if (broken := breaking(network)) is not None:
        spec, row = broken
        question = InterventionsSpec(**spec.model_dump() | {"ask": "curve", "factors": (row["factor"],), "networks": (network,), "steps": spec.grid})
        where = "seen in training, too" if row["inside"] else "never seen in training"
        said = (
            f"What breaks it: setting {row['factor']} to {row['level']} ({where}). Right about {formats.percent(row['base_value'])} before, "
            f"{formats.percent(row['value'])} after, n {formats.count(row['n'])}"
        )
        return Hop(INTERVENTION, said, f"{offering.address(question)}&{urlencode({'network': network})}")
    system = _system(network)
    if system is None:
        return Hop(INTERVENTION, "No made world has its classes, so nothing can be set by hand for it.")
    query = {"system": system, "factor": _first_factor(system), f"networks-{system}": network, "network": network}
    return Hop(INTERVENTION, "What would break it was not measured: change one picture by hand until its answer changes", f"strip?{urlencode(query)}")


def breaking(network: str) -> tuple[InterventionsSpec, Mapping[Any, Any]] | None:
    """Return the stored question and factor that break a network most, those within training first; None where none is shown to."""
    worst = None
    for spec, told in asked.profiles(network):
        for row in told[told["verdict"] == profile.BREAKS].to_dict("records"):
            rank = (bool(row["inside"]), float(row["loss"]))
            if worst is None or rank > worst[0]:
                worst = (rank, spec, row)
    return None if worst is None else (worst[1], worst[2])


def _system(network: str) -> str | None:
    """Return a system whose classes a network knows, the first that ships in front; None where there is none or it cannot be run."""
    if network not in networks.names():
        return None
    known = sorted((name for name in systems.names() if systems.problem(name) is None), key=lambda name: name != FIRST_SYSTEM)
    return next((name for name in known if network in asking.fitting(systems.load(name))), None)


def _first_factor(system: str) -> str:
    """Return what a picture is changed in first: its turn, which few networks bear; else the factor that the page would begin with."""
    offered = asking.offered(systems.load(system))
    return TURN if TURN in offered else offered[0]


def _to_circuit(network: str, _one: str, _conditions: Mapping[str, str] | None) -> Hop:
    """Return the circuit's own page; of a network that is none, why there is no circuit to see."""
    listed = circuits.listing()
    mine = listed[listed["circuit"] == network] if len(listed) else listed
    if len(mine):
        row = mine.iloc[0]
        said = f"The circuit it takes: {int(row['modules'])} modules; see which of them one input uses"
        return Hop(CIRCUIT, said, f"circuit-input?{urlencode({'circuit': network, 'network': network})}")
    about = networks.card(network) if network in networks.names() else None
    if about is not None and about.architecture == "neural_interpreter":
        query = urlencode({"interpreter": network, "network": network})
        return Hop(CIRCUIT, "The way it takes: which function takes which patch of an image", f"interpreters?{query}")
    what = f"a {about.architecture.replace('_', ' ')}" if about is not None else "a network whose weights are not here"
    return Hop(CIRCUIT, f"It is not a circuit but {what}: it has no modules that choose whom they listen to.")


def _to_whom(network: str, _one: str, _conditions: Mapping[str, str] | None) -> Hop:
    """Return the group that a network serves worst; why not, where nothing is known of groups."""
    found = groups.worst(network)
    if found is None:
        return Hop(WHOM, "For whom it matters cannot be said: nothing in the store tells groups of the pictures (or people) it was asked about.")
    return Hop(WHOM, found.said, found.address)


_HOPS: Mapping[str, Callable[[str, str, Mapping[str, str] | None], Hop]] = {
    SLICE: _to_slice, EXAMPLE: _to_example, INTERVENTION: _to_intervention, CIRCUIT: _to_circuit, WHOM: _to_whom,
}  # fmt: skip
