"""Questions about single units that the warm process answers: some units, one unit along a factor, many before and after a change.

Page, command and process share them; nothing is drawn or evaluated here.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pydantic

from engine import errors, systems
from engine.spec import invalid

MOST_UNITS = 4096
MOST_NETWORKS = 12
POINTS = 41  # values along a number
Unit = Annotated[int, pydantic.Field(ge=0, lt=2**31)]


class Asked(pydantic.BaseModel):
    """A world, and the networks that are asked in it."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, populate_by_name=True)

    system: str
    """A system's name."""
    parameters: Mapping[str, float] = pydantic.Field(default={}, validation_alias="with", serialization_alias="with")
    """Its parameters, the others at their defaults."""
    do: str = ""
    """What is done to it, as `systems.interventions` reads it."""
    seed: int = pydantic.Field(default=0, ge=0, lt=2**31)
    """Names the units."""
    networks: tuple[str, ...] = pydantic.Field(default=(), max_length=MOST_NETWORKS)
    """Who is asked."""
    split: Literal["train", "val", "test"] = "test"
    """The split of the digit sets that glyphs are from."""

    def loaded(self) -> systems.System:
        """Return the system; raises UserError as `systems.load` does."""
        return systems.load(self.system, **self.parameters)

    def acts(self) -> tuple[systems.Intervention, ...]:
        """Return what is done; raises UserError as `systems.interventions` does."""
        return systems.interventions(self.do, self.loaded())

    def said(self) -> dict[str, Any]:
        """Return the question as JSON can say it."""
        return self.model_dump(mode="json", by_alias=True)


class Units(Asked):
    """What do networks say to these units?"""

    kind: Literal["units"] = "units"
    given: str = ""
    """What the units must be like, as `systems.conditions` reads it."""
    n: int = pydantic.Field(default=16, ge=1, le=MOST_UNITS)
    """How many."""
    least: int | None = pydantic.Field(default=None, ge=1, le=MOST_UNITS)
    """So many will do where fewer than `n` meet the condition."""
    units: tuple[Unit, ...] | None = pydantic.Field(default=None, min_length=1, max_length=MOST_UNITS)
    """Their numbers, instead of the first `n` that meet the condition."""


class Path(Asked):
    """How do answers to one unit change along a factor?"""

    kind: Literal["path"] = "path"
    unit: Unit = 0
    """The unit's number."""
    factor: str
    """The factor that is set."""
    points: int = pydantic.Field(default=POINTS, ge=2, le=201)
    """So many values, for a factor that is a number; the ends of its training support come to them."""


class Change(Asked):
    """Which answers flip when one factor of the same units is changed?"""

    kind: Literal["change"] = "change"
    given: str = ""
    """What the units must be like before, as `systems.conditions` reads it."""
    factor: str
    """The factor that is changed."""
    before: str = pydantic.Field(default="", validation_alias="from", serialization_alias="from", max_length=60)
    """Its value before; empty = as each unit has it."""
    after: str = pydantic.Field(validation_alias="to", serialization_alias="to", max_length=60)
    """Its value after."""
    n: int = pydantic.Field(default=400, ge=1, le=MOST_UNITS)
    """How many units."""
    units: tuple[Unit, ...] | None = pydantic.Field(default=None, min_length=1, max_length=MOST_UNITS)
    """Their numbers, instead of the first `n` that meet the condition."""


class Example(pydantic.BaseModel):
    """How do answers to one example of an image set change along a shift?"""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    kind: Literal["example"] = "example"
    dataset: str
    """An image set."""
    split: str = "test"
    """Its split."""
    example_id: str
    """One of its examples."""
    shift: str
    """A shift."""
    strengths: tuple[float, ...] = pydantic.Field(default=(), max_length=64)
    """How strong; by default as the shift's card says."""
    seed: int = pydantic.Field(default=0, ge=0, lt=2**31)
    """Seeds the shift's noise."""
    networks: tuple[str, ...] = pydantic.Field(default=(), max_length=MOST_NETWORKS)
    """Who is asked."""


KINDS: Mapping[str, type[Units] | type[Path] | type[Change] | type[Example]] = {
    "units": Units, "path": Path, "change": Change, "example": Example,
}  # fmt: skip


def read(question: Mapping[str, Any]) -> Units | Path | Change | Example:
    """Return a question that was sent; raises UserError naming what is off."""
    kind = str(question.get("kind"))
    if kind not in KINDS:
        raise errors.unknown("kind of question", kind, KINDS)
    try:
        return KINDS[kind].model_validate(dict(question))
    except pydantic.ValidationError as problem:
        raise invalid(problem) from problem
