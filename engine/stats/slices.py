"""A search for slices: values of one or two attributes under which a network is wrong more often than elsewhere.

One half of the examples is searched, the other confirms: its numbers were not chosen for being large.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64, Int
from scipy import special, stats

from engine.stats import bootstrap, intervals, multiplicity

SMALLEST = 20  # answers in each half
MOST = 50  # slices that are looked at again
Key = tuple[tuple[int, int], ...]  # (place of an attribute, code) one to two times


@dataclass(frozen=True, eq=False)
class Attribute:
    """A property of answers: a code for each, and what the codes stand for. A code below 0 says nothing and makes no slice."""

    name: str
    codes: Int[np.ndarray, " n"]
    values: Sequence[str]


@dataclass(frozen=True, slots=True)
class Slice:
    """A conjunction of attribute = value: how it was found on one half of the examples, and what the other half says."""

    conditions: tuple[tuple[str, str], ...]
    found_n: int
    found_error: float
    found_p: float  # adjusted for everything that was searched
    n: int  # answers in the confirming half, as all that follows
    wrong: int
    error: float
    low: float
    high: float
    elsewhere_n: int
    elsewhere: float  # error of the rest
    p: float  # adjusted for everything that was looked at again; NaN where the half has too few
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Search:
    """What was found, the confirmed first, and how much was asked."""

    slices: tuple[Slice, ...]
    searched: int
    examples: int  # in the searched half


class _Candidate(NamedTuple):
    key: Key
    wrong: int
    n: int


class _Again(NamedTuple):
    n: int
    wrong: int
    error: float
    low: float
    high: float
    elsewhere_n: int
    elsewhere: float
    p: float


def search(
    wrong: Bool[np.ndarray, " n"],
    attributes: Sequence[Attribute],
    examples: Int[np.ndarray, " n"] | None = None,
    *,
    apart: Sequence[frozenset[str]] = (),
    smallest: int = SMALLEST,
    alpha: float = 0.05,
    seed: int = bootstrap.SEED,
) -> Search:
    """Return the slices whose error rate is higher than that of the rest.

    On the searched half every value of every attribute and every pair of values of two attributes is tested by Fisher's
    exact test, one-sided, and all those p values are adjusted together after Benjamini and Hochberg. A pair of values stays only where it
    is worse than each of its two values alone, too. What is left is tested once more on the other half, adjusted after Holm.

    Args:
        wrong: Whether each answer is wrong.
        attributes: What is searched.
        examples: The example that each answer is to (several answers to one under several shifts): all of them fall into the same
            half, and the confirming test counts examples. By default each answer has its own.
        apart: Attributes that make no pair, such as true and predicted class, which are wrong by definition where they differ.
        smallest: Least number of answers of a slice in each half.
        alpha: Level of all tests.
        seed: Seeds the halves.
    """
    owners = np.arange(len(wrong)) if examples is None else np.unique(examples, return_inverse=True)[1]
    first = _half(owners, seed)
    here, there = _part(attributes, first), _part(attributes, ~first)
    candidates = [one for places in _groups(attributes, apart) for one in _counted(wrong[first], here, places, smallest)]
    if not candidates:
        return Search((), 0, len(set(owners[first])))
    counts = np.array([(one.wrong, one.n) for one in candidates])
    p = multiplicity.adjusted(fisher(counts[:, 0], counts[:, 1], int(wrong[first].sum()), int(first.sum())))
    found = [i for i in np.argsort(p, kind="stable") if p[i] <= alpha and _adds(candidates[i], wrong[first], here, alpha)][:MOST]
    again = [_looked_at(_members(candidates[i].key, there), wrong[~first], owners[~first], smallest) for i in found]
    confirmed = multiplicity.adjusted(np.array([one.p for one in again]), "holm")
    slices = [_slice(candidates[i], float(p[i]), one, float(q), alpha, attributes) for i, one, q in zip(found, again, confirmed, strict=True)]
    slices.sort(key=lambda one: (not one.confirmed, one.elsewhere - one.error if one.confirmed else 0.0, one.found_p))
    return Search(tuple(slices), len(candidates), len(set(owners[first])))


def fisher(wrong: Int[np.ndarray, " tests"], n: Int[np.ndarray, " tests"], all_wrong: int, everything: int) -> Float64[np.ndarray, " tests"]:
    """Return Fisher's exact p, one-sided, that n of everything, drawn blindly, hold so many of the wrong ones or more."""
    return np.asarray(stats.hypergeom.sf(wrong - 1, everything, all_wrong, n), dtype=np.float64)


def _half(owners: Int[np.ndarray, " n"], seed: int) -> Bool[np.ndarray, " n"]:
    """Return which answers belong to the searched half of the examples."""
    size = int(owners.max()) + 1 if len(owners) else 0
    chosen = np.zeros(size, dtype=bool)
    chosen[np.random.default_rng(seed).permutation(size)[: (size + 1) // 2]] = True
    return chosen[owners]


def _part(attributes: Sequence[Attribute], mine: Bool[np.ndarray, " n"]) -> list[Attribute]:
    return [Attribute(one.name, one.codes[mine], one.values) for one in attributes]


def _groups(attributes: Sequence[Attribute], apart: Sequence[frozenset[str]]) -> Iterator[tuple[int, ...]]:
    """Yield the places of each attribute alone and of each pair that may be joined."""
    yield from ((i,) for i in range(len(attributes)))
    for i, j in itertools.combinations(range(len(attributes)), 2):
        if frozenset((attributes[i].name, attributes[j].name)) not in apart:
            yield i, j


def _counted(wrong: Bool[np.ndarray, " n"], attributes: Sequence[Attribute], places: tuple[int, ...], smallest: int) -> Iterator[_Candidate]:
    """Yield the values of one or two attributes that enough answers share."""
    sizes = [len(attributes[i].values) for i in places]
    said = np.all([attributes[i].codes >= 0 for i in places], axis=0)
    if not said.any() or min(sizes) == 0:
        return
    joint = np.ravel_multi_index([attributes[i].codes[said] for i in places], sizes)
    n = np.bincount(joint, minlength=int(np.prod(sizes)))
    k = np.bincount(joint[wrong[said]], minlength=len(n))
    for code in np.flatnonzero((n >= smallest) & (n < len(wrong))):
        codes = np.unravel_index(code, sizes)
        yield _Candidate(tuple((i, int(c)) for i, c in zip(places, codes, strict=True)), int(k[code]), int(n[code]))


def _members(key: Key, attributes: Sequence[Attribute]) -> Bool[np.ndarray, " n"]:
    return np.all([attributes[i].codes == code for i, code in key], axis=0)


def _adds(one: _Candidate, wrong: Bool[np.ndarray, " n"], attributes: Sequence[Attribute], alpha: float) -> bool:
    """Return whether a pair of values is worse than the rest of each of its values; a single value always adds."""
    if len(one.key) == 1:
        return True
    wholes = [_members((part,), attributes) for part in one.key]
    tests = [fisher(np.array([one.wrong]), np.array([one.n]), int(wrong[whole].sum()), int(whole.sum()))[0] for whole in wholes]
    return max(tests) <= alpha


def _looked_at(inside: Bool[np.ndarray, " n"], wrong: Bool[np.ndarray, " n"], owners: Int[np.ndarray, " n"], smallest: int) -> _Again:
    """Return what the confirming half says of a slice: errors inside and elsewhere, an interval, a one-sided p."""
    n, k, rest = int(inside.sum()), int(wrong[inside].sum()), int((~inside).sum())
    elsewhere = float(wrong[~inside].mean()) if rest else float("nan")
    if n < smallest or not rest:
        low, high = intervals.wilson(k, n)
        return _Again(n, k, k / n if n else float("nan"), low, high, rest, elsewhere, float("nan"))
    if len(np.unique(owners)) == len(owners):
        p = float(fisher(np.array([k]), np.array([n]), int(wrong.sum()), len(wrong))[0])
        return _Again(n, k, k / n, *intervals.wilson(k, n), rest, elsewhere, p)
    return _Again(n, k, k / n, *_interval(inside, wrong, owners), rest, elsewhere, _clustered_p(inside, wrong, owners))


def _interval(inside: Bool[np.ndarray, " n"], wrong: Bool[np.ndarray, " n"], owners: Int[np.ndarray, " n"]) -> tuple[float, float]:
    """Return Wilson's interval at the number of independent answers that would be as uncertain as these examples are."""
    error, n = float(wrong[inside].mean()), int(inside.sum())
    by_example = np.bincount(owners[inside], wrong[inside] - error)
    variance = float((by_example**2).sum()) / n**2
    independent = min(n, max(1, round(error * (1 - error) / variance))) if variance > 0 else len(np.unique(owners[inside]))
    return intervals.wilson(round(error * independent), independent)


def _clustered_p(inside: Bool[np.ndarray, " n"], wrong: Bool[np.ndarray, " n"], owners: Int[np.ndarray, " n"]) -> float:
    """Return the one-sided p of the difference of errors with the variance between examples, not answers.

    Source: Liang and Zeger, "Longitudinal data analysis using generalized linear models", Biometrika 1986 (the sandwich variance).
    """
    errors = wrong[inside].mean(), wrong[~inside].mean()
    residuals = np.where(inside, (wrong - errors[0]) / inside.sum(), -(wrong - errors[1]) / (~inside).sum())
    by_example = np.bincount(np.unique(owners, return_inverse=True)[1], residuals)
    groups = len(by_example)
    deviation = float(np.sqrt((by_example**2).sum() * groups / max(groups - 1, 1)))
    if deviation == 0:
        return 1.0
    return float(special.ndtr(-(errors[0] - errors[1]) / deviation))


def _slice(one: _Candidate, p: float, again: _Again, q: float, alpha: float, attributes: Sequence[Attribute]) -> Slice:
    conditions = tuple((attributes[i].name, str(attributes[i].values[code])) for i, code in one.key)
    return Slice(conditions, one.n, one.wrong / one.n, p, *again[:-1], q, q <= alpha)
