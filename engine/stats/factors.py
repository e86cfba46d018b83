"""Which few hidden numbers stand behind many measured ones: factor analysis with a scree, parallel analysis and rotations.

Rows are networks (or networks in pairs), columns are metrics; all start from the correlation matrix of the columns.

Signs: a factor means the same turned round, so each is turned such that its loadings sum to a number above 0. Order: the
factor with the largest sum of squared loadings comes first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import Bool, Float, Float64, Int
from scipy import stats

from engine import errors
from engine.stats import bootstrap, intervals, regression

Method = Literal["principal axis", "principal component"]
Rotation = Literal["none", "varimax", "promax"]
Scaling = Literal["standardised", "pooled"]
METHODS: tuple[Method, ...] = get_args(Method)
ROTATIONS: tuple[Rotation, ...] = get_args(Rotation)
SCALINGS: tuple[Scaling, ...] = get_args(Scaling)
PERCENTILE = 95.0
DRAWN = 1000  # random matrices of the parallel analysis
RESAMPLES = 200
STEPS, CLOSE = 500, 1e-8  # of the communalities
RESAMPLED_STEPS = 40
POWER = 4  # of promax, as Hendrickson and White advise


@dataclass(frozen=True, eq=False)
class Scree:
    """Eigenvalues of the correlation matrix, from large to small, and what random numbers would give."""

    eigenvalues: Float64[np.ndarray, " columns"]
    low: Float64[np.ndarray, " columns"]  # 95 % interval from resampling networks; NaN where none was asked for
    high: Float64[np.ndarray, " columns"]
    random: Float64[np.ndarray, " columns"]  # 95th percentile of the eigenvalues of uncorrelated columns
    cumulative: Float64[np.ndarray, " columns"]  # share of all variance up to here
    n: int  # rows that the parallel analysis draws: networks that vary independently

    @property
    def suggested(self) -> int:
        """Return how many eigenvalues from the first on are above the random ones (Horn)."""
        return int(np.cumprod(self.eigenvalues > self.random).sum())


@dataclass(frozen=True, eq=False)
class Solution:
    """Loadings of columns on factors. With promax they are the pattern, and `between` tells how the factors go together."""

    loadings: Float64[np.ndarray, "columns factors"]
    low: Float64[np.ndarray, "columns factors"]  # 95 % interval from resampling networks; NaN where none was asked for
    high: Float64[np.ndarray, "columns factors"]
    communalities: Float64[np.ndarray, " columns"]  # share of a column's variance that the factors explain
    between: Float64[np.ndarray, "factors factors"]  # correlations of the factors
    explained: Float64[np.ndarray, " factors"]  # share of all variance; with promax, what two factors share is split between them
    steps: int  # until the communalities stood still; 0 for principal components
    improper: tuple[int, ...]  # columns whose communality reached 1 (Heywood cases): the factors cannot be taken at face value


def scaled(values: Float[np.ndarray, "n columns"], group: Int[np.ndarray, " n"], scaling: Scaling) -> Float64[np.ndarray, "n columns"]:
    """Return z-scores of the whole, or within each group; NaN where a group has too few rows or a constant column."""
    return regression.standardised(values, np.zeros(len(values), dtype=int) if scaling == "pooled" else group)


def usable(values: Float[np.ndarray, "n columns"], names: Sequence[str]) -> Bool[np.ndarray, " n"]:
    """Return which rows have all numbers.

    Raises:
        UserError: with fewer than two columns, a constant column, or no more complete rows than columns.
    """
    if len(names) < 2:
        raise errors.UserError("A factor analysis needs at least two columns.", "Choose more metrics.")
    kept = np.asarray(np.isfinite(values).all(axis=1))
    n = int(kept.sum())
    if n <= len(names):
        fewest = names[int(np.isfinite(values).sum(axis=0).argmin())]
        raise errors.UserError(
            f"A factor analysis needs more complete rows than columns; {n} rows have all {len(names)} numbers.",
            f"Leave out the column that fewest have, {fewest}, or others.",
        )
    constant = [name for name, column in zip(names, values[kept].T, strict=True) if np.ptp(column) <= 1e-12 * np.abs(column).max()]
    if constant:
        raise errors.UserError(f"{', '.join(constant)} is the same in all {n} rows, so it goes with nothing.", "Leave it out.")
    return kept


def scree(
    values: Float[np.ndarray, "n columns"],
    unit: Int[np.ndarray, " n"] | None = None,
    *,
    resamples: int = RESAMPLES,
    drawn: int = DRAWN,
    seed: int = bootstrap.SEED,
    level: float = intervals.LEVEL,
) -> Scree:
    """Return eigenvalues with intervals, beside those of random numbers.

    Rows of one network are not independent, so that the parallel analysis counts networks, not rows. Source: Horn, "A rationale
    and test for the number of factors in factor analysis", Psychometrika 1965, with the 95th percentile of Glorfeld 1995.

    Args:
        values: Complete rows.
        unit: Which network each row is of; by default each is its own.
        resamples: How often networks are drawn anew; 0 for no intervals.
        drawn: How many random matrices.
        seed: Seeds both.
        level: Of the intervals.
    """
    unit = np.arange(len(values)) if unit is None else np.unique(unit, return_inverse=True)[1]
    together = _correlations(values, unit, resamples, seed)
    every = np.linalg.eigvalsh(together)[:, ::-1]
    low, high = _bounds(every[1:], every[0], level)
    n = int(unit.max()) + 1
    return Scree(every[0], low, high, random_eigenvalues(n, values.shape[1], drawn=drawn, seed=seed), np.cumsum(every[0]) / values.shape[1], n)


def random_eigenvalues(
    n: int, columns: int, *, drawn: int = DRAWN, seed: int = bootstrap.SEED, percentile: float = PERCENTILE
) -> Float64[np.ndarray, " columns"]:
    """Return the percentile of each eigenvalue of the correlation matrix of n rows of independent normal numbers.

    The products of such rows are drawn as they are distributed (Bartlett's decomposition of Wishart's distribution), which
    costs the same for any n.
    """
    rng = np.random.default_rng(seed)
    root = np.tril(rng.standard_normal((drawn, columns, columns)), -1)
    freedom = np.maximum(n - 1 - np.arange(columns), 0)
    root[:, np.arange(columns), np.arange(columns)] = np.sqrt(np.where(freedom > 0, rng.chisquare(np.maximum(freedom, 1), (drawn, columns)), 0.0))
    return np.percentile(np.linalg.eigvalsh(_to_correlations(root @ root.swapaxes(1, 2)))[:, ::-1], percentile, axis=0)


def solve(
    values: Float[np.ndarray, "n columns"],
    factors: int,
    unit: Int[np.ndarray, " n"] | None = None,
    *,
    method: Method = "principal axis",
    rotation: Rotation = "varimax",
    resamples: int = RESAMPLES,
    seed: int = bootstrap.SEED,
    level: float = intervals.LEVEL,
) -> Solution:
    """Return the loadings of a number of factors, with intervals from resampling networks.

    The factors of a resample are turned onto those of the data before the same rotation is applied to both, so that an interval
    tells how far a loading varies, not how freely factors change places.

    Args:
        values: Complete rows.
        factors: How many factors.
        unit: Which network each row is of; by default each is its own.
        method: Principal axes explain what columns share, principal components all variance.
        rotation: Varimax keeps factors uncorrelated; promax lets them go together.
        resamples: How often networks are drawn anew; 0 for no intervals.
        seed: Seeds the resampling.
        level: Of the intervals.

    Raises:
        UserError: for a number of factors that the columns do not have.
    """
    columns = values.shape[1]
    most = columns if method == "principal component" else columns - 1
    if not 1 <= factors <= most:
        raise errors.UserError(f"{columns} columns have 1 to {most} factors; {factors} were asked for.", f"Choose a number from 1 to {most}.")
    unit = np.arange(len(values)) if unit is None else np.unique(unit, return_inverse=True)[1]
    together = _correlations(values, unit, resamples, seed)
    plain, steps = extract(together[:1], factors, method)
    turn, between = rotate(plain[0], rotation)
    loadings = plain[0] @ turn
    order = np.argsort(-(loadings**2).sum(axis=0), kind="stable")
    sign = np.where(loadings.sum(axis=0) < 0, -1.0, 1.0)[order]
    turn, between = turn[:, order] * sign, between[np.ix_(order, order)] * np.outer(sign, sign)
    loadings, communalities = plain[0] @ turn, (plain[0] ** 2).sum(axis=1)
    low, high = _bounds(_resampled(together[1:], plain[0], method) @ turn, loadings, level)
    improper = tuple(np.flatnonzero(communalities > 1 - 1e-6).tolist()) if method == "principal axis" else ()
    explained = ((loadings @ between) * loadings).sum(axis=0) / columns
    return Solution(loadings, low, high, communalities, between, explained, steps, improper)


def extract(
    together: Float[np.ndarray, "draws columns columns"], factors: int, method: Method, start: Float[np.ndarray, " columns"] | None = None,
    most: int = STEPS,
) -> tuple[Float64[np.ndarray, "draws columns factors"], int]:  # fmt: skip
    """Return unrotated loadings of correlation matrices, and the steps that they took.

    Principal axes: the communalities on the diagonal begin as squared multiple correlations (or as given) and are those of the
    loadings of the step before, until they stand still; none passes 1.
    """
    if method == "principal component":
        return _axes(together, factors), 0
    at = np.arange(together.shape[1])
    share = _multiple(together) if start is None else np.broadcast_to(start, together.shape[:2])
    loadings, step, moved = _axes(together, factors), 0, np.inf
    while moved >= CLOSE and step < most:
        reduced = together.copy()
        reduced[:, at, at] = share
        loadings = _axes(reduced, factors)
        new = np.minimum((loadings**2).sum(axis=2), 1.0)
        moved, share, step = float(np.abs(new - share).max()), new, step + 1
    return loadings, step


def _axes(matrices: Float[np.ndarray, "draws columns columns"], factors: int) -> Float64[np.ndarray, "draws columns factors"]:
    sizes, vectors = np.linalg.eigh(matrices)
    return vectors[:, :, ::-1][:, :, :factors] * np.sqrt(np.maximum(sizes[:, ::-1][:, :factors], 0))[:, None, :]


def _multiple(together: Float[np.ndarray, "draws columns columns"]) -> Float64[np.ndarray, "draws columns"]:
    """Return the squared multiple correlation of each column with the others."""
    inverse = np.linalg.pinv(together, hermitian=True)
    return np.clip(1 - 1 / np.maximum(np.einsum("dii->di", inverse), 1.0), 0.0, 1.0)


def rotate(loadings: Float[np.ndarray, "columns factors"], rotation: Rotation) -> tuple[Float64[np.ndarray, "factors factors"], np.ndarray]:
    """Return the matrix that turns loadings, and the correlations of the factors after it."""
    factors = loadings.shape[1]
    if rotation == "none" or factors == 1:
        return np.eye(factors), np.eye(factors)
    turn = varimax(loadings)
    return (turn, np.eye(factors)) if rotation == "varimax" else promax(loadings, turn)


def varimax(loadings: Float[np.ndarray, "columns factors"], *, kaiser: bool = True, steps: int = 1000) -> Float64[np.ndarray, "factors factors"]:
    """Return the rotation after which squared loadings vary most within factors.

    Source: Kaiser, "The varimax criterion for analytic rotation in factor analysis", Psychometrika 1958. Rows have length 1 while
    turning (Kaiser's normalisation) unless that is switched off.
    """
    length = np.sqrt((loadings**2).sum(axis=1, keepdims=True))
    a = loadings / np.where(length > 0, length, 1.0) if kaiser else np.asarray(loadings, dtype=np.float64)
    turn, reached = np.eye(a.shape[1]), 0.0
    for _ in range(steps):
        turned = a @ turn
        left, sizes, right = np.linalg.svd(a.T @ (turned**3 - turned * (turned**2).mean(axis=0)))
        turn = left @ right
        if sizes.sum() < reached * (1 + 1e-12):
            break
        reached = float(sizes.sum())
    return turn


def promax(
    loadings: Float[np.ndarray, "columns factors"], start: Float[np.ndarray, "factors factors"], power: int = POWER
) -> tuple[Float64[np.ndarray, "factors factors"], Float64[np.ndarray, "factors factors"]]:
    """Return the oblique rotation towards loadings raised to a power, and the correlations of the factors.

    Source: Hendrickson and White, "Promax: a quick method for rotation to oblique simple structure", British Journal of Statistical
    Psychology 1964.
    """
    turned = loadings @ start
    wanted = turned * np.abs(turned) ** (power - 1)
    turn = np.linalg.lstsq(turned, wanted, rcond=None)[0]
    turn = turn * np.sqrt(np.diag(np.linalg.pinv(turn.T @ turn)))
    whole = start @ turn
    back = np.linalg.pinv(whole)
    return whole, back @ back.T


def _resampled(
    together: Float[np.ndarray, "draws columns columns"], plain: Float[np.ndarray, "columns factors"], method: Method
) -> Float64[np.ndarray, "draws columns factors"]:
    """Return unrotated loadings of resamples, each turned onto those of the data (orthogonal Procrustes)."""
    if not len(together):
        return np.empty((0, *plain.shape))
    start = np.clip((plain**2).sum(axis=1), 0.0, 1.0)
    found, _ = extract(together, plain.shape[1], method, start, RESAMPLED_STEPS)
    left, _, right = np.linalg.svd(found.swapaxes(1, 2) @ plain)
    return found @ (left @ right)


def _correlations(values: Float[np.ndarray, "n columns"], unit: Int[np.ndarray, " n"], resamples: int, seed: int) -> Float64[np.ndarray, "draws c c"]:
    """Return the correlation matrix of the rows, and of resamples of networks with all their rows; undefined resamples are left out."""
    centred = (values - values.mean(axis=0)) / values.std(axis=0)
    n, columns = centred.shape
    full = np.concatenate([np.ones((n, 1)), centred], axis=1)
    upper = np.triu_indices(columns + 1)
    size = int(unit.max()) + 1
    order = np.argsort(unit, kind="stable")
    starts = np.flatnonzero(np.diff(unit[order], prepend=-1))
    each = np.add.reduceat(full[order][:, upper[0]] * full[order][:, upper[1]], starts, axis=0)
    drawn = np.concatenate([np.ones((1, size)), bootstrap.weights(size, resamples, seed)]) if resamples else np.ones((1, size))
    sums = np.empty((len(drawn), columns + 1, columns + 1))
    sums[:, upper[0], upper[1]] = sums[:, upper[1], upper[0]] = drawn @ each
    found = regression.correlations(sums)
    return found[np.isfinite(found).all(axis=(1, 2))]


def _to_correlations(products: Float[np.ndarray, "draws c c"]) -> Float64[np.ndarray, "draws c c"]:
    deviation = np.sqrt(np.einsum("dii->di", products))
    return products / deviation[:, :, None] / deviation[:, None, :]


def _bounds(drawn: Float[np.ndarray, "draws ..."], value: Float[np.ndarray, "..."], level: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the middle of what resamples gave, never without the value; NaN where there are none."""
    if not len(drawn):
        return np.full(value.shape, np.nan), np.full(value.shape, np.nan)
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return np.minimum(low, value), np.maximum(high, value)


def rank_correlations(
    values: Float[np.ndarray, "n columns"], group: Int[np.ndarray, " n"], weight: Float[np.ndarray, " groups"], scaling: Scaling
) -> tuple[Float64[np.ndarray, "columns columns"], Int[np.ndarray, "columns columns"]]:
    """Return Spearman's rank correlation of each two columns over the rows that have both, and how many rows these are.

    Args:
        values: One row a network in a pair; NaN where it was not measured.
        group: Pair of each row.
        weight: What each pair counts.
        scaling: Over all rows, or within each pair and then the weighted mean of the pairs that have `regression.FEWEST` such rows.
    """
    if scaling == "pooled":
        return _spearman(values)
    columns = values.shape[1]
    total, mass, counts = (np.zeros((columns, columns)) for _ in range(3))
    for one in np.unique(group):
        rho, n = _spearman(values[group == one])
        counted = np.isfinite(rho) & (n >= regression.FEWEST)
        total += np.where(counted, weight[one] * np.where(counted, rho, 0.0), 0.0)
        mass += weight[one] * counted
        counts += n * counted
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(mass > 0, total / mass, np.nan), counts.astype(int)


def _spearman(values: Float[np.ndarray, "n columns"]) -> tuple[Float64[np.ndarray, "columns columns"], Int[np.ndarray, "columns columns"]]:
    known = np.isfinite(values)
    n = known.astype(int).T @ known.astype(int)
    if known.all():
        return _corrcoef(stats.rankdata(values, axis=0)), n
    found = np.full(n.shape, np.nan)
    for i, j in zip(*np.triu_indices(values.shape[1]), strict=True):
        both = known[:, i] & known[:, j]
        if n[i, j] > 1:
            found[i, j] = found[j, i] = _corrcoef(stats.rankdata(values[both][:, [i, j]], axis=0))[0, 1]
    return found, n


def _corrcoef(values: Float[np.ndarray, "n columns"]) -> Float64[np.ndarray, "columns columns"]:
    """Return Pearson's correlations; NaN where a column is constant."""
    if len(values) < 2:
        return np.full((values.shape[1], values.shape[1]), np.nan)
    centred = values - values.mean(axis=0)
    size = np.sqrt((centred**2).sum(axis=0))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.clip(centred.T @ centred / np.outer(size, size), -1.0, 1.0)
