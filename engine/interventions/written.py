"""Choices as they are written in an address, read the same way by pages, routes and reports."""

from collections.abc import Mapping

from engine import errors

LONGEST = 400  # characters


def parameters(text: str) -> dict[str, float]:
    """Return a system's parameters that are written as `strength=0.5,paper=0.1`.

    Raises:
        UserError: for what cannot be read.
    """
    if len(text) > LONGEST:
        raise errors.UserError(f"These parameters are longer than can be read ({len(text):,} characters).", f"Use at most {LONGEST}.")
    pairs = [one.partition("=") for one in text.split(",") if one.strip()]
    try:
        return {name.strip(): float(number) for name, _, number in pairs}
    except ValueError:
        raise errors.UserError(f"The parameters “{text[:80]}” cannot be read.", "Write with=strength=0.5,paper=0.1.") from None


def of_parameters(found: Mapping[str, float]) -> str:
    """Return parameters as they are written; `parameters` reads them."""
    return ",".join(f"{name}={value:.12g}" for name, value in found.items())


def options(found: Mapping[str, float]) -> list[str]:
    """Return parameters as words of the command line."""
    return [word for name, value in found.items() for word in ("--parameter", f"{name}={value:.12g}")]
