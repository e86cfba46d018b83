"""Photos of scikit-image that show something ImageNet names.

Five of the package's sample photographs. They were not made for classification, so the labels are ours and some can
be argued with: the cat Chelsea is a short-haired tabby (networks also say tiger cat or Egyptian cat), the cup holds
an espresso, the rocket on its pad is nearest to ImageNet's missile (there is no class for launch vehicles), the
cameraman is filed under his tripod, the motorcycle under moped. With n = 5 one photo is 20 points of accuracy: look
at the answers, not at the score.
"""

import numpy as np

from engine.datasets.images import Images, _images, _photos

VERSION = 1
TASK = "imagenet"
FRAME = 256
CHANNELS = 3
SPLITS = ("test",)
PACKAGES = ("scikit-image", "pillow", "opencv-python-headless")
FILES = ("imagenet_classes.txt",)
LICENCE = (
    "chelsea, coffee, rocket, camera: CC0 or public domain; motorcycle_left: Middlebury Stereo 2014, credit asked for; "
    "package scikit-image: BSD-3-Clause"
)
SOURCE = "scikit-image 0.26.0, skimage/data"
CITATION = (
    "S. van der Walt et al. scikit-image: image processing in Python. PeerJ 2:e453, 2014. D. Scharstein et al. High-"
    "resolution stereo datasets with subpixel-accurate ground truth. GCPR 2014 (motorcycle)."
)
PREPARATION = "The short side is resized to 256 (averaging over areas when it shrinks) and the centre 256 x 256 cut out. n = 5."
LABELS = {
    "chelsea.png": "tabby",
    "coffee.png": "espresso",
    "rocket.jpg": "missile",
    "camera.png": "tripod",
    "motorcycle_left.png": "moped",
}


def missing() -> str | None:
    """Return why the set cannot be used here, None where it can."""
    return None if _images.package_folder("skimage") else "Install the package scikit-image (pip install scikit-image)."


def load(split: str) -> Images:
    """Return the photos (5, 256, 256, 3); all are in `test`."""
    assert split in SPLITS, split
    folder = _images.package_folder("skimage")
    assert folder is not None, "images.load asks missing() first"
    photos = np.stack([_photos.photo(folder / "data" / file) for file in LABELS])
    labels = np.array([_photos.classes().index(name) for name in LABELS.values()], np.int64)
    return Images(photos, labels, _photos.classes(), sources=tuple(LABELS))
