"""What a metric gives: a number with its interval and the n behind it, or the reason why there is none."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True, slots=True)
class Measure:
    """One number about the answers to n examples.

    `value` is None where nothing could be measured and NaN where the metric is undefined on these examples; `reason`
    then says why. `low` and `high` bound the 95 % interval, None where there is none.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    slice: str | None = None  # which examples: "class=7", "group:site=hospital 2"; None = all
    reason: str | None = None

    def __post_init__(self) -> None:
        undefined = self.value is None or math.isnan(self.value)
        if undefined and not self.reason:
            raise ValueError("a measure without a number needs the reason")
        if not undefined and self.low is not None and self.high is not None and not self.low <= self.high:
            raise ValueError(f"the interval {self.low}..{self.high} is upside down")


def absent(n: int, reason: str, part: str | None = None) -> Measure:
    """Return the measure that says why nothing was measured on n examples."""
    return Measure(None, None, None, n, part, reason)


def of(value: float, low: float, high: float, n: int) -> Measure:
    """Return the measure of a number; bounds that are NaN become None."""
    return Measure(float(value), *(None if math.isnan(bound) else float(bound) for bound in (low, high)), n=n)


def trouble(logits: Float[np.ndarray, "n classes"]) -> str | None:
    """Return why these logits cannot be measured, or None: there are none, or some are NaN or infinite.

    One example with such logits makes every number of its set None: leaving it out would compare networks on different
    examples, and counting it as wrong would invent an answer.
    """
    if not len(logits):
        return "There is no example."
    broken = int((~np.isfinite(logits)).any(axis=1).sum())
    return f"{broken} of {len(logits)} examples have logits that are NaN or infinite." if broken else None
