"""Every pair of sets with its pattern, and one of them opened."""

from dataclasses import fields, replace
from typing import Any
from urllib.parse import urlencode

import pandas as pd

from engine import errors
from engine.assay import findings, plots, population, relation
from engine.assay.relation import Pair
from engine.assay.views import Set
from engine.evidence import behind, plain
from engine.evidence.asked import Asked
from engine.evidence.parts import Figure, Offer, Part, Table
from engine.plainly import assay as plainly_assay
from engine.plots import density, drawn, scatter
from engine.stats.lines import Axes
from engine.stats.patterns import Thresholds

PATH = "pairs"
TITLE = "Pairs"
ORDER = 20
HERE = "the networks evaluated here"
METHOD = (
    "A pair is a set that networks were trained on and another set; each network has a number on both. A pair is increasing (better here, "
    "better there), vertical (alike here, apart there: underspecified), horizontal (nothing gets across), decreasing (better here, worse there) "
    "or without clear trend. The line is a least-squares fit on the stated axes with a 95 % band; shares are clipped to 0.1 % and 99.9 % on "
    "probit and logit axes."
)
LIMITS = ("The thresholds of the patterns are a rule of thumb.", "Sets of one task share networks, so that pairs are not independent of each other.")


def offered() -> list[Offer]:
    """Return each collection of networks, with its usual metric and pair."""
    found = population.collections()
    return [
        Offer(f"{PATH}?{urlencode({'table': name})}", f"Patterns of {name or HERE}", usual=i == _first(found["collection"].tolist()))
        for i, name in enumerate(found["collection"].tolist())
    ]


def _first(names: list[str]) -> int:
    return next((i for i, name in enumerate(names) if name), 0)


def part(asked: Asked) -> Part:
    """Return the patterns of a collection, and the scatter of the opened pair."""
    names = population.collections()["collection"].tolist()
    collection = asked.one("table", names, names[_first(names)] if names else None, lambda name: name or HERE)
    metric = asked.one("measure", population.metrics_of(collection)["metric"].tolist(), "accuracy")
    rate = relation.unit(collection, metric) == "fraction"
    axes: Axes = asked.one("scale", relation.AXES if rate else ("linear",), "probit" if rate else "linear")
    id_set, limits = _id_set(asked, collection, metric), _limits(asked, relation.thresholds_for(collection, metric))
    found = relation.pairs(collection, metric, axes, limits, id_set)
    if found.empty:
        raise errors.UserError(f"{collection or HERE}: no network has {metric} on a set in distribution and another.", "Choose another metric.")
    here, there = _opened(asked, found, collection, metric)
    pair = relation.pair(collection, here, there, metric, axes, limits, everyone=id_set is not None)
    told = [findings.of_pairs(found, relation.by_task(found)) or "", f"{pair.x.label} → {pair.y.label}: {pair.told.why}"]
    return Part(
        title=f"Patterns of {collection or HERE}",
        findings=told,
        plain=plain.told(plainly_assay.of_pairs, collection, metric, axes, id_set),
        method=METHOD,
        limits=[*LIMITS, *pair.warnings],
        figures=[_figure(pair, asked)],
        tables=[Table("Every pair", found, ["id", "ood", "task", "pattern", "why", "n", "r2", "spearman"])],
        networks=pair.networks["network"].astype(str).tolist(),
        collection=collection,
        datasets=sorted({pair.x.dataset, pair.y.dataset}),
        scores=behind.scores(pair.networks["network"].astype(str).tolist(), [pair.x, pair.y], [metric], collection),
        paper="assay",
    )


def _id_set(asked: Asked, collection: str, metric: str) -> str | None:
    """Return the set in distribution; None where each network's own counts."""
    offered = relation.id_sets(collection, metric)
    chosen = asked.one("id", offered, None, lambda text: text if text == relation.TRAINED else Set.read(text).label)
    return None if chosen == relation.TRAINED else chosen


def _limits(asked: Asked, usual: Thresholds) -> Thresholds:
    moved: dict[str, Any] = {}
    for one in fields(Thresholds):
        value = asked.number(f"t-{one.name}", float(getattr(usual, one.name)))
        moved[one.name] = type(getattr(usual, one.name))(value)
    return replace(usual, **moved)


def _opened(asked: Asked, found: pd.DataFrame, collection: str, metric: str) -> tuple[str, str]:
    """Return the sets of the opened pair, by default that with the straightest line; shifted versions of a set can be opened too."""
    known = relation.openable(found, collection, metric)
    return known[asked.one("pair", known, list(known)[int(found["r2"].fillna(-1).argmax())])]


def _figure(pair: Pair, asked: Asked) -> Figure:
    title = plots.pair_title(pair)
    if len(pair.networks) > scatter.MOST:
        across, up = plots.pair_axes(pair)
        cells = density.counted(pair.networks["x"].to_numpy(float), pair.networks["y"].to_numpy(float), across, up)
        alt = f"{title}: how many networks fall into each cell, with the fitted line"
        return Figure(title, alt, {"": drawn.drawn(density.density, cells, x_axis=across, y_axis=up, fit=plots.fit(pair.line))}, cells)
    colour = asked.one("by", ["nothing", *pair.attributes], plots.first_colour(pair), lambda name: name.replace("_", " "))
    figure = scatter.of_points(plots.pair_cloud(pair, None if colour == "nothing" else colour))
    return Figure(title, f"{title}, one point a network, with the fitted line", {"": figure}, pair.networks)
