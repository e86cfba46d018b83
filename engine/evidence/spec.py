"""What is to be reported: views by their addresses, and what the author says."""

from typing import Annotated, Literal, NoReturn

import pydantic

from engine import errors
from engine.spec import Spec

MOST_VIEWS = 60


class EvidenceSpec(Spec):
    """A report of some views."""

    study: Literal["evidence"] = "evidence"
    """Which study answers the question."""
    views: tuple[Annotated[str, pydantic.Field(min_length=1, max_length=8000)], ...] = pydantic.Field(default=(), max_length=MOST_VIEWS)
    """Addresses of pages, such as “pairs?table=sweep”; none = the usual ones."""
    author: str = pydantic.Field(default="", max_length=200)
    """Who reports."""
    words: str = pydantic.Field(default="", max_length=20_000)
    """What the author says before the findings."""
    svg: bool = True
    """Whether each figure is also drawn as an SVG file, where a Chromium is found."""
    predictions: bool = False
    """Whether the single answers behind the scores go into the bundle, so that anybody can compute the scores anew."""


def plan(spec: EvidenceSpec) -> NoReturn:
    """Refuse to be run as a question: a report is written to a place that has to be named."""
    raise errors.UserError(f"“{title(spec)}” is a report, not a question.", "Write python -m engine export VIEW … --into FOLDER_OR_ZIP.")


def title(spec: EvidenceSpec) -> str:
    """Return the report's name: the given one, or how much it shows."""
    if spec.title:
        return spec.title
    n = len(spec.views)
    return f"Report of {n} view{'' if n == 1 else 's'}" if n else "Report of the current findings"
