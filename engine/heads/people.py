"""The people of a question as arrays: inputs, outcomes, groups, sides; encoded once and kept."""

import functools
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int64

from engine.datasets import tables
from engine.heads import merge
from engine.heads.spec import Job


@dataclass(frozen=True, eq=False)
class Side:
    """People of one side of the split, in the order of the table."""

    inputs: Float32[np.ndarray, "n d"]
    labels: Int64[np.ndarray, " n"]
    members: Int64[np.ndarray, " n"]
    rows: Int64[np.ndarray, " n"]  # places in the table
    groups: tuple[str, ...]

    def __len__(self) -> int:
        """Return the number of people."""
        return len(self.labels)

    def to_fit(self, constraint: str) -> merge.People:
        """Return them as rules want them."""
        return merge.People(self.labels, self.members, len(self.groups), constraint)


@dataclass(frozen=True, eq=False)
class People:
    """Everybody of a question. Groups stand in the order of their share of favourable outcomes, the smallest first."""

    table: tables.Table
    encoder: tables.Encoder
    groups: tuple[str, ...]
    inputs: Float32[np.ndarray, "n d"]
    labels: Int64[np.ndarray, " n"]
    members: Int64[np.ndarray, " n"]

    @functools.lru_cache(maxsize=8)  # noqa: B019  kept as long as the people are
    def side(self, split: str) -> Side:
        """Return the people of one side."""
        mine: Bool[np.ndarray, " n"] = self.table.splits == split
        rows = self.table.rows if self.table.rows is not None else np.arange(len(self.table))
        return Side(self.inputs[mine], self.labels[mine], self.members[mine], rows[mine].astype(np.int64), self.groups)


def of(job: Job) -> People:
    """Return the people of a network's question; the latest few are kept."""
    return _of(job.table, job.group, job.values, job.excluded, tables.load(job.table).digest)


@functools.lru_cache(maxsize=3)
def _of(name: str, group: str, values: tuple[str, ...], excluded: tuple[str, ...], _digest: str) -> People:
    table = tables.load(name).within(group, values)
    away = [column for column in (group, *excluded) if column in table.features.columns]
    features = table.features.drop(columns=away)
    encoder = tables.encoder(features, table.splits == "train")
    labels = table.labels.astype(np.int64)
    found = sorted(table.values_of(group), key=lambda value: (labels[table.groups[group] == value].mean(), value))
    places = {value: k for k, value in enumerate(found)}
    members = np.array([places[value] for value in table.groups[group].tolist()])
    return People(table, encoder, tuple(found), encoder.encode(features), labels, members)


def shuffled(members: Int64[np.ndarray, " n"], seed: int) -> Int64[np.ndarray, " n"]:
    """Return the groups dealt out at random to the same people: the control."""
    return np.random.default_rng([seed, 7]).permutation(members)
