"""How small a circuit can be made: accuracy as its modules are taken out one after another, in distribution and under shifts."""

from engine import errors
from engine.circuits import findings, plots, views
from engine.evidence import circuits
from engine.evidence.asked import Asked
from engine.evidence.parts import Figure, Offer, Part, Table
from engine.plots import lines

PATH = "circuit-act"
TITLE = "Pruning"
ORDER = 96
METHOD = (
    "Modules are taken out one after another, in an order that was made from training images, and what is left is measured on test images: as in "
    "training, and under shifts. Nothing is trained again. Greedy looks at each next module's cost, attention only at who is listened to; the "
    "random order is what a good one has to beat. Bands are 95 % intervals over images."
)
LIMITS = (*circuits.LIMITS[1:], "Orders were made on one network; another seed may need other modules.")


def offered() -> list[Offer]:
    """Return each circuit that was pruned."""
    return circuits.offered(PATH, "Pruning", [name for name in circuits.listing()["circuit"].astype(str) if _pruned(name)])


def _pruned(name: str) -> bool:
    try:
        return len(views.curves(name)) > 0
    except errors.UserError:
        return False


def part(asked: Asked) -> Part:
    """Return a circuit's pruning curves, a panel each set."""
    name, known, view = circuits.chosen(asked)
    if view.get("asked", {}).get("act"):
        asked.told["not part of the report"] = "modules that were dropped or forced by hand"
    panels, rows = plots.pruning(views.curves(name), ())
    alt = f"Accuracy of {known['title']} against the modules left, a line each order in which they were taken out, a panel each set"
    shown = ["order", "set", "kept", "value", "low", "high", "n"]
    return Part(
        title=f"{known['title']}: how small it can be made",
        findings=[findings.of_pruning(name) or "It was pruned under shifts only."], method=METHOD,
        limits=LIMITS, figures=[Figure(f"Pruning: {known['title']}", alt, panels, rows, lines.legend(rows, "order"))],
        tables=[Table("A quarter of the modules", rows[rows["kept"] == max(1, round(0.25 * int(known["modules"])))], shown)], networks=[name],
        datasets=circuits.data(known), runs=[str(known["run"])], paper="circuits",
    )  # fmt: skip
