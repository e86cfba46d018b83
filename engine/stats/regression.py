"""How well one or two numbers of a network tell another one: least squares over all pairs at once, two ways, beside each other.

A pair is an in-distribution and an out-of-distribution set; a point is a network in a pair. *Pooled* takes the points as
they are, so that a hard pair and a bad network look alike; *standardised* gives each pair mean 0 and variance 1 first, so
that only the networks within a pair are compared. Where the two disagree, the pooled relation is one between pairs
(Simpson, "The interpretation of interaction in contingency tables", 1951).

Each pair has a weight whatever the number of its networks, so that one task with most pairs does not decide. Intervals
resample networks, each with all its points: everything is a function of sums over networks, one matrix product each pair.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float, Float64, Int

from engine.stats import bootstrap, intervals
from engine.stats.lines import NAN, UNDEFINED, Estimate

View = Literal["pooled", "standardised"]
VIEWS: tuple[View, ...] = get_args(View)
FEWEST = 5  # networks in a pair; with fewer a correlation is mostly chance
APART = 0.3  # correlations further from each other than this disagree
SLIGHT = 0.1  # a correlation nearer to 0 than this has no sign to disagree about
MANY = 1_024  # networks above which random groups of networks are resampled instead
GROUPS = 512
VERY_MANY = 5_000  # networks above which fewer resamples are drawn
SINGLE = 64  # groups in a pair from which on sums are resampled in single precision
COLLINEAR = 1e-9  # share of variance that a second predictor must have for itself
CONSTANT = 1e-12  # share of its square below which a number's variance is rounding
_Y, _X, _BASE = 0, 1, 2  # places of the variables in `Points.values`


@dataclass(frozen=True, eq=False)
class Points:
    """The points of a regression; codes of pairs and networks count from 0.

    Raises:
        ValueError: for columns of different lengths, or numbers that are not finite.
    """

    y: Float64[np.ndarray, " n"]  # what is to be told
    x: Float64[np.ndarray, " n"]  # what tells it
    pair: Int[np.ndarray, " n"]
    network: Int[np.ndarray, " n"]
    pair_weight: Float64[np.ndarray, " pairs"]  # sums to 1
    pair_fold: Int[np.ndarray, " pairs"] | None = None  # which pairs are left out together; None = one network at a time
    base: Float64[np.ndarray, " n"] | None = None  # another predictor, to compare and to combine with

    def __post_init__(self) -> None:
        for name in ("x", "pair", "network", "base"):
            column = getattr(self, name)
            if column is not None and len(column) != len(self.y):
                raise ValueError(f"{name} has {len(column)} values, expected {len(self.y)}")
        if not np.isfinite(self.values).all():
            raise ValueError("numbers must be finite: leave out what is not measured or undefined")

    @property
    def values(self) -> Float64[np.ndarray, "n variables"]:
        """Return y, x and base side by side."""
        return np.stack([self.y, self.x, *([] if self.base is None else [self.base])], axis=1)


@dataclass(frozen=True, eq=False)
class Regression:
    """What one view says; undefined where it cannot be told. R² "out" is that of pairs or networks the line has not seen."""

    r: Estimate = UNDEFINED  # Pearson's correlation of x and y
    slope: Estimate = UNDEFINED  # of y on x
    intercept: Estimate = UNDEFINED
    r2: Estimate = UNDEFINED  # R² of y on x
    spearman: Estimate = UNDEFINED
    out: Estimate = UNDEFINED  # R² of y on x, left out
    base: Estimate = UNDEFINED  # R² of y on base
    both: Estimate = UNDEFINED  # R² of y on x and base
    gain: Estimate = UNDEFINED  # both - base; never below 0
    advantage: Estimate = UNDEFINED  # r2 - base
    both_out: Estimate = UNDEFINED
    gain_out: Estimate = UNDEFINED  # of left-out R²; below 0 where the second predictor misleads
    points: int = 0
    networks: int = 0
    pairs: int = 0


def resamples_for(networks: int) -> int:
    """Return how many resamples are drawn: fewer for very many networks, whose intervals are narrow."""
    return bootstrap.RESAMPLES if networks <= VERY_MANY else bootstrap.RESAMPLES // 4


def weights_of_pairs(tasks: Sequence[str], equal: Literal["task", "pair"] = "task") -> Float64[np.ndarray, " pairs"]:
    """Return what each pair counts, summing to 1: all tasks the same and the pairs within a task, or all pairs the same.

    >>> weights_of_pairs(["a", "a", "b"]).tolist()
    [0.25, 0.25, 0.5]
    """
    _, codes, sizes = np.unique(np.asarray(tasks, dtype=str), return_inverse=True, return_counts=True)
    return 1 / (len(sizes) * sizes[codes]) if equal == "task" else np.full(len(codes), 1 / max(len(codes), 1))


def compare(points: Points, *, resamples: int | None = None, seed: int = bootstrap.SEED, level: float = intervals.LEVEL) -> Mapping[View, Regression]:
    """Return both views of how well x, base, and both together tell y.

    Pairs with fewer than `FEWEST` networks, or in which a number is constant, have no correlation of their own: they count
    for the pooled view only.

    Args:
        points: One row a network in a pair.
        resamples: How many resamples of the networks; 0 for no intervals, None for `resamples_for`.
        seed: Seeds the resampling.
        level: Of the intervals.
    """
    return compare_all([points], resamples=resamples, seed=seed, level=level)[0]


def compare_all(
    every: Sequence[Points], *, resamples: int | None = None, seed: int = bootstrap.SEED, level: float = intervals.LEVEL
) -> list[Mapping[View, Regression]]:
    """Return what `compare` returns for each of several x of the same points: what they share is ranked, multiplied and resampled once.

    Args:
        every: They differ in x, and some may lack the base; all else is the same.
        resamples: As for `compare`.
        seed: Seeds the resampling.
        level: Of the intervals.

    Raises:
        ValueError: for points that are not the same.
    """
    first = every[0]
    based = next((one for one in every if one.base is not None), first)
    if not all(_equal(one, first) and (one.base is None or _same(one.base, based.base)) for one in every):
        raise ValueError("points that are compared at once must have the same y, base, pairs and networks")
    if len(first.y) < FEWEST:
        none = Regression(points=len(first.y), networks=len(np.unique(first.network)), pairs=len(np.unique(first.pair)))
        return [{"pooled": none, "standardised": none} for _ in every]
    numbers = [first.y, *(one.x for one in every), *([] if based.base is None else [based.base])]
    ranks = [ranked(column, first.pair) for column in numbers[: 1 + len(every)]]
    blocks = [np.stack(numbers, axis=1), np.stack([pooled for pooled, _ in ranks], axis=1), np.stack([own for _, own in ranks], axis=1)]
    values, pooled_ranks, own_ranks = moments(
        blocks, [_products(len(every), with_base=block is blocks[0] and based.base is not None) for block in blocks], first.pair, first.network,
        resamples=resamples, seed=seed,
    )  # fmt: skip
    enough = np.bincount(first.pair, minlength=len(first.pair_weight)) >= FEWEST
    weights = {"pooled": first.pair_weight, "standardised": first.pair_weight * enough}
    found = []
    for i, one in enumerate(every):
        mine = values.of([0, 1 + i] if one.base is None else [0, 1 + i, 1 + len(every)])
        with_ranks = {"pooled": pooled_ranks.of([0, 1 + i]), "standardised": own_ranks.of([0, 1 + i])}
        found.append({view: _regression(one, mine, with_ranks[view], weights[view], view, level) for view in VIEWS})
    return found


def _equal(one: Points, other: Points) -> bool:
    """Return whether two have the same arrays but for x and base."""
    return all(_same(getattr(one, name), getattr(other, name)) for name in ("y", "pair", "network", "pair_weight", "pair_fold"))


def _same(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    return one is other or (one is not None and other is not None and np.array_equal(one, other))


def _products(xs: int, *, with_base: bool) -> list[tuple[int, int]]:
    """Return which variables' products are asked for, y being 0, then the x, then the base: those of each x with y, base and itself."""
    base = [1 + xs] if with_base else []
    shared = [(i, j) for i in (0, *base) for j in (0, *base) if i <= j]
    return shared + [(i, j) for i in range(1, 1 + xs) for j in (0, i, *base)]


def ranked(values: Float[np.ndarray, " n"], pair: Int[np.ndarray, " n"]) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, " n"]]:
    """Return the ranks of values, and their ranks within each pair, counted from 1; equal values share their mean rank.

    >>> [ranks.tolist() for ranks in ranked(np.array([0.3, 0.1, 0.3, 0.2]), np.array([0, 0, 1, 1]))]
    [[3.5, 1.0, 3.5, 2.0], [2.0, 1.0, 2.0, 1.0]]
    """
    order = np.argsort(values)
    inside = order[np.argsort(pair[order].astype(np.min_scalar_type(int(pair.max()))), kind="stable")]
    return _mean_ranks(order, values[order], None), _mean_ranks(inside, values[inside], pair[inside])


def _mean_ranks(order: Int[np.ndarray, " n"], values: Float[np.ndarray, " n"], pair: Int[np.ndarray, " n"] | None) -> Float64[np.ndarray, " n"]:
    """Return mean ranks in the original order from values, and pairs, that are sorted."""
    new = np.concatenate([[True], values[1:] != values[:-1]])
    begins = np.zeros(1, dtype=np.int64)
    if pair is not None:
        other = np.concatenate([[True], pair[1:] != pair[:-1]])
        new, begins = new | other, np.flatnonzero(other)[np.cumsum(other) - 1]
    starts = np.flatnonzero(new)
    ends = np.concatenate([starts[1:], [len(values)]])
    found = np.empty(len(values))
    found[order] = np.repeat((starts + ends + 1) / 2, ends - starts) - begins
    return found


@dataclass(frozen=True, eq=False)
class Moments:
    """Means over each pair of products of variables, for the data and for resamples of the networks."""

    means: Float64[np.ndarray, "draws pairs columns"]  # of 1, then of the variables, then of the products
    variables: int
    products: Mapping[tuple[int, int], int]  # two variables -> column

    def of(self, chosen: Sequence[int]) -> Float64[np.ndarray, "draws pairs k1 k1"]:
        """Return the means of the products of (1, chosen variables) with themselves."""
        column = np.zeros((1 + len(chosen),) * 2, dtype=int)
        for i, one in enumerate(chosen, start=1):
            column[0, i] = column[i, 0] = 1 + one
            for j, other in enumerate(chosen, start=1):
                column[i, j] = self.products[one, other] if (one, other) in self.products else self.products[other, one]
        return self.means[:, :, column]


def moments(
    blocks: Sequence[Float[np.ndarray, "n _"]],
    products: Sequence[Sequence[tuple[int, int]]],
    pair: Int[np.ndarray, " n"],
    network: Int[np.ndarray, " n"],
    *,
    resamples: int | None = None,
    seed: int = bootstrap.SEED,
) -> list[Moments]:
    """Return, for each block of variables, the means over each pair of 1, the variables and some of their products.

    The first draw is the data themselves, exact; the others resample networks, or, of more than `MANY` networks, `GROUPS` random
    groups of them: what is summed over a group varies as much as what is summed over as many networks, and the cost stops growing.
    Each is divided by the pair's number of points in the data. Sums are taken of numbers centred and scaled in their pair, so that
    rounding does not show, not even that of single precision, in which sums over many groups are resampled.
    """
    size = int(network.max()) + 1
    drawn_together = np.random.default_rng(seed).permutation(size) % GROUPS if size > MANY else np.arange(size)
    many = resamples_for(size) if resamples is None else resamples
    weights = bootstrap.weights(int(drawn_together.max()) + 1, many, seed) if many else np.empty((0, int(drawn_together.max()) + 1), np.float32)
    columns = [np.array(asked, dtype=int).reshape(-1, 2) for asked in products]
    each = [np.zeros((1 + many, int(pair.max()) + 1, 1 + block.shape[1] + len(asked))) for block, asked in zip(blocks, columns, strict=True)]
    group, before, mine = drawn_together[network], np.empty(0), weights
    for rows in _rows(pair, group):
        starts = np.flatnonzero(np.diff(group[rows], prepend=-1))
        there = group[rows[starts]]
        if not np.array_equal(there, before):  # pairs of one ID set have the same networks
            before, mine = there, weights[:, there].astype(np.float32 if len(there) >= SINGLE else np.float64)
        for block, asked, found in zip(blocks, columns, each, strict=True):
            found[:, pair[rows[0]]] = _moments(block[rows], asked, starts, mine)
    return [
        Moments(means, block.shape[1], {(int(i), int(j)): 1 + block.shape[1] + place for place, (i, j) in enumerate(asked)})
        for means, block, asked in zip(each, blocks, columns, strict=True)
    ]


def _moments(
    values: Float[np.ndarray, "n k"], products: Int[np.ndarray, "m 2"], starts: Int[np.ndarray, " groups"], weights: Float[np.ndarray, "draws groups"]
) -> Float64[np.ndarray, "draws columns"]:
    """Return the means of one pair; its rows are sorted by group, and `starts` is where each group begins."""
    n, k = values.shape
    centre, scale = values.mean(axis=0), values.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    centred = (values - centre) / scale
    one, other = products.T
    summed = np.add.reduceat(np.concatenate([np.ones((n, 1)), centred, centred[:, one] * centred[:, other]], axis=1), starts, axis=0)
    means = np.concatenate([summed.sum(axis=0, keepdims=True), weights @ summed.astype(weights.dtype)]).astype(np.float64) / n
    share, first, second = means[:, :1], means[:, 1 : 1 + k], means[:, 1 + k :]
    second *= scale[one] * scale[other]
    second += scale[one] * centre[other] * first[:, one] + centre[one] * scale[other] * first[:, other] + centre[one] * centre[other] * share
    first *= scale
    first += centre * share
    return means


def _rows(pair: Int[np.ndarray, " n"], by: Int[np.ndarray, " n"] | None = None) -> Iterator[Int[np.ndarray, " m"]]:
    """Yield the rows of each pair, as they come or sorted by something."""
    order = np.argsort(pair, kind="stable") if by is None else np.lexsort((by, pair))
    if len(order):
        yield from np.split(order, np.flatnonzero(np.diff(pair[order])) + 1)


def _seen(means: Float64[np.ndarray, "draws pairs k k"], view: View) -> Float64[np.ndarray, "draws pairs k k"]:
    """Return the moments of each pair as a view sees them; a pair that has none in a draw is 0."""
    if view == "pooled":
        return means
    between = correlations(means)
    known = np.asarray(np.isfinite(between).all(axis=(-1, -2)))
    standard = np.zeros_like(means)
    standard[..., 0, 0] = known
    standard[..., 1:, 1:] = np.where(known[..., None, None], between, 0.0)
    return standard


def _summed(means: Float64[np.ndarray, "draws pairs k k"], weights: Float64[np.ndarray, "sums pairs"]) -> Float64[np.ndarray, "draws sums k k"]:
    """Return weighted sums over pairs."""
    draws, pairs, k, _ = means.shape
    return np.matmul(weights, means.reshape(draws, pairs, k * k)).reshape(draws, len(weights), k, k)


def correlations(means: Float64[np.ndarray, "*shape k1 k1"]) -> Float64[np.ndarray, "*shape k k"]:
    """Return the correlations of the variables whose products with 1 and each other these are; NaN where one is constant."""
    covariance = _covariance(means)
    with np.errstate(invalid="ignore", divide="ignore"):
        deviation = np.sqrt(np.einsum("...ii->...i", covariance))
        return covariance / np.where(deviation > 0, deviation, np.nan)[..., :, None] / np.where(deviation > 0, deviation, np.nan)[..., None, :]


def _covariance(means: Float64[np.ndarray, "*shape k1 k1"]) -> Float64[np.ndarray, "*shape k k"]:
    """Return covariances; variances that are rounding are 0, and all are NaN where there is no point."""
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled = means / means[..., :1, :1]
    mean = scaled[..., 0, 1:]
    found = scaled[..., 1:, 1:] - mean[..., :, None] * mean[..., None, :]
    size, squares = np.einsum("...ii->...i", found), np.einsum("...ii->...i", scaled)[..., 1:]
    varies = ~(size <= CONSTANT * squares)
    return np.where(varies[..., :, None] & varies[..., None, :], found, 0.0)


def coefficients(means: Float64[np.ndarray, "*shape k1 k1"], y: int, xs: Sequence[int]) -> Float64[np.ndarray, "*shape k1"]:
    """Return c with c · (1, variables) = y minus its least-squares prediction from one or two of the variables.

    A second predictor that has (almost) no variance beside the first gets the slope 0. NaN where the first is constant.
    """
    covariance = _covariance(means)
    found = np.zeros(means.shape[:-1])
    slopes = _one(covariance, y, xs[0])[None] if len(xs) == 1 else _two(covariance, y, xs[0], xs[1])
    found[..., 1 + y] = 1
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = means[..., 0, :] / means[..., :1, 0]
    for x, slope in zip(xs, slopes, strict=True):
        found[..., 1 + x] = -slope
    found[..., 0] = -(found[..., 1:] * mean[..., 1:]).sum(axis=-1)
    return found


def _one(covariance: Float64[np.ndarray, "*shape k k"], y: int, x: int) -> Float64[np.ndarray, " *shape"]:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(covariance[..., x, x] > 0, covariance[..., x, y] / covariance[..., x, x], np.nan)


def _two(covariance: Float64[np.ndarray, "*shape k k"], y: int, x: int, z: int) -> Float64[np.ndarray, "2 ..."]:
    xx, zz, xz, xy, zy = (covariance[..., i, j] for i, j in ((x, x), (z, z), (x, z), (x, y), (z, y)))
    rest = xx * zz - xz**2
    free = rest > COLLINEAR * xx * zz
    with np.errstate(invalid="ignore", divide="ignore"):
        first, second = (zz * xy - xz * zy) / rest, (xx * zy - xz * xy) / rest
    return np.stack([np.where(free, first, _one(covariance, y, x)), np.where(free, second, 0.0)])


def r2(means: Float64[np.ndarray, "*shape k1 k1"], y: int, xs: Sequence[int]) -> Float64[np.ndarray, " *shape"]:
    """Return the share of y's variance that the least-squares line through one or two variables explains."""
    residual, total = _squares(coefficients(means, y, xs), means), _covariance(means)[..., y, y] * means[..., 0, 0]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, 1 - residual / total, np.nan)


def r2_left_out(folds: Float64[np.ndarray, "*shape folds k1 k1"], y: int, xs: Sequence[int]) -> Float64[np.ndarray, " *shape"]:
    """Return R² of each fold's points under the line of the others: 1 - their squared errors / their squares around the mean of all.

    It is below 0 where the mean of all would have told y better than the line. NaN with fewer than two folds.
    """
    whole = folds.sum(axis=-3)
    if folds.shape[-3] < 2:
        return np.full(whole.shape[:-2], np.nan)
    line = coefficients(whole[..., None, :, :] - folds, y, xs)
    left = np.where(folds[..., 0, 0] > 0, _squares(line, folds), 0.0).sum(axis=-1)
    total = _covariance(whole)[..., y, y] * whole[..., 0, 0]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, 1 - left / total, np.nan)


def _squares(line: Float64[np.ndarray, "*shape k1"], means: Float64[np.ndarray, "*shape k1 k1"]) -> Float64[np.ndarray, " *shape"]:
    return np.einsum("...i,...ij,...j->...", line, means, line)


def _regression(
    points: Points, means: Float64[np.ndarray, "draws pairs k k"], ranks: Float64[np.ndarray, "draws pairs 3 3"],
    weight: Float64[np.ndarray, " pairs"], view: View, level: float,
) -> Regression:  # fmt: skip
    """Return the numbers of one view from the moments of its pairs."""
    seen = _seen(means, view)
    sums = _summed(seen, np.concatenate([weight[None], _by_fold(points.pair_fold, weight)]))
    whole, folds = sums[:, 0], sums[:, 1:]
    found = {"r": correlations(whole)[:, _Y, _X]}
    found["spearman"] = correlations(_summed(_seen(ranks, view), weight[None])[:, 0])[:, _Y, _X]
    line = coefficients(whole, _Y, [_X])
    found |= {"slope": -line[:, 1 + _X], "intercept": -line[:, 0], "r2": r2(whole, _Y, [_X])}
    found["out"] = _out(points, folds, view, [_X])
    if points.base is not None:
        found["base"], found["both"] = r2(whole, _Y, [_BASE]), r2(whole, _Y, [_BASE, _X])
        found |= {"gain": found["both"] - found["base"], "advantage": found["r2"] - found["base"]}
        found["both_out"] = _out(points, folds, view, [_BASE, _X])
        found["gain_out"] = found["both_out"] - _out(points, folds, view, [_BASE])
    counted = (seen[0, :, 0, 0] > 0) & (weight > 0)
    inside = counted[points.pair]
    return Regression(
        **{name: _estimate(drawn, level) for name, drawn in found.items()},
        points=int(inside.sum()), networks=int((np.bincount(points.network[inside]) > 0).sum()),
        pairs=int((np.bincount(points.pair[inside]) > 0).sum()),
    )  # fmt: skip


def _by_fold(fold: Int[np.ndarray, " pairs"] | None, weight: Float64[np.ndarray, " pairs"]) -> Float64[np.ndarray, "folds pairs"]:
    """Return the weights of each fold's pairs, 0 for all others; no rows where no pairs are left out together."""
    return np.zeros((0, len(weight))) if fold is None else np.where(np.unique(fold)[:, None] == fold, weight, 0.0)


def _out(points: Points, folds: Float64[np.ndarray, "draws folds k k"], view: View, xs: Sequence[int]) -> Float64[np.ndarray, " draws"]:
    """Return left-out R²; where networks are left out, of the data only: a resample would leave out a copy of what it keeps."""
    if points.pair_fold is not None:
        return r2_left_out(folds, _Y, xs)
    values = points.values if view == "pooled" else standardised(points.values, points.pair)
    kept = np.isfinite(values).all(axis=1)
    each = np.concatenate([np.ones((int(kept.sum()), 1)), values[kept]], axis=1)
    share = points.pair_weight[points.pair] / np.bincount(points.pair)[points.pair]
    alone = _by_network(each[:, :, None] * each[:, None, :] * share[kept, None, None], points.network[kept])
    return r2_left_out(alone, _Y, xs)[None]


def _by_network(products: Float64[np.ndarray, "n k k"], network: Int[np.ndarray, " n"]) -> Float64[np.ndarray, "networks k k"]:
    names, codes = np.unique(network, return_inverse=True)
    found = np.zeros((len(names), *products.shape[1:]))
    np.add.at(found, codes, products)
    return found


def standardised(values: Float[np.ndarray, "n k"], pair: Int[np.ndarray, " n"]) -> Float64[np.ndarray, "n k"]:
    """Return values with mean 0 and variance 1 within each pair; NaN in pairs with fewer than `FEWEST` rows or a constant column."""
    found = np.full(values.shape, np.nan)
    for rows in _rows(pair):
        mine = np.asarray(values[rows], dtype=np.float64)
        deviation = mine.std(axis=0)
        if len(rows) >= FEWEST:
            with np.errstate(invalid="ignore", divide="ignore"):
                found[rows] = np.where(deviation > 1e-12 * np.abs(mine).max(axis=0), (mine - mine.mean(axis=0)) / deviation, np.nan)
    return found


def own_lines(
    x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"], pair: Int[np.ndarray, " n"]
) -> tuple[Int[np.ndarray, " lines"], Float64[np.ndarray, "lines 2"], Float64[np.ndarray, "lines 2"]]:
    """Return the pairs that have a line of their own, and x and y of its ends, where the middle 90 % of the pair's x begin and end."""
    pairs, xs, ys = [], [], []
    for rows in _rows(pair):
        u, v = np.asarray(x[rows], dtype=np.float64), np.asarray(y[rows], dtype=np.float64)
        if len(u) >= FEWEST and np.ptp(u) > 0:
            ends = np.quantile(u, (0.05, 0.95))
            pairs.append(pair[rows[0]])
            xs.append(ends)
            ys.append(v.mean() + np.cov(u, v, ddof=0)[0, 1] / u.var() * (ends - u.mean()))
    return np.array(pairs, dtype=int), np.reshape(xs, (-1, 2)).astype(np.float64), np.reshape(ys, (-1, 2)).astype(np.float64)


def _estimate(drawn: Float64[np.ndarray, " draws"], level: float) -> Estimate:
    value = float(drawn[0])
    if not np.isfinite(value) or len(drawn) < 2:
        return Estimate(value, NAN, NAN)
    low, high = intervals.percentile(drawn[1:], level)
    return Estimate(value, min(low, value), max(high, value))


def disagreement(pooled: Regression, own: Regression, apart: float = APART) -> str | None:
    """Return in which way pooled and standardised correlations disagree, None where they do not.

    "sign": one is above `SLIGHT`, the other below -`SLIGHT`. "size": they are more than `apart` from each other.
    """
    one, other = pooled.r.value, own.r.value
    if not (np.isfinite(one) and np.isfinite(other)):
        return None
    if one * other < 0 and min(abs(one), abs(other)) >= SLIGHT:
        return "sign"
    return "size" if abs(one - other) > apart else None
