"""The sweep's findings in words: for a terminal, and as the part of the README that is written by them."""

import re
from typing import Any

from engine import errors, store
from engine.assay import population
from engine.plots import formats
from engine.sweep import findings
from engine.sweep.findings import Finding
from engine.sweep.spec import DOMAINS, PREFIX, SweepSpec, shards

BEGIN, END = "<!-- findings -->", "<!-- /findings -->"


def progress(*, sample: bool = True) -> tuple[int, int, int, int]:
    """Return how many networks and shards of the whole grid the store has: networks, of, shards, of."""
    every = shards(SweepSpec())
    over = [shard for shard in every if (found := store.manifest(shard.run)) is not None and found.finished]
    there = population.networks_of(PREFIX, sample=sample)
    return len(there), sum(len(shard.jobs) for shard in every), len(over), len(every)


def lines(*, sample: bool = True) -> list[str]:
    """Return the findings for a terminal."""
    told = [_counted(sample=sample), ""]
    for one in findings.all_of(sample=sample):
        told += [f"{one.verdict.upper()}: {one.claim}", f"    {one.measured}."]
        told += [f"    Rule: {one.rule}."] if one.rule else []
    return [*told, "", _shares_say(sample=sample)]


def _counted(*, sample: bool) -> str:
    networks, every, done, of = progress(sample=sample)
    size = f"{formats.count(networks)} of {formats.count(every)} networks ({done} of {of} shards)"
    seeds = population.networks_of(PREFIX, sample=sample)["seed"].nunique()
    pairs = len(DOMAINS) * (len(DOMAINS) - 1)
    return f"{size} on {len(DOMAINS)} digit domains, {pairs} pairs of sets, {seeds} seed{'' if seeds == 1 else 's'}."


def _shares_say(*, sample: bool) -> str:
    told = [f"{row['factor'].replace('_', ' ')} {_share(row)}" for row in findings.shares(sample=sample).to_dict("records")]
    return f"What matters most (share of the variance of mean OOD accuracy among networks of one training set): {', '.join(told)}."


def _share(row: dict[Any, Any]) -> str:
    return f"{100 * row['elsewhere']:.0f} % [{100 * row['elsewhere_low']:.0f}, {100 * row['elsewhere_high']:.0f}]"


def section(*, sample: bool = True) -> str:
    """Return the findings as a document shows them, with their marks."""
    table = [f"| {one.claim} | {_cell(one)} | **{one.verdict}** |" for one in findings.all_of(sample=sample)]
    head = ["| Finding of the paper | In this sweep | Verdict |", "|---|---|---|"]
    intro = (
        f"{_counted(sample=sample)} Small networks, not ImageNet ones: a verdict is about these. Numbers compare networks within pairs; "
        "brackets are 95 % intervals, over networks or over paired cells of the grid, as the n beside them says. "
        "`python -m engine sweep --findings` recomputes all of this and prints the rule behind each verdict."
    )
    return "\n".join([BEGIN, "## What the sweep found", "", intro, "", *head, *table, "", _shares_say(sample=sample), END])


def _cell(one: Finding) -> str:
    return one.measured.replace("|", "\\|")


def written(text: str, *, sample: bool = True) -> str:
    """Return a document with the findings between its marks written anew.

    Raises:
        UserError: where the document has no such marks.
    """
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise errors.UserError("The document has no place for the findings.", f"Put {BEGIN} and {END} where they shall stand.")
    made = section(sample=sample)
    return re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: made, text, flags=re.DOTALL)
