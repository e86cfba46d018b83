"""How many people of each group would be decided otherwise if the inferred group were another. Counts only, never single people."""

import pandas as pd

from engine.datasets import tables
from engine.evidence import behind, heads, plain
from engine.evidence.asked import Asked
from engine.evidence.parts import Figure, Offer, Part, Table
from engine.heads import inside, otherwise, persons
from engine.metrics import groups as group_metrics
from engine.plainly import heads as plainly_heads

PATH = "people"
TITLE = "People"
ORDER = 84
SLACK = 0.02
METHOD = (
    "A network with two heads, or one that is taken apart into two, says of each person how likely the outcome is, and how much the person looks "
    "like one group or the other: the inferred group value. Counted is who of the test side would be decided otherwise if only that value were "
    "another. Up means accepted then only, down accepted now only. Shares have 95 % Wilson intervals over people."
)
LIMITS = (
    "These are questions about the network, not about the people: nothing is claimed about how a person would have been in another group.",
    f"Counts of 1 to {group_metrics.FEWEST_SHOWN - 1} people, and shares that would tell them, are not told; nobody is shown singly.",
)


def offered() -> list[Offer]:
    """Return each question whose networks' weights are kept."""
    return heads.offered(PATH, "Who is decided otherwise")


def part(asked: Asked) -> Part:
    """Return who is decided otherwise, counted by group, and by kinds of people."""
    question, _, network = heads.network(asked)
    slack = asked.number("slack", SLACK)
    two = len(inside.said(network).side.groups) == 2
    how = asked.one("how" if two else "how-many", [way for way in otherwise.WAYS if two or way != "swap"], None, otherwise.WAYS.__getitem__)
    counts = persons.flips(network, how, slack)
    told = without_few(counts)
    finding = otherwise.finding(otherwise.flipped(network, how, slack), told, how)
    title = f"Decided otherwise {otherwise.SAID[how]}: {question[0]} by {question[1]}"
    alt = "For each group and direction the share of the group that would be decided otherwise, with 95 % intervals"
    return Part(
        title=title, findings=[finding], method=METHOD, limits=LIMITS, figures=[Figure(title, alt, {"": otherwise.shares(told)}, told)],
        tables=_kinds(asked, question[0], network, how, slack), networks=[network], datasets=heads.data(question),
        runs=behind.runs_of_heads(*question), paper="heads", plain=plain.told(plainly_heads.of_people, network, how, slack),
    )  # fmt: skip


def without_few(counts: pd.DataFrame) -> pd.DataFrame:
    """Return counts of people (as `persons.flips`) without the shares that would tell a count which is not shown."""
    few = counts["people"].str.startswith("fewer")
    return counts.assign(**{name: counts[name].mask(few) for name in ("share", "low", "high")})


def _kinds(asked: Asked, dataset: str, network: str, how: str, slack: float) -> list[Table]:
    """Return counts by crossings of columns; none of a table of pictures."""
    if tables.card(dataset).pictures is not None:
        return []
    known = otherwise.countable(network)
    by = asked.several(f"by-{dataset}", known, known[:1])[:3]
    return [Table(f"Decided otherwise, by {', '.join(by)}", persons.crossings(network, by, how, slack))] if by else []
