"""What was found of one pressed network, in sentences from stored numbers: who is treated otherwise, how sure that is, what the controls say."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from engine import errors
from engine.heads import views
from engine.heads.inside import PRESSED

Told = Mapping[tuple[str, str], "Number"]


@dataclass(frozen=True)
class Number:
    """A stored number with its interval."""

    value: float
    low: float
    high: float

    def percent(self) -> str:
        """Return it as a percentage."""
        return f"{100 * self.value:.1f} %"

    def between(self) -> str:
        """Return it with its interval, where it has one."""
        if math.isnan(self.low):
            return f"{self.value:.3f}"
        return f"{self.value:.3f} (95 %: {self.low:.3f} to {self.high:.3f})"


def sentences(network: str) -> list[str]:
    """Return what is known of a pressed network, each a sentence; what was not measured is left out.

    Raises:
        UserError: for a network that was not pressed, or an unknown one.
    """
    job = views.job_of(network)
    if job.method not in PRESSED:
        raise errors.UserError(f"“{network}” was not pressed towards equal groups.", "Choose one with a lambda.")
    rows = views.numbers(job.table, views.asked(job), job.constraint)
    mine, plain, ceiling = (_told(rows, one) for one in (network, job.sibling("plain").name, job.sibling("ceiling").name))
    shuffled = rows[(rows["method"] == "shuffled") & (rows["metric"] == "shift_auc") & (rows["part"] == "")]["value"]
    groups = sorted({part.removeprefix("group=") for metric, part in mine if metric == "selection_rate" and part})
    found = [*_decided(mine, plain, groups), *_people(mine, plain, groups), *_inside(mine, plain, ceiling), *_controls(mine)]
    if len(shuffled) and ("shift_auc", "") in mine:
        found.append(f"A network pressed about shuffled groups reaches {shuffled.mean():.2f} of the same area: that is the floor here, not 0.5.")
    return found


def _told(rows: pd.DataFrame, network: str) -> dict[tuple[str, str], Number]:
    own = rows[(rows["network"] == network) & ~rows["method"].isin(views.RULES) & rows["value"].notna()]
    columns = (own[name] for name in ("metric", "part", "value", "low", "high"))
    return {(metric, part): Number(value, low, high) for metric, part, value, low, high in zip(*columns, strict=True)}


def _decided(mine: Told, plain: Told, groups: list[str]) -> Iterator[str]:
    """Yield acceptance by group, gaps hard and soft, what it costs, what else opened."""
    before, after = (", ".join(f"{g} {told['selection_rate', f'group={g}'].percent()}" for g in groups) for told in (plain, mine))
    yield f"It accepts {after}; the unconstrained network accepts {before}."
    soft, was = mine["soft_gap", ""].value, plain["gap", ""].value
    yield f"Its gap is {mine['gap', ''].between()} in decisions and {soft:.3f} in probabilities; in decisions it was {was:.3f}."
    yield f"Its accuracy is {mine['accuracy', ''].between()}; it was {plain['accuracy', ''].value:.3f}."
    share = mine["most_frequent_decision", ""]
    if share.value >= views.NEAR_CONSTANT:
        balanced = mine["balanced_accuracy", ""].value
        yield f"It decides nearly the same of everybody ({share.percent()} alike); its balanced accuracy is {balanced:.3f}, of 0.5 for a constant."
    for metric, name in (("demographic_parity_difference", "selection rates"), ("equal_opportunity_difference", "true positive rates")):
        if (metric, "") in mine and (metric, "") in plain and mine[metric, ""].low > plain[metric, ""].high:
            yield f"The difference of {name} grew from {plain[metric, ''].value:.3f} to {mine[metric, ''].between()}."


def _people(mine: Told, plain: Told, groups: list[str]) -> Iterator[str]:
    """Yield who is decided otherwise than by the unconstrained network, beside what the seed alone changes."""
    moved = [
        f"{mine[f'changed_{way}', f'group={g}'].percent()} of {g} {'are accepted only now' if way == 'up' else 'are turned down only now'}"
        for g in groups
        for way in ("up", "down")
        if mine.get((f"changed_{way}", f"group={g}"), Number(0, 0, 0)).value > 0
    ]
    yield f"{mine['changed', ''].percent()} of people are decided otherwise than by the unconstrained network: {', '.join(moved) or 'nobody'}."
    if ("agreement", "with=second seed") in plain:
        alone = 1 - plain["agreement", "with=second seed"].value
        yield f"Two unconstrained networks that differ in their seed alone disagree on {100 * alone:.1f} %."


def _inside(mine: Told, plain: Told, ceiling: Told) -> Iterator[str]:
    """Yield how well the last layer and the shift of scores tell the group, with floor and ceiling."""
    last = max((part for metric, part in mine if metric == "awareness_accuracy" and part.startswith("layer=")), default=None)
    if last and ("awareness_accuracy", "inputs, network") in ceiling:
        yield (
            f"Its last layer tells the group with accuracy {mine['awareness_accuracy', last].between()}; the unconstrained network's"
            f" {plain['awareness_accuracy', last].value:.3f}, guessing {plain['awareness_accuracy', 'floor'].value:.3f}, all inputs"
            f" {ceiling['awareness_accuracy', 'inputs, network'].value:.3f}."
        )
    if ("shift_auc", "") in mine:
        yield f"What was changed in the scores tells the group with an area under the curve of {mine['shift_auc', ''].between()}."


def _controls(mine: Told) -> Iterator[str]:
    """Yield claims B and C, each beside random read-outs and noise."""
    said = {
        "merged_agreement": "Merged heads with the same gap decide as it does for {} of people",
        "recovered_accuracy": "With the group read-out added back its accuracy is {}",
    }
    for metric, sentence in said.items():
        if (metric, "read-out=trained") not in mine:
            continue
        drawn = [number.value for (name, part), number in mine.items() if name == metric and part.startswith("read-out=random")]
        noise = mine[metric, "read-out=noise"].percent()
        trained = mine[metric, "read-out=trained"].percent()
        yield f"{sentence.format(trained)}; read-outs in random directions reach {100 * min(drawn):.1f} to {100 * max(drawn):.1f} %, noise {noise}."
