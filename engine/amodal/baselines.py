"""Answers that need no network, always shown beside those that do. Each gives probabilities in the squares of a patch."""

from collections.abc import Callable, Mapping

import cv2
import numpy as np
from jaxtyping import Bool, Float32

from engine import errors
from engine.datasets import clips
from engine.datasets.clips import Patch

cv2.setNumThreads(1)


def visible_mask(patch: Patch) -> Float32[np.ndarray, "t s s"]:
    """Return the visible mask alone: nothing is completed, its hidden part scores 0. What is visible is put in where answers become full frames."""
    return np.zeros(patch.visible.shape, np.float32)


def convex_hull(patch: Patch) -> Float32[np.ndarray, "t s s"]:
    """Return the convex hull of what is visible in each frame; cut to occluders when it is put back."""
    return np.stack([_hull(mask) for mask in patch.visible])


def _hull(mask: Bool[np.ndarray, "s s"]) -> Float32[np.ndarray, "s s"]:
    rows, columns = np.nonzero(mask)
    found = np.zeros(mask.shape, np.uint8)
    if len(rows):
        corners = cv2.convexHull(np.stack([columns, rows], axis=1).astype(np.int32))
        cv2.fillConvexPoly(found, corners, 1)
    return found.astype(np.float32)


def all_occluder(patch: Patch) -> Float32[np.ndarray, "t s s"]:
    """Return every pixel of whatever may hide the object: it looks good on whole masks and means nothing."""
    return (patch.visible | patch.occluder).astype(np.float32)


def union_one_way(patch: Patch) -> Float32[np.ndarray, "t s s"]:
    """Return all that was visible so far, carried along the object's motion; nothing is learned."""
    return _remembered(patch.visible, patch.backward)


def union_two_way(patch: Patch) -> Float32[np.ndarray, "t s s"]:
    """Return all that was or will be visible, carried along the object's motion; nothing is learned."""
    later = _remembered(patch.visible[::-1], patch.forward[::-1])[::-1]
    return np.maximum(union_one_way(patch), later)


def _remembered(visible: Bool[np.ndarray, "t s s"], back: Float32[np.ndarray, "t s s 2"]) -> Float32[np.ndarray, "t s s"]:
    """Return running unions; `back` leads from each frame to the one before it in this order."""
    found = np.zeros(visible.shape, np.float32)
    found[0] = visible[0]
    for t in range(1, len(visible)):
        found[t] = np.maximum(visible[t], clips.warped(found[t - 1], back[t]))
    return found


BASELINES: Mapping[str, Callable[[Patch], Float32[np.ndarray, "t s s"]]] = {
    "visible_mask": visible_mask,
    "convex_hull": convex_hull,
    "all_occluder": all_occluder,
    "union_one_way": union_one_way,
    "union_two_way": union_two_way,
}


def names() -> tuple[str, ...]:
    """Return the baselines, weakest claim first."""
    return tuple(BASELINES)


def answer(name: str, patch: Patch) -> Float32[np.ndarray, "t s s"]:
    """Return a baseline's probabilities; raises UserError for an unknown one."""
    if name not in BASELINES:
        raise errors.unknown("baseline", name, BASELINES)
    return BASELINES[name](patch)
