"""What to try first on a system: a few interventions that its graph and its laws suggest, none of them written down by hand."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from engine import systems
from engine.systems import Condition, Cut, Do, Factor, Intervention, Latents, System

DRAWN = 2000  # units that tell which factor goes most with the class
PARTS = 8  # that a continuous factor is cut into
LITTLE = 0.01  # share of the class's entropy below which a factor does not go with it


@dataclass(frozen=True)
class Start:
    """An intervention to begin with, and the question it asks."""

    act: Intervention
    label: str
    question: str


def starts(system: System) -> tuple[Start, ...]:
    """Return up to four: an edge to cut, a factor to set that goes with the class, a value and a number that training never shows."""
    drawn = systems.sample(system, DRAWN)
    ties = {factor.name: tie(drawn, factor.name) for factor in system.factors if factor.name != system.target}
    found = [_cut(system, ties), _tied(system, drawn, ties), _unseen(system, ties), _beyond(system)]
    return tuple({start.act: start for start in found if start}.values())


def tie(drawn: Latents, factor: str) -> float:
    """Return how much of the class's entropy a factor tells, from 0 to 1: their mutual information over the class's entropy."""
    joint = np.zeros((len(drawn.system.classes), PARTS if not drawn.system.factor(factor).categorical else len(drawn.system.factor(factor).domain)))
    np.add.at(joint, (drawn.labels, _coded(drawn, factor)), 1 / len(drawn))
    entropy = _entropy(joint.sum(1))
    return (entropy + _entropy(joint.sum(0)) - _entropy(joint.ravel())) / entropy if entropy > 0 else 0.0


def _entropy(shares: np.ndarray) -> float:
    known = shares[shares > 0]
    return float(-(known * np.log(known)).sum())


def _coded(drawn: Latents, factor: str) -> Int[np.ndarray, " n"]:
    """Return a factor's values as codes, numbers cut at their quantiles."""
    column = drawn.values[factor]
    if drawn.system.factor(factor).categorical:
        return column
    edges = np.quantile(column, np.linspace(0, 1, PARTS + 1)[1:-1])
    return np.searchsorted(edges, column, side="right").astype(np.int64)


def _cut(system: System, ties: dict[str, float]) -> Start | None:
    """Cut the edge that ties the class most to something else: one from the class, or else from a cause that the two share."""
    edges = [edge for edge in system.edges if edge.target != system.target]
    if not edges:
        return None
    edge = max(edges, key=lambda one: (one.confounded, one.source == system.target, ties[one.target]))
    return Start(Cut(edge.source, edge.target), f"Cut {edge.source} → {edge.target}", f"What if {edge.target} no longer followed {edge.source}?")


def _tied(system: System, drawn: Latents, ties: dict[str, float]) -> Start | None:
    """Set the visible factor that goes most with the class to the value that gives the class away most."""
    shown = [factor for factor in system.factors if not factor.hidden and ties.get(factor.name, 0.0) > LITTLE]
    if not shown:
        return None
    factor = max(shown, key=lambda one: ties[one.name])
    value = telling(drawn, factor)
    set_to = value if isinstance(value, str) else _rounded(factor, sum(value) / 2)
    return _set(factor, set_to, f"What if {factor.name} were {{}} for every {system.target}?")


def telling(drawn: Latents, factor: Factor) -> str | tuple[float, float]:
    """Return the value under which one class is most frequent, the first of equal ones; of a number the part of its range.

    Values that are drawn rarely are passed over. Exact where all causes have names, else by the units that are drawn.
    """
    codes = _coded(drawn, factor.name)
    count = len(factor.domain) if factor.categorical else PARTS
    joint = np.zeros((count, len(drawn.system.classes)))
    np.add.at(joint, (codes, drawn.labels), 1.0)
    often = joint.sum(1) >= len(drawn) / (4 * count)
    peaks = joint.max(1) / np.maximum(joint.sum(1), 1)
    if factor.categorical:
        exact = [_peak(drawn.system, factor.name, value) if common else None for value, common in zip(factor.domain, often, strict=True)]
        peaks = np.array([share if known is None else known for share, known in zip(peaks, exact, strict=True)])
    best = int(np.where(often, peaks.round(9), -1).argmax())
    if factor.categorical:
        return factor.domain[best]
    low, high = np.quantile(drawn.values[factor.name], [best / PARTS, (best + 1) / PARTS]).tolist()
    return _rounded(factor, low), _rounded(factor, high)


def _peak(system: System, factor: str, value: str) -> float | None:
    """Return how frequent the most frequent class is where a factor has a value; None where that is not exact."""
    found = systems.probabilities(system, system.target, (), (Condition(factor, (value,)),), n=1)
    return max(found.probability) if found.exact else None


def _unseen(system: System, ties: dict[str, float]) -> Start | None:
    """Set a factor to a value that training never shows, if there is one: a factor that the graph joins to the class before others."""
    found = {}
    for factor in system.factors:
        if factor.categorical and factor.name != system.target:
            known = systems.support(system, factor.name).values
            found[factor] = [value for value in factor.domain if value not in known]
    factor = max((one for one, values in found.items() if values), key=lambda one: ties[one.name], default=None)
    return None if factor is None else _set(factor, found[factor][-1], f"What if {factor.name} were {{}}, which training never shows?")


def _beyond(system: System) -> Start | None:
    """Set the number whose domain reaches furthest beyond training, half the way there."""
    found = [(_reach(system, factor), factor) for factor in system.factors if not factor.categorical]
    (reach, value), factor = max(((one, factor) for one, factor in found), key=lambda pair: pair[0][0], default=((0.0, 0.0), None))
    if factor is None or reach <= 0:
        return None
    return _set(factor, _rounded(factor, value), f"What if {factor.name} were {{}}, beyond anything in training?")


def _reach(system: System, factor: Factor) -> tuple[float, float]:
    """Return how far the domain reaches above training, in widths of training, and the number halfway; 0 for a fixed factor."""
    intervals = systems.support(system, factor.name).intervals
    low, high = intervals[0][0], intervals[-1][1]
    width, top = high - low, factor.limits[1]
    return (min((top - high) / width, 100.0), high + (top - high) / 2) if width > 0 else (0.0, high)


def _rounded(factor: Factor, value: float) -> float:
    """Return a number with as few digits as still tell it from its neighbours in the domain."""
    low, high = factor.limits
    step = 10.0 ** np.floor(np.log10((high - low) / 20))
    return float(np.clip(round(float(np.round(value / step) * step), 10), low, high))


def _set(factor: Factor, value: str | float, question: str) -> Start:
    act = Do(factor.name, value)
    written = value if isinstance(value, str) else f"{value:g}"
    return Start(act, f"Set {factor.name} = {written}", question.format(written))
