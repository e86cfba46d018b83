"""The attributes of networks: which tell kinds apart, how their levels read, which networks are equal in them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Int

KIND = ("architecture", "trained_on", "regime", "augmentation", "images_per_class")  # networks that differ in one are of different kinds
IDENTITY = ("network", "title", "source", "classes", "digest", "licence", "cpu_seconds")  # columns of a network that are no attributes


def of(about: pd.DataFrame) -> list[str]:
    """Return the columns that tell networks apart by kind: not their names, nor what is the same for all or differs for each (but for `KIND`)."""
    sizes = {str(name): about[name].nunique(dropna=False) for name in about if name not in IDENTITY}
    return [name for name, size in sizes.items() if size > 1 and (name in KIND or size < max(len(about), 3))]


def unique(about: pd.DataFrame) -> list[str]:
    """Return the columns that differ for each network, in which no two can be equal."""
    return [str(name) for name in about if name not in (*IDENTITY, *KIND) and about[name].nunique(dropna=False) >= max(len(about), 3)]


def numbers(about: pd.DataFrame) -> list[str]:
    """Return the attributes that are numbers and differ."""
    told = [str(name) for name in about if pd.api.types.is_numeric_dtype(about[name]) and not pd.api.types.is_bool_dtype(about[name])]
    return [name for name in told if len(about[name].dropna().unique()) > 1]


def told(column: pd.Series) -> pd.Series:
    """Return the levels of an attribute as words; what is not told is a level too."""
    numbers_of, levels = pd.factorize(column, use_na_sentinel=False)
    words = np.array(["not said" if pd.isna(v) else f"{v:g}" if isinstance(v, float) else str(v) for v in levels], dtype=object)
    return pd.Series(words[numbers_of] if len(words) else [], index=column.index, dtype=str)


def codes(about: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return attributes as numbers of their levels; what is not told is a level too."""
    return pd.DataFrame({name: pd.factorize(about[name], use_na_sentinel=False)[0] for name in names}, index=about.index)


def cells(coded: pd.DataFrame, equal: Sequence[str]) -> Int[np.ndarray, " n"]:
    """Return the number of the cell of equal attributes that each network is in."""
    found = np.zeros(len(coded), dtype=np.int64)
    for name in equal:
        column = coded[name].to_numpy(np.int64)
        found = np.unique(found * (column.max(initial=0) + 1) + column, return_inverse=True)[1]
    return found
