"""Fashion-MNIST, 70,000 pictures of clothes.

Zalando's articles in ten classes, made to stand in for MNIST: same size, same number, harder. 50,000 train, 10,000
validate (the last of the 60,000 training images), 10,000 test.
"""

import gzip
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from engine.datasets.images import Images

VERSION = 1
TASK = "fashion"
FRAME = 28
CHANNELS = 1
SPLITS = ("train", "val", "test")
FILES = (
    "/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz",
    "/usr/share/datasets/fashion-mnist/train-labels-idx1-ubyte.gz",
    "/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz",
    "/usr/share/datasets/fashion-mnist/t10k-labels-idx1-ubyte.gz",
)
LICENCE = "MIT"
SOURCE = "Debian's package dataset-fashion-mnist, /usr/share/datasets/fashion-mnist"
CITATION = (
    "H. Xiao, K. Rasul, R. Vollgraf. Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms. arXiv:1708.07747, 2017."
)
PREPARATION = "Taken as it is: 28 x 28, white on black, centred by its makers."
CLASSES = (
    "T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip
FIRST_OF_VAL = 50_000


def missing() -> str | None:
    """Return why the set cannot be used here, None where it can."""
    if all(Path(file).is_file() for file in FILES):
        return None
    return "Install Debian's package dataset-fashion-mnist (apt install dataset-fashion-mnist)."


def load(split: str) -> Images:
    """Return one split, images (n, 28, 28, 1)."""
    kept = {"train": slice(FIRST_OF_VAL), "val": slice(FIRST_OF_VAL, None), "test": slice(None)}[split]
    images, labels = FILES[2:] if split == "test" else FILES[:2]
    pictures = _idx(Path(images)).reshape(-1, FRAME, FRAME, 1)[kept]
    return Images(pictures, _idx(Path(labels))[kept].astype(np.int64), CLASSES)


def _idx(file: Path) -> UInt8[np.ndarray, "..."]:
    """Return the array of an IDX file of bytes: two zeros, type 8, number of axes, each axis as a big-endian integer."""
    with gzip.open(file, "rb") as stream:
        content = stream.read()
    axes = content[3]
    shape = np.frombuffer(content, ">u4", count=axes, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape)
