"""Where a network keeps the group: what its layers tell of it, what it changed, what each slack asks, and how far controls come. No single people."""

from engine.evidence import behind, heads
from engine.evidence.asked import Asked
from engine.evidence.parts import Figure, Offer, Part, Table
from engine.heads import inside, plainly, plots, readings, views
from engine.plots import lines
from engine.plots.markdown import spoken

PATH = "inside"
TITLE = "Inside"
ORDER = 82
METHOD = (
    "A network gives each person a score for the outcome; a second head, or a read-out fitted on its last layer, gives a group value. Both added up "
    "decide. How well a layer tells the group is the accuracy of a read-out that is fitted on training people and asked about test people. Each "
    "claim stands beside what chance reaches: directions drawn at random in the same layer, noise, networks pressed about groups dealt out at "
    "random."
)
LIMITS = (
    "What can be read from a layer need not be what the network uses; the controls bound that, they do not settle it.",
    "The plane of single people is left out of reports: it would show each of them.",
    "A claim that is not clear of its controls is weak.",
)


def offered() -> list[Offer]:
    """Return each question with the network that is looked at first."""
    return heads.offered(PATH, "Inside networks")


def part(asked: Asked) -> Part:
    """Return what a network keeps of the group, beside its controls."""
    question, known, network = heads.network(asked)
    asked.text("slack")
    title = f"{question[0]} by {question[1]} ({question[2]})"
    figures, found = [], []
    figure, rows, said = readings.awareness(question)
    alt = "Accuracy with which the group is told from each layer, by lambda, with floor and ceilings"
    figures.append(Figure(f"Does a layer tell the group? {title}", alt, {"": figure}, rows, captions=[said]))
    figure, rows, said = readings.shift(question)
    found.append(said)
    if len(rows):
        alt = "Area under the curve of the change of the score for the group, by lambda, with the shuffled control as floor"
        figures.append(Figure(f"Does what was changed tell the group? {title}", alt, {"": figure}, rows))
    claim = asked.one("claim", plots.CLAIMS, None, plots.CLAIMS.__getitem__)
    figure, rows, said = readings.controls(question, claim)
    if len(rows):
        alt = f"{plots.CLAIMS[claim]}, by lambda: the trained read-out, the range of ten random directions, noise"
        figures.append(Figure(f"{plots.CLAIMS[claim]}: {title}", alt, {"": figure}, rows, captions=[said]))
    told: list[Table] = []
    if bool(known.set_index("network")["kept"][network]):
        figures += [*_slacks(network), _agreement(network)]
        if views.job_of(network).method in inside.PRESSED:
            told.append(Table("Probability that it asks of a typical member of each group", inside.implied(network)[["group", "threshold"]]))
    return Part(
        title=f"Inside {views.job_of(network).title}: {title}", findings=[spoken(sentence) for sentence in plainly.of_network(network)], more=found,
        method=METHOD, limits=LIMITS, figures=figures, tables=told, networks=[network],
        datasets=heads.data(question), runs=behind.runs_of_heads(*question), paper="heads",
    )  # fmt: skip


def _agreement(network: str) -> Figure:
    figure, rows, said = readings.agreement(network)
    return Figure(f"Who decides alike? {network}", "Share of people that any two classifiers decide alike", {"": figure}, rows, captions=[said])


def _slacks(network: str) -> list[Figure]:
    """Return accuracy and gap of the merged heads by the gap that is allowed; none where the network has no second head beside it."""
    source = plots.heads_of(network)
    if source is None or len(inside.said(source).side.groups) != 2:
        return []
    rows = readings.path(plots.plane(source))
    shown = rows.assign(gap=rows["gap"].abs()).melt("slack", ["accuracy", "gap"], "network", "value")
    figure = lines.curves(shown, x_title="largest gap allowed (slack)", y_title="share of people", x="slack", within=(0.0, 1.0))
    alt = "Accuracy and the size of the gap between groups on test people, by the largest gap that the merged heads may have on validation people"
    return [Figure("What each slack costs", alt, {"": figure}, rows)]
