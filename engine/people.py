"""Who acts, and what they may do: checked where something is done, not where it is shown.

A process without sign-in has one person, who owns the machine and may do everything. A server tells with `resolve_by` how to find out who is
behind the request that is being answered; the command line and the workers never ask.
"""

import contextlib
import functools
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from engine import errors

NOBODY, VIEWER, RUNNER, ADMIN = ROLES = ("nobody", "viewer", "runner", "admin")  # each may what those before it may
NEEDS: Mapping[str, str] = {
    "look": VIEWER, "run": RUNNER, "bring": RUNNER, "note": RUNNER, "keep": RUNNER, "export": VIEWER, "delete": ADMIN, "manage": ADMIN,
}  # fmt: skip
WORDS: Mapping[str, str] = {
    "look": "see results", "run": "run or stop evaluations", "bring": "bring networks, data or predictions", "note": "write notes",
    "keep": "keep sets and slices", "export": "save tables and files", "delete": "delete or archive", "manage": "manage the store",
}  # fmt: skip
EXPORT = "TOUCHSTONE_EXPORT"  # the role that saving tables and files takes; a viewer's unless set
JOBS_EACH = "TOUCHSTONE_JOBS_EACH"  # questions of one person that may wait or run at a time; no limit unless set


@dataclass(frozen=True)
class Person:
    """Somebody who acts."""

    name: str | None
    """As the sign-in tells it, such as an e-mail address; None where nobody signs in."""
    role: str
    """One of `ROLES`."""

    def may(self, action: str) -> bool:
        """Return whether the role is enough for an action of `NEEDS`."""
        return ROLES.index(self.role) >= ROLES.index(needed(action))


Given = ParamSpec("Given")
Returned = TypeVar("Returned")
OWNER = Person(None, ADMIN)
_resolver: Callable[[], Person | None] = lambda: None  # noqa: E731


def resolve_by(resolver: Callable[[], Person | None]) -> None:
    """Let this process find out who acts by a function; where it returns None, the owner of the machine does."""
    global _resolver
    _resolver = resolver


@contextlib.contextmanager
def acting_for(name: str | None) -> Iterator[None]:
    """Let this process act for who asked, inside the block: what they may do was checked when they asked, and the audit log names them."""
    global _resolver
    before, _resolver = _resolver, lambda: Person(name, ADMIN)
    try:
        yield
    finally:
        _resolver = before


def needed(action: str) -> str:
    """Return the role that an action takes.

    Raises:
        UserError: where TOUCHSTONE_EXPORT names no role.
    """
    said = os.environ.get(EXPORT, "") if action == "export" else ""
    if said and said not in ROLES[1:]:
        raise errors.UserError(f"{EXPORT} is “{said[:40]}”.", f"Set it to one of {', '.join(ROLES[1:])}, or leave it out.")
    return said or NEEDS[action]


def now() -> Person:
    """Return who acts."""
    return _resolver() or OWNER


def require(action: str) -> Person:
    """Return who acts, where they may do so.

    Raises:
        UserError: where their role is not enough.
    """
    person = now()
    if not person.may(action):
        who = (
            f"{person.name} is signed in as {person.role}"
            if person.name
            else "Here everybody is a viewer"
            if person.role == VIEWER
            else "Nobody is signed in"
        )
        raise errors.UserError(f"{who}: to {WORDS[action]} takes the role {needed(action)}.", "Ask whoever runs this dashboard for it.")
    return person


def needs(action: str) -> Callable[[Callable[Given, Returned]], Callable[Given, Returned]]:
    """Let only who may do an action call a function; others get the UserError of `require`."""

    def guarded(function: Callable[Given, Returned]) -> Callable[Given, Returned]:
        @functools.wraps(function)
        def checked(*words: Given.args, **named: Given.kwargs) -> Returned:
            require(action)
            return function(*words, **named)

        return checked

    return guarded


def jobs_each() -> int | None:
    """Return how many questions of one person may wait or run at a time, None where there is no limit.

    Raises:
        UserError: where the variable holds no whole number.
    """
    said = os.environ.get(JOBS_EACH, "")
    if said and not said.isdigit():
        raise errors.UserError(f"{JOBS_EACH} is “{said[:40]}”.", "Set it to a whole number, or leave it out.")
    return int(said) if said else None
