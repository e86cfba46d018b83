"""Steps of the audit that find networks that do not fit: without scores, joining nothing, constant, far off the line."""

import numpy as np
import pandas as pd
from jaxtyping import Float64
from scipy import special

from engine import safety
from engine.importers._desk import KEEP, LEAVE_ROWS, Desk, details_of, plural, said_rows
from engine.importers._parsed import Parsed

ABSURD = 8.0  # robust standard deviations from the line through the others,
ABSURD_PROBIT = 0.75  # and so far off it on probit axes: where all lie close to the line, a small step is many deviations
FEWEST_FOR_LINE = 12
MANY_FOR_LINE = 50  # with as many networks the line may bend, as it does on probit axes between sets of very different difficulty
CLIP = 1e-3  # shares nearer to 0 or 1 count as this near, on probit axes


def _per_network(parsed: Parsed) -> tuple[np.ndarray, np.ndarray]:
    """Return each row's network as a number, and on how many data sets each network has scores."""
    codes, different = pd.factorize(parsed.names)
    about = [[parsed.target(p, c).dataset for c in range(len(parsed.columns))] for p in range(len(parsed.places))]
    flat, sets = pd.factorize(np.array(about, object).reshape(-1))
    of = flat.reshape(len(parsed.places), len(parsed.columns))
    hits = np.zeros((len(different), len(sets)), bool)
    for column in range(len(parsed.columns)):
        there = ~parsed.missing[:, column]
        hits[codes[there], of[parsed.place[there], column]] = True
    return codes, hits.sum(axis=1)


def settle_scoreless(desk: Desk) -> None:
    where = desk.parsed.missing.all(axis=1)
    if not where.any():
        return
    sentence = f"{plural(int(where.sum()), 'row')} without any score ({said_rows(desk.parsed.rows[where])})."
    actions = {**LEAVE_ROWS, "keep": "They are kept as networks that were measured on nothing"}
    if desk.find("no-score", sentence, desk.parsed.rows[where], actions, details_of(desk.parsed, where)) == "leave-out":
        desk.leave_out(where, "without any score")


def settle_alone(desk: Desk) -> None:
    parsed = desk.parsed
    if not parsed.n or len(parsed.columns) * len(parsed.places) < 2:  # nothing to join
        return
    codes, counts = _per_network(parsed)
    where = np.equal(counts[codes], 1)
    if not where.any() or np.median(counts) < 2:
        return
    column = np.argmax(~parsed.missing[where], axis=1)
    on = [parsed.target(int(p), int(c)).dataset for p, c in zip(parsed.place[where], column, strict=True)]
    sentence = (
        f"{plural(int(where.sum()), 'network')} {'has' if where.sum() == 1 else 'have'} a score on one set only and "
        f"{'joins' if where.sum() == 1 else 'join'} nothing elsewhere ({safety.few(parsed.names[where].tolist(), 3)})."
    )
    details = details_of(parsed, where, only_on=on)
    if desk.find("alone", sentence, parsed.rows[where], {"keep": "They are kept, and are in no pair", **LEAVE_ROWS}, details) == "leave-out":
        desk.leave_out(where, "joins nothing")


def settle_constant(desk: Desk) -> None:
    """Find networks with the same score everywhere."""
    parsed = desk.parsed
    if parsed.value.shape[1] < 3:
        return
    told = np.isfinite(parsed.value)
    with np.errstate(all="ignore"):
        most = np.where(told, parsed.value, -np.inf).max(axis=1)
        least = np.where(told, parsed.value, np.inf).min(axis=1)
    where = (told.sum(axis=1) >= 3) & (most == least)
    if not where.any():
        return
    sentence = f"{plural(int(where.sum()), 'network')} with the same score everywhere ({safety.few(parsed.names[where].tolist(), 3)})."
    details = details_of(parsed, where, score=most[where])
    if desk.find("constant", sentence, parsed.rows[where], {**KEEP, **LEAVE_ROWS}, details) == "leave-out":
        desk.leave_out(where, "the same score everywhere")


def settle_same_column(desk: Desk) -> None:
    """Find columns in which all networks have the same score."""
    parsed = desk.parsed
    if len(parsed.columns) < 2:
        return
    told = np.isfinite(parsed.value)
    with np.errstate(all="ignore"):
        spread = np.where(told, parsed.value, -np.inf).max(axis=0) - np.where(told, parsed.value, np.inf).min(axis=0)
    where = (told.sum(axis=0) >= 5) & (spread == 0)
    if not where.any():
        return
    names = [parsed.columns[j] for j in np.flatnonzero(where)]
    sentence = f"All networks have the same score in {safety.few(names)}: nothing can be learnt from it."
    actions = {**KEEP, "leave-out": "These columns are left out"}
    if desk.find("same-column", sentence, (), actions, pd.DataFrame({"column": names})) == "leave-out":
        desk.parsed = parsed.without(np.broadcast_to(where, parsed.value.shape))


def settle_outliers(desk: Desk, id_set: str | None) -> None:
    """Find networks that lie absurdly far from the line through the others, on probit axes, against one reference column."""
    parsed = desk.parsed
    metric = parsed.targets[0].metric
    shares = np.array(
        [j for j in np.flatnonzero(parsed.shares.all(axis=0)) if parsed.targets[j].metric == metric and parsed.targets[j].split == "test"]
    )
    if len(parsed.places) > 1 or len(shares) < 2 or parsed.n < FEWEST_FOR_LINE:
        return
    named = [j for j in shares if parsed.targets[j].dataset == id_set]
    x_column = named[0] if named else shares[np.argmax(np.isfinite(parsed.value[:, shares]).sum(axis=0))]
    x = special.ndtri(np.clip(parsed.value[:, x_column], CLIP, 1 - CLIP))
    worst, on = np.zeros(parsed.n), np.full(parsed.n, -1)
    for j in shares:
        if j != x_column:
            z = np.abs(_distance(x, special.ndtri(np.clip(parsed.value[:, j], CLIP, 1 - CLIP))))
            on = np.where(z > worst, j, on)
            worst = np.maximum(worst, z)
    where = worst > ABSURD
    if not where.any() or where.mean() > 0.05:
        return
    order = np.flatnonzero(where)[np.argsort(-worst[where])]
    sentence = (
        f"{plural(len(order), 'network')} {'lies' if len(order) == 1 else 'lie'} more than {ABSURD:g} robust standard deviations off the line "
        f"through the others, against {parsed.columns[x_column]} ({safety.few(parsed.names[order].tolist(), 3)})."
    )
    told = {"column": [parsed.columns[j] for j in on[order]], "score": parsed.value[order, on[order]], "deviations": np.round(worst[order], 1)}
    details = details_of(parsed, order, **told)
    if desk.find("outlier", sentence, parsed.rows[order], {**KEEP, **LEAVE_ROWS}, details) == "leave-out":
        desk.leave_out(where, "far off the line through the others")


def _distance(x: Float64[np.ndarray, " n"], y: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """Return residuals of y in robust standard deviations from a line that the far ones do not draw; 0 near it, or where there is none."""
    known = np.isfinite(x) & np.isfinite(y)
    inside = known.copy()
    residuals, spread = np.zeros(len(x)), 1.0
    for _ in range(4):
        if inside.sum() < FEWEST_FOR_LINE or np.ptp(x[inside]) == 0:
            return np.zeros(len(x))
        curve = np.polyfit(x[inside], y[inside], 2 if inside.sum() >= MANY_FOR_LINE else 1)
        residuals = np.where(known, y - np.polyval(curve, x), 0.0)
        spread = 1.4826 * np.median(np.abs(residuals[known] - np.median(residuals[known])))
        if spread == 0:
            return np.zeros(len(x))
        inside = known & (np.abs(residuals) <= 3 * spread)
    return np.where(np.abs(residuals) > ABSURD_PROBIT, residuals / spread, 0.0)
