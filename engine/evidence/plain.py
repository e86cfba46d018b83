"""Findings in plain words, where they can be said; a report shows them before the field's words."""

from collections.abc import Callable
from typing import ParamSpec

from engine import errors
from engine.plainly import Told

Asked = ParamSpec("Asked")


def told(make: Callable[Asked, Told | None], *words: Asked.args, **options: Asked.kwargs) -> Told | None:
    """Return what a function of `engine.plainly` says; None where it cannot be said in plain words."""
    try:
        return make(*words, **options)
    except errors.UserError:
        return None
