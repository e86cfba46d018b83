"""One arm trained again with another seed: does it fall where one more seed of those that are stored is expected?"""

import re

import numpy as np
import pandas as pd
from jaxtyping import Float

from engine import errors
from engine.plots import formats
from engine.stats import intervals
from engine.training._circuit_arms import BANDWIDTH, PRIOR_WEIGHT, SETTINGS, SIGNATURE_RATE, TRUNCATION, Job
from engine.wiring import arms
from engine.wiring.spec import titles

_CHANGED = re.compile(r"-(eps|tau|prior|sig)(none|[\d.]+)")  # in a circuit's name: how it was trained otherwise than by default


def table(arm: str, seed: int, data: str = "mnist", *, sample: bool = True) -> pd.DataFrame:
    """Return accuracies of one seed beside the arm's other seeds: the mean elsewhere, in distribution, then each set.

    `low` and `high` hold one more seed in 95 of 100 cases, if accuracies of seeds are about normal (Student's prediction interval); few seeds
    make them wide.

    Raises:
        UserError: for an arm or a seed that was not evaluated, with the command that does it, or fewer than two other seeds.
    """
    found = arms.measured(data, sample=sample)
    if arm not in found.families:
        raise errors.unknown("evaluated arm", arm, found.families)
    mine = pd.DataFrame(found.accuracy.loc[arm])
    if seed not in mine.index:
        raise errors.UserError(f"Seed {seed} of {titles()[arm]} was not evaluated as the others were.", f"Do: {command(found, arm, seed)}")
    if len(mine) < 3:
        raise errors.UserError(f"{titles()[arm].capitalize()} has {len(mine) - 1} other seeds.", "An interval needs at least two.")
    everything = pd.concat([mine[found.ood].mean(axis=1).rename("mean elsewhere"), mine], axis=1)
    rows = []
    for name, values in everything.items():
        others = values.drop(seed).to_numpy(np.float64)
        low, high = expected(others)
        new = float(values.loc[seed])
        rows.append({"set": name, "seed": seed, "accuracy": new, "others": len(others), "mean": float(others.mean()), "low": low, "high": high})
        rows[-1]["within"] = bool(low <= new <= high)
    return pd.DataFrame(rows)


def expected(others: Float[np.ndarray, " seeds"]) -> tuple[float, float]:
    """Return where one more value is expected: Student's prediction interval at 95 %, the mean's interval times the root of n + 1."""
    low, high = intervals.of_mean(others)
    middle, half = (low + high) / 2, (high - low) / 2 * float(np.sqrt(len(others) + 1))
    return middle - half, middle + half


def finding(told: pd.DataFrame, arm: str) -> str:
    """Return in a sentence whether the seed falls where one more is expected, on the mean elsewhere, which was fixed beforehand."""
    row = told.iloc[0]
    where = "within" if row["within"] else "outside of"
    low, high = (formats.fixed(100 * float(row[end]), 1) for end in ("low", "high"))
    return (
        f"{titles()[arm].capitalize()}, seed {int(row['seed'])}: {formats.percent(float(row['accuracy']))} on the mean elsewhere, {where} "
        f"[{low}, {high}], where one more seed is expected from {int(row['others'])} others (95 %)."
    )


def command(found: arms.Measured, arm: str, seed: int) -> str:
    """Return the line that trains a seed as the stored ones of its arm were, evaluates it and says where it falls."""
    told = {short: float(value) for short, value in _CHANGED.findall(found.families[arm]) if value != "none"}
    job = Job(
        arm, found.data, seed, told.get("eps", BANDWIDTH), told.get("tau", TRUNCATION), told.get("prior", PRIOR_WEIGHT),
        signature_rate=told.get("sig", SIGNATURE_RATE),
    )  # fmt: skip
    data = "" if found.data == next(iter(SETTINGS)) else f" --data {found.data}"
    return (
        f"{job.command} --offer && python -m engine wiring question{data} | python -m engine run - && "
        f"python -m engine wiring again --arm {arm} --seed {seed}{data}"
    )
