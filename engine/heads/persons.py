"""Who would be decided otherwise, and what both heads say of one person. No torch.

Networks, people and rules are as in `inside`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Int64, UInt8
from scipy import special

from engine import errors
from engine.datasets import tables
from engine.heads import inside, measuring, merge, people, treatment, weights
from engine.heads.inside import PRESSED, Said, apart, recovered, rule, said, typical_of
from engine.heads.spec import Job
from engine.heads.views import job_of
from engine.metrics import groups as group_metrics


def flipped(network: str, how: str = "swap", slack: float = 0.02, split: str = "test") -> pd.DataFrame:
    """Return one row a person who would be decided otherwise, closest to the line first.

    Columns: row (place in the table), direction (up = accepted after, down = accepted before), group (true), label, probability (task head alone),
    boost (b·g against the other group's typical member, of `neutral` against the mean of all, in log-odds), distance (from the line),
    inferred_right (whether the inferred value fits the true group), then the table's own columns (not those of pictures: see `picture`).

    Args:
        network: which network.
        how: `swap` = the inferred group value is swapped for the other group's median under the merged rule (M1); `neutral` = against one value for
            all (M2); `unconstrained` = the pressed network against the unconstrained one (M3).
        slack: of the merged rule; not for `unconstrained`.
        split: which side's people.
    """
    mine, directions, one = _directions(network, how, slack, split)
    chosen = np.flatnonzero(directions != treatment.SAME)
    typical = typical_of(said(network, "val"))
    inferred = treatment.inferred_groups(mine.group, typical)
    other = typical[1 - inferred] if len(typical) == 2 and how != "neutral" else np.broadcast_to(mine.group.mean(0), mine.group.shape)
    line = merge.combined(mine.task, mine.group, one.b) + one.c
    made = pd.DataFrame(
        {
            "row": mine.side.rows[chosen],
            "direction": np.where(directions[chosen] == treatment.UP, "up", "down"),
            "group": np.array(mine.side.groups)[mine.side.members[chosen]],
            "label": mine.side.labels[chosen],
            "probability": special.expit(mine.task[chosen].astype(np.float64)),
            "boost": ((mine.group - other) @ np.asarray(one.b))[chosen],
            "distance": np.abs(line[chosen]),
            "inferred_right": (inferred == mine.side.members)[chosen],
        }
    )
    features = _rows(mine.job).loc[made["row"]].reset_index(drop=True) if tables.card(mine.job.table).pictures is None else pd.DataFrame()
    clash = {name: f"{name} (column)" for name in features.columns if name in made.columns}
    return pd.concat([made, features.rename(columns=clash)], axis=1).sort_values("distance", kind="stable", ignore_index=True)


def _directions(network: str, how: str, slack: float, split: str) -> tuple[Said, Int64[np.ndarray, " n"], merge.Rule]:
    """Return what a network says, whom a change decides otherwise, and the rule."""
    mine = said(network, split)
    if how == "unconstrained":
        plain = said(mine.job.sibling("plain").name, split)
        return mine, treatment.directions(plain.task > 0, mine.task > 0), merge.Rule((0.0,) * mine.group.shape[1], 0.0, float("nan"), float("nan"))
    if how not in {"swap", "neutral"}:
        raise errors.unknown("comparison", how, ("swap", "neutral", "unconstrained"))
    one = apart(network) if mine.job.method in PRESSED else rule(network, slack)
    task = mine.task if mine.job.method not in PRESSED else merge.combined(mine.task, mine.group, recovered(network).b)
    if mine.job.method in PRESSED:
        mine = Said(mine.job, mine.side, (task + np.float32(recovered(network).c)).astype(np.float32), mine.group)
    if how == "neutral":
        return mine, treatment.neutral(mine.task, mine.group, one, mine.group.mean(0).tolist()), one
    if mine.group.shape[1] != 1:
        raise errors.UserError("The swap is defined for two groups.", "Compare with one value for all instead (neutral), or choose two groups.")
    return mine, treatment.head_swap(mine.task, mine.group, one, typical_of(said(network, "val"))), one


def _rows(job: Job) -> pd.DataFrame:
    """Return the columns of everybody by their place in the table."""
    table = people.of(job).table
    frame = table.features.copy()
    frame.index = pd.Index(table.rows if table.rows is not None else np.arange(len(table)))
    return frame


def flips(network: str, how: str = "swap", slack: float = 0.02, split: str = "test") -> pd.DataFrame:
    """Return who is decided otherwise in numbers: group, direction, people (as may be shown), share, low, high, n."""
    mine, directions, _ = _directions(network, how, slack, split)
    found = []
    for k, group in enumerate(mine.side.groups):
        for name, direction in (("up", treatment.UP), ("down", treatment.DOWN)):
            chosen = directions[mine.side.members == k] == direction
            told = measuring.share(mine.job, "share", chosen)
            found.append((group, name, group_metrics.hidden({"n": int(chosen.sum())})["n"], told.value, told.low, told.high, told.n))
    return pd.DataFrame(found, columns=["group", "direction", "people", "share", "low", "high", "n"])


def crossings(network: str, by: Sequence[str], how: str = "swap", slack: float = 0.02, split: str = "test") -> pd.DataFrame:
    """Return how many of each crossing of columns are decided otherwise: crossing, n, up, down; counts of 1 to 4 are shown as “fewer than 5” only.

    Raises:
        UserError: for a column that the table does not have.
    """
    mine, directions, _ = _directions(network, how, slack, split)
    frame = _rows(mine.job).loc[mine.side.rows]
    for column in by:
        if column not in frame.columns:
            raise errors.unknown("column", column, frame.columns)
    keys = tables.crossed([np.array([tables.MISSING if pd.isna(v) else str(v) for v in frame[column]]) for column in by])
    counted = pd.DataFrame({"crossing": keys, "up": directions == treatment.UP, "down": directions == treatment.DOWN})
    found = counted.groupby("crossing").agg(n=("up", "size"), up=("up", "sum"), down=("down", "sum")).reset_index()
    for column in ("n", "up", "down"):
        found[column] = [group_metrics.hidden({"n": int(n)})["n"] for n in found[column]]
    return found


def person(network: str, features: Mapping[str, Any], slack: float = 0.02) -> dict[str, Any]:
    """Return what both heads say of one person with these columns, and what the swap of the inferred group value does; nothing is stored.

    Keys: task, probability, group (raw values), accepted (task head alone), b, c, merged (accepted by the merged rule), swapped (accepted after
    the swap; None with more than two groups), inputs (how many). A pressed network is taken apart, as in `flipped`: `task` is its recovered
    score, the rule gives its own decision.

    Raises:
        UserError: where a column is missing, or a number is none.
    """
    job = job_of(network)
    encoder = people.of(job).encoder
    inputs = encoder.encode(pd.DataFrame([{column.name: features.get(column.name) for column in encoder.columns if column.name in features}]))
    side = people.Side(inputs, np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros(1, np.int64), people.of(job).groups)
    heads = measuring.heard(weights.read(network), side)
    group = heads.group if heads.group.shape[1] else inside.read_out(job)(heads.last)
    one, task = rule(network, slack), heads.task
    if job.method in PRESSED:
        back, one = recovered(network), apart(network)
        task = (merge.combined(task, group, back.b) + np.float32(back.c)).astype(np.float32)
    after = treatment.swapped(group, typical_of(said(network, "val"))) if group.shape[1] == 1 else None
    return {
        "task": float(task[0]), "probability": float(special.expit(float(task[0]))), "group": group[0].tolist(),
        "accepted": bool(task[0] > 0), "b": list(one.b), "c": one.c, "merged": bool(merge.decide(task, group, one)[0]),
        "swapped": None if after is None else bool(merge.decide(task, after, one)[0]), "inputs": inputs.shape[1],
    }  # fmt: skip


def somebody(network: str, row: int) -> dict[str, Any]:
    """Return one person's columns by the place in the table, as `person` takes them; raises UserError for a place that is not there."""
    frame = _rows(job_of(network))
    if row not in frame.index:
        raise errors.UserError(f"There is nobody in row {row} of this question.", f"Rows go from {frame.index.min()} to {frame.index.max()}.")
    return {str(name): None if pd.isna(value) else value for name, value in frame.loc[row].to_dict().items()}


def picture(network: str, row: int) -> UInt8[np.ndarray, "h w c"]:
    """Return the picture in a row of a table whose columns are pixels; raises UserError for other tables and rows."""
    shape = tables.card(job_of(network).table).pictures
    if shape is None:
        raise errors.UserError("The people of this table have no pictures.", "Show their columns instead.")
    return np.array(list(somebody(network, row).values()), np.uint8).reshape(shape)
