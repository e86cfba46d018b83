"""Errors that a person can put right, said as a sentence with a way out."""

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """Something the person can put right: one sentence, and a hint that says how."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Return message and hint as one line."""
        return f"{self.message} {self.hint}".strip()


def unknown(kind: str, name: str, known: Iterable[str]) -> UserError:
    """Return the error for a name that nobody knows, with the nearest known names as the hint."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    if near:
        hint = f"Did you mean {' or '.join(near)}?"
    elif names:
        hint = f"Known: {', '.join(names[:12])}{' …' if len(names) > 12 else ''}."
    else:
        hint = "None is known yet."
    return UserError(f"There is no {kind} named “{name[:120]}”.", hint)
