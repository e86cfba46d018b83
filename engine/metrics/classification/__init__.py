"""Metrics of one network's answers to one set, from logits and labels, one file each. NumPy only.

A file here is a metric. Its docstring is its card (a title line, then plain text) and it offers

- `VERSION` (raised when numbers change), `UNIT` ("fraction", "nats", ...), `BETTER` ("higher", "lower" or "neither"),
  `CITATION`;
- `compute(logits, labels) -> float`, NaN where it is undefined; `UNDEFINED` is the sentence that then says why.

That is enough: the interval comes from resampling. Optional are

- `NEEDS`, a tuple out of "temperature" and "groups": `compute` and `statistics` get what is named as a further keyword,
  the temperature as a number, the groups as the values of one column, one an example;
- `PER = "class"` or `"group"`: the metric is computed for each class, or for each value of each group column;
- `statistics(logits, labels) -> (n, k)`, what each example adds, as a NumPy or a SciPy sparse array, and
  `combine(sums, n)`, from sums of the shape (..., k) to the metric, so that `compute` equals
  `combine(statistics.sum(axis=0), n)` and all resamples cost one product;
- with these `INTERVAL = "wilson"`, for a mean of zeros and ones, or `null(sums, n)`, for a distance that noise pushes
  up: the sums it would have at distance 0 (see `engine.stats.bootstrap.inverted`);
- `measure(logits, labels) -> Measure` for a metric with an interval of its own.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from engine import errors, registry
from engine.metrics import measures
from engine.metrics.measures import Measure
from engine.stats import bootstrap, intervals

ROOM = "metrics/classification"
MOST_GROUPS = 100
SLOW_NUMBERS = 2 * 10**8  # logits that a metric without `statistics` reads over all its resamples
FEWEST_RESAMPLES = 100

Column = Sequence[Any] | np.ndarray


def names() -> tuple[str, ...]:
    """Return all metrics, sorted."""
    return registry.names(ROOM)


def card(name: str) -> registry.Card:
    """Return a metric's card, read without importing it; raises UserError for an unknown name, with the nearest."""
    _known(name)
    return registry.card(ROOM, name)


def _known(name: str) -> None:
    if name not in (known := names()):
        raise errors.unknown("metric", name, known)


def measure(
    name: str,
    logits: Float[np.ndarray, "n classes"],
    labels: Int[np.ndarray, " n"],
    *,
    class_names: Sequence[str] = (),
    groups: Mapping[str, Column] | None = None,
    temperature: float | None = None,
) -> list[Measure]:
    """Return what a metric says: one measure, or one a class, a group column or a group.

    A class or group that no example has gets no measure. Intervals are of 95 %, seeded, and the same however often they
    are asked for.

    Args:
        name: A metric of this room.
        logits: One row an example, over the classes to measure on (cut the others away before).
        labels: Each example's class, as the place of its column.
        class_names: Names for the slices of metrics that are measured for each class; numbers where left out.
        groups: Group column -> each example's value; None or "" is no value, such examples are in no group.
        temperature: Fitted on the in-distribution set, see `engine.stats.temperature.fit`.

    Raises:
        UserError: for an unknown metric, labels outside the classes, or a group column of another length.
    """
    _known(name)
    metric = registry.load(ROOM, name)
    _check(logits, labels, class_names, groups)
    if reason := measures.trouble(logits) or _lacking(metric, groups, temperature):
        return [measures.absent(len(labels), reason)]
    return [
        replace(_measured(metric, part.of(logits), part.of(labels), part.given), slice=part.slice)
        if part.reason is None
        else measures.absent(len(labels), part.reason, part.slice)
        for part in _parts(metric, labels, class_names, groups or {}, temperature)
    ]


@dataclass(frozen=True)
class _Part:
    """Which examples to measure on, and what the metric gets besides logits and labels."""

    slice: str | None
    rows: Int[np.ndarray, " part"] | None = None  # None = all
    given: Mapping[str, Any] = field(default_factory=dict)
    reason: str | None = None

    def of(self, array: np.ndarray) -> np.ndarray:
        """Return this part's rows of an array."""
        return array if self.rows is None else array[self.rows]


def _check(logits: np.ndarray, labels: np.ndarray, class_names: Sequence[str], groups: Mapping[str, Column] | None) -> None:
    n, classes = logits.shape
    if len(labels) != n:
        raise ValueError(f"{len(labels)} labels for {n} rows of logits")
    if class_names and len(class_names) != classes:
        raise ValueError(f"{len(class_names)} class names for {classes} columns of logits")
    if outside := int(((labels < 0) | (labels >= classes)).sum()):
        raise errors.UserError(
            f"{outside} of {n} labels lie outside the {classes} classes of the logits.",
            "Map the data set's labels to the network's classes, counted from 0.",
        )
    for column, values in (groups or {}).items():
        if len(values) != n:
            raise errors.UserError(f"The group column “{column}” has {len(values)} values for {n} examples.", "Give one value an example.")


def _lacking(metric: ModuleType, groups: Mapping[str, Column] | None, temperature: float | None) -> str | None:
    """Return what the metric needs and did not get, as a sentence."""
    needs = getattr(metric, "NEEDS", ())
    if "temperature" in needs and temperature is None:
        return "No temperature is known: it is fitted on the network's in-distribution set, which was not evaluated."
    if "temperature" in needs and temperature is not None and not temperature > 0:
        return f"A temperature must be above 0, this one is {temperature}."
    if "groups" in needs and not groups:
        return "This set has no group columns."
    return None


def _parts(
    metric: ModuleType,
    labels: Int[np.ndarray, " n"],
    class_names: Sequence[str],
    groups: Mapping[str, Column],
    temperature: float | None,
) -> Iterator[_Part]:
    needs, per = getattr(metric, "NEEDS", ()), getattr(metric, "PER", None)
    given = {"temperature": temperature} if "temperature" in needs else {}
    if per == "class":
        said = _distinct(class_names)
        for index, rows in _rows_by_value(labels):
            yield _Part(f"class={said[index] if said else index}", rows, given)
    elif per == "group":
        for column, values in groups.items():
            yield from _groups_of(column, _texts(values), given)
    elif "groups" in needs:
        for column, values in groups.items():
            yield _column(column, _texts(values), given)
    else:
        yield _Part(None, given=given)


def _column(column: str, values: np.ndarray, given: Mapping[str, Any]) -> _Part:
    rows = np.flatnonzero(values != "")
    if not len(rows):
        return _Part(f"group:{column}", reason=f"No example has a value in the group column “{column}”.")
    return _Part(f"group:{column}", rows, {**given, "groups": values[rows]})


def _groups_of(column: str, values: np.ndarray, given: Mapping[str, Any]) -> Iterator[_Part]:
    found = [(value, rows) for value, rows in _rows_by_value(values) if value != ""]
    if not found:
        yield _Part(f"group:{column}", reason=f"No example has a value in the group column “{column}”.")
    elif len(found) > MOST_GROUPS:
        reason = f"“{column}” has {len(found)} different values; at most {MOST_GROUPS} are measured one by one."
        yield _Part(f"group:{column}", reason=reason)
    else:
        for value, rows in found:
            yield _Part(f"group:{column}={value}", rows, given)


def _rows_by_value(values: np.ndarray) -> Iterator[tuple[Any, np.ndarray]]:
    """Yield each value, sorted, with the places where it stands."""
    found, first = np.unique(np.sort(values), return_index=True)
    yield from zip(found.tolist(), np.split(np.argsort(values, kind="stable"), first[1:]), strict=True)


def _texts(values: Column) -> np.ndarray:
    """Return group values as text, with "" for None and NaN."""
    return np.array(["" if value is None or value != value else str(value) for value in values], dtype=np.str_)


def _distinct(class_names: Sequence[str]) -> list[str]:
    """Return class names in which no two are equal: a repeated one gets its place behind it."""
    repeated = {name for name, times in Counter(class_names).items() if times > 1}
    return [f"{name} #{index}" if name in repeated else name for index, name in enumerate(class_names)]


def _measured(metric: ModuleType, logits: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"], given: Mapping[str, Any]) -> Measure:
    if hasattr(metric, "measure"):
        return metric.measure(logits, labels, **given)
    statistics = metric.statistics(logits, labels, **given) if hasattr(metric, "statistics") else None
    if statistics is None:
        value = float(metric.compute(logits, labels, **given))
    else:
        value = float(metric.combine(np.asarray(statistics.sum(axis=0), dtype=np.float64), len(labels)))
    if math.isnan(value):
        undefined = getattr(metric, "UNDEFINED", "The metric is undefined on these examples.")
        return Measure(value, None, None, len(labels), reason=undefined)
    quick = statistics is not None
    low, high = _quick_interval(metric, statistics) if quick else _slow_interval(metric, logits, labels, given)
    return measures.of(value, low, high, len(labels))


def _quick_interval(metric: ModuleType, statistics: Any) -> tuple[float, float]:
    if getattr(metric, "INTERVAL", None) == "wilson":
        return intervals.wilson(int(statistics.sum()), statistics.shape[0])
    if hasattr(metric, "null"):
        return bootstrap.inverted(statistics, metric.combine, metric.null)
    return bootstrap.interval(statistics, metric.combine)


def _slow_interval(metric: ModuleType, logits: np.ndarray, labels: np.ndarray, given: Mapping[str, Any]) -> tuple[float, float]:
    """Return the interval of a metric that only computes: fewer resamples where there are many logits."""

    def compute(rows: np.ndarray) -> float:
        drawn = {key: value[rows] if key == "groups" else value for key, value in given.items()}
        return float(metric.compute(logits[rows], labels[rows], **drawn))

    resamples = min(bootstrap.RESAMPLES, max(FEWEST_RESAMPLES, SLOW_NUMBERS // logits.size))
    return bootstrap.resampled(compute, len(labels), resamples=resamples)
