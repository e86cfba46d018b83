"""optdigits, 1,797 handwritten digits at 8 x 8.

The test part of the Optical Recognition of Handwritten Digits data of Alpaydin and Kaynak: 13 people wrote on a form,
the bitmaps of 32 x 32 were counted in blocks of 4 x 4, which leaves 8 x 8 pixels with 17 grey levels. Much coarser
than MNIST, by other writers, and Turkish rather than American handwriting.
"""

import gzip

import numpy as np

from engine.datasets.images import Images, _digits, _images

VERSION = 1
TASK = "digits"
FRAME = 28
CHANNELS = 1
SPLITS = ("train", "val", "test")
PACKAGES = ("scikit-learn", "opencv-python-headless")
LICENCE = "BSD-3-Clause (package scikit-learn); the data: CC BY 4.0 at the UCI Machine Learning Repository"
SOURCE = "scikit-learn 1.9.1, sklearn/datasets/data/digits.csv.gz"
CITATION = "E. Alpaydin, C. Kaynak. Optical Recognition of Handwritten Digits. UCI Machine Learning Repository, 1998, doi:10.24432/C50P49."
PREPARATION = (
    "The 17 grey levels become 0..255; the ink's bounding box is scaled into 20 x 20 keeping its aspect (bilinear), "
    "its centre of mass put on the middle of 28 x 28, white on black, as in all digit sets here. Split 60 / 15 / 25 %,"
    " by class."
)
SHARES = {"train": 0.6, "val": 0.15, "test": 0.25}
SEED = 0


def missing() -> str | None:
    """Return why the set cannot be used here, None where it can."""
    return None if _images.package_folder("sklearn") else "Install the package scikit-learn (pip install scikit-learn==1.9.1)."


def load(split: str) -> Images:
    """Return one split, images (n, 28, 28, 1)."""
    folder = _images.package_folder("sklearn")
    assert folder is not None, "images.load asks missing() first"
    with gzip.open(folder / "datasets" / "data" / "digits.csv.gz", "rt") as file:
        table = np.loadtxt(file, delimiter=",")  # (1797, 65): 64 counts of 0..16, label
    grey = np.round(table[:, :64] * (255 / 16)).astype(np.uint8).reshape(-1, 8, 8)
    images = np.stack([_digits.framed(ink) for ink in grey])
    return _digits.split_of(images, table[:, 64].astype(np.int64), SHARES, SEED, split, "digits.csv row")
