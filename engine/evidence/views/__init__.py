"""Views that can be reported: a file is a page.

A file here (or in `TOUCHSTONE_HOME/extensions/evidence/views`) has a docstring whose first line says what the view shows, the constants `PATH`
(the page's address), `TITLE` (its name) and `ORDER` (place in the list), and two functions: `part(asked) -> Part`, what stands in the report for
what an address asks (`engine.evidence.asked.Asked`), by the functions that the page itself asks; and `offered() -> list[Offer]`, the addresses
that this store can answer, quick enough for a page. Both raise UserError where there is nothing to show.
"""

from engine import errors, registry
from engine.evidence.asked import Asked
from engine.evidence.parts import Offer, Part

ROOM = "evidence/views"


def names() -> tuple[str, ...]:
    """Return all views by their files' names, in the order of the report."""
    return tuple(sorted(registry.names(ROOM), key=lambda name: (registry.card(ROOM, name).constants.get("ORDER", 99), name)))


def paths() -> dict[str, str]:
    """Return the addresses of pages that can be reported, and the file of each."""
    return {str(registry.card(ROOM, name).constants["PATH"]): name for name in names()}


def part(address: str) -> tuple[Part, Asked]:
    """Return what stands in a report for an address, and how the address was read.

    Raises:
        UserError: for a page that cannot be reported, a choice that this store does not have, or where there is nothing to show.
    """
    asked = Asked(address)
    known = paths()
    if asked.path not in known:
        raise errors.unknown("view that can be reported", asked.path, known)
    return registry.load(ROOM, known[asked.path]).part(asked), asked


def told(address: str) -> str:
    """Return an address without the host, such as “pairs?table=sweep”: what a link pasted from a browser says of the view."""
    asked, query = Asked(address), address.partition("?")[2].partition("#")[0].strip()
    return f"{asked.path}?{query}" if query else asked.path


def title_of(address: str) -> str:
    """Return the title of the page that an address leads to."""
    known, path = paths(), Asked(address).path
    return str(registry.card(ROOM, known[path]).constants["TITLE"]) if path in known else path


def offered() -> list[Offer]:
    """Return every view that this store can answer; a page with nothing to show offers none."""
    found: list[Offer] = []
    for name in names():
        try:
            found += registry.load(ROOM, name).offered()
        except errors.UserError:
            continue
    return found
