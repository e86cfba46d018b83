"""What a study's run and the worker hand each other: a step of the run, and what an earlier attempt has stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine import rows


@dataclass(frozen=True)
class Step:
    """What one step of a run hands over: rows of whole cells, and what they answer."""

    blocks: tuple[rows.Block, ...] = ()
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # table -> hashes that a resumed run need not answer again
    cells: int = 0
    images: int = 0  # that a network looked at
    message: str = ""
    log: str = ""  # a sentence for the run's log
    rates: Mapping[tuple[str, str], tuple[int, float]] = field(default_factory=dict)  # (kind, name) -> images, seconds


@dataclass(frozen=True)
class Before:
    """What an earlier attempt at the same run has stored."""

    run: str
    keys: Mapping[str, frozenset[str]]

    def has(self, table: str, key: str) -> bool:
        """Return whether the run already holds this."""
        return key in self.keys.get(table, frozenset())
