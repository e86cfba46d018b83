"""Counterfactual pairs: what changing one factor of the same units does to each network's answers. Every number is paired."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from engine.interventions import sight
from engine.interventions.alike import Changed
from engine.interventions.asking import Change
from engine.plots import formats
from engine.stats import intervals, multiplicity, paired

CLEAR = 0.05  # a p below this, made larger for the number of networks, is told as a change


def rows(said: Mapping[str, Any]) -> pd.DataFrame:
    """Return one row a network: how many answers flip, how accuracy changes, by the same units before and after.

    `lost` counts units that were answered right before and wrong after, `gained` the other way; `p` is McNemar's exact one, `p_holm` the same
    for as many tests as there are networks. The share of flipped answers has Wilson's interval, the difference of accuracies the paired one.

    Args:
        said: The reply to `asking.Change`.
    """
    labels = np.array(said["labels_before"]), np.array(said["labels_after"])
    found = pd.DataFrame([_row(said, i, labels) for i in range(len(said["networks"]))])
    if found.empty:
        return found
    return found.assign(p_holm=multiplicity.adjusted(found["p"].to_numpy(float), "holm"))


def _row(said: Mapping[str, Any], i: int, labels: tuple[np.ndarray, np.ndarray]) -> dict[str, Any]:
    before, after = np.array(said["predicted_before"][i]), np.array(said["predicted_after"][i])
    right_before, right_after = before == labels[0], after == labels[1]
    compared, flipped = paired.compare(right_after, right_before), int((before != after).sum())
    low, high = intervals.wilson(flipped, len(before))
    return {
        "network": said["networks"][i], "n": len(before), "flipped": flipped, "share": flipped / len(before), "share_low": low, "share_high": high,
        "before": float(right_before.mean()), "after": float(right_after.mean()), "lost": compared.second_only, "gained": compared.first_only,
        "difference": compared.difference, "low": compared.low, "high": compared.high, "p": compared.p,
    }  # fmt: skip


def flips(said: Mapping[str, Any]) -> pd.DataFrame:
    """Return one row a network and unit whose answer flips, those first that most networks flip on, then by how sure the answer was before."""
    classes, units = said["classes"], said["units"]
    found = [
        {
            "unit": units[j], "network": network, "label": classes[said["labels_before"][j]], "before": classes[said["predicted_before"][i][j]],
            "after": classes[said["predicted_after"][i][j]], "right_before": said["predicted_before"][i][j] == said["labels_before"][j],
            "right_after": said["predicted_after"][i][j] == said["labels_after"][j],
            "confidence_before": said["confidence_before"][i][j], "confidence_after": said["confidence_after"][i][j],
        }
        for i, network in enumerate(said["networks"]) for j in range(len(units))
        if said["predicted_before"][i][j] != said["predicted_after"][i][j]
    ]  # fmt: skip
    columns = ["unit", "network", "label", "before", "after", "right_before", "right_after", "confidence_before", "confidence_after"]
    frame = pd.DataFrame(found, columns=columns)
    by = frame.groupby("unit")["network"].transform("size")
    sure = frame["confidence_before"] + frame["confidence_after"]
    order = frame.assign(by=by, sure=sure).sort_values(["by", "sure", "unit", "network"], ascending=[False, False, True, True], kind="stable")
    return order.drop(columns=["by", "sure"]).reset_index(drop=True)


def finding(asked: Change, found: pd.DataFrame) -> str:
    """Return what a change does, in Markdown: the network that it changes most, and the one that it changes least."""
    if found.empty:
        return ""
    order = found.sort_values("share", kind="stable")
    least, most = order.iloc[0].to_dict(), order.iloc[-1].to_dict()
    begin = f"{_step(asked)} flips the answer of **{most['network']}** on {_share(most)} and {_accuracy(most)}"
    if len(found) == 1:
        return f"{begin}."
    return f"{begin}; that of **{least['network']}** on {_share(least)} and {_accuracy(least)}."


def _step(asked: Change) -> str:
    before = f" from {asked.before}" if asked.before else ""
    return f"Changing {asked.factor}{before} to {asked.after or 'what it would have been'}, everything else as it was,"


def _share(row: Mapping[Any, Any]) -> str:
    share = formats.interval(row["share"], row["share_low"], row["share_high"], unit="fraction")
    return f"{formats.share(row['flipped'], row['n'], 'units')}, {share},"


def _accuracy(row: Mapping[Any, Any]) -> str:
    """Return what becomes of accuracy, with the counts behind it; what chance may have done is not told as a change."""
    counts = f"{formats.count(row['lost'])} lost, {formats.count(row['gained'])} gained, p {chance(row['p_holm'])}"
    if row["p_holm"] >= CLEAR:
        return f"does not clearly change its accuracy ({counts})"
    verb = "lowers" if row["difference"] < 0 else "raises"
    points = 100 * abs(row["difference"])
    bounds = sorted(100 * abs(row[end]) for end in ("low", "high"))
    return f"{verb} its accuracy by {points:.1f} points [{bounds[0]:.1f}, {bounds[1]:.1f}] ({counts})"


def chance(p: float) -> str:
    """Return a p value in words.

    >>> chance(0.02), chance(2.474e-29)
    ('0.020', '< 0.001')
    """
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def reached(changed: Changed, factor: str) -> tuple[str, ...]:
    """Return the factors besides the changed one that the change reaches, causes before effects, in any of the units."""
    seen = sight.Sight(changed.after, changed.before)
    return tuple(name for name, moved in seen.changed().items() if name != factor and moved.any())


def pixels(changed: Changed) -> Sequence[float]:
    """Return, for each unit, the share of its picture's pixels that the change reaches."""
    moved = (changed.pictures_before != changed.pictures_after).any(axis=3)
    return moved.mean(axis=(1, 2)).tolist()
