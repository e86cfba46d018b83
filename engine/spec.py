"""The base of every question: frozen, validated, and sayable as JSON; and what answering one takes."""

import json
from dataclasses import dataclass, field
from typing import Any, Generic, Self, TypeVar

import pydantic

from engine import errors

Cell = TypeVar("Cell")
Chosen = TypeVar("Chosen", bound=tuple)


class Spec(pydantic.BaseModel):
    """A question to the engine. Unknown fields are refused; field descriptions are the help texts of the forms."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    study: Any
    """Which study answers the question."""
    title: str = pydantic.Field(default="", max_length=200)
    """A name for this question; left empty, one is made from what is asked."""
    seed: int = pydantic.Field(default=0, ge=0, lt=2**31)
    """Seeds every random choice; the same question with the same seed gives the same rows."""

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the question that a JSON text asks; raises UserError naming each field that is off."""
        try:
            return cls.model_validate(json.loads(text))
        except json.JSONDecodeError as problem:
            raise errors.UserError(f"This is not JSON: {problem.msg} at line {problem.lineno}, column {problem.colno}.") from problem
        except pydantic.ValidationError as problem:
            raise invalid(problem) from problem

    def text(self) -> str:
        """Return the question as JSON, readable by `read`."""
        return self.model_dump_json(exclude_defaults=False)


@dataclass(frozen=True)
class Plan(Generic[Cell]):
    """Everything that answering a question takes, where nothing is taken over from other runs and no images are counted."""

    todo: tuple[Cell, ...]
    notes: tuple[str, ...] = ()
    images: int = 0
    reused: int = 0
    stored: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def cells(self) -> int:
        """Number of cells."""
        return len(self.todo)


@dataclass(frozen=True)
class Cost:
    """What a question will cost on this machine, about."""

    cells: int
    reused: int
    images: int
    seconds: float | None  # None = some rate is not measured yet
    unmeasured: tuple[str, ...] = ()  # what has no rate


def each_once(chosen: Chosen) -> Chosen:
    """Return what was chosen, for a field's validator; raises ValueError where something is named twice."""
    if len(set(chosen)) < len(chosen):
        raise ValueError(f"one of {', '.join(map(str, chosen))} is named twice")
    return chosen


def invalid(problem: pydantic.ValidationError) -> errors.UserError:
    """Return pydantic's complaint as sentences."""
    said = [f"{'.'.join(map(str, e['loc'])) or 'the question'}: {e['msg']}" for e in problem.errors()]
    return errors.UserError(f"The question cannot be asked as it stands: {'; '.join(said)}.", "Correct the named fields.")
