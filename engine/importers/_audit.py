"""Findings: what an importer noticed about a file, each a sentence with a way out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool

from engine import errors

CODES = (  # what the audit of a result table finds
    "broken-rows", "no-name", "unread", "infinite", "column-units", "mixed-units", "impossible", "copies", "same-key", "no-score", "alone",
    "constant", "same-column", "outlier",
)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One thing noticed about a file before anything of it enters.

    An error keeps the file out, a warning asks to look twice, a note says what was done.
    """

    level: Literal["error", "warning", "note"]
    sentence: str
    fix: str = ""


def rows_said(where: Bool[np.ndarray, " n"], most: int = 5) -> str:
    """Return which rows are meant, counted from 1 (the first row of data): `row 3`, or `rows 3, 17 and 40 more`."""
    found = np.flatnonzero(where) + 1
    said = ", ".join(f"{i:,}" for i in found[:most])
    more = f" and {len(found) - most:,} more" if len(found) > most else ""
    return f"row{'s' if len(found) > 1 else ''} {said}{more}"


def refuse(what: str, findings: Sequence[Finding]) -> None:
    """Raise UserError with all errors among the findings, if there are any."""
    wrong = [finding for finding in findings if finding.level == "error"]
    if wrong:
        raise errors.UserError(
            f"{what} cannot be brought: {' '.join(finding.sentence for finding in wrong)}",
            " ".join(finding.fix for finding in wrong if finding.fix),
        )
