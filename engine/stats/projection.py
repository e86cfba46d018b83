"""A map of many columns in two: the directions along which rows differ most."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64

from engine import errors


@dataclass(frozen=True, eq=False)
class Projection:
    """Places of rows along the first principal directions, and the share of all variance that each of these carries."""

    places: Float64[np.ndarray, "n k"]
    shares: Float64[np.ndarray, " k"]


def principal(values: Float[np.ndarray, "n columns"], k: int = 2) -> Projection:
    """Return the first k principal components of rows, by the singular values of the centred table.

    Each direction points to where its largest weight is positive, so that the same values always make the same map.

    Raises:
        UserError: for fewer than two rows, or values that are not finite.
    """
    if len(values) < 2:
        raise errors.UserError("A map needs at least two rows.", "Choose a set with more answers.")
    if not np.isfinite(values).all():
        raise errors.UserError("Values that are NaN or infinite have no place on a map.", "Leave those rows out.")
    centred = values.astype(np.float64) - values.mean(axis=0, dtype=np.float64)
    rows, sizes, directions = np.linalg.svd(centred, full_matrices=False)
    k = min(k, len(sizes))
    signs = np.sign(directions[np.arange(k), np.abs(directions[:k]).argmax(axis=1)])
    total = float((sizes**2).sum())
    shares = sizes[:k] ** 2 / total if total > 0 else np.zeros(k)
    return Projection(rows[:, :k] * sizes[:k] * np.where(signs == 0, 1.0, signs), shares)
