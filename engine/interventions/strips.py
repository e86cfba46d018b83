"""The prediction strip: what networks say to one unit at each value of a factor, as rows, and what that comes to, as a sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool

from engine import systems
from engine.interventions import sentences
from engine.interventions.settings import Level
from engine.plots import formats


@dataclass(frozen=True)
class Held:
    """Where one network answers a unit right, as a factor is set to one value after another."""

    network: str
    answer: str  # as the unit is
    right: bool  # as the unit is
    kept: tuple[str | float, ...]  # values at which it is right; of a number, those reached from the unit's own without a mistake on the way
    wrong_in_training: bool  # whether it is wrong at the next value, of a name at any, that training shows


def rows(said: Mapping[str, Any], levels: Sequence[Level]) -> pd.DataFrame:
    """Return one row a network and value: the answer, its probability, that of the true class, and whether training shows the value.

    Args:
        said: The reply to `asking.Path`.
        levels: The values, as `settings.levels` gives them.
    """
    classes = said["classes"]
    return pd.DataFrame(
        {
            "network": network, "value": level.text if level.place is None else level.place, "in_training": level.inside,
            "label": classes[said["labels"][j]], "answer": classes[said["predicted"][i][j]],
            "right": said["predicted"][i][j] == said["labels"][j], "confidence": said["confidence"][i][j], "truth": said["truth"][i][j],
        }
        for i, network in enumerate(said["networks"]) for j, level in enumerate(levels)
    )  # fmt: skip


def held(said: Mapping[str, Any], levels: Sequence[Level]) -> list[Held]:
    """Return where each network is right."""
    return [_held(said, i, levels) for i in range(len(said["networks"]))]


def _held(said: Mapping[str, Any], i: int, levels: Sequence[Level]) -> Held:
    own = said["own"]
    right = [answer == label for answer, label in zip(said["predicted"][i], said["labels"], strict=True)]
    network, answer, right_now = said["networks"][i], said["classes"][own["predicted"][i]], own["predicted"][i] == own["label"]
    if levels[0].place is None:
        kept = tuple(level.text for level, fine in zip(levels, right, strict=True) if fine)
        return Held(network, answer, right_now, kept, any(level.inside and not fine for level, fine in zip(levels, right, strict=True)))
    values = [float(level.place or 0.0) for level in levels]
    below = max((j for j, value in enumerate(values) if value <= own["value"] and not right[j]), default=-1)
    above = min((j for j, value in enumerate(values) if value >= own["value"] and not right[j]), default=len(levels))
    kept = tuple(values[below + 1 : above]) if right_now else ()
    return Held(network, answer, right_now, kept, any(levels[j].inside for j in (below, above) if 0 <= j < len(levels)))


def telling(own: Bool[np.ndarray, "networks units"], along: Bool[np.ndarray, "levels networks units"]) -> int:
    """Return the place of the unit on which networks part most as a factor is set, the first of equal ones.

    Looked at are the units that all networks answer right as they are; 0 where there is none.

    Args:
        own: Who is right on which unit as it is.
        along: Who is right at each value of the factor.
    """
    right = along.sum(axis=0)
    apart = np.where(own.all(axis=0), right.max(axis=0) - right.min(axis=0), -1)
    return int(apart.argmax()) if apart.max() >= 0 else 0


def finding(system: systems.System, factor: str, unit: int, said: Mapping[str, Any], levels: Sequence[Level]) -> str:
    """Return what the strip shows, in Markdown: who is right as the unit is, and how far that holds as the factor is set."""
    if not said["networks"]:
        return ""
    about, found, own = system.factor(factor), held(said, levels), said["own"]
    right = sum(one.right for one in found)
    value = own["value"] if about.categorical else _amount(float(own["value"]), about)
    who = f"{formats.share(right, len(found), 'networks')} {'says' if right == 1 else 'say'} so"
    begin = f"Unit {unit} is **{said['classes'][own['label']]}**; as it is ({factor} {value}), {who}."
    told = _of_names if about.categorical else _of_numbers
    training = sentences.of_support(systems.support(system, factor))
    shown = training if about.categorical else training.replace("-", formats.MINUS)
    return f"{begin} {told(about, found, levels)} Training shows {shown}."


def _of_names(about: systems.Factor, found: Sequence[Held], levels: Sequence[Level]) -> str:
    order = sorted(found, key=lambda one: -len(one.kept))
    parts = [f"**{one.network}** is right at {formats.share(len(one.kept), len(levels))}" for one in _ends(order)]
    return f"With {about.name} set to each value, {', '.join(parts)}."


def _of_numbers(about: systems.Factor, found: Sequence[Held], levels: Sequence[Level]) -> str:
    order = sorted((one for one in found if one.right), key=lambda one: float(one.kept[-1]) - float(one.kept[0]) if one.kept else -1.0, reverse=True)
    if not order:
        return f"None of them is right to begin with, so nothing is lost by setting {about.name}."
    return f"{'; '.join(_stays(one, about, levels) for one in _ends(order))}."


def _ends(order: Sequence[Held]) -> Sequence[Held]:
    """Return the first and the last."""
    return order if len(order) < 2 else (order[0], order[-1])


def _stays(one: Held, about: systems.Factor, levels: Sequence[Level]) -> str:
    """Return how far one network that is right as the unit is stays so."""
    if len(one.kept) == len(levels):
        return f"**{one.network}** stays right all the way from {_amount(about.limits[0], about)} to {_amount(about.limits[1], about)}"
    inside = ", wrong already within what training shows" if one.wrong_in_training else ""
    if not one.kept:
        return f"**{one.network}** is wrong at the next values to either side{inside}"
    return f"**{one.network}** stays right from {_amount(float(one.kept[0]), about)} to {_amount(float(one.kept[-1]), about)}{inside}"


def _amount(value: float, about: systems.Factor) -> str:
    unit = f"{formats.THIN}{about.unit}" if about.unit and len(about.unit) < 12 else ""
    return f"{value:.3g}{unit}".replace("-", formats.MINUS)


def runs(found: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `rows` with neighbours of the same answer joined: one row a stretch of values."""
    new = (found["answer"] != found["answer"].shift()) | (found["network"] != found["network"].shift())
    grouped = found.groupby(new.cumsum(), sort=False)
    return grouped.agg(
        network=("network", "first"), start=("value", "first"), end=("value", "last"), values=("value", "size"), answer=("answer", "first"),
        right=("right", "mean"), least_confidence=("confidence", "min"), in_training=("in_training", "mean"),
    ).reset_index(drop=True)  # fmt: skip
