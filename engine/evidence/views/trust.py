"""Which number measured here tells how a network does elsewhere."""

from typing import Any, get_args
from urllib.parse import urlencode

from engine import errors
from engine.assay import population, relation, trust, trusted, views
from engine.evidence import behind, plain
from engine.evidence.asked import Asked
from engine.evidence.parts import Figure, Offer, Part
from engine.plainly import choosing as plainly_choosing
from engine.stats.lines import Axes

PATH = "trust"
TITLE = "Trust"
ORDER = 30
METHOD = (
    "A pair is a set that networks were trained on (ID) and another set (OOD). A predictor is good where its R² with the error on the OOD set "
    "is high. Within pairs compares networks on the same pair only; pooled also counts that some pairs are harder than others. Left out: R² on "
    "tasks (or ID sets) that the line has not seen. Intervals are 95 %, from drawing the networks anew."
)
LIMITS = (
    "The best of many predictors looks better than it is; the left-out R² is the sterner number.",
    "Predictors are compared on the networks that have them, which are not the same for all unless that was asked.",
)


def offered() -> list[Offer]:
    """Return each collection of networks."""
    names = population.collections()["collection"].tolist()
    return [
        Offer(f"{PATH}?{urlencode({'table': name})}", f"What tells the error elsewhere, {name or 'evaluated here'}", usual=i == 0)
        for i, name in enumerate(names)
    ]


def part(asked: Asked) -> Part:
    """Return what tells the number elsewhere, pooled and within pairs, and what carries over."""
    question = _question(asked)
    collection, target, id_set = question["collection"], question["target"], question["id_set"]
    every = trust.elsewhere(collection, id_set)
    if not (every.loc[every["metric"] == target, "rows"] > 0).any():
        raise errors.UserError("No network of this table has numbers on its ID set and on another set.", "Evaluate networks on more sets.")
    sort = asked.one("sort", trusted.SORT.values(), None, {value: said for said, value in trusted.SORT.items()}.__getitem__)
    found, finding = trusted.compared(**question)
    figure, captions = trusted.predictors(**question, sort=sort)
    alt = "For each predictor R² alone, with the ID number, and left out, with intervals"
    figures = [Figure(f"Predictors of {trust.said(target)} elsewhere", alt, {"": figure}, found, captions=captions), _scatters(asked, question)]
    findings = [finding]
    if (carried := trusted.transferred(**question)) is not None:
        drawn, said, rows = carried
        findings.append(said)
        alt = "For each metric the rank correlation of its value on ID and on OOD, within pairs and pooled, with intervals"
        figures.append(Figure("Transfer of metrics from ID to OOD", alt, {"": drawn}, rows))
    compared = relation.pairs(collection, target, None, None, id_set)
    networks = population.networks_of(collection)["network"].astype(str).tolist()
    sets = [views.Set.read(text) for text in sorted({*compared["id"].astype(str), *compared["ood"].astype(str)})]
    return Part(
        title=f"What tells {trust.said(target)} elsewhere: {collection or 'networks evaluated here'}", findings=findings, method=METHOD,
        limits=LIMITS, figures=figures, networks=networks, collection=collection, datasets=sorted({one.dataset for one in sets}),
        scores=behind.scores(networks, sets, [target], collection), paper="assay",
        plain=plain.told(plainly_choosing.of_trust, found, target, question["view"]),
    )  # fmt: skip


def _question(asked: Asked) -> dict[str, Any]:
    """Return what the page asks the engine."""
    known = population.collections()
    sizes = dict(zip(known["collection"].astype(str), known["networks"], strict=True))
    collection = asked.one("table", sizes, None, lambda name: f"{name or 'Evaluated here'} ({sizes[name]})")
    target = asked.one("metric", trust.metrics_of(collection), None, trust.said)
    view = asked.one("view", trusted.VIEWS.values(), None, {value: said for said, value in trusted.VIEWS.items()}.__getitem__)
    ids = trust.id_sets(collection)
    return {
        "collection": collection, "target": target, "id_set": asked.one("id", ids) if ids else None, "view": view,
        "equal": "task" if asked.flag("equal", usual=True) else "pair", "common": asked.flag("common", usual=False),
        "axes": asked.one("axes", get_args(Axes)),
    }  # fmt: skip


def _scatters(asked: Asked, question: dict[str, Any]) -> Figure:
    """Return the two scatters of a predictor, pooled and within pairs."""
    known, said = trusted.apart(**question)
    predictor = asked.one("predictor", known, None, known.__getitem__)
    figures, legend, rows, called, warning = trusted.scatters(**question, predictor=predictor)
    return Figure(called, f"Two scatters of {called}: pooled, and within pairs", figures, rows, legend, [said, warning] if warning else [said])
