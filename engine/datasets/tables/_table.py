"""A table of people: what is known of each, the label, the groups they belong to, and on which side of the split they are."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float64, Int8

from engine import errors, hashing

SPLITS = ("train", "val", "test")
SHARES = (0.6, 0.2, 0.2)
SPLIT_SEED = 0
JOINT = " & "


@dataclass(frozen=True, eq=False)
class Table:
    """People in the order of the file. A label of 1 is the favourable outcome."""

    name: str
    features: pd.DataFrame  # numbers as float64 (NaN = missing), everything else as text (None = missing)
    labels: Int8[np.ndarray, " n"]
    positive: str  # what a label of 1 means
    groups: Mapping[str, np.ndarray]  # column -> each person's value as text
    splits: np.ndarray  # train | val | test
    weights: Float64[np.ndarray, " n"] | None = None
    outputs: Mapping[str, np.ndarray] = field(default_factory=dict)  # decisions or scores of other systems; never an input
    rows: np.ndarray | None = None  # place of each person in the file; None = 0, 1, 2, …

    def __post_init__(self) -> None:
        columns = {"labels": self.labels, "splits": self.splits, **{f"group {name}": values for name, values in self.groups.items()}}
        for name, column in columns.items():
            if len(column) != len(self.features):
                raise ValueError(f"{name} has {len(column)} values, expected {len(self.features)}")

    def __len__(self) -> int:
        """Return the number of people."""
        return len(self.labels)

    @functools.cached_property
    def digest(self) -> str:
        """Hash of everything that networks and measures depend on."""
        content = pd.util.hash_pandas_object(self.features, index=False).to_numpy().tobytes()
        parts = [hashing.of_bytes(content), hashing.of_bytes(self.labels.tobytes()), hashing.of_bytes("\n".join(self.splits).encode())]
        return hashing.of_parts(*parts, {name: hashing.of_bytes("\n".join(values).encode()) for name, values in self.groups.items()})

    def taken(self, chosen: Bool[np.ndarray, " n"]) -> "Table":
        """Return only some of the people, in the same order."""
        rows = self.rows if self.rows is not None else np.arange(len(self))
        return replace(
            self,
            features=self.features[chosen].reset_index(drop=True),
            labels=self.labels[chosen],
            groups={name: values[chosen] for name, values in self.groups.items()},
            splits=self.splits[chosen],
            weights=None if self.weights is None else self.weights[chosen],
            outputs={name: values[chosen] for name, values in self.outputs.items()},
            rows=rows[chosen],
        )

    def side(self, split: str) -> "Table":
        """Return the people of one side; raises UserError for an unknown one."""
        if split not in SPLITS:
            raise errors.unknown("split", split, SPLITS)
        return self.taken(self.splits == split)

    def within(self, group: str, values: Sequence[str] = ()) -> "Table":
        """Return the people whose value of a group column is among some, all where none is named; raises UserError for a name that is not there."""
        known = self.values_of(group)
        for value in values:
            if value not in known:
                raise errors.unknown(f"value of {group}", value, known)
        return self.taken(np.isin(self.groups[group], list(values))) if values else self

    def values_of(self, group: str) -> tuple[str, ...]:
        """Return the values of a group column, sorted; raises UserError for an unknown column."""
        if group not in self.groups:
            raise errors.unknown(f"group column of {self.name}", group, self.groups)
        return tuple(sorted(set(self.groups[group].tolist())))


def divided(n: int, seed: int = SPLIT_SEED) -> np.ndarray:
    """Return on which side each of n people is: 60 % train, 20 % val, 20 % test, drawn once with a fixed seed over the order of the file."""
    order = np.random.default_rng(seed).permutation(n)
    ends = np.round(np.cumsum(SHARES) * n).astype(int)
    sides = np.empty(n, dtype="<U5")
    for name, start, stop in zip(SPLITS, (0, *ends[:-1]), ends, strict=True):
        sides[order[start:stop]] = name
    return sides


def crossed(columns: Sequence[np.ndarray]) -> np.ndarray:
    """Return each person's crossing of several group columns, such as `Female & Black`."""
    return np.array([JOINT.join(values) for values in zip(*(column.tolist() for column in columns), strict=True)])
