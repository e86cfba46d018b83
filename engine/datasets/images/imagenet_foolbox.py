"""ImageNet photos, the 20 that foolbox carries.

Twenty photographs from ImageNet with their labels, from 19 classes, mostly 512 x 512. So few that a 95 % interval on an
accuracy of 0.9 runs from about 0.70 to 0.97: good to see networks at work and how a shift moves them, not to rank them.
"""

import numpy as np

from engine.datasets.images import Images, _images, _photos

VERSION = 1
TASK = "imagenet"
FRAME = 256
CHANNELS = 3
SPLITS = ("test",)
PACKAGES = ("foolbox", "pillow", "opencv-python-headless")
FILES = ("imagenet_classes.txt",)
LICENCE = "Images: ImageNet's terms (non-commercial research); package foolbox: MIT. Read from the package, never copied"
SOURCE = "foolbox 3.3.4, foolbox/data/imagenet_NN_LABEL.jpg"
CITATION = (
    "O. Russakovsky et al. ImageNet Large Scale Visual Recognition Challenge. IJCV 115, 2015. J. Rauber, R. "
    "Zimmermann, M. Bethge, W. Brendel. Foolbox Native. JOSS 5(53), 2020."
)
PREPARATION = "The short side is resized to 256 (averaging over areas when it shrinks) and the centre 256 x 256 cut out. n = 20."


def missing() -> str | None:
    """Return why the set cannot be used here, None where it can."""
    return None if _images.package_folder("foolbox") else "Install the package foolbox (pip install foolbox==3.3.4)."


def load(split: str) -> Images:
    """Return the photos (20, 256, 256, 3); all are in `test`."""
    assert split in SPLITS, split
    folder = _images.package_folder("foolbox")
    assert folder is not None, "images.load asks missing() first"
    files = sorted((folder / "data").glob("imagenet_*_*.jpg"))
    labels = np.array([int(file.stem.split("_")[2]) for file in files], np.int64)
    photos = np.stack([_photos.photo(file) for file in files])
    return Images(photos, labels, _photos.classes(), sources=tuple(file.name for file in files))
