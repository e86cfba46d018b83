"""What a threshold for each group does to rates and gaps, and what a repair of one gap opens elsewhere."""

from engine.evidence import behind, heads, plain
from engine.evidence.asked import Asked
from engine.evidence.parts import Figure, Offer, Part, Table
from engine.heads import cuts, cutting, frontier, inside, told
from engine.plainly import heads as plainly_heads

PATH = "thresholds"
TITLE = "Thresholds"
ORDER = 86
METHOD = (
    "The network gives each person a probability of the favourable outcome; who reaches the threshold is accepted. Thresholds that bring equal "
    "shares or equal chances were fitted on validation people and are measured on test people. Intervals are 95 %; a rate of fewer than 10 people "
    "is not estimable."
)
LIMITS = (
    "Thresholds by group need to know everybody's group when they decide.",
    "Equal shares and equal chances are different wishes: thresholds that bring one often take the other away.",
    told.SCOPE,
)


def offered() -> list[Offer]:
    """Return each question whose networks' weights are kept."""
    return heads.offered(PATH, "Thresholds by group")


def part(asked: Asked) -> Part:
    """Return rates of each group and gaps between them at the thresholds of the address; without some, at those that equalise shares."""
    question, _, network = heads.network(asked, lambda known: cuts.unconstrained(known) or frontier.first_network(known))
    groups = inside.said(network).side.groups
    written = asked.text("at")
    best = cutting.best_thresholds(network, cuts.SLACK, "parity")
    at = cuts.read(written, groups) if written else [round(best[group], 2) for group in groups]
    said = ", ".join(f"{group} {value:g}" for group, value in zip(groups, at, strict=True))
    asked.told["at"] = said
    rates, _ = cutting.at_thresholds(network, dict(zip(groups, at, strict=True)))
    words, gaps = cuts.cut(network, groups, tuple(at))
    shown = rates.assign(told=[cuts.worded(row) for row in rates.to_dict("records")])
    alt = "For each group the share accepted, true and false positive rates, precision and accuracy, with 95 % intervals"
    return Part(
        title=f"Thresholds by group: {question[0]} by {question[1]}", findings=[cuts.finding(network, groups)], method=METHOD, limits=LIMITS,
        figures=[Figure(f"Rates at {said}", alt, {"": told.figure(shown, groups)}, shown)],
        tables=[Table(f"Rates at {said}", words), Table("Gaps between groups", gaps)], networks=[network],
        datasets=heads.data(question), runs=behind.runs_of_heads(*question), paper="heads", plain=plain.told(plainly_heads.of_thresholds, network),
    )  # fmt: skip
