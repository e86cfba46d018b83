"""One split of statements in memory."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, UInt8

from engine import hashing


@dataclass(frozen=True)
class Statements:
    """Pairs of scenes, a sentence about each pair as words' places in the vocabulary (0 = nothing), whether it is true, its family."""

    scenes: UInt8[np.ndarray, "n 2 h w 3"]  # left, right
    words: Int[np.ndarray, "n length"]
    labels: Int[np.ndarray, " n"]  # 1 = true
    families: tuple[str, ...]
    vocabulary: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)

    def sentence(self, i: int) -> str:
        """Return a statement as people read it."""
        return " ".join(self.vocabulary[k] for k in self.words[i] if k)

    @property
    def digest(self) -> str:
        """Hash of everything in it."""
        parts = [hashing.of_bytes(np.ascontiguousarray(one).tobytes()) for one in (self.scenes, self.words, self.labels)]
        return hashing.of_parts(parts, self.families, self.vocabulary)
