"""Rendered letters, 26 classes with capitals and small letters in each: to pre-train networks on, not to evaluate them.

Only families from the training side of the printed digits are used, so that no test typeface leaks into a network
that is fine-tuned on digits later; the family Red Hat Display is held out to validate.
"""

import functools
import string

from engine import errors
from engine.datasets.images import Images, _typefaces

VERSION = 1
TASK = "letters"
FRAME = 28
CHANNELS = 1
SPLITS = ("train", "val")
CLASSES = tuple(capital + small for capital, small in zip(string.ascii_uppercase, string.ascii_lowercase, strict=True))
HELD_OUT = "Red Hat Display"
EACH = {"train": 60, "val": 28}  # pictures per letter and family, half of them capitals


@functools.lru_cache(maxsize=2)
def load(split: str) -> Images:
    """Return one split, images (n, 28, 28, 1), framed as the digit sets are, with the groups `family` and `typeface`.

    Raises:
        UserError: for an unknown split, or where a package with typefaces is missing.
    """
    if split not in EACH:
        raise errors.unknown("split of letters", split, EACH)
    if sentence := _typefaces.missing():
        raise errors.UserError("The letters cannot be rendered here.", sentence)
    families = [family for family in _typefaces.FAMILIES["train"] if (family.name == HELD_OUT) == (split == "val")]
    return _typefaces.rendered(families, CLASSES, EACH[split])
