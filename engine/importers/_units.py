"""Steps of the audit that settle units: percent or fractions, rows in another unit than the others, shares outside 0..1."""

from dataclasses import replace

import numpy as np
import pandas as pd

from engine import safety
from engine.importers import _mapping
from engine.importers._desk import KEEP, LEAVE_CELLS, LEAVE_ROWS, Desk, details_of, plural, said_rows, settle_cells
from engine.importers._mapping import KEPT_AS_IS
from engine.importers._parsed import Parsed

ROUNDING = 1e-9
SLIPPED = 2.0  # fractions with an impossible one among them go no further; percent do


def _metric_groups(parsed: Parsed) -> list[tuple[int, np.ndarray]]:
    """Return (column, rows) of numbers that have one unit: a column, or in long tables the rows of one metric."""
    found = []
    metrics = np.array([place.get("metric", "") for place in parsed.places], object)
    codes, different = pd.factorize(metrics)
    for column in range(len(parsed.columns)):
        found += [(column, np.flatnonzero(codes[parsed.place] == i) if len(different) > 1 else np.arange(parsed.n)) for i in range(len(different))]
    return found


def settle_units(desk: Desk) -> None:
    """Bring shares to fractions; where nobody said the unit of a column, its numbers tell."""
    parsed = desk.parsed
    scale, raw = np.ones_like(parsed.value), np.zeros(parsed.value.shape, bool)
    kinds: dict[str, list[str]] = {"percent": [], "fraction": []}
    found: list[tuple[int, np.ndarray, str]] = []
    for column, rows in _metric_groups(parsed):
        metric = parsed.places[parsed.place[rows[0]]].get("metric", parsed.targets[column].metric) if len(rows) else ""
        unit = _unit(parsed, column, rows, metric)
        found.append((column, rows, unit))
        if unit in kinds and parsed.targets[column].unit == "auto":
            kinds[unit].append(parsed.columns[column] if len(parsed.places) == 1 else f"{parsed.columns[column]} ({metric})")
    forced = ""
    if kinds["percent"] and kinds["fraction"]:
        few, many = sorted(kinds.values(), key=len)
        unit = "fractions" if few is kinds["fraction"] else "percent"
        sentence = f"The columns differ in their units: {safety.few(few)} look like {unit}, the other {len(many):,} not."
        actions = {"as-found": "Each column is read in the unit that its numbers show", "percent": "All are percent", "fraction": "All are fractions"}
        forced = desk.find("column-units", sentence, (), actions)
    for column, rows, unit in found:
        said = forced if forced in kinds and unit in kinds and parsed.targets[column].unit == "auto" else unit
        if said == "percent":
            scale[rows, column] = 0.01
        raw[rows, column] = said == KEPT_AS_IS
    settled = []
    for column, target in enumerate(parsed.targets):
        units = {forced if forced in kinds and unit in kinds and target.unit == "auto" else unit for c, _, unit in found if c == column}
        settled.append(replace(target, unit=units.pop() if len(units) == 1 else target.unit))
    ends = {side: None if (end := getattr(parsed, side)) is None else end * scale for side in ("low", "high")}
    desk.parsed = replace(parsed, value=parsed.value * scale, targets=tuple(settled), raw=raw, **ends)


def _unit(parsed: Parsed, column: int, rows: np.ndarray, metric: str) -> str:
    unit = parsed.targets[column].unit
    if unit != "auto":
        return unit if unit == KEPT_AS_IS or _mapping.is_share(metric) else KEPT_AS_IS
    if not _mapping.is_share(metric):
        return KEPT_AS_IS
    values = parsed.value[rows, column]
    values = values[np.isfinite(values)]
    if parsed.percent_signs[column] * 2 > len(values):
        return "percent"
    if not len(values) or (values <= 1).mean() >= 0.95 or (np.median(values) <= 1 and values.max() <= SLIPPED):
        return "fraction"
    return "percent" if (values <= 100).mean() >= 0.5 else KEPT_AS_IS


def settle_mixed_units(desk: Desk) -> None:
    """Find rows that are fractions in a table in percent: all their numbers at most 1, and usual only when multiplied by 100."""
    parsed = desk.parsed
    percent = np.array([target.unit == "percent" for target in parsed.targets], bool)
    if not percent.any() or parsed.n < 8:
        return
    values = parsed.value[:, percent]
    small = (values <= 0.01 + ROUNDING) & (values > 0)
    told = np.isfinite(values)
    candidates = np.logical_and(told.sum(axis=1) >= 2, (small | ~told).all(axis=1))  # one number alone tells nothing
    if not candidates.any() or candidates.mean() > 0.5:
        return
    others = np.where(candidates[:, None], np.nan, values)
    with np.errstate(all="ignore"):
        low, usual, high = (np.full(values.shape[1], np.nan) for _ in range(3))
        there = np.isfinite(others).sum(axis=0) >= 5
        low[there], usual[there], high[there] = np.nanquantile(others[:, there], [0.0, 0.02, 1.0], axis=0)
    fits = (values * 100 >= usual) & (values * 100 <= high) & (values < low)
    where = candidates & (fits.sum(axis=1) * 2 > told.sum(axis=1))
    if not where.any():
        return
    first = [float(row[np.isfinite(row)][0]) * 100 for row in np.atleast_2d(values[where])]
    sentence = f"{plural(int(where.sum()), 'row')} in fractions where the others are in percent ({said_rows(parsed.rows[where])})."
    actions = {"rescale": "They are multiplied by 100", **KEEP, **LEAVE_ROWS}
    action = desk.find("mixed-units", sentence, parsed.rows[where], actions, details_of(parsed, where, written=first))
    if action == "leave-out":
        desk.leave_out(where, "another unit than the others")
    elif action == "rescale":
        factor = np.where(where[:, None] & percent[None, :], 100.0, 1.0)
        ends = {side: None if (end := getattr(parsed, side)) is None else end * factor for side in ("low", "high")}
        desk.parsed = replace(parsed, value=parsed.value * factor, **ends)


def settle_impossible(desk: Desk) -> None:
    cells = desk.parsed.shares & ((desk.parsed.value < -ROUNDING) | (desk.parsed.value > 1 + ROUNDING))
    action = settle_cells(desk, "impossible", cells, "outside 0..1", "outside 0..1", {**LEAVE_CELLS, **KEEP})
    parsed = desk.parsed
    ends = {side: None if (end := getattr(parsed, side)) is None else np.where(parsed.shares, np.clip(end, 0, 1), end) for side in ("low", "high")}
    values = parsed.value if action == "keep" else np.where(parsed.shares, np.clip(parsed.value, 0, 1), parsed.value)
    desk.parsed = replace(parsed, value=values, **ends)
