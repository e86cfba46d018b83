"""What a run found, as sentences with their numbers; whether a remedy helps is read off the interval of its difference from ERM."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from engine.plots import formats
from engine.remedies import worlds
from engine.remedies.spec import RemediesSpec
from engine.training import methods
from engine.training.methods import METHODS, Method


def of_accuracy(found: pd.DataFrame, spec: RemediesSpec, strength: float, chance: float) -> str:
    """Return which remedy keeps most where the confounder is cut off from the class, whether that is more than ERM, and the others; "" without rows.

    Args:
        found: As `views.methods_found` gives.
        spec: The question.
        strength: Of the confounder in training.
        chance: The share that guessing gets right.
    """
    there = _rows(found, strength, worlds.CUT)
    remedies = sorted((row for row in there.values() if METHODS[row["method"]].is_remedy), key=lambda row: -row["difference"])
    if "erm" not in there or not remedies:
        return ""
    best, erm, tied = remedies[0], there["erm"], methods.confounder(spec.system)
    lead = f"**{best['method_title']}**" if _verdict(best) > 0 else f"**No remedy is shown to help.** The best, {best['method_title']},"
    where = f"where {tied.factor} no longer follows {tied.target}"
    text = f"{lead} gets **{_percent(best)}** right {where}, ERM **{_percent(erm)}**: {_difference(best)}."
    text += "".join(f" {_other(row)}" for row in remedies[1:])
    text += _upper(there) + _price(_rows(found, strength, worlds.AS_TRAINED), best)
    return f"{text} Guessing gets {formats.percent(chance)}; {_behind(erm)}."


def _rows(found: pd.DataFrame, strength: float, world: str) -> dict[str, Mapping[Any, Any]]:
    """Return the rows of one strength and world by method."""
    if found.empty:
        return {}
    mine = found[(found["strength"] == strength) & (found["world"] == world)]
    return {row["method"]: row for row in mine.to_dict("records")}


def _verdict(row: Mapping[Any, Any]) -> int:
    """Return 1 where the interval of the difference from ERM lies above 0, -1 where below, 0 where it holds 0."""
    return int(row["difference_low"] > 0) - int(row["difference_high"] < 0)


def _percent(row: Mapping[Any, Any]) -> str:
    return formats.interval(row["value"], row["low"], row["high"], unit="fraction")


def _difference(row: Mapping[Any, Any]) -> str:
    """Return a difference from ERM in points, with its interval."""
    sign, word = (1, "more") if row["difference"] >= 0 else (-1, "less")
    low, high = (formats.fixed(100 * end, 1) for end in sorted((sign * row["difference_low"], sign * row["difference_high"])))
    return f"{formats.number(100 * abs(row['difference']))} points {word} [{low}, {high}]"


def _other(row: Mapping[Any, Any]) -> str:
    said = {1: "also helps", 0: "is not shown to help", -1: "does worse than ERM"}[_verdict(row)]
    return f"{row['method_title']} {said}: {_difference(row)}."


def _upper(there: Mapping[str, Mapping[Any, Any]]) -> str:
    rows = [row for name, row in there.items() if METHODS[name].cut]
    return f" The upper line, trained without that tie, gets {_percent(rows[0])}." if rows else ""


def _price(here: Mapping[str, Mapping[Any, Any]], best: Mapping[Any, Any]) -> str:
    """Return what the best remedy costs where all is as in training, where that is shown."""
    row = here.get(best["method"])
    if row is None or _verdict(row) >= 0:
        return ""
    return f" As in training {best['method_title']} costs {formats.number(-100 * row['difference'])} points ({_percent(row)})."


def _behind(row: Mapping[Any, Any]) -> str:
    seeds = int(row["seeds"])
    return f"n {formats.count(row['n'])} units, the same for all networks; {seeds} seed{'' if seeds == 1 else 's'}"


def of_reliance(found: pd.DataFrame, spec: RemediesSpec, strength: float) -> str:
    """Return how often answers change when only the confounder does, ERM first, then from the method that relies least; "" without rows.

    Args:
        found: As `views.reliance` gives.
        spec: The question.
        strength: Of the confounder in training.
    """
    rows = _rows(found, strength, worlds.OTHER)
    if "erm" not in rows:
        return ""
    factor = methods.confounder(spec.system).factor
    rest = sorted((row for name, row in rows.items() if METHODS[name].is_remedy), key=lambda row: row["value"])
    told = f"**ERM** changes {_percent(rows['erm'])} of its answers when only the {factor} changes"
    others = _listed([f"{row['method_title']} {_percent(row)}" for row in rest]) if rest else ""
    return f"{told}; {others}." if others else f"{told}."


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def of_outside(found: pd.DataFrame, spec: RemediesSpec, strength: float) -> str:
    """Return how far the best method gets where a factor has values that training never shows, about which no remedy was told; "" without rows."""
    rows = _rows(found, strength, worlds.OUTSIDE)
    act = worlds.outside(spec.system)
    if not rows or act is None:
        return ""
    best = max(rows.values(), key=lambda row: row["value"])
    about = methods.confounder(spec.system).factor
    why = "" if act.factor == about else f": a remedy against {about} is none against {act.factor}"
    return f"Where training never shows the {act.factor}, the best of all is {best['method_title']} with {_percent(best)}{why}."


def of_methods(spec: RemediesSpec) -> list[dict[str, str]]:
    """Return what each method of a question does and must be told in training, a row each, to be shown beside the numbers."""
    factor = methods.confounder(spec.system).factor
    told = [METHODS[name] for name in spec.methods]
    rows = [{"method": one.title, "told in training": _told(one), "what it does": one.text, "source": one.source} for one in told]
    return [{name: text.replace("the confounder", f"the {factor}").replace("confounder", factor) for name, text in row.items()} for row in rows]


def _told(method: Method) -> str:
    if method.is_remedy:
        return f"images, labels, and {method.needs}"
    return method.needs or "images and labels only"
