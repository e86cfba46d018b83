"""A line through networks: how accuracy out of distribution follows accuracy in distribution, on three kinds of axes.

Linear axes show shares as they are; logit axes are those of Taori et al., "Measuring robustness to natural distribution
shifts in image classification", NeurIPS 2020; probit axes those of Miller et al., "Accuracy on the line", ICML 2021.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float, Float64
from scipy import special, stats

from engine.stats import bootstrap, intervals

Axes = Literal["linear", "logit", "probit"]
EPSILON = 1e-3
FEWEST = 3
CLOSEST = 1e-9  # points nearer than this on the x axis are at the same place
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
    slopes, intercepts, _ = least_squares(u, v, bootstrap.weights(len(u), resamples, seed))
    places = np.linspace(x.min(), x.max(), grid)
    on_axis = to_axis(places, axes, epsilon)
    low, high = _band(slopes, intercepts, on_axis, level)
    return Line(
        axes, epsilon, plain.n, plain.clipped, plain.spearman,
        slope=Estimate(slope, *intervals.percentile(slopes, level)), intercept=intercept,
        r2=r2, r2_without_one=_without_one(u, v),
        x=places, y=from_axis(intercept + slope * on_axis, axes), low=from_axis(low, axes), high=from_axis(high, axes),
    )  # fmt: skip


def least_squares(
    u: Float64[np.ndarray, " n"], v: Float64[np.ndarray, " n"], weights: Float[np.ndarray, "fits n"]
) -> tuple[Float64[np.ndarray, " fits"], Float64[np.ndarray, " fits"], Float64[np.ndarray, " fits"]]:
    """Return slope, intercept and R² of v on u for each row of weights.

    Slope and intercept are NaN where the weighted points have one u only, R² also where they have one v only.
    """
    centre_u, centre_v = u.mean(), v.mean()
    u, v = u - centre_u, v - centre_v
    moments = weights.astype(np.float64) @ np.stack([np.ones_like(u), u, v, u * u, u * v, v * v], axis=1)
    total, su, sv, suu, suv, svv = moments.T
    suu, suv, svv = suu - su * su / total, suv - su * sv / total, svv - sv * sv / total
    rounding = 1e-12
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = np.where(suu > rounding * (u @ u), suv / suu, np.nan)
        r2 = np.where(svv > rounding * (v @ v), slope * suv / svv, np.nan)
    return slope, centre_v + sv / total - slope * (centre_u + su / total), r2


def spearman(x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"], level: float = intervals.LEVEL) -> Estimate:
    """Return Spearman's rank correlation; undefined where x or y is constant, without interval below four points.

    Source of the interval: Bonett and Wright, "Sample size requirements for estimating Pearson, Kendall and Spearman
    correlations", Psychometrika 2000. A perfect order counts as one swap of neighbours less, so that it has a width.
    """
    n = len(x)
    if n < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return UNDEFINED
    rho = float(np.corrcoef(stats.rankdata(x), stats.rankdata(y))[0, 1])
    if n < 4:
        return Estimate(rho, NAN, NAN)
    one_swap = 1 - 12 / (n * (n**2 - 1))
    inner = float(np.clip(rho, -one_swap, one_swap))
    half = intervals.normal_quantile(level) * np.sqrt((1 + inner**2 / 2) / (n - 3))
    low, high = np.tanh(np.arctanh(inner) + np.array([-half, half]))
    return Estimate(rho, min(float(low), rho), max(float(high), rho))


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


def _without_one(u: Float64[np.ndarray, " n"], v: Float64[np.ndarray, " n"]) -> tuple[float, float]:
    """Return the least and the largest R² that leaving out one point gives."""
    r2 = least_squares(u, v, 1 - np.eye(len(u)))[2]
    if np.isnan(r2).all():
        return NAN, NAN
    return float(np.nanmin(r2)), float(np.nanmax(r2))


def _band(
    slopes: Float64[np.ndarray, " fits"],
    intercepts: Float64[np.ndarray, " fits"],
    places: Float64[np.ndarray, " grid"],
    level: float,
) -> tuple[Float64[np.ndarray, " grid"], Float64[np.ndarray, " grid"]]:
    drawn = (intercepts[:, None] + slopes[:, None] * places)[~np.isnan(slopes)]
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return low, high
