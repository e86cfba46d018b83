"""What inputs make of a circuit's links: mean attention, and where it differs between classes."""

from engine.circuits import findings, plots
from engine.evidence import circuits
from engine.evidence.asked import Asked
from engine.evidence.parts import Figure, Offer, Part

PATH = "circuit-input"
TITLE = "One input"
ORDER = 92
METHOD = (
    "Attention says how much a module listens to another for an input. Told here are means over test images, over all and by class, as they were "
    "stored when the circuit was looked into; layers are averaged, the read-out apart."
)
LIMITS = (*circuits.LIMITS, "What a single image makes of the circuit is asked on the page, of the circuit itself, and is no part of the report.")


def offered() -> list[Offer]:
    """Return each circuit whose attention was measured by class."""
    return circuits.offered(PATH, "Attention in", circuits.by_class())


def part(asked: Asked) -> Part:
    """Return mean attention of a circuit, and by class."""
    name, known, view = circuits.chosen(asked)
    if view.get("asked", {}).get("input"):
        asked.told["not part of the report"] = "the single image"
    figure, _ = circuits.graph_of(name, known, "attention")
    figures, means = [figure], dict(findings.by_class(name))
    if len(means) > 1:
        drawn, rows = plots.by_class(means)
        alt = "Mean attention of each class on the edges that differ most between classes"
        figures.insert(0, Figure(f"Attention by class: {known['title']}", alt, {"": drawn}, rows))
    return Part(
        title=f"{known['title']}: what inputs make of it", findings=[findings.of_attention(name) or "Attention was not measured by class."],
        method=METHOD, limits=LIMITS, figures=figures,
        networks=[name], datasets=circuits.data(known), runs=[str(known["run"])], paper="circuits",
    )  # fmt: skip
