"""From the numbers in a file to logits that can be scored, and what looks wrong about them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32

from engine import errors
from engine.importers._audit import Finding, rows_said

TOLERANCE = 1e-3
FLOOR = float(np.finfo(np.float32).tiny)  # 1.2e-38: probabilities of 0 count as this, so that their logarithm is finite


@dataclass(frozen=True)
class Outputs:
    """Logits, the rows that cannot be scored, and why."""

    logits: Float32[np.ndarray, "n classes"]
    bad: Bool[np.ndarray, " n"]
    findings: tuple[Finding, ...]


def read(values: Float[np.ndarray, "n classes"], unread: Bool[np.ndarray, " n"], *, probabilities: bool, renormalise: bool) -> Outputs:
    """Return logits: the values themselves, or the logarithms of probabilities.

    Args:
        values: one row an example.
        unread: rows that are known to hold no numbers.
        probabilities: whether the values are probabilities.
        renormalise: divide each row of probabilities by its sum instead of refusing rows that do not sum to 1.

    Raises:
        UserError: for a single value a row, which says nothing about other classes.
    """
    if values.shape[1] < 2:
        raise errors.UserError(
            "There is one value a row; one a class is needed.",
            "For two classes give both: prob_0 = 1 - p and prob_1 = p, or logit_0 = 0 and logit_1 = the logit.",
        )
    with np.errstate(over="ignore"):  # float64 beyond float32 becomes infinite and is reported as such
        finite = np.isfinite(values.astype(np.float32, copy=False)).min(axis=1)
    findings = _infinite(~finite & ~unread, "probabilities" if probabilities else "logits")
    usable = finite & ~unread
    if probabilities:
        logits, wrong, said = _logarithms(values, usable, renormalise=renormalise)
        findings += said
    else:
        logits, wrong = np.where(finite[:, None], values, 0).astype(np.float32), np.zeros(len(values), bool)
        findings += _suspicions(logits[usable])
    return Outputs(logits, ~usable | wrong, (*findings, *_constant(logits, usable & ~wrong)))


def _infinite(where: Bool[np.ndarray, " n"], what: str) -> list[Finding]:
    if not where.any():
        return []
    sentence = f"{int(where.sum()):,} of {len(where):,} rows have {what} that are missing, NaN or infinite ({rows_said(where)})."
    return [Finding("error", sentence, "Correct these rows, or bring the file without them (skip bad rows).")]


def _logarithms(
    values: Float[np.ndarray, "n classes"], usable: Bool[np.ndarray, " n"], *, renormalise: bool
) -> tuple[Float32[np.ndarray, "n classes"], Bool[np.ndarray, " n"], list[Finding]]:
    """Return log-probabilities, the rows that hold no probabilities, and what was found."""
    p = np.where(usable[:, None], values, 1 / values.shape[1]).astype(np.float64)
    sums = p.sum(axis=1)
    negative, off = p.min(axis=1) < 0, np.abs(sums - 1) > TOLERANCE
    over = p.max(axis=1) > 1 + TOLERANCE
    findings = [Finding("note", "Probabilities are kept as their logarithms, which softmax turns back into them.")]
    findings += _negative(negative)
    if renormalise:
        off = over = (sums <= 0) & ~negative
        findings += _renormalised(np.abs(sums - 1) > TOLERANCE)
        p /= np.where(sums > 0, sums, 1)[:, None]
    findings += _off(off & ~negative, over & ~negative, sums)
    zeros = int((p[~negative] < FLOOR).sum())
    if zeros:
        findings.append(Finding("note", f"{zeros:,} probabilities of 0 count as {FLOOR:.1e}, so that their logarithm is finite."))
    return np.log(np.clip(p, FLOOR, None)).astype(np.float32), negative | off | over, findings


def _negative(where: Bool[np.ndarray, " n"]) -> list[Finding]:
    if not where.any():
        return []
    sentence = f"{int(where.sum()):,} of {len(where):,} rows have negative probabilities ({rows_said(where)})."
    return [Finding("error", sentence, "If these are logits, name the columns logit_0, logit_1, …")]


def _renormalised(where: Bool[np.ndarray, " n"]) -> list[Finding]:
    if not where.any():
        return []
    return [Finding("note", f"{int(where.sum()):,} of {len(where):,} rows did not sum to 1 and were divided by their sum, as asked.")]


def _off(off: Bool[np.ndarray, " n"], over: Bool[np.ndarray, " n"], sums: Float[np.ndarray, " n"]) -> list[Finding]:
    where = off | over
    if not where.any():
        return []
    sentence = (
        f"{int(where.sum()):,} of {len(where):,} rows do not sum to 1 within {TOLERANCE} ({rows_said(where)}); "
        f"their sums run from {sums[where].min():.4g} to {sums[where].max():.4g}."
    )
    if over.any():
        sentence += f" {int(over.sum()):,} rows have values above 1."
    percent = abs(float(np.median(sums[where])) - 100) < 1
    fix = "These look like percentages: divide by 100, or let" if percent else "Give probabilities of all classes, or let"
    return [Finding("error", sentence, f"{fix} the rows be renormalised.")]


def _suspicions(logits: Float32[np.ndarray, "n classes"]) -> list[Finding]:
    """Return a warning where what is called logits looks like probabilities."""
    if not len(logits) or logits.min() < 0 or logits.max() > 1 or (np.abs(logits.sum(axis=1) - 1) > TOLERANCE).any():
        return []
    sentence = "What is called logits lies between 0 and 1 and sums to 1 in every row: these look like probabilities."
    return [Finding("warning", sentence, "Name them prob_0, prob_1, … or probs; as logits, calibration would be read wrongly.")]


def _constant(logits: Float32[np.ndarray, "n classes"], usable: Bool[np.ndarray, " n"]) -> list[Finding]:
    """Return warnings for rows that prefer no class, and for a file that answers the same everywhere."""
    findings = []
    same = usable & (np.ptp(logits, axis=1) == 0)
    if same.any():
        sentence = f"{int(same.sum()):,} of {len(same):,} rows give every class the same value ({rows_said(same)})."
        findings.append(Finding("warning", sentence, "Ties count as the first class: check how these rows were made."))
    known = logits[usable]
    if len(known) > 1 and (known == known[0]).all():
        findings.append(Finding("warning", "Every example has the same answer.", "Check that the rows are not one row repeated."))
    return findings
