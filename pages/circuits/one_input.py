"""One input through a circuit: where it reads in, who attends to whom, what that is worth for the answer; one image, or a slice's mean."""

import numpy as np
import streamlit as st

from engine import ask, errors, networks, shifts
from engine.circuits import findings, picture
from engine.datasets import images
from pages.circuits import place
from pages.components import circuit as viewer
from pages.parts import kit, live

EXAMPLES = 20
HOW = (
    "**Read-in**: where on the image modules look, as a heat map; pin modules in the graph to see theirs. **Attention**: who listens to whom in each "
    "layer, and in the read-out. **Attribution** colours an edge by attention times gradient of a class's logit: blue, the edge speaks for "
    "the class; orange, against it. It is a first-order estimate; *Cut* measures instead: the strongest shown edges are taken out one by one "
    "and all together, beside as many random edges.\n\n"
    "**Links stay the same for every input.** Only attention changes. Edges that differ between two images are attention, not new wiring."
)


def main() -> None:
    """Draw the page."""
    ask.wake()
    kit.title("One input", "What of the circuit does this input use?", HOW)
    found_at = st.container()
    name = place.choose(only=place.askable())
    if name is None:
        return
    try:
        block = kit.made(picture.pack, name)
        offer = _offer(name)
    except errors.UserError as problem:
        kit.problem(problem)
        return
    with found_at:
        kit.finding(kit.made(findings.of_attention, name))
    viewer.show(picture.dressed(block, start=place.started("input", name), input=offer), key=f"circuit-input-{name}", on_view=place.remember)
    kit.links([("The whole graph", "circuits"), ("Drop modules, prune", "circuit-act")])


def _offer(circuit: str) -> dict:
    """Return what can be asked about: examples with the addresses of their pictures, classes, shifts, and where to ask."""
    card = networks.card(circuit)
    return {
        "circuit": circuit, "live": live.address("circuits"), "classes": list(card.classes), "channels": card.preprocess.channels,
        "shifts": {name: list(shifts.card(name).strengths) for name in shifts.names()},
        "examples": [
            {"id": identity, "label": label, "url": kit.image_url(str(card.trained_on), "test", identity, size=64)}
            for identity, label in kit.made(_examples, str(card.trained_on))
        ],
    }  # fmt: skip


def _examples(dataset: str) -> tuple[tuple[str, str], ...]:
    """Return test examples, class after class in turn."""
    data = images.load(dataset, "test")
    labels = np.asarray(data.labels)
    of = [np.flatnonzero(labels == k) for k in range(len(data.classes))]
    chosen = [(int(mine[turn]), k) for turn in range(EXAMPLES) for k, mine in enumerate(of) if turn < len(mine)][:EXAMPLES]
    return tuple((data.ids[i], data.classes[k]) for i, k in chosen)


main()
