"""Printed digits from twelve type families.

Digits set in typefaces (with and without serifs, hairline to black, upright and italic, two drawn by hand) that
packages carry: DejaVu, Computer Modern, Source Sans and Serif, Red Hat Display, Hanken Grotesk and Intuitive to
train, STIX and Manrope to validate, Lato, Caladea, Amatic SC and Fredoka One to test. The split goes by family, so a
network is tested on designs it has never seen. Print instead of handwriting, on the same frame.
"""

from engine.datasets.images import Images, _digits, _typefaces

VERSION = 1
TASK = "digits"
FRAME = 28
CHANNELS = 1
SPLITS = ("train", "val", "test")
PACKAGES = (
    "matplotlib", "font-source-sans-pro", "font-source-serif-pro", "font-rhd", "font-hanken-grotesk", "font-intuitive",
    "font-manrope", "font-lato", "font-caladea", "font-amatic-sc", "font-fredoka-one", "pillow",
    "opencv-python-headless",
)  # fmt: skip
LICENCE = "Typefaces: OFL-1.1; Apache-2.0 (Caladea), Bitstream Vera (DejaVu), AMS fonts (Computer Modern), STIX Font License"
SOURCE = "Rendered here from matplotlib 3.11.2 and the packages font-* in requirements.txt"
CITATION = "The typefaces' designers, named in each package's licence file."
PREPARATION = (
    "Set in 40, 48, 56 or 64 pixels, the outline thickened by 0 to 1.5 pixels, slanted by up to 0.12, turned by up to "
    "8 degrees, each uniform and seeded by family, character and number; then the ink's bounding box is scaled into 20"
    " x 20 keeping its aspect, its centre of mass put on the middle of 28 x 28, white on black, as in all digit sets "
    "here (so size and place of the type leave no trace but sharpness). Per digit and family 50 pictures to train, 30 "
    "to validate, 25 to test."
)
EACH = {"train": 50, "val": 30, "test": 25}  # pictures per digit and family


def missing() -> str | None:
    """Return why the set cannot be used here, None where it can."""
    return _typefaces.missing()


def load(split: str) -> Images:
    """Return one split, images (n, 28, 28, 1), with the groups `family` and `typeface`."""
    return _typefaces.rendered(_typefaces.FAMILIES[split], _digits.CLASSES, EACH[split])
