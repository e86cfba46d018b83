"""Laws: the distributions that a factor can follow, each drawn by turning uniform noise into a value.

A law is a monotone function of the noise, so that one unit's draws under two laws go together: the same noise gives
the same quantile. Numbers of a law may be arrays, one a unit, where they depend on a factor that is continuous.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float
from scipy import special

if TYPE_CHECKING:
    from engine.systems._vocabulary import Factor

Number = float | np.ndarray
Noise = Float[np.ndarray, "n columns"]
REACH = 3.0  # a normal law ends so many standard deviations from its mean, which makes its support an interval


@dataclass(frozen=True)
class Point:
    """Always the same value."""

    value: str | float | np.ndarray

    def complaint(self, factor: "Factor") -> str | None:
        """Return why the factor cannot follow the law, None where it can."""
        if factor.categorical:
            return None if self.value in factor.domain else f"gives “{self.value}”, which is no value of it"
        if isinstance(self.value, str):
            return f"gives “{self.value}”, which is no number"
        return _outside(factor, self.value, self.value)

    def draw(self, factor: "Factor", noise: Noise) -> np.ndarray:
        """Return one value a row of noise: codes of a categorical factor, numbers of a continuous one."""
        return np.full(len(noise), factor.code(self.value)) if factor.categorical else np.full(len(noise), self.value, np.float64)

    def probabilities(self, factor: "Factor") -> Float[np.ndarray, " values"]:
        """Return the probability of each value of a categorical factor."""
        return np.eye(len(factor.domain))[factor.code(self.value)]

    def interval(self, _factor: "Factor") -> tuple[float, float]:
        """Return the lowest and highest value of a continuous factor under the law."""
        return float(np.min(self.value)), float(np.max(self.value))  # type: ignore[arg-type]

    def text(self) -> str:
        """Return the value as interventions write it."""
        return self.value if isinstance(self.value, str) else number(float(self.value))


@dataclass(frozen=True)
class Choice:
    """One of several values of a categorical factor, by weight."""

    weights: tuple[tuple[str, float], ...]

    @classmethod
    def of(cls, weights: Mapping[str, float]) -> "Choice":
        """Return the law with these weights, which need not add up to 1."""
        return cls(tuple((name, float(weight)) for name, weight in weights.items()))

    @classmethod
    def even(cls, names: Iterable[str]) -> "Choice":
        """Return the law that gives each of some values the same weight."""
        return cls(tuple((name, 1.0) for name in names))

    def complaint(self, factor: "Factor") -> str | None:
        """Return why the factor cannot follow the law, None where it can."""
        if not factor.categorical:
            return "chooses among names, but the factor is a number"
        if strange := [name for name, _ in self.weights if name not in factor.domain]:
            return f"gives “{strange[0]}”, which is no value of it"
        if len({name for name, _ in self.weights}) < len(self.weights):
            return "names a value twice"
        weights = [weight for _, weight in self.weights]
        if not all(math.isfinite(weight) and weight >= 0 for weight in weights) or not sum(weights) > 0:
            return "has weights that are negative, infinite or all zero, so that nothing can be drawn"
        return None

    def draw(self, factor: "Factor", noise: Noise) -> np.ndarray:
        """Return one code a row of noise."""
        below = np.cumsum(self.probabilities(factor))
        return np.minimum(np.searchsorted(below / below[-1], noise[:, 0], side="right"), self._last(factor))

    def _last(self, factor: "Factor") -> int:
        return int(np.flatnonzero(self.probabilities(factor))[-1])

    def probabilities(self, factor: "Factor") -> Float[np.ndarray, " values"]:
        """Return the probability of each value of the factor."""
        found = np.zeros(len(factor.domain))
        for name, weight in self.weights:
            found[factor.code(name)] = weight
        return found / found.sum()

    def text(self) -> str:
        """Return the law as interventions write it."""
        return f"choice({','.join(f'{name}:{number(weight)}' for name, weight in self.weights)})"


@dataclass(frozen=True)
class Uniform:
    """Any number between two, each as likely."""

    low: Number
    high: Number

    def complaint(self, factor: "Factor") -> str | None:
        """Return why the factor cannot follow the law, None where it can."""
        if factor.categorical:
            return "gives numbers, but the factor has names"
        if not np.all(np.asarray(self.low) <= np.asarray(self.high)):
            return "begins above its end, so that nothing can be drawn"
        return _outside(factor, self.low, self.high)

    def draw(self, _factor: "Factor", noise: Noise) -> np.ndarray:
        """Return one number a row of noise."""
        return self.low + noise[:, 0] * (np.asarray(self.high) - self.low)

    def interval(self, _factor: "Factor") -> tuple[float, float]:
        """Return the lowest and highest value under the law."""
        return float(np.min(self.low)), float(np.max(self.high))

    def text(self) -> str:
        """Return the law as interventions write it."""
        return f"uniform({number(float(self.low))},{number(float(self.high))})"


@dataclass(frozen=True)
class Normal:
    """Numbers around a mean, cut off 3 standard deviations from it and at the ends of the factor's domain."""

    mean: Number
    sd: Number

    def complaint(self, factor: "Factor") -> str | None:
        """Return why the factor cannot follow the law, None where it can."""
        if factor.categorical:
            return "gives numbers, but the factor has names"
        if not np.all(np.isfinite(self.mean)) or not np.all(np.isfinite(self.sd)) or not np.all(np.asarray(self.sd) > 0):
            return "has a mean or a standard deviation that is no finite number above zero, so that nothing can be drawn"
        low, high = self._ends(factor)
        return None if np.all(low < high) else f"lies outside the domain {factor.spread}, so that nothing can be drawn"

    def _ends(self, factor: "Factor") -> tuple[np.ndarray, np.ndarray]:
        lowest, highest = factor.limits
        mean, sd = np.asarray(self.mean, np.float64), np.asarray(self.sd, np.float64)
        return np.maximum(mean - REACH * sd, lowest), np.minimum(mean + REACH * sd, highest)

    def draw(self, factor: "Factor", noise: Noise) -> np.ndarray:
        """Return one number a row of noise, by the inverse of the truncated distribution function."""
        low, high = self._ends(factor)
        below, above = special.ndtr((low - self.mean) / self.sd), special.ndtr((high - self.mean) / self.sd)
        return np.clip(self.mean + self.sd * special.ndtri(below + noise[:, 0] * (above - below)), low, high)

    def interval(self, factor: "Factor") -> tuple[float, float]:
        """Return the lowest and highest value under the law."""
        low, high = self._ends(factor)
        return float(low.min()), float(high.max())

    def text(self) -> str:
        """Return the law as interventions write it."""
        return f"normal({number(float(self.mean))},{number(float(self.sd))})"


@dataclass(frozen=True)
class Mixture:
    """One of several laws, by weight: the first column of noise picks the law, the next draws from it."""

    parts: tuple[tuple[float, "Point | Choice | Uniform | Normal"], ...]

    def complaint(self, factor: "Factor") -> str | None:
        """Return why the factor cannot follow the law, None where it can."""
        weights = [weight for weight, _ in self.parts]
        if not all(math.isfinite(weight) and weight >= 0 for weight in weights) or not sum(weights) > 0:
            return "has weights that are negative, infinite or all zero, so that nothing can be drawn"
        return next((said for _, law in self.parts if (said := law.complaint(factor))), None)

    def draw(self, factor: "Factor", noise: Noise) -> np.ndarray:
        """Return one value a row of noise."""
        shares = np.cumsum([weight for weight, _ in self.parts])
        picked = np.minimum(np.searchsorted(shares / shares[-1], noise[:, 0], side="right"), len(self.parts) - 1)
        drawn = [law.draw(factor, noise[:, 1:]) for _, law in self.parts]
        return np.choose(picked, drawn)

    def probabilities(self, factor: "Factor") -> Float[np.ndarray, " values"]:
        """Return the probability of each value of a categorical factor."""
        found = sum((weight * law.probabilities(factor) for weight, law in self.parts), np.zeros(len(factor.domain)))  # type: ignore[union-attr]
        return found / found.sum()

    def interval(self, factor: "Factor") -> tuple[float, float]:
        """Return the lowest and highest value of a continuous factor under the law."""
        ends = [law.interval(factor) for weight, law in self.parts if weight > 0]  # type: ignore[union-attr]
        return min(low for low, _ in ends), max(high for _, high in ends)


Law = Point | Choice | Uniform | Normal | Mixture
Simple = Point | Choice | Uniform | Normal  # what a person can ask for


def number(value: float) -> str:
    """Return the shortest text that reads as the same number."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def _outside(factor: "Factor", low: Number, high: Number) -> str | None:
    """Return the complaint about numbers that are none or leave the domain."""
    lowest, highest = factor.limits
    if not (np.all(np.isfinite(low)) and np.all(np.isfinite(high))):
        return "has numbers that are not finite, so that nothing can be drawn"
    return None if np.all(np.asarray(low) >= lowest) and np.all(np.asarray(high) <= highest) else f"leaves the domain {factor.spread}"


def intervals(found: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Return intervals sorted, those that touch joined."""
    joined: list[tuple[float, float]] = []
    for low, high in sorted(found):
        if joined and low <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], high))
        else:
            joined.append((low, high))
    return tuple(joined)
