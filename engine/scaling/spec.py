"""The question of this study: which sizes to measure. No torch, nothing is measured here."""

from dataclasses import dataclass
from typing import Literal

import pydantic

from engine import errors, hashing, store
from engine.spec import Cost, Plan, Spec

VERSION = 1  # raised when the same size costs something else
ARCHITECTURES = {"nac": "Neural Attentive Circuit", "neural_interpreter": "Neural Interpreter"}
PARTS = {"nac": "modules", "neural_interpreter": "functions"}
MODES = {"answer": "answering", "train": "training"}
SIDE = 4  # pixels of a token's side: the stem halves twice
LAYERS = 3  # rounds of messages, and steps: as both were trained here
WIDTH = 64
MEMORY, MOST_BYTES = 400, 4e9  # bytes that an interpreter in training takes, about, for a function, an image and a pair of tokens
PASSES = 4  # besides the timed ones: warm ones, and those that are counted


class ScalingSpec(Spec):
    """How do time and memory grow with modules or functions, and with tokens?"""

    study: Literal["scaling"] = "scaling"
    """Which study answers the question."""
    architectures: tuple[Literal["nac", "neural_interpreter"], ...] = pydantic.Field(default=("nac", "neural_interpreter"), min_length=1)
    """nac: modules with states that exchange messages; neural_interpreter: tokens that are routed to functions."""
    parts: tuple[int, ...] = pydantic.Field(default=(4, 8, 16, 32, 64, 128, 256), min_length=2, max_length=12)
    """Numbers of modules, or functions, at the middle number of tokens."""
    tokens: tuple[int, ...] = pydantic.Field(default=(16, 36, 64, 144, 256), min_length=2, max_length=12)
    """Numbers of tokens, squares of whole numbers, at `fixed` modules or functions."""
    fixed: int = pydantic.Field(default=8, ge=2, le=512)
    """Modules, or functions, while tokens grow."""
    middle: int = pydantic.Field(default=49, ge=4, le=1024)
    """Tokens while modules, or functions, grow."""
    batch: int = pydantic.Field(default=4, ge=1, le=64)
    """Images at a time."""
    repeats: int = pydantic.Field(default=7, ge=3, le=50)
    """How often each size is timed; the median counts."""

    @pydantic.field_validator("parts", "tokens")
    @classmethod
    def _growing(cls, chosen: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(chosen)) < len(chosen) or min(chosen) < 2 or max(chosen) > 1024:
            raise ValueError("sizes are different whole numbers from 2 to 1024")
        return tuple(sorted(chosen))

    @pydantic.field_validator("tokens", "middle")
    @classmethod
    def _squares(cls, chosen: tuple[int, ...] | int) -> tuple[int, ...] | int:
        for one in chosen if isinstance(chosen, tuple) else (chosen,):
            if round(one**0.5) ** 2 != one:
                raise ValueError(f"{one} tokens make no square")
        return chosen


@dataclass(frozen=True)
class Cell:
    """One network of one size."""

    architecture: str
    parts: int
    tokens: int
    key: str


def plan(spec: ScalingSpec) -> Plan[Cell]:
    """Return the sizes to measure, the small ones first. Nothing is taken over from other runs: machines and days differ."""
    sizes = {*((p, spec.middle) for p in spec.parts), *((spec.fixed, t) for t in spec.tokens)}
    if MEMORY * max(p * t**2 for p, t in sizes) * spec.batch > MOST_BYTES:
        raise errors.UserError("Some of these sizes need more than 4 GB of memory.", "Take fewer functions, tokens or images at a time.")
    cells = [Cell(kind, p, t, _key(spec, kind, p, t)) for p, t in sorted(sizes, key=lambda size: size[0] * size[1]) for kind in spec.architectures]
    return Plan(tuple(cells))


def _key(spec: ScalingSpec, architecture: str, parts: int, tokens: int) -> str:
    return hashing.of_parts(VERSION, architecture, parts, tokens, spec.batch, spec.repeats, spec.seed)


def cost(spec: ScalingSpec, planned: Plan[Cell] | None = None) -> Cost:
    """Return sizes and about how many seconds they take on one core, as measured where this was written."""
    planned = planned or plan(spec)
    seconds = sum(_seconds(cell) * spec.batch / 8 * (spec.repeats + PASSES) + 0.3 for cell in planned.todo)
    return Cost(planned.cells, 0, 0, seconds)


def _seconds(cell: Cell) -> float:
    """Return about how long a batch of 8 takes, answered and trained on; measured on the machine of the shipped rows."""
    if cell.architecture == "neural_interpreter":
        return 6.5e-6 * cell.parts * cell.tokens**2
    return 0.03 + 3e-4 * cell.parts + 1.2e-4 * cell.tokens


def title(spec: ScalingSpec) -> str:
    """Return what people call the question."""
    return spec.title or f"Time and memory up to {max(spec.parts)} modules or functions, {max(spec.tokens)} tokens"


def newest() -> str | None:
    """Return the newest finished run of this study, None where there is none."""
    found = store.query("SELECT run FROM runs WHERE study = 'scaling' AND state = 'done' ORDER BY finished DESC, run DESC LIMIT 1")
    return None if found.empty else str(found["run"][0])
