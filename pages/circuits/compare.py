"""Compare two sides of a circuit, or two circuits: a union graph with signed differences, and whether chance explains them."""

from typing import Any

from engine import networks
from engine.circuits import findings, views
from engine.circuits import spec as asking
from engine.lowshot import spec as lowshot
from pages.circuits import place
from pages.parts import kit, live

QUESTION = (
    "What changes inside a circuit when the class, the distribution, the image, or the circuit itself is another? Choose two sides; "
    "blue edges are used more on the second side, orange dashed ones less."
)
HOW = (
    "**Difference** is second minus first, drawn on one graph that holds the edges of both sides. Where sides are many examples, an edge is drawn "
    "only if its difference stays after looking at all edges at once: intervals come from resampling the examples (paired where both sides are the "
    "same images) and are widened until they hold for all edges together (max-T, Westfall & Young 1993). If nothing is left, the page says *no "
    "significant change*, and the graph stays empty. **Effect** is the difference in standard deviations over examples.\n\n"
    "**Two circuits** have modules in different places, so those of the second are matched onto the first: by links (Hungarian method, repeated), by "
    "signatures, or as numbered. What the match costs stands beside what it costs when the second's links lie at random places: two circuits that "
    "match no better than that have nothing in common but their density. Differences of links are exact for these two networks; what another seed "
    "would give, only other seeds say.\n\n"
    "**Before and after adaptation**: the circuit goes on learning from a few labelled images of another data set, as in the study of few labels, "
    "and stands beside what it was; modules keep their numbers. With the head alone nothing below it moves.\n\n"
    "**Links are part of the network, the same for every input.** Between two inputs, classes or distributions only attention differs; that is no "
    "rewiring."
)


def main() -> None:
    """Draw the page."""
    place.asked_page(
        "compare", "Compare", QUESTION, HOW, finding=findings.of_classes, offer=_offer, only=None, tries=_tries,
        further=[("What one input uses", "circuit-input"), ("Drop modules, prune", "circuit-act")],
    )  # fmt: skip


def _tries(offer: dict[str, Any]) -> list[place.Try]:
    """Return what can be tried on a circuit: of one that cannot be run here, only what its links say; beside others of its size."""
    found = []
    if offer["askable"]:
        same = dict.fromkeys(("first", "second"), offer["telling"][0] or offer["classes"][0])
        found.append(("What does noise change?", "Clean against noisy images, the same ones: which edges carry more, which less?", {"kind": "shift"}))
        found.append(
            ("Does chance pass for a change?", "One half of a class against the other half: nothing should differ.", {"kind": "classes", **same})
        )
    if offer["adapting"]:
        found.append(
            (
                "What does adaptation change?",
                "Before and after learning from a few labels of another set: links and attention.",
                {"kind": "adaptation"},
            )
        )
    if offer["others"]:
        found.append(("Are two circuits alike?", "Modules are matched; does the match beat chance?", {"kind": "circuits"}))
    return found


def _offer(circuit: str) -> dict[str, Any]:
    """Return what can be compared: classes, shifts, sets of the same classes, examples, circuits with as many modules."""
    found, me = kit.made(views.listing), kit.made(views.about, circuit)
    alike = found[(found["circuit"] != circuit) & (found["modules"] == me["modules"]) & (found["outputs"] == me["outputs"])]
    offer = {
        "circuit": circuit, "title": str(me["title"]), "dataset": me["dataset"], "live": live.address("circuits"),
        "askable": circuit in {card.name for card in asking.known()}, "telling": list(kit.made(findings.most_different, circuit)),
        "others": [{"name": str(name), "title": title} for name, title in zip(alike["circuit"], place.titles(found, alike), strict=True)],
        "classes": [], "examples": [], "shifts": {}, "sets": [], "adapting": None,
    }  # fmt: skip
    if not offer["askable"]:
        return offer
    card = networks.card(circuit)
    offer |= place.inputs(card)
    return offer | {"adapting": _adapting(offer["sets"], int(str(card.attributes.get("seed") or 0)))}


def _adapting(sets: list[str], seed: int) -> dict[str, Any] | None:
    """Return how the circuit can go on learning from few labels, as the study of it does: sets, labels a class, what moves; None without sets."""
    told = lowshot.LowshotSpec.model_fields
    parts = [{"name": name, "title": lowshot.TITLES[name], "rate": rate} for name, rate in reversed(lowshot.RATES.items())]
    onto = sorted(sets, key=lambda name: name not in told["onto"].default)
    return {"onto": onto, "shots": list(told["shots"].default)[::-1], "parts": parts, "steps": told["steps"].default, "seed": seed} if sets else None


main()
