"""One input through a circuit: where it reads in, who attends to whom, what that is worth for the answer; one image, or a slice's mean."""

from typing import Any

from engine import networks
from engine.circuits import findings
from pages.circuits import place
from pages.parts import live

QUESTION = (
    "What of the circuit does one image use? Choose an image: the heat map shows where modules look, and edges are coloured by whether they "
    "speak for or against the answer."
)
HOW = (
    "**Read-in**: where on the image modules look, as a heat map; pin modules in the graph to see theirs. **Attention**: who listens to whom in each "
    "layer, and in the read-out. **Attribution** colours an edge by attention times gradient of a class's logit: blue, the edge speaks for "
    "the class; orange, against it. It is a first-order estimate; *Cut* measures instead: the strongest shown edges are taken out one by one "
    "and all together, beside as many random edges.\n\n"
    "**Links stay the same for every input.** Only attention changes. Edges that differ between two images are attention, not new wiring."
)


def main() -> None:
    """Draw the page."""
    place.asked_page(
        "input", "One input", QUESTION, HOW, finding=findings.of_attention, offer=_offer, only=place.askable(),
        further=[("Compare two inputs", "circuit-compare"), ("Drop modules, prune", "circuit-act")],
    )  # fmt: skip


def _offer(circuit: str) -> dict[str, Any]:
    """Return what can be asked about: examples with the addresses of their pictures, classes, shifts, and where to ask."""
    return {"circuit": circuit, "live": live.address("circuits"), **place.inputs(networks.card(circuit))}


main()
