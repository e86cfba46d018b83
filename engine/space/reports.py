"""The reports that were made here: so many, so large; the oldest go when there are more."""

import os
from collections.abc import Iterator
from pathlib import Path

from engine import control, errors, people, places

MOST, MOST_BYTES = "TOUCHSTONE_REPORTS", "TOUCHSTONE_REPORTS_BYTES"
_USUAL = {MOST: 100, MOST_BYTES: 2_000_000_000}


def folder() -> Path:
    """Return where reports lie that the dashboard has made."""
    return places.home() / "reports"


def most() -> int:
    """Return how many reports are kept (TOUCHSTONE_REPORTS, 100 unless set); raises UserError where it is no number."""
    return _number(MOST)


def most_bytes() -> int:
    """Return how many bytes they may take (TOUCHSTONE_REPORTS_BYTES, 2 GB unless set); raises UserError where it is no number."""
    return _number(MOST_BYTES)


def _number(name: str) -> int:
    said = os.environ.get(name) or str(_USUAL[name])
    if not said.isdigit() or not int(said):
        raise errors.UserError(f"{name} is “{said[:40]}”.", "Set it to a whole number from 1 on, or leave it out.")
    return int(said)


def kept() -> list[Path]:
    """Return the reports, the newest first."""
    return sorted(folder().glob("[!.]*.zip"), key=lambda file: file.stat().st_mtime, reverse=True)


def make_room() -> Iterator[str]:
    """Remove the oldest reports beyond the limits; the newest stays whatever it takes. Yields their names."""
    total = 0
    for place, file in enumerate(kept()):
        total += file.stat().st_size
        if place and (place >= most() or total > most_bytes()):
            file.unlink(missing_ok=True)
            control.audit("remove report, for there are newer ones", file.stem)
            yield str(file.relative_to(places.home()))


def remove(report: str) -> None:
    """Delete a report for good.

    Raises:
        UserError: where there is none of this name, and where this person may not.
    """
    people.require("delete")
    found = {file.stem: file for file in kept()}
    if report not in found:
        raise errors.unknown("report", report, found)
    found[report].unlink()
    control.audit("delete report", report)
