"""What a scatter of networks tells: the pattern of a pair, what carries its line, and who stands above it.

The five patterns are those of Wenzel et al., "Assaying Out-Of-Distribution Generalization in Transfer Learning", NeurIPS 2022,
and of Teney et al., "ID and OOD performance are sometimes inversely correlated", NeurIPS 2023; their thresholds are a rule of
thumb, so each is a number that can be changed, and each answer says which of them decided.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Float64

from engine import errors
from engine.stats import intervals, lines
from engine.stats.lines import Axes, Estimate

Pattern = Literal["increasing", "vertical", "horizontal", "decreasing", "none", "not told"]
PATTERNS: Mapping[Pattern, str] = {
    "increasing": "better here, better there",
    "vertical": "underspecified, alike here and apart there",
    "horizontal": "nothing gets across",
    "decreasing": "better here, worse there",
    "none": "no clear trend",
    "not told": "cannot be told",
}
"""Each pattern in words, in the order in which pairs are shown."""
TAIL = 0.05  # the share of networks at either end whose weight in the line is looked at
MOVES = 0.1  # an R² that changes by more than this is carried by what was left out
HALF = 0.5  # of the leverage: more than this in a tail carries the slope
FEW_HIGH = 5  # networks in the upper third of the range: fewer do not tell how the line goes on there
PLACES = 200  # a group's networks stand for at most so many places when a line's uncertainty is averaged over them


@dataclass(frozen=True)
class Thresholds:
    """What counts as which pattern. Ranges are from the 5 % to the 95 % quantile of the networks, in the metric's unit."""

    increasing: float = 0.7
    """Correlation on the axes, from which on a pair is increasing."""
    decreasing: float = -0.3
    """Correlation up to which a pair is decreasing."""
    unrelated: float = 0.5
    """Absolute correlation below which a pair is vertical or horizontal where one range is much larger, else without trend."""
    ratio: float = 2.0
    """How many times one range must be as large as the other."""
    chance: float = 0.1
    """How far above chance the middle of a horizontal pair may lie, as a fraction; only where the number of classes is known."""
    narrowest: float = 0.02
    """Range in distribution below which nothing is told, unless the other range is `ratio` times as large as this."""
    fewest: int = 10
    """Networks below which nothing is told."""

    def __post_init__(self) -> None:
        if not -1 <= self.decreasing < self.increasing <= 1:
            raise errors.UserError(
                f"The threshold for decreasing, {self.decreasing:g}, must lie below that for increasing, {self.increasing:g}.",
                "Both are correlations between -1 and 1.",
            )
        for name, least in (("unrelated", 0.0), ("ratio", 1.0), ("chance", 0.0), ("narrowest", 0.0), ("fewest", 3)):
            if getattr(self, name) < least:
                raise errors.UserError(f"The threshold {name} is {getattr(self, name):g}; the least possible is {least:g}.")

    @classmethod
    def read(cls, words: Sequence[str], **defaults: float) -> "Thresholds":
        """Return thresholds from words such as "increasing=0.8"; raises UserError for an unknown name or what is no number."""
        found: dict[str, float] = dict(defaults)
        known = {field.name: field.type for field in fields(cls)}
        for word in words:
            name, _, value = word.partition("=")
            if name not in known:
                raise errors.unknown("threshold", name, known)
            try:
                found[name] = float(value)
            except ValueError as problem:
                raise errors.UserError(f"“{word}” names no threshold.", "Write NAME=NUMBER, such as increasing=0.8.") from problem
        return cls(**{name: int(value) if name == "fewest" else value for name, value in found.items()})  # type: ignore[arg-type]


@dataclass(frozen=True)
class Told:
    """A pattern and one sentence that says why this one was given."""

    pattern: Pattern
    why: str


def pattern(
    n: int,
    r: float,
    x: tuple[float, float, float],
    y: tuple[float, float, float],
    *,
    axes: Axes = "probit",
    chance: float | None = None,
    thresholds: Thresholds = Thresholds(),
    percent: bool = True,
) -> Told:
    """Return which pattern a pair shows, and why.

    Args:
        n: How many networks have both numbers.
        r: Their correlation on the axes; NaN where one number is the same for all.
        x: 5 %, 50 % and 95 % quantile of the number in distribution.
        y: The same out of distribution.
        axes: The axes of r, to be named.
        chance: What guessing would reach out of distribution, where that is known.
        thresholds: What counts as what.
        percent: Whether the metric is a rate, written in percentage points.
    """
    limits, across, up = thresholds, x[2] - x[0], y[2] - y[0]
    said = f"r {_signed(r, 3)}{_between(r, n)} on {axes} axes"
    ranges = f"5 to 95 % of the networks span {_amount(across, percent)} in distribution and {_amount(up, percent)} out of it"
    if n < limits.fewest:
        return Told("not told", f"{n} network{'' if n == 1 else 's'} {'has' if n == 1 else 'have'} both numbers; {limits.fewest} are asked for.")
    if (across < limits.narrowest or across <= 0) and not (up > 0 and up >= limits.ratio * limits.narrowest):
        least = f"at least {_amount(limits.narrowest, percent)} in distribution are asked for"
        return Told("not told", f"The networks are too much alike: {ranges}; {least}.")
    if r >= limits.increasing:
        return Told("increasing", f"{said} is at least {_signed(limits.increasing)}.")
    if r <= limits.decreasing:
        return Told("decreasing", f"{said} is at most {_signed(limits.decreasing)}.")
    if abs(r) >= limits.unrelated:
        held = f"{_signed(limits.unrelated)} for no relation and {_signed(limits.increasing)} for increasing"
        return Told("none", f"{said} lies between the thresholds, {held}: a weak relation.")
    weak = f"{said} is weaker than {_signed(limits.unrelated)}" if r == r else "One number is the same for all networks"
    if up >= limits.ratio * across:
        return Told("vertical", f"{weak}, and {ranges}: the second at least {limits.ratio:g} times as much.")
    if across >= limits.ratio * up:
        return _flat(f"{weak}, and {ranges}", y[1], chance, limits, percent=percent)
    return Told("none", f"{weak}, and {ranges}: neither is {limits.ratio:g} times the other.")


def _flat(said: str, middle: float, chance: float | None, limits: Thresholds, *, percent: bool) -> Told:
    """Return horizontal where networks that differ here are alike there, and near chance where chance is known."""
    if chance is None:
        return Told("horizontal", f"{said}: the first at least {limits.ratio:g} times as much (how far from chance is not known).")
    where = f"the middle network there reaches {_amount(middle, percent, points=False)}, chance is {_amount(chance, percent, points=False)}"
    if middle <= chance + limits.chance:
        return Told("horizontal", f"{said}; {where}, at most {_amount(limits.chance, percent)} less.")
    return Told("none", f"{said}: flat, but {where}, more than {_amount(limits.chance, percent)} less.")


def _between(r: float, n: int) -> str:
    """Return Fisher's interval of a correlation in brackets, nothing where it is not defined."""
    low, high = correlation_interval(r, n)
    return f" [{_signed(low, 3)}, {_signed(high, 3)}]" if np.isfinite(low) else ""


def correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Return Pearson's correlation; NaN below two points or where one of the two does not vary."""
    return float(np.corrcoef(x, y)[0, 1]) if len(x) > 1 and np.ptp(x) > 0 and np.ptp(y) > 0 else float("nan")


def correlation_interval(r: float, n: int, level: float = intervals.LEVEL) -> tuple[float, float]:
    """Return Fisher's interval of a correlation; NaN below four points or where r is undefined or exactly ±1."""
    if n < 4 or not abs(r) < 1:
        return float("nan"), float("nan")
    half = intervals.normal_quantile(level) / np.sqrt(n - 3)
    return float(np.tanh(np.arctanh(r) - half)), float(np.tanh(np.arctanh(r) + half))


def _signed(value: float, places: int = 2) -> str:
    return f"{value:.{places}f}".replace("-", "\u2212") if np.isfinite(value) else "undefined"


def _amount(value: float, percent: bool, *, points: bool = True) -> str:
    if percent:
        return f"{100 * value:.3g} {'points' if points else '%'}"
    return f"{value:.3g}"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


@dataclass(frozen=True)
class Carried:
    """What carries a line: the range of x, and how R² changes without either end."""

    low: float  # 5 % quantile of x, in its own unit
    high: float  # 95 % quantile
    least: float
    most: float
    r2: float
    r2_without_lowest: float  # without the lowest 5 % of x
    r2_without_highest: float
    lowest_share: float  # of the sum of squares of x on the axes that the lowest 5 % make up
    highest_share: float
    above: int  # networks in the upper third of the range
    one: int  # place of the network that changes R² most, -1: none
    r2_without_that: float
    warnings: tuple[str, ...]


def carried(x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"], axes: Axes = "linear", *, epsilon: float = lines.EPSILON) -> Carried | None:
    """Return what carries the line through finite points; None where there is no line.

    Args:
        x: One number a network, such as accuracy in distribution as a fraction.
        y: The same networks' other number.
        axes: Scale of both axes.
        epsilon: How far from 0 and 1 shares are kept on logit and probit axes.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    u, v = lines.to_axis(x, axes, epsilon), lines.to_axis(y, axes, epsilon)
    if len(u) < lines.FEWEST or np.ptp(u) < lines.CLOSEST:
        return None
    n, order = len(u), np.argsort(u, kind="stable")
    tail = max(1, round(TAIL * n))
    leverage = (u - u.mean()) ** 2 / np.sum((u - u.mean()) ** 2)
    lowest, highest = order[:tail], order[-tail:]
    _, _, one = lines.without_one(u, v)
    low, high = (float(q) for q in np.quantile(x, [0.05, 0.95]))
    plain = _r2(u, v)
    without = [_r2(np.delete(u, gone), np.delete(v, gone)) for gone in (lowest, highest, [one] if one >= 0 else [])]
    above = int((u > u.min() + 2 / 3 * np.ptp(u)).sum())
    found = (low, high, float(x.min()), float(x.max()), plain, without[0], without[1], float(leverage[lowest].sum()), float(leverage[highest].sum()))
    return Carried(*found, above, one, without[2], _warnings(*found[4:], above, without[2], n, tail))


def _r2(u: Float64[np.ndarray, " n"], v: Float64[np.ndarray, " n"]) -> float:
    return float(lines.least_squares(u, v, np.ones((1, len(u))))[2][0]) if len(u) >= lines.FEWEST else float("nan")


def _warnings(
    r2: float, low: float, high: float, low_share: float, high_share: float, above: int, without_that: float, n: int, tail: int
) -> tuple[str, ...]:
    """Return a sentence for each way in which few networks carry the line."""
    found = []
    for name, without, share in (("lowest", low, low_share), ("highest", high, high_share)):
        which = f"the {name} {tail} of {n} networks" if tail > 1 else f"the {name} of {n} networks"
        if abs(r2 - without) > MOVES:
            found.append(f"R² goes from {r2:.2f} to {without:.2f} without {which}.")
        elif share > HALF:
            found.append(f"{_capital(which)} {'make' if tail > 1 else 'makes'} up {100 * share:.0f} % of the spread that the slope rests on.")
    if above < FEW_HIGH and n > 2 * FEW_HIGH:
        found.append(f"Only {above} of {n} networks lie in the upper third of the range: how the line goes on there is hardly known.")
    if tail > 1 and abs(r2 - without_that) > MOVES:
        found.append(f"R² goes from {r2:.2f} to {without_that:.2f} without one single network.")
    return tuple(found)


@dataclass(frozen=True, eq=False)
class Effective:
    """How far networks stand above the line of a baseline, in the unit of y, each with its interval."""

    line: lines.Line  # through the baseline only
    residual: Float64[np.ndarray, " n"]
    low: Float64[np.ndarray, " n"]
    high: Float64[np.ndarray, " n"]


def effective(
    x: Float[np.ndarray, " n"],
    y: Float[np.ndarray, " n"],
    baseline: Bool[np.ndarray, " n"],
    axes: Axes = "linear",
    *,
    y_low: Float[np.ndarray, " n"] | None = None,
    y_high: Float[np.ndarray, " n"] | None = None,
    level: float = intervals.LEVEL,
) -> Effective:
    """Return effective robustness: each network's y minus what the line of the baseline says at its x.

    The interval joins that of the line (from resampling the baseline's networks) and, where it is known, that of y, as bounds of a
    difference (Zou and Donner, "Construction of confidence limits about effect measures", Statistics in Medicine 2008); where the
    interval of y is not known, it is that of the line alone. The measure is that of Taori et al., "Measuring robustness to natural
    distribution shifts in image classification", NeurIPS 2020.

    Raises:
        UserError: when the baseline has too few networks for a line.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    line = lines.fit(x[baseline], y[baseline], axes, level=level)
    if line.reason is not None:
        raise errors.UserError(f"There is no line through the baseline. {line.reason}", "Choose a larger group as the baseline.")
    u = lines.to_axis(x, axes)
    half = intervals.normal_quantile(level) * _line_error(u, x[baseline], y[baseline], axes)
    at = line.intercept + line.slope.value * u
    middle, under, over = (lines.from_axis(place, axes) for place in (at, at - half, at + half))
    below, above = (np.zeros_like(y) if end is None else np.nan_to_num(np.abs(y - np.asarray(end, dtype=np.float64))) for end in (y_low, y_high))
    residual = y - middle
    return Effective(line, residual, residual - np.hypot(below, over - middle), residual + np.hypot(above, middle - under))


def _line_error(u: Float64[np.ndarray, " n"], x: Float64[np.ndarray, " m"], y: Float64[np.ndarray, " m"], axes: Axes) -> Float64[np.ndarray, " n"]:
    """Return the standard error of a bootstrapped line at places on the axis."""
    slopes, intercepts, _ = lines.resampled(lines.to_axis(x, axes), lines.to_axis(y, axes))
    known = ~np.isnan(slopes)
    covariance = np.cov(intercepts[known], slopes[known])
    return np.sqrt(np.maximum(covariance[0, 0] + 2 * u * covariance[0, 1] + u**2 * covariance[1, 1], 0))


def mean_effective(
    x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"], baseline: Bool[np.ndarray, " n"], group: Bool[np.ndarray, " n"], axes: Axes = "linear"
) -> Estimate:
    """Return a group's mean effective robustness with an interval over the networks of both the group and the baseline.

    The two uncertainties are resampled apart and joined in quadrature. A group of one network has no interval.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    slopes, intercepts, _ = lines.resampled(lines.to_axis(x[baseline], axes), lines.to_axis(y[baseline], axes))
    line = lines.fit(x[baseline], y[baseline], axes, grid=2, resamples=2)
    residual = y[group] - line.predict(x[group])
    mean, n = float(residual.mean()), int(group.sum())
    if n < 2:
        return Estimate(mean, float("nan"), float("nan"))
    ranked = np.sort(lines.to_axis(x[group], axes))
    places = ranked if n <= PLACES else np.quantile(ranked, (np.arange(PLACES) + 0.5) / PLACES)
    known = ~np.isnan(slopes)
    said = lines.from_axis(intercepts[known, None] + slopes[known, None] * places, axes).mean(axis=1)
    half = np.hypot(intervals.normal_quantile() * said.std(), intervals.student_quantile(n) * residual.std(ddof=1) / np.sqrt(n))
    return Estimate(mean, mean - float(half), mean + float(half))
