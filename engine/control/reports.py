"""The report under way of each person: addresses of views, in their order. It is kept until it is emptied; making the report leaves it as it is."""

from collections.abc import Sequence
from datetime import UTC, datetime

from engine import errors, people
from engine.control.database import read, write

MOST = 60  # views
LONGEST = 8000  # characters of an address


def collected() -> list[str]:
    """Return the views of the report under way of who acts, in order."""
    with read() as db:
        found = db.execute('SELECT address FROM report_views WHERE "user" = ? ORDER BY place', (_whose(),)).fetchall()
    return [address for (address,) in found]


def collect(address: str) -> int:
    """Add a view at the end and return how many there are; one that is there already stays where it is.

    Raises:
        UserError: where this person may not make reports, for an address that is too long, or where the report is full.
    """
    before = collected()
    if address in before:
        return len(before)
    return arrange([*before, address])


def arrange(addresses: Sequence[str]) -> int:
    """Make these the views of the report under way, each once, and return how many there are; raises UserError as `collect`."""
    people.require("run")
    told = list(dict.fromkeys(addresses))
    if len(told) > MOST:
        raise errors.UserError(f"A report has at most {MOST} views.", "Remove some on the page Report, or make this one first.")
    if any(len(one) > LONGEST for one in told):
        raise errors.UserError(f"The address of this view is longer than {LONGEST:,} characters.", "Choose less on the page.")
    now, whose = datetime.now(UTC).timestamp(), _whose()
    with write() as db:
        db.execute('DELETE FROM report_views WHERE "user" = ?', (whose,))
        db.executemany("INSERT INTO report_views VALUES (?, ?, ?, ?)", [(whose, place, one, now) for place, one in enumerate(told)])
    return len(told)


def _whose() -> str:
    """Return under which name a report is kept; the owner of the machine, who has none, has an empty one."""
    return people.now().name or ""
