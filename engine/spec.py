"""The base of every question: frozen, validated, and sayable as JSON."""

import json
from typing import Any, Self

import pydantic

from engine import errors


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


def invalid(problem: pydantic.ValidationError) -> errors.UserError:
    """Return pydantic's complaint as sentences."""
    said = [f"{'.'.join(map(str, e['loc'])) or 'the question'}: {e['msg']}" for e in problem.errors()]
    return errors.UserError(f"The question cannot be asked as it stands: {'; '.join(said)}.", "Correct the named fields.")
