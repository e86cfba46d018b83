"""What differs between two classes in a circuit, between two circuits, or between arms of training, seed by seed."""

import pandas as pd

from engine import errors
from engine.circuits import findings, plots, views
from engine.evidence import circuits
from engine.evidence.asked import Asked
from engine.evidence.parts import Figure, Offer, Part, Table
from engine.plots import estimates, formats
from engine.wiring import arms

PATH = "circuit-compare"
TITLE = "Compare circuits"
ORDER = 94
METHOD = (
    "Two classes: mean attention of one minus that of the other, as stored, over layers. Two circuits: modules of the second are matched onto the "
    "first by their links (Hungarian method, repeated), and what the match costs stands beside what it costs by chance. Arms of training: accuracy "
    "on sets elsewhere minus that of the dense circuit of the same seed, with intervals over seeds."
)
LIMITS = (
    *circuits.LIMITS,
    "Differences of stored means have no interval here; the page Compare tells which of them stay after looking at all edges at once.",
    "Differences of links are exact for two networks; what other seeds would give, only other seeds say.",
)


def offered() -> list[Offer]:
    """Return each circuit whose attention was measured by class."""
    return circuits.offered(PATH, "Differences in", circuits.by_class())


def part(asked: Asked) -> Part:
    """Return the difference that an address asks for, and the arms compared where they were evaluated."""
    name, known, view = circuits.chosen(asked)
    question = dict(view.get("asked", {}).get("compare", {}))
    kind = str(question.get("kind", "classes"))
    if kind not in {"classes", "circuits"}:
        raise errors.UserError("A comparison of images or shifts asks the circuit itself, and is not stored.", "Report two classes or two circuits.")
    figure, found = (_circuits if kind == "circuits" else _classes)(asked, name, known, question)
    figures, tables, more = [figure], [], _arms(str(known["dataset"]))
    if more is not None:
        found.append(more[0])
        figures.append(more[1])
        tables.append(more[2])
    return Part(
        title=f"{known['title']}: differences", findings=found, method=METHOD, limits=LIMITS, figures=figures, tables=tables, networks=[name],
        datasets=circuits.data(known), runs=[str(known["run"])], paper="circuits",
    )  # fmt: skip


def _classes(asked: Asked, name: str, known: dict, question: dict) -> tuple[Figure, list[str]]:
    """Return the difference of two classes' mean attention on the graph."""
    means = findings.by_class(name)
    if len(means) < 2:
        raise errors.UserError(f"Attention of “{name}” was not measured by class.", "Choose another circuit.")
    first, second = (str(question.get(side) or usual) for side, usual in zip(("first", "second"), findings.most_different(name), strict=True))
    if missing := [one for one in (first, second) if one not in means]:
        raise errors.unknown("class", missing[0], means)
    asked.told |= {"first": f"class {first}", "second": f"class {second}"}
    rows = means[first].rename(columns={"weight": "first"}).assign(second=means[second]["weight"])
    rows["difference"] = rows["second"] - rows["first"]
    return _drawn(name, known, rows, f"Attention of class {second} minus that of class {first}"), [findings.of_classes(name)]


def _circuits(asked: Asked, name: str, known: dict, question: dict) -> tuple[Figure, list[str]]:
    """Return the difference of two circuits' links on the first's graph."""
    other = str(question.get("other", ""))
    found = views.difference(name, other, matched=str(question.get("match", "links")) != "numbers")
    asked.told |= {"second circuit": other}
    cost, unmatched, chance = (formats.number(value) for value in (found.cost, found.unmatched, found.chance))
    said = f"The mean squared difference of links is **{cost}** after matching, {unmatched} before, and {chance} by chance."
    return _drawn(name, known, found.edges, f"Links of {other} minus those of {name}"), [said]


def _drawn(name: str, known: dict, rows: pd.DataFrame, title: str) -> Figure:
    drawn = plots.graph(views.nodes(name), rows, int(known["modules"]), value="difference")
    caption = f"The {min(plots.MOST_DRAWN, len(rows))} largest of {formats.count(len(rows))} differences. Full lines: more; dashed: less."
    return Figure(title, f"{title}, drawn on the graph", {"": drawn}, rows, captions=[caption])


def _arms(dataset: str) -> tuple[str, Figure, Table] | None:
    """Return arms of training compared seed by seed; None where too few were evaluated."""
    try:
        told, each = arms.table(dataset), arms.by_set(dataset)
    except errors.UserError:
        return None
    mine = told[told["difference"].notna()]
    if mine.empty:
        return None
    rows = mine.assign(**{name: 100 * mine[name] for name in ("difference", "low", "high")})
    rows = rows.rename(columns={"title": "label", "low": "difference_low", "high": "difference_high", "pairs": "n"})
    shown = rows[["label", "difference", "difference_low", "difference_high", "n"]]
    figure = estimates.estimates(shown, {"minus dense": "difference"}, title=f"{arms.PRIMARY}, minus dense (points)")
    alt = "For each arm of training the paired difference of accuracy elsewhere from the dense circuit, with intervals over seeds"
    return (
        arms.finding(dataset),
        Figure("Arms of training", alt, {"": figure}, told),
        Table("Arms set by set", each, ("set", "title", "accuracy", "difference", "low", "high", "pairs")),
    )
