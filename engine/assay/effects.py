"""What one attribute of networks changes, from differences between networks that are equal in all others."""

import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Bool

from engine import errors
from engine.assay import attributes, population
from engine.assay.kept import kept
from engine.assay.views import Set
from engine.stats import multiplicity, selection

HERE, ELSEWHERE = "in distribution", "elsewhere, mean"  # outcomes besides single sets
PLAIN = ("none", "identity", "full", "whole", "standard")  # levels that others are compared with, where there is one
USUAL = ("augmentation", "regime", "images_per_class", "architecture", "learning_rate", "seed")  # factors that people ask of first


def factors(collection: str = "", *, among: Sequence[str] = (), sample: bool = True) -> list[str]:
    """Return the attributes whose effect can be asked: 2 to 20 levels that several networks share, those people ask of first."""
    about = population.networks_of(collection, sample=sample)
    about = about[about["network"].isin(among)] if among else about
    usual = ("augmentation", "regime", "images_per_class", "architecture", "learning_rate", "seed")
    found = [
        name for name in attributes.of(about) if name != "trained_on" and 2 <= about[name].nunique() <= 20 and about[name].value_counts().iloc[0] > 1
    ]
    return sorted(found, key=lambda name: (usual.index(name) if name in usual else len(usual), name))


def levels(factor: str, collection: str = "", *, among: Sequence[str] = (), sample: bool = True) -> list[str]:
    """Return a factor's levels, the one that others are compared with by default first.

    Raises:
        UserError: for an attribute that networks of the collection do not have.
    """
    about = population.networks_of(collection, sample=sample)
    if factor not in about:
        raise errors.unknown("attribute", factor, attributes.of(about))
    about = about[about["network"].isin(among)] if among else about
    said = attributes.told(about[factor]).value_counts()
    return sorted(said.index, key=lambda level: (PLAIN.index(level) if level in PLAIN else len(PLAIN), -said[level], level))


@kept
def effects(
    factor: str, collection: str = "", metric: str = "accuracy", *, baseline: str | None = None, among: Sequence[str] = (), sample: bool = True
) -> pd.DataFrame:
    """Return what each level of a factor changes against the baseline, from differences between networks that are equal otherwise.

    One row an outcome and level: `difference` with t interval, `p` of the sign test and `adjusted` (Benjamini-Hochberg over the rows), number of
    `pairs`, in how many the level scores more (`up`) and less (`down`). `equal` names the attributes that are equal within
    a pair, `along` those that change together with the factor, so that no pair is equal in them.

    Raises:
        UserError: for an unknown factor or baseline.
    """
    names = levels(factor, collection, among=among, sample=sample)
    if baseline is not None and baseline not in names:
        raise errors.unknown(f"level of {factor}", baseline, names)
    base = baseline or names[0]
    about = population.networks_of(collection, sample=sample)
    about = (about[about["network"].isin(among)] if among else about).reset_index(drop=True)
    outcomes = _outcomes(about, collection, metric, sample)
    there = outcomes.notna().any(axis=1)
    about, outcomes = about[there], outcomes[there]
    told, codes = attributes.told(about[factor]), attributes.codes(about, [name for name in attributes.of(about) if name != factor])
    rows = [row for level in names if level != base for row in _effects(codes, outcomes, told, base, level, attributes.unique(about))]
    frame = pd.DataFrame(rows, columns=["baseline", "level", "outcome", "difference", "low", "high", "p", "pairs", "up", "down", "equal", "along"])
    return frame.assign(adjusted=multiplicity.adjusted(np.where(frame["pairs"] > 0, frame["p"], np.nan).astype(float)), factor=factor, metric=metric)


def _outcomes(about: pd.DataFrame, collection: str, metric: str, sample: bool) -> pd.DataFrame:
    """Return what may change, one column an outcome: at home, elsewhere on average, and on each set for networks that it is not home of."""
    table = population.wide(collection, metric, sample=sample).reindex(about["network"])
    sets = [str(text) for text in table if Set.read(str(text)).split == "test"]
    table = table[sets].reset_index(drop=True)
    if about["trained_on"].notna().any():
        home = pd.DataFrame({text: about["trained_on"] == text for text in sets})
        here, away = table.where(home).mean(axis=1), table.mask(home)
        shared = away.loc[:, away.notna().any()]
        return pd.concat([here.rename(HERE), shared.mean(axis=1).rename(ELSEWHERE), shared], axis=1)
    return table


def _effects(codes: pd.DataFrame, outcomes: pd.DataFrame, told: pd.Series, base: str, level: str, unique: Sequence[str]) -> list[tuple]:
    """Return the rows of one level: an outcome that no pair has is left out, unless there is none that one has."""
    mine = told.isin([base, level]).to_numpy()
    second = (told[mine] == level).to_numpy()
    equal, along = _equal(codes[mine], second)
    cells = attributes.cells(codes[mine], equal)
    found = [(str(name), selection.effect(outcomes[name][mine].to_numpy(float), second, cells)) for name in outcomes]
    kept_ones = [one for one in found if one[1].pairs] or found[:1]
    said = ", ".join(equal), ", ".join([*along, *unique])
    return [(base, level, name, one.difference, one.low, one.high, one.p, one.pairs, one.up, one.down, *said) for name, one in kept_ones]


def _equal(codes: pd.DataFrame, second: Bool[np.ndarray, " n"]) -> tuple[list[str], list[str]]:
    """Return the attributes that pairs are equal in, and those that had to be left out because they change along with the factor.

    Attributes that the factor determines are left out first. Where no pair is equal in the rest, the one setting, else the two or
    three, whose leaving out makes most pairs are left out too, but never what makes the kind of a network (`attributes.KIND`).
    """
    rest = [str(name) for name in codes if not _is_constant(codes[name])]
    bound = [name for name in rest if _is_constant(codes[name][second]) and _is_constant(codes[name][~second])]
    equal = [name for name in rest if name not in bound]
    if _pairs(codes, second, equal):
        return equal, bound
    for size in (1, 2, 3):
        settings = [name for name in equal if name not in attributes.KIND]
        tried = {left: _pairs(codes, second, [name for name in equal if name not in left]) for left in itertools.combinations(settings, size)}
        if tried and max(tried.values()):
            left = max(tried, key=lambda one: tried[one])
            return [name for name in equal if name not in left], [*bound, *left]
    return equal, bound


def _is_constant(column: pd.Series) -> bool:
    return len(column.unique()) == 1


def _pairs(codes: pd.DataFrame, second: Bool[np.ndarray, " n"], equal: Sequence[str]) -> int:
    cells = attributes.cells(codes, equal)
    return len(np.intersect1d(cells[second], cells[~second]))
