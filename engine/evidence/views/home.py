"""How far networks fall elsewhere, over every pair of a training set and another."""

from engine import errors
from engine.assay import findings, plots, views
from engine.evidence import behind
from engine.evidence.asked import Asked
from engine.evidence.parts import Figure, Offer, Part, Table

PATH = "home"
TITLE = "What networks do elsewhere"
ORDER = 0
METHOD = (
    "Each point is a network that was trained on one set and asked about another with the same classes: across, its accuracy on test images of "
    "the set it was trained on; up, its accuracy on the other set. On the dashed line nothing would be lost. Bars are 95 % Wilson intervals "
    "over images."
)
LIMITS = ("Means over networks count every network the same, whatever its architecture.", "Intervals are over images, not over networks or seeds.")


def offered() -> list[Offer]:
    """Return this view, where two sets were compared."""
    return [Offer(PATH, "How far networks fall elsewhere", usual=True)] if len(views.pairs_known()) else []


def part(asked: Asked) -> Part:
    """Return the fall of every pair."""
    falls = views.falls()
    if falls.empty:
        raise errors.UserError("No network has been compared between its own set and another yet.", "Run an evaluation: python -m engine run.")
    figure, rows = plots.falls()
    sets = [views.Set(str(name)) for name in {*falls["id"], *falls["ood"]}]
    networks = sorted(rows["network"].astype(str).unique())
    alt = "Accuracy elsewhere against accuracy in distribution, a point a network and set, with 95 % intervals"
    return Part(
        title="How far networks fall elsewhere",
        findings=[findings.of_store(falls) or ""],
        method=METHOD,
        limits=LIMITS,
        figures=[Figure("Accuracy here and elsewhere", alt, {"": figure}, rows)],
        tables=[Table("Every pair", falls, ["id", "ood", "networks", "id_accuracy", "ood_accuracy", "gap", "spearman", "images_ood"])],
        networks=networks,
        datasets=sorted(one.dataset for one in sets),
        scores=behind.scores(networks, sets, ["accuracy"]),
    )
