"""What it costs to treat groups alike, and what changes for whom."""

from engine.evidence import behind, heads, plain
from engine.evidence.asked import Asked
from engine.evidence.parts import Figure, Offer, Part, Table
from engine.heads import frontier
from engine.plainly import heads as plainly_heads
from engine.plots import scatter
from engine.plots.markdown import spoken

PATH = "frontier"
TITLE = "Frontier"
ORDER = 80
METHOD = (
    "Each point is a network, or a rule made from one. Right is the gap: by how much more often one group is accepted than the other; up is "
    "accuracy. Lambda says how hard a network was pressed towards equal groups; slack is the largest gap that a rule was allowed on validation "
    "people. Everything shown was measured on test people. The upright line is the gap of the outcomes themselves."
)
LIMITS = (
    "Accuracy is agreement with recorded outcomes, which may be unjust themselves.",
    "An equal share accepted says nothing about who is accepted within a group.",
)


def offered() -> list[Offer]:
    """Return every question that networks were trained for."""
    return heads.offered(PATH, "Accuracy against gap", kept=False)


def part(asked: Asked) -> Part:
    """Return accuracy against gap of a question, and what one of its networks does."""
    question, known, network = heads.network(asked)
    asked.text("slack")
    each = frontier.EACH[asked.one("each", frontier.EACH)]
    decided, lead, more = frontier.sentences(question, network)
    told = frontier.drawn(question, each)
    figure = scatter.of_points(told.points, fitted="gap of the outcomes")
    title = f"Accuracy against gap: {question[0]} by {question[1]} ({question[2]})"
    alt = "Accuracy against the gap between groups, for every network and rule; the upright line is the gap of the outcomes"
    return Part(
        title=title,
        findings=[spoken(sentence) for sentence in lead],
        more=[spoken(sentence) for sentence in more],
        plain=plain.told(plainly_heads.of_place, question, network),
        method=f"{decided} {METHOD}",
        limits=LIMITS,
        figures=[Figure(title, alt, {"": figure}, told.rows, captions=[frontier.under(question, each)])],
        tables=[Table("Networks, hard and soft", frontier.table(question))],
        networks=known["network"].astype(str).tolist(),
        datasets=heads.data(question),
        runs=behind.runs_of_heads(*question),
        paper="heads",
    )
