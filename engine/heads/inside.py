"""What one network says of people, from its weights: the two-head plane, rules and slacks, agreement, where it comes from. No torch.

A network is named as `views.networks` lists it; its weights must be kept. People are those of the test side unless another is named; rules are
fitted on validation people. Of a network without a group head, g is the least-squares read-out of its last layer.
"""

import dataclasses
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Float32, Float64, Int64
from scipy import special

from engine import errors
from engine.datasets import tables
from engine.heads import awareness, measuring, merge, people, treatment, weights
from engine.heads.spec import HeadsSpec, Job
from engine.heads.views import asked, job_of, numbers

REGULARISERS = ("squared", "absolute")
PRESSED = (*REGULARISERS, "shuffled")


@dataclass(frozen=True, eq=False)
class Said:
    """What one network says of one side's people: task logits f, group values g. Of a network without a group head, g is a least-squares read-out."""

    job: Job
    side: people.Side
    task: Float32[np.ndarray, " n"]
    group: Float32[np.ndarray, "n k"]


def said(network: str, split: str = "test") -> Said:
    """Return what a network says of people; kept while its weights and the table stay as they are."""
    return said_by(job_of(network), split)


def said_by(job: Job, split: str) -> Said:
    """Return what the network of a job says of people."""
    return _said(job, split, tables.load(job.table).digest, str(weights.find(job.name)))


@functools.lru_cache(maxsize=24)
def _said(job: Job, split: str, _digest: str, _file: str) -> Said:
    side = people.of(job).side(split)
    heads = measuring.heard(weights.read(job.name), side)
    group = heads.group if heads.group.shape[1] else read_out(job)(heads.last)
    return Said(job, side, heads.task.astype(np.float32), group.astype(np.float32))


def read_out(job: Job) -> awareness.ReadOut:
    """Return the least-squares read-out of the group from a network's last layer, fitted on training people."""
    return _read_out(job, tables.load(job.table).digest, str(weights.find(job.name)))


@functools.lru_cache(maxsize=24)
def _read_out(job: Job, _digest: str, _file: str) -> awareness.ReadOut:
    train = people.of(job).side("train")
    return awareness.least_squares(weights.read(job.name).hidden(train.inputs)[-1], train.members, len(train.groups))


@functools.lru_cache(maxsize=16)
def _rules(network: str, _file: str, slacks: tuple[float, ...]) -> tuple[merge.Rule, ...]:
    val = said(network, "val")
    return tuple(merge.search(val.task, val.group, val.side.to_fit(val.job.constraint), slacks))


def rule(network: str, slack: float) -> merge.Rule:
    """Return the merged rule of a network's two heads (or of its task head and read-out) within a slack, fitted on validation people."""
    return _rules(network, str(weights.find(network)), (float(slack),))[0]


@dataclass(frozen=True, eq=False)
class Plane:
    """The two-head plane: one dot a person, task logit against group value; and how the line tilts with the slack."""

    groups: tuple[str, ...]
    task: Float32[np.ndarray, " n"]
    group: Float32[np.ndarray, " n"]
    members: Int64[np.ndarray, " n"]
    labels: Int64[np.ndarray, " n"]
    rows: Int64[np.ndarray, " n"]
    medians: tuple[float, ...]  # of g in each true group, on validation people
    slacks: pd.DataFrame  # slack, b, c, accuracy_val, gap_val, accuracy, gap, changed, threshold:<group>


def plane(network: str, split: str = "test", group: str = "") -> Plane:
    """Return the plane of a network: accept where f + b·g + c > 0; `changed` is the share in the wedge between that line and f = 0.

    Args:
        network: which network.
        split: which side's people.
        group: with more than two groups, the one that is set against all others: g is its own value, and (b, c) equalise it with the rest.

    Raises:
        UserError: for more than two groups of which none is named, or one that is not known.
    """
    mine, val = said(network, split), said(network, "val")
    if mine.group.shape[1] == 1:
        return _plane(mine, val, path(network))
    if group not in mine.side.groups:
        one = "More than two groups have more than one group value, and no plane."
        raise errors.unknown("group", group, mine.side.groups) if group else errors.UserError(one, "Choose one to set against all others.")
    mine, val = against_rest(mine, group), against_rest(val, group)
    return _plane(mine, val, list(_path_of(network, str(weights.find(network)), group)))


def _plane(mine: Said, val: Said, rules: Sequence[tuple[float, merge.Rule]]) -> Plane:
    typical = typical_of(val)
    return Plane(
        mine.side.groups, mine.task, mine.group[:, 0], mine.side.members, mine.side.labels, mine.side.rows, tuple(typical[:, 0].tolist()),
        _slacks(mine, val, rules),
    )  # fmt: skip


def against_rest(mine: Said, group: str) -> Said:
    """Return what a network says where one group is set against all others: two groups, the others first, and the one group's own value."""
    place = mine.side.groups.index(group)
    side = dataclasses.replace(mine.side, members=(mine.side.members == place).astype(np.int64), groups=(f"not {group}", group))
    return Said(mine.job, side, mine.task, mine.group[:, [place]])


@functools.lru_cache(maxsize=16)
def _path_of(network: str, _file: str, group: str) -> tuple[tuple[float, merge.Rule], ...]:
    """Return slack and rule that equalise one group with all others, from near equality to the gap that there is."""
    val = against_rest(said(network, "val"), group)
    return tuple(merge.path(val.task, val.group, val.side.to_fit(val.job.constraint)))


def slacks(network: str, split: str = "test") -> pd.DataFrame:
    """Return the path of rules of a network, a row a slack.

    Columns: slack, b, c, accuracy_val, gap_val, accuracy, gap, changed, and each group's implied threshold (`threshold:GROUP`).
    """
    return _slacks(said(network, split), said(network, "val"), path(network))


def _slacks(mine: Said, val: Said, rules: Sequence[tuple[float, merge.Rule]]) -> pd.DataFrame:
    found = []
    for slack, one in rules:
        decisions = merge.decide(mine.task, mine.group, one)
        implied = treatment.implied_thresholds(one, typical_of(val))
        found.append(
            {
                "slack": slack, "b": one.b[0] if len(one.b) == 1 else list(one.b), "c": one.c, "accuracy_val": one.accuracy, "gap_val": one.gap,
                "accuracy": float((decisions == mine.side.labels).mean()), "gap": merge.gap(decisions, mine.side.to_fit(mine.job.constraint)),
                "changed": float((decisions != (mine.task > 0)).mean()),
                **{f"threshold:{group}": float(t) for group, t in zip(mine.side.groups, implied, strict=True)},
            }
        )  # fmt: skip
    return pd.DataFrame(found)


def path(network: str) -> list[tuple[float, merge.Rule]]:
    """Return slack and merged rule from near equality to the network's own gap: as its run stored them, else searched for now."""
    stored = _stored(network)
    if stored:
        return stored
    val = said(network, "val")
    few = merge.SLACKS if val.group.shape[1] == 1 else merge.SLACKS_OF_MANY
    grid = merge.slack_grid(abs(merge.gap(val.task > 0, val.side.to_fit(val.job.constraint))), few)
    return list(zip(grid, _rules(network, str(weights.find(network)), grid), strict=True))


def _stored(network: str) -> list[tuple[float, merge.Rule]]:
    """Return the path that the run of a network with two heads stored; empty for the others."""
    job = job_of(network)
    found = numbers(job.table, asked(job), job.constraint, ["b", "c", "accuracy", "gap"], split=None)
    found = found[(found["network"] == network) & (found["method"] == "merged") & ((found["split"] == "val") | found["metric"].isin(["b", "c"]))]
    if found.empty:
        return []
    groups = people.of(job).groups
    rules = []
    for part, mine in found.groupby(found["part"].str.partition(";")[0], sort=True):
        told = {
            (metric, group): float(value)
            for metric, group, value in zip(mine["metric"], mine["part"].str.partition(";group=")[2], mine["value"], strict=True)
        }
        b = (told["b", ""],) if ("b", "") in told else tuple(told["b", group] for group in groups)
        rules.append((float(str(part).removeprefix("slack=")), merge.Rule(b, told["c", ""], told["accuracy", ""], told["gap", ""])))
    return rules


def typical_of(val: Said) -> Float64[np.ndarray, "groups k"]:
    """Return the group values of a typical member of each group."""
    return treatment.medians(val.group, val.side.members, len(val.side.groups))


def implied(network: str, slack: float | None = None) -> pd.DataFrame:
    """Return what is asked of a typical member of each group: group, threshold (a probability), said (a sentence).

    With a slack, of the merged rule; without, of a pressed network as it is, taken apart into an accurate score and a group value (S6).
    """
    val = said(network, "val")
    found = rule(network, slack) if slack is not None else apart(network)
    thresholds = treatment.implied_thresholds(found, typical_of(val))
    sentences = [f"A typical member of {group} needs p ≥ {t:.2f}." for group, t in zip(val.side.groups, thresholds, strict=True)]
    return pd.DataFrame({"group": val.side.groups, "threshold": thresholds, "said": sentences})


def recovered(network: str) -> merge.Rule:
    """Return the rule that adds the group read-out back to a pressed network for accuracy alone (S6): accept where phi + w·g + c > 0; `b` is w."""
    return rule(network, measuring.ACCURACY_ONLY)


def apart(network: str) -> merge.Rule:
    """Return a pressed network as a rule on its recovered score: phi = fhat + beta·g + gamma with beta = -w, gamma = -c."""
    found = recovered(network)
    return merge.Rule(tuple(-w for w in found.b), -found.c, found.accuracy, found.gap)


def decisions_of(network: str, slack: float | None = None, split: str = "test") -> dict[str, Bool[np.ndarray, " n"]]:
    """Return the decisions that belong together: unconstrained, fair (this network), merged, recovered, second seed; those that can be made.

    Merged heads have the gap that this network has on validation people, or the slack. For a network with two heads, “fair” is its own merged rule.
    """
    job = job_of(network)
    mine = said(network, split)
    found: dict[str, Bool[np.ndarray, " n"]] = {}
    plain, heads = job.sibling("plain").name, job.sibling("two_heads").name
    if weights.find(plain):
        found["unconstrained"] = said(plain, split).task > 0
    if job.method in PRESSED:
        val = said(network, "val")
        found["fair"] = mine.task > 0
        reached = abs(merge.gap(val.task > 0, val.side.to_fit(job.constraint))) if slack is None else slack
        found["recovered"] = merge.decide(mine.task, mine.group, recovered(network))
    else:
        reached = slack if slack is not None else 0.02
    if weights.find(heads):
        two = said(heads, split)
        found["merged"] = merge.decide(two.task, two.group, rule(heads, reached))
    second = job.sibling("plain", job.seed - 1 if job.seed else job.seed + 1)
    if weights.find(second.name):
        found["second seed"] = said_by(second, split).task > 0
    return found


def agreement(network: str, slack: float | None = None, split: str = "test") -> pd.DataFrame:
    """Return which share of people any two of `decisions_of` decide alike: a, b, agreement, n; every ordered pair."""
    found = decisions_of(network, slack, split)
    pairs = [(a, b, float((x == y).mean()), len(x)) for a, x in found.items() for b, y in found.items()]
    return pd.DataFrame(pairs, columns=["a", "b", "agreement", "n"])


def provenance(network: str) -> dict[str, Any]:
    """Return where a network comes from: table, rows, sides, seed, lambda, groups, inputs, command; and the table's licence and citation."""
    job = job_of(network)
    everybody, card = people.of(job), tables.card(job.table)
    sizes = {split: int((everybody.table.splits == split).sum()) for split in tables.SPLITS}
    pressed = (job.strength,) if job.strength else ()
    question = HeadsSpec(
        table=job.table, group=job.group, values=job.values, constraint=job.constraint,  # type: ignore[arg-type]
        seeds=(job.seed,), hidden=job.hidden, excluded=job.excluded,
        regularisers=(job.method,) if job.method in REGULARISERS else (), lambdas=pressed if job.method in REGULARISERS else (),
        shuffled=pressed if job.method == "shuffled" else (),
    )  # fmt: skip
    return {
        "network": network, "title": job.title, "table": card.title, "label": card.label, "positive": card.positive, "attribute": job.group,
        "groups": list(everybody.groups), "people": len(everybody.labels), "sides": sizes, "inputs": everybody.inputs.shape[1], "method": job.method,
        "strength": job.strength, "seed": job.seed, "hidden": list(job.hidden), "parameters": weights.read(network).parameters(),
        "question": question.text(), "licence": card.licence, "source": card.source, "citation": card.citation,
    }  # fmt: skip


def probabilities(network: str, split: str = "test") -> Float[np.ndarray, " n"]:
    """Return each person's probability of the favourable outcome, as the task head says."""
    return special.expit(said(network, split).task.astype(np.float64))
