"""Whether a network that does better in distribution also does better on another set."""

from typing import get_args
from urllib.parse import urlencode

from engine import errors
from engine.assay import plots, views
from engine.evidence import behind, plain
from engine.evidence.asked import Asked
from engine.evidence.parts import Figure, Offer, Part
from engine.plainly import assay as plainly_assay
from engine.plots import scatter
from engine.stats.lines import Axes

PATH = "assay-explore"
TITLE = "Explore"
ORDER = 10
METHOD = (
    "Each point is a network: across, its number on one set; up, its number on another. Bars are 95 % intervals over images; the line is a "
    "least-squares fit through the networks with its 95 % band, drawn where there are at least four. On the dashed line both numbers are equal."
)
LIMITS = (
    "Networks that were trained alike are not independent of each other: the line's interval is too narrow where many share data and architecture.",
    "A relation among these networks need not hold for others.",
)


def offered() -> list[Offer]:
    """Return every pair of a training set and another, the one with most networks first."""
    known = views.pairs_known().sort_values("networks", ascending=False, kind="stable")
    return [
        Offer(f"{PATH}?{urlencode({'x': row['id'], 'y': row['ood']})}", f"{row['id']} against {row['ood']}", usual=i == 0)
        for i, row in enumerate(known.to_dict("records"))
    ]


def part(asked: Asked) -> Part:
    """Return the scatter of two sets."""
    known = views.known()
    sets = [
        views.Set(str(r["dataset"]), str(r["split"]), str(r["shift"]), float(r["strength"]))
        for r in known[known["split"] == "test"].to_dict("records")
    ]
    first = views.pairs_known().sort_values("networks", ascending=False).head(1).to_dict("records")
    named = [views.Set(first[0][end]) for end in ("id", "ood")] if first else [None, None]
    texts = {one.text(): one for one in sets}
    x, y = (texts[asked.one(name, texts, usual.text() if usual else None, _label)] for name, usual in zip("xy", named, strict=True))
    metric = asked.one("metric", views.metrics(), "accuracy")
    axes: Axes = asked.one("axes", get_args(Axes))
    only = asked.flag("only", usual=True)
    told = plots.related(x, y, metric, axes, only=only)
    if told.networks.empty:
        raise errors.UserError(f"No network has {metric} on both {x.label} and {y.label}.", "Choose other sets, or run an evaluation.")
    attributes = [name for name in views.networks_known().columns if name in told.networks]
    colour = asked.one("colour", attributes, "architecture", lambda name: name.replace("_", " "))
    figure = scatter.of_points(plots.cloud(x, y, metric, axes, only=only, colour=colour))
    networks = told.networks["network"].astype(str).tolist()
    title = f"{metric}: {x.label} against {y.label}"
    return Part(
        title=title,
        findings=[told.finding],
        plain=plain.told(plainly_assay.of_pair, x, y, metric, axes, only=only),
        method=METHOD,
        limits=LIMITS,
        figures=[Figure(title, f"{metric} on {y.label} against {metric} on {x.label}, one point a network", {"": figure}, told.networks)],
        networks=networks,
        datasets=sorted({x.dataset, y.dataset}),
        scores=behind.scores(networks, [x, y], [metric]),
    )


def _label(text: str) -> str:
    return views.Set.read(text).label
