"""A line through networks: how accuracy out of distribution follows accuracy in distribution, on three kinds of axes.

Linear axes show shares as they are; logit axes are those of Taori et al., "Measuring robustness to natural distribution
shifts in image classification", NeurIPS 2020; probit axes those of Miller et al., "Accuracy on the line", ICML 2021.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float, Float64, Int
from scipy import special

from engine.stats import bootstrap, intervals

Axes = Literal["linear", "logit", "probit"]
EPSILON = 1e-3
FEWEST = 3
CLOSEST = 1e-9  # points nearer than this on the x axis are at the same place
GROUPS = 2048  # of more points than this, random groups of points are resampled instead of points
ROUNDING = 1e-12  # of the sum of squares: less than this is no spread
NAN = float("nan")

_TO = {"linear": np.positive, "logit": special.logit, "probit": special.ndtri}
_FROM = {"linear": np.positive, "logit": special.expit, "probit": special.ndtr}


class Estimate(NamedTuple):
    """A number with its interval; NaN = undefined."""

    value: float
    low: float
    high: float


UNDEFINED = Estimate(NAN, NAN, NAN)


@dataclass(frozen=True, eq=False)
class Line:
    """A fitted line. Slope, intercept and R² are those on the axes; x, y and the band are in the units of the data."""

    axes: Axes
    epsilon: float  # logit and probit axes: shares are clipped to epsilon..1 - epsilon
    n: int  # points with finite x and y
    clipped: int  # of these, how many had a coordinate clipped
    spearman: Estimate
    slope: Estimate = UNDEFINED
    intercept: float = NAN
    r2: float = NAN
    intercept_interval: tuple[float, float] = (NAN, NAN)
    r2_interval: tuple[float, float] = (NAN, NAN)
    r2_without_one: tuple[float, float] = (NAN, NAN)  # least and largest when one point is left out: does one carry it?
    x: Float64[np.ndarray, " grid"] | None = None  # from the least to the largest x
    y: Float64[np.ndarray, " grid"] | None = None
    low: Float64[np.ndarray, " grid"] | None = None  # pointwise bootstrap band
    high: Float64[np.ndarray, " grid"] | None = None
    reason: str | None = None  # why there is no line

    def predict(self, x: Float[np.ndarray, " m"]) -> Float64[np.ndarray, " m"]:
        """Return the line's y at x; a network's y minus this is its effective robustness."""
        return from_axis(self.intercept + self.slope.value * to_axis(x, self.axes, self.epsilon), self.axes)


def to_axis(values: Float[np.ndarray, " *shape"], axes: Axes, epsilon: float = EPSILON) -> Float64[np.ndarray, " *shape"]:
    """Return where values lie on an axis; on logit and probit axes shares are clipped to epsilon..1 - epsilon first."""
    values = np.asarray(values, dtype=np.float64)
    return _TO[axes](values if axes == "linear" else np.clip(values, epsilon, 1 - epsilon))


def from_axis(places: Float[np.ndarray, " *shape"], axes: Axes) -> Float64[np.ndarray, " *shape"]:
    """Return the values that lie at places on an axis."""
    return _FROM[axes](np.asarray(places, dtype=np.float64))


def fit(
    x: Float[np.ndarray, " n"],
    y: Float[np.ndarray, " n"],
    axes: Axes = "linear",
    *,
    epsilon: float = EPSILON,
    grid: int = 64,
    resamples: int = bootstrap.RESAMPLES,
    seed: int = bootstrap.SEED,
    level: float = intervals.LEVEL,
) -> Line:
    """Return the least-squares line of y on x on the given axes, with a band from resampling points.

    Args:
        x: One number a network, such as accuracy in distribution as a fraction.
        y: The same networks' other number. Pairs that are not both finite are left out.
        axes: Scale of both axes.
        epsilon: How far from 0 and 1 shares are kept on logit and probit axes.
        grid: At how many x the line and its band are given.
        resamples: How many resamples of the points.
        seed: Seeds the resampling.
        level: Of the band and the intervals.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    known = np.isfinite(x) & np.isfinite(y)
    x, y = x[known], y[known]
    u, v = to_axis(x, axes, epsilon), to_axis(y, axes, epsilon)
    plain = Line(axes, epsilon, len(x), _clipped(x, y, axes, epsilon), spearman(x, y, level))
    if reason := _unfit(u):
        return Line(axes, epsilon, plain.n, plain.clipped, plain.spearman, reason=reason)
    slope, intercept, r2 = (float(found[0]) for found in least_squares(u, v, np.ones((1, len(u)))))
    slopes, intercepts, r2s = resampled(u, v, resamples, seed)
    on_axis = np.linspace(u.min(), u.max(), grid)
    places = from_axis(on_axis, axes)
    low, high = _band(slopes, intercepts, on_axis, level)
    return Line(
        axes, epsilon, plain.n, plain.clipped, plain.spearman,
        slope=Estimate(slope, *intervals.percentile(slopes, level)), intercept=intercept,
        r2=r2, r2_without_one=without_one(u, v)[:2],
        intercept_interval=intervals.percentile(intercepts, level), r2_interval=_around(r2, *intervals.percentile(r2s, level)),
        x=places, y=from_axis(intercept + slope * on_axis, axes), low=from_axis(low, axes), high=from_axis(high, axes),
    )  # fmt: skip


def _around(value: float, low: float, high: float) -> tuple[float, float]:
    """Return an interval widened to hold the value: resampled R² near 0 all lie above it."""
    return min(low, value), max(high, value)


def least_squares(
    u: Float64[np.ndarray, " n"], v: Float64[np.ndarray, " n"], weights: Float[np.ndarray, "fits n"]
) -> tuple[Float64[np.ndarray, " fits"], Float64[np.ndarray, " fits"], Float64[np.ndarray, " fits"]]:
    """Return slope, intercept and R² of v on u for each row of weights.

    Slope and intercept are NaN where the weighted points have one u only, R² also where they have one v only.
    """
    return _solved(np.asarray(weights, dtype=np.float64) @ _moments(u, v), u, v)


def resampled(
    u: Float64[np.ndarray, " n"], v: Float64[np.ndarray, " n"], resamples: int = bootstrap.RESAMPLES, seed: int = bootstrap.SEED
) -> tuple[Float64[np.ndarray, " resamples"], Float64[np.ndarray, " resamples"], Float64[np.ndarray, " resamples"]]:
    """Return slope, intercept and R² of each bootstrap resample of the points.

    Of more than `GROUPS` points, so many random groups of equal size are drawn instead: what is summed over a group varies as
    much as what is summed over as many points, and the cost stops growing.
    """
    moments = _moments(u, v)
    if len(u) > GROUPS:
        order = np.random.default_rng(seed).permutation(len(u))
        moments = np.add.reduceat(moments[order], np.arange(GROUPS) * len(u) // GROUPS, axis=0)
    return _solved(bootstrap.weights(len(moments), resamples, seed).astype(np.float64) @ moments, u, v)


def without_one(u: Float64[np.ndarray, " n"], v: Float64[np.ndarray, " n"]) -> tuple[float, float, int]:
    """Return the least and the largest R² that leaving out one point gives, and the place of the point that changes it most (-1: none)."""
    moments = _moments(u, v)
    whole = moments.sum(axis=0, keepdims=True)
    r2, plain = _solved(whole - moments, u, v)[2], float(_solved(whole, u, v)[2][0])
    if np.isnan(r2).all():
        return NAN, NAN, -1
    which = -1 if np.isnan(plain) else int(np.nanargmax(np.abs(r2 - plain)))
    return float(np.nanmin(r2)), float(np.nanmax(r2)), which


def _moments(u: Float64[np.ndarray, " n"], v: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, "n 6"]:
    """Return what each point adds to the sums that a line is solved from, about the means."""
    u, v = u - u.mean(), v - v.mean()
    return np.stack([np.ones_like(u), u, v, u * u, u * v, v * v], axis=1)


def _solved(
    sums: Float64[np.ndarray, "fits 6"], u: Float64[np.ndarray, " n"], v: Float64[np.ndarray, " n"]
) -> tuple[Float64[np.ndarray, " fits"], Float64[np.ndarray, " fits"], Float64[np.ndarray, " fits"]]:
    """Return slope, intercept and R² of each row of summed moments of points about their means."""
    centre_u, centre_v = u.mean(), v.mean()
    total, su, sv, suu, suv, svv = sums.T
    with np.errstate(invalid="ignore", divide="ignore"):
        suu, suv, svv = suu - su * su / total, suv - su * sv / total, svv - sv * sv / total
        slope = np.where(suu > ROUNDING * ((u - centre_u) @ (u - centre_u)), suv / suu, np.nan)
        r2 = np.where(svv > ROUNDING * ((v - centre_v) @ (v - centre_v)), np.clip(slope * suv / svv, 0, 1), np.nan)
        return slope, centre_v + sv / total - slope * (centre_u + su / total), r2


def spearman(x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"], level: float = intervals.LEVEL) -> Estimate:
    """Return Spearman's rank correlation; undefined where x or y is constant, without interval below four points.

    Source of the interval: Bonett and Wright, "Sample size requirements for estimating Pearson, Kendall and Spearman
    correlations", Psychometrika 2000. A perfect order counts as one swap of neighbours less, so that it has a width.
    """
    n = len(x)
    if n < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return UNDEFINED
    one = np.zeros(n, dtype=np.int64)
    rho = float(np.corrcoef(_ranks(one, x, _order(one, x)), _ranks(one, y, _order(one, y)))[0, 1])
    low, high = (float(end[0]) for end in _rank_interval(np.array([rho]), np.array([n]), level))
    return Estimate(rho, low, high)


def spearman_interval(rho: float, n: int, level: float = intervals.LEVEL) -> tuple[float, float]:
    """Return the interval of one rank correlation of n points, as `spearman` gives it; NaN below four points."""
    low, high = _rank_interval(np.array([rho]), np.array([n]), level)
    return float(low[0]), float(high[0])


def _rank_interval(
    rho: Float64[np.ndarray, " groups"], n: Int[np.ndarray, " groups"], level: float
) -> tuple[Float64[np.ndarray, " groups"], Float64[np.ndarray, " groups"]]:
    size = np.maximum(n, 4).astype(np.float64)
    one_swap = 1 - 12 / (size * (size**2 - 1))
    inner = np.clip(rho, -one_swap, one_swap)
    half = intervals.normal_quantile(level) * np.sqrt((1 + inner**2 / 2) / (size - 3))
    low, high = (np.tanh(np.arctanh(inner) + sign * half) for sign in (-1, 1))
    told = n >= 4
    return np.where(told, np.minimum(low, rho), NAN), np.where(told, np.maximum(high, rho), NAN)


def _clipped(x: Float64[np.ndarray, " n"], y: Float64[np.ndarray, " n"], axes: Axes, epsilon: float) -> int:
    if axes == "linear":
        return 0
    return int(((np.minimum(x, y) < epsilon) | (np.maximum(x, y) > 1 - epsilon)).sum())


def _unfit(u: Float64[np.ndarray, " n"]) -> str | None:
    if len(u) < FEWEST:
        return f"A line needs at least {FEWEST} points with both numbers; there are {len(u)}."
    if np.ptp(u) < CLOSEST:
        return "A line needs points that differ on the x axis; all are at the same place."
    return None


def _band(
    slopes: Float64[np.ndarray, " fits"],
    intercepts: Float64[np.ndarray, " fits"],
    places: Float64[np.ndarray, " grid"],
    level: float,
) -> tuple[Float64[np.ndarray, " grid"], Float64[np.ndarray, " grid"]]:
    drawn = (intercepts[:, None] + slopes[:, None] * places)[~np.isnan(slopes)]
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return low, high


@dataclass(frozen=True, eq=False)
class Groups:
    """The lines through many groups of points, one entry a group; NaN = undefined. Ranges are in the units of the data."""

    n: Int[np.ndarray, " groups"]
    slope: Float64[np.ndarray, " groups"]
    intercept: Float64[np.ndarray, " groups"]
    r: Float64[np.ndarray, " groups"]  # on the axes; its square is R²
    spearman: Float64[np.ndarray, " groups"]
    spearman_low: Float64[np.ndarray, " groups"]
    spearman_high: Float64[np.ndarray, " groups"]
    x_quantiles: Float64[np.ndarray, "groups 3"]  # 5 %, 50 %, 95 %
    y_quantiles: Float64[np.ndarray, "groups 3"]


def of_groups(
    codes: Int[np.ndarray, " n"],
    x: Float[np.ndarray, " n"],
    y: Float[np.ndarray, " n"],
    axes: Axes = "linear",
    *,
    groups: int,
    epsilon: float = EPSILON,
    level: float = intervals.LEVEL,
) -> Groups:
    """Return the least-squares lines through many groups of points at once, without bootstrap; fewer than three points have none.

    Args:
        codes: Which group, 0 to groups - 1, each point belongs to.
        x: One number a point, finite.
        y: The other, finite.
        axes: Scale of both axes.
        groups: How many groups there are; one may be empty.
        epsilon: How far from 0 and 1 shares are kept on logit and probit axes.
        level: Of the intervals.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    n = np.bincount(codes, minlength=groups)
    enough = n >= FEWEST
    slope, intercept, r = (np.where(enough, found, NAN) for found in _through(codes, to_axis(x, axes, epsilon), to_axis(y, axes, epsilon), n))
    by_x, by_y = _order(codes, x), _order(codes, y)
    rho = _through(codes, _ranks(codes, x, by_x), _ranks(codes, y, by_y), n)[2]
    low, high = _rank_interval(rho, n, level)
    return Groups(n, slope, intercept, r, rho, low, high, _quantiles(x[by_x], n), _quantiles(y[by_y], n))


def _through(
    codes: Int[np.ndarray, " n"], u: Float64[np.ndarray, " n"], v: Float64[np.ndarray, " n"], n: Int[np.ndarray, " groups"]
) -> tuple[Float64[np.ndarray, " groups"], Float64[np.ndarray, " groups"], Float64[np.ndarray, " groups"]]:
    """Return slope, intercept and correlation of each group."""

    def total(values: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " groups"]:
        return np.bincount(codes, weights=values, minlength=len(n))

    with np.errstate(invalid="ignore", divide="ignore"):
        mean_u, mean_v = total(u) / n, total(v) / n
        du, dv = u - mean_u[codes], v - mean_v[codes]
        suu, suv, svv = total(du * du), total(du * dv), total(dv * dv)
        spread_u, spread_v = suu > n * CLOSEST**2, svv > n * CLOSEST**2
        slope = np.where(spread_u & (n > 1), suv / suu, NAN)
        r = np.where(spread_u & spread_v & (n > 1), np.clip(suv / np.sqrt(suu * svv), -1, 1), NAN)
    return slope, mean_v - slope * mean_u, r


def _order(codes: Int[np.ndarray, " n"], values: Float[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
    """Return the places of the values by group and, within it, by size."""
    by_value = np.argsort(values)
    small = codes.astype(np.int16) if len(codes) and codes.max() < 2**15 else codes  # small whole numbers are sorted by their digits
    return by_value[np.argsort(small[by_value], kind="stable")]


def _ranks(codes: Int[np.ndarray, " n"], values: Float[np.ndarray, " n"], order: Int[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """Return each value's rank within its group, from 1; equal values share the mean of their ranks."""
    if not len(values):
        return np.empty(0)
    group, held = codes[order], np.asarray(values)[order]
    new_group = np.r_[True, group[1:] != group[:-1]]
    new_run = new_group | np.r_[True, held[1:] != held[:-1]]
    starts = np.flatnonzero(new_run)
    ends = np.r_[starts[1:], len(order)]
    run, first = np.cumsum(new_run) - 1, np.flatnonzero(new_group)[np.cumsum(new_group) - 1]
    found = np.empty(len(order))
    found[order] = (starts[run] + ends[run] - 1) / 2 - first + 1
    return found


def _quantiles(
    held: Float64[np.ndarray, " n"], n: Int[np.ndarray, " groups"], shares: tuple[float, ...] = (0.05, 0.5, 0.95)
) -> Float64[np.ndarray, "groups shares"]:
    """Return quantiles of each group of values that stand in order, linear between values; NaN for an empty group."""
    found = np.full((len(n), len(shares)), NAN)
    there = n > 0
    if not there.any():
        return found
    last = (np.cumsum(n) - 1)[there, None]
    places = (np.cumsum(n) - n)[there, None] + np.asarray(shares) * (n[there, None] - 1)
    below = np.floor(places).astype(np.int64)
    found[there] = held[below] + (places - below) * (held[np.minimum(below + 1, last)] - held[below])
    return found
