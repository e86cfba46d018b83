"""What was found, for people who train no networks: two or three sentences, bold numbers with their intervals, from what is stored.

Shares are in percent, gaps in percentage points. `findings.sentences` says more of a pressed network, and in the field's words.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from engine.datasets import tables
from engine.heads import inside, merge, views
from engine.heads.spec import Job
from engine.plots import formats

OF = {merge.PARITY: "", merge.OPPORTUNITY: " whose outcome is favourable"}
LARGEST = {merge.PARITY: "demographic_parity_difference", merge.OPPORTUNITY: "equal_opportunity_difference"}
RATE = {merge.PARITY: "selection_rate", merge.OPPORTUNITY: "tpr"}


def decided(table: str, constraint: str) -> str:
    """Return what a network decides, and what is to be equal."""
    card = tables.card(table)
    equal = "the same share of each group" if constraint == merge.PARITY else "the same share of each group among those whose outcome is favourable"
    return f"A network accepts a person of whom it says: {card.positive}. It is pressed to accept {equal}."


def of_question(dataset: str, attribute: str, constraint: str = merge.PARITY) -> str:
    """Return what networks do that nobody presses: rates and gap over seeds; raises UserError where the question has no answer."""
    rows = views.numbers(dataset, attribute, constraint, [RATE[constraint], "gap", "accuracy"])
    plain = rows[(rows["method"] == "plain")]
    rates = plain[(plain["metric"] == RATE[constraint]) & plain["part"].str.startswith("group=")]
    by_group = rates.assign(group=rates["part"].str.removeprefix("group=")).groupby("group")["value"].mean().sort_values(ascending=False)
    said = _listed([f"**{formats.percent(value)} of the group {group}**{OF[constraint]}" for group, value in by_group.items()])
    what = "a gap" if len(by_group) == 2 else "a largest gap"
    own = plain[plain["part"] == ""]
    gap, accuracy = (own.loc[own["metric"] == name, "value"].to_numpy(np.float64) for name in ("gap", "accuracy"))
    return (
        f"Unconstrained networks accept {said}: {what} of **{points(gap.mean())} points** ({_range(gap)}). They are right about"
        f" {formats.percent(float(accuracy.mean()))} of people."
    )


def of_network(network: str) -> list[str]:
    """Return what one network does differently, for whom, and how sure that is; raises UserError for an unknown one."""
    job = views.job_of(network)
    rows = views.numbers(job.table, views.asked(job), job.constraint)
    mine = rows[(rows["network"] == network) & (rows["method"] == job.method)]
    if job.method in inside.PRESSED:
        return [*_changed(mine, rows, job), _reached(mine, job, "It"), *_told(mine, rows)]
    if job.method == "two_heads":
        return [_reached(mine, job), "Its second head says how much a person looks like a member of the group; merging adds that to the score."]
    return [_reached(mine, job)]


def points(value: float) -> str:
    """Return a difference of shares in percentage points.

    >>> points(0.1734)
    '17.3'
    """
    return formats.fixed(100 * value, 1)


def _range(values: np.ndarray) -> str:
    if len(values) < 2:
        return "one seed"
    return f"{points(values.min())} to {points(values.max())} over {len(values)} seeds"


def _one(rows: pd.DataFrame, metric: str, part: str = "") -> tuple[float, float, float] | None:
    found = rows[(rows["metric"] == metric) & (rows["part"] == part)][["value", "low", "high"]].astype(np.float64)
    return None if found.empty else tuple(found.iloc[0])


def _reached(mine: pd.DataFrame, job: Job, who: str = "") -> str:
    """Return gap and accuracy of a network, with intervals over people."""
    gap, accuracy = _one(mine, "gap"), _one(mine, "accuracy")
    if gap is None or accuracy is None:
        return f"Of this network ({job.title}) no gap was measured."
    if np.isnan(gap[1]):  # more than two groups: the largest difference has its interval as a metric
        gap = _one(mine, LARGEST[job.constraint]) or gap
    sure = "" if np.isnan(gap[1]) else f" (95 %: {points(gap[1])} to {points(gap[2])})"
    told = f"{who or f'This network ({job.title})'} has a gap of **{points(gap[0])} points**{sure}"
    return f"{told} and is right about {formats.percent(accuracy[0])} of people.{_alike(mine)}"


def _alike(mine: pd.DataFrame) -> str:
    """Return what flags a network that decides nearly the same of everybody; empty for the others."""
    near, balanced = _one(mine, "most_frequent_decision"), _one(mine, "balanced_accuracy")
    if near is None or near[0] < views.NEAR_CONSTANT:
        return ""
    beside = f"; its balanced accuracy is {formats.percent(balanced[0])}, a constant has 50 %" if balanced else ""
    return f" **It decides nearly the same of everybody** ({formats.percent(near[0])} alike){beside}."


def _changed(mine: pd.DataFrame, rows: pd.DataFrame, job: Job) -> list[str]:
    """Return who is decided otherwise than by the unconstrained network of the same seed, and what the seed alone changes."""
    changed = _one(mine, "changed")
    if changed is None:
        return []
    shares = mine[mine["metric"].isin(["changed_up", "changed_down"])].sort_values("value", ascending=False)
    moved = [
        f"**{_share(row)} of the group {row['part'].removeprefix('group=')}** {_way(row['metric'])}" for row in shares.head(2).to_dict("records")
    ]
    plain = rows[rows["network"] == job.sibling("plain").name]
    alone = _one(plain[plain["method"] == "plain"], "agreement", "with=second seed")
    beside = (
        f" Two unconstrained networks that differ in nothing but chance (the seed) disagree about {100 * (1 - alone[0]):.1f}{formats.THIN}%."
        if alone
        else ""
    )
    of_all = f"**{100 * changed[0]:.1f}{formats.THIN}% of people**"
    return [f"This network ({job.title}) decides {of_all} otherwise than the unconstrained one: {_listed(moved)}.{beside}"]


def _share(row: dict) -> str:
    sure = "" if np.isnan(row["low"]) else f" [{formats.fixed(100 * row['low'], 1)}, {formats.fixed(100 * row['high'], 1)}]"
    return f"{formats.fixed(100 * row['value'], 1)}{formats.THIN}%{sure}"


def _way(metric: str) -> str:
    return "are accepted only now" if metric == "changed_up" else "are turned down only now"


def _listed(texts: Sequence[str]) -> str:
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts) or "nobody"


def _told(mine: pd.DataFrame, rows: pd.DataFrame) -> list[str]:
    """Return how well the change of the score tells the group, with its floor."""
    shift = _one(mine, "shift_auc")
    control = rows[(rows["method"] == "shuffled") & (rows["metric"] == "shift_auc") & (rows["part"] == "")]["value"]
    if shift is None:
        return []
    floor = f" The control, pressed about groups dealt out at random, gives {100 * float(control.mean()):.0f}." if len(control) else ""
    said = f"**{100 * shift[0]:.0f} of 100** cases (95 %: {100 * shift[1]:.0f} to {100 * shift[2]:.0f}); guessing gives 50.{floor}"
    return [f"From what it changed in the scores, and nothing else, one can tell which of two people belongs to which group in {said}"]
