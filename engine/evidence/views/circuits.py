"""A circuit's modules and who listens to whom: the graph, its numbers, what each module does, how it came about."""

import pandas as pd

from engine.circuits import findings, views
from engine.evidence import circuits, plain
from engine.evidence.asked import Asked
from engine.evidence.parts import Offer, Part, Table
from engine.plainly import circuits as plainly_circuits

PATH = "circuits"
TITLE = "Look into circuits"
ORDER = 90
METHOD = (
    "A circuit is a network of modules, each with a signature; the nearer two signatures are, the likelier their link. Modules stand where the two "
    "main directions of their signatures put them. Metrics are of the links between modules; what is lost without a module was measured by taking "
    "it out on validation images."
)


def offered() -> list[Offer]:
    """Return each circuit."""
    return circuits.offered(PATH, "A circuit")


def part(asked: Asked) -> Part:
    """Return a circuit's graph, its metrics and its modules."""
    name, known, view = circuits.chosen(asked)
    key = str(view.get("graph") or circuits.LINK)
    figure, said = circuits.graph_of(name, known, key)
    asked.told["graph"] = said
    nodes = views.nodes(name)
    numbers = pd.DataFrame(findings.metrics(known), columns=["metric", "value", "what it means"])
    tables = [Table("The graph in numbers", numbers), Table("Modules", nodes, [one for one in SHOWN if one in nodes])]
    if "@" in key:  # a graph of some step was looked at
        tables.append(Table("Over training", views.timeline(name)))
    return Part(
        title=f"{known['title']}: who listens to whom", findings=[findings.of_graph(name) or f"{known['modules']} modules."],
        plain=plain.told(plainly_circuits.of_circuit, name), method=METHOD,
        limits=circuits.LIMITS, figures=[figure], tables=tables, networks=[name], datasets=circuits.data(known), runs=[str(known["run"])],
        paper="circuits",
    )  # fmt: skip


SHOWN = ("node", "role", "label", "degree", "attention", "ablation", "community", "responds")
