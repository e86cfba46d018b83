"""What all digit sets share: the classes, one framing, and a split that depends on the images alone."""

from collections.abc import Mapping

import cv2
import numpy as np
from jaxtyping import Int, UInt8

from engine import errors
from engine.datasets.images import _splits
from engine.datasets.images._images import Images, example_id

CLASSES = tuple("0123456789")
FRAME = 28
BOX = 20


def framed(ink: UInt8[np.ndarray, "h w"]) -> UInt8[np.ndarray, "28 28 1"]:
    """Return white ink on black in the framing of MNIST, 28 x 28.

    The ink's bounding box is scaled into 20 x 20 keeping its aspect (averaging over areas when it shrinks, bilinear
    when it grows), then the centre of mass is put on the middle of the frame, to whole pixels and never so far that
    ink is lost (LeCun, Bottou, Bengio & Haffner 1998, section III-A).
    """
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        raise ValueError("an image without ink cannot be framed")
    box = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = BOX / max(box.shape)
    width, height = (max(1, round(side * scale)) for side in box.shape[::-1])
    box = cv2.resize(box, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    frame = np.zeros((FRAME, FRAME, 1), np.uint8)
    top, left = _centred(box.sum(axis=1, dtype=np.int64)), _centred(box.sum(axis=0, dtype=np.int64))
    frame[top : top + height, left : left + width, 0] = box
    return frame


def _centred(mass: Int[np.ndarray, " side"]) -> int:
    """Return where a side of the box starts so that its centre of mass lies on the middle of the frame."""
    centre = float(mass @ np.arange(len(mass))) / float(mass.sum())
    return min(max(round((FRAME - 1) / 2 - centre), 0), FRAME - len(mass))


def split_of(
    images: UInt8[np.ndarray, "n 28 28 1"],
    labels: Int[np.ndarray, " n"],
    shares: Mapping[str, float],
    seed: int,
    split: str,
    source: str,
) -> Images:
    """Return one split of a set that is given whole; `source` names an example's origin before its row number."""
    if split not in shares:
        raise errors.unknown("split", split, shares)
    ids = [example_id(image) for image in images]
    where = _splits.parts(labels, ids, shares, seed)[split]
    return Images(
        images[where],
        labels[where],
        CLASSES,
        tuple(ids[i] for i in where),
        sources=tuple(f"{source} {i}" for i in where),
    )
