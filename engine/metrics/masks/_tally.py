"""Pixels of one object in one frame, counted once for all metrics."""

from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Bool, Float

FEWEST = 16  # hidden pixels below which a frame says nothing of how well they are found


@dataclass(frozen=True, eq=False)
class Tally:
    """Counts of pixels, one entry a frame of an object; NaN = the truth, or what shows elsewhere, is not known there.

    P is what is predicted, A the whole truth, V the visible mask, O where something else may hide it.
    """

    visible: Float[np.ndarray, " n"]  # V
    whole: Float[np.ndarray, " n"]  # A
    both: Float[np.ndarray, " n"]  # P and A
    either: Float[np.ndarray, " n"]  # P or A
    hidden: Float[np.ndarray, " n"]  # A and O
    hidden_both: Float[np.ndarray, " n"]  # P and A and O
    hidden_either: Float[np.ndarray, " n"]  # (P or A) and O
    background: Float[np.ndarray, " n"]  # O without A
    false: Float[np.ndarray, " n"]  # P in O without A
    elsewhere: Float[np.ndarray, " n"]  # A and O, visible in another frame
    elsewhere_found: Float[np.ndarray, " n"]
    never: Float[np.ndarray, " n"]  # A and O, visible in no frame
    never_found: Float[np.ndarray, " n"]

    @property
    def occlusion(self) -> Float[np.ndarray, " n"]:
        """Share of the whole mask that is not visible, 1 - |V| / |A|; NaN where there is no whole mask."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.whole > 0, 1 - self.visible / self.whole, np.nan)

    @property
    def judged(self) -> Bool[np.ndarray, " n"]:
        """Which frames hide enough for their hidden part to be judged."""
        return self.hidden >= FEWEST

    def only(self, which: Bool[np.ndarray, " n"]) -> "Tally":
        """Return some of the frames."""
        return Tally(*(getattr(self, one.name)[which] for one in fields(self)))


def counted(
    predicted: Bool[np.ndarray, "h w"], visible: Bool[np.ndarray, "h w"], occluder: Bool[np.ndarray, "h w"], whole: Bool[np.ndarray, "h w"] | None,
    seen: Bool[np.ndarray, "h w"] | None = None,
) -> tuple[float, ...]:  # fmt: skip
    """Return one frame's counts in the order of `Tally`."""
    if whole is None:
        return (float(visible.sum()), *[float("nan")] * (len(fields(Tally)) - 1))
    hidden, covered = whole & occluder, predicted & occluder
    first = (visible, whole, predicted & whole, predicted | whole, hidden, covered & whole, covered | hidden, occluder & ~whole, covered & ~whole)
    apart = (np.nan,) * 4 if seen is None else tuple((one).sum() for part in (hidden & seen, hidden & ~seen) for one in (part, part & predicted))
    return tuple(float(one) for one in (*(mask.sum() for mask in first), *apart))


def stacked(rows: list[tuple[float, ...]]) -> Tally:
    """Return the tally of many frames' counts."""
    table = np.array(rows, np.float64).reshape(-1, len(fields(Tally)))
    return Tally(*table.T)


def joined(tallies: list[Tally]) -> Tally:
    """Return several tallies as one, in order."""
    return Tally(*(np.concatenate([getattr(tally, one.name) for tally in tallies]) for one in fields(Tally)))


def shares(counts: Float[np.ndarray, " n"], out_of: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Return quotients, NaN where there is nothing to divide by."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(out_of > 0, counts / out_of, np.nan)


def where(which: Bool[np.ndarray, " n"], *columns: Float[np.ndarray, " n"]) -> tuple[Float[np.ndarray, " n"], ...]:
    """Return columns with NaN in the frames that do not count."""
    return tuple(np.where(which, column, np.nan) for column in columns)
