"""Act on a circuit: prune it along curves that were measured before, drop or force modules and see accuracy move."""

from typing import Any

import pandas as pd

from engine import errors
from engine.circuits import findings, views
from engine.circuits import spec as asking
from pages.circuits import place
from pages.parts import kit, live

IMAGES = 200  # of each set, when modules are dropped or forced
QUESTION = (
    "Which modules does the circuit need? Move the slider to take modules out and read accuracy beside it, or pin modules in the graph and drop them."
)
HOW = (
    "**Pruning** takes modules out one after another, in an order that was made from training images, and measures what is left on test images: "
    "as in training, and under shifts. Nothing is trained again. The slider moves along those curves; modules that are gone disappear below. "
    "A good order beats the random one; *greedy* looks at each next module's cost, *attention* only at who is listened to.\n\n"
    "**Drop or force** asks the network itself: pinned modules fall silent, or are heard by everybody. Differences are paired image by image, with "
    "95 % intervals; one that holds 0 shows no effect."
)


def main() -> None:
    """Draw the page."""
    name = place.asked_page(
        "act", "Act and prune", QUESTION, HOW, finding=findings.of_pruning, offer=_offer, only=place.askable(),
        further=[("One input", "circuit-input"), ("Compare", "circuit-compare")],
    )  # fmt: skip
    if name is not None:
        _rows(name)


def _offer(circuit: str) -> dict[str, Any]:
    """Return the curves and sets, and where to ask."""
    return kit.made(_curves, circuit) | {"live": live.address("circuits")}


def _curves(circuit: str) -> dict[str, Any]:
    """Return the pruning curves as the browser draws them, and the sets that modules are dropped on."""
    sets = [{"shift": shift.name, "strength": shift.strength} for shift in asking.DEFAULT_SHIFTS]
    known = views.about(circuit)
    offer = {"circuit": circuit, "modules": known["modules"], "sets": sets, "n": IMAGES, "pruning": {}}
    try:
        found = views.curves(circuit)
    except errors.UserError:
        return offer
    orders = {str(ranking): _curve(mine) for ranking, mine in found.groupby("ranking") if ranking != "links"}
    return offer | {"pruning": orders} | _beside(circuit, known)


def _beside(circuit: str, known: dict[str, Any]) -> dict[str, Any]:
    """Return the curves of the dense control pruned the same way, of the same seed where there is one; nothing where none was observed."""
    found = views.listing()
    mine = found[found["circuit"].str.startswith("nac-dense_modfc") & (found["dataset"] == known["dataset"]) & (found["circuit"] != circuit)]
    for name in mine.sort_values("seed", key=lambda seed: seed != known["seed"])["circuit"].astype(str):
        try:
            curves = views.curves(name)
        except errors.UserError:
            continue
        own = curves[(curves["dataset"] == known["dataset"]) & (curves["shift"] == "") & (curves["ranking"] != "links")]
        orders = {str(ranking): {"kept": part["kept"].tolist(), "accuracy": part["accuracy"].tolist()} for ranking, part in own.groupby("ranking")}
        return {"beside": orders, "beside_title": "dense circuit"}
    return {}


def _curve(mine: pd.DataFrame) -> dict[str, Any]:
    sets = [one for _, one in sorted(mine.groupby(["dataset", "shift", "strength"]), key=lambda part: (part[0][1] != "", part[0]))]
    first = sets[0].astype(object).where(sets[0].notna(), None)
    said = [
        {
            "name": _named(one), "short": str(one["shift"].iloc[0] or one["dataset"].iloc[0]).replace("_", " "), "n": int(one["n"].iloc[0]),
            **{column: one[column].tolist() for column in ("accuracy", "low", "high")},
        }
        for one in sets
    ]  # fmt: skip
    return {**{column: first[column].tolist() for column in ("kept", "removed", "density", "milliseconds")}, "sets": said}


def _named(one: pd.DataFrame) -> str:
    shift, strength = str(one["shift"].iloc[0]), float(one["strength"].iloc[0])
    return f"{shift.replace('_', ' ')} {strength:g}" if shift else str(one["dataset"].iloc[0])


def _rows(circuit: str) -> None:
    """Offer the curves' rows, or to make them where there are none."""
    try:
        kit.take_away(kit.made(views.curves, circuit), key="circuit-curves", name=f"{circuit} pruned")
    except errors.UserError:
        place.observe((circuit,), "pruning", "Pruning curves of this circuit take")


main()
