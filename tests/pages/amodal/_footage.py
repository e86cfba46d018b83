"""Frames and DAVIS masks of a block that walks behind another."""

from pathlib import Path

import numpy as np
from PIL import Image


def written(folder: Path, count: int = 6, masks: int | None = None) -> tuple[Path, Path]:
    """Write so many frames and masks of 40 x 30 pixels and return their two folders."""
    for name in ("frames", "masks"):
        (folder / name).mkdir(parents=True)
    for t in range(count):
        values = np.zeros((30, 40), np.uint8)
        values[5:20, 5 + 2 * t : 17 + 2 * t] = 1
        values[8:14, 15:22] = 2
        Image.fromarray(np.stack([values * 90] * 3, axis=-1)).save(folder / "frames" / f"{t:03d}.png")
        if masks is None or t < masks:
            Image.fromarray(values).save(folder / "masks" / f"{t:03d}.png")
    return folder / "frames", folder / "masks"
