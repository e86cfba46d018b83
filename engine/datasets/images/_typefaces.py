"""Characters rendered from typefaces that pinned packages carry, split by family: never the system's fonts."""

import functools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont

from engine import hashing
from engine.datasets.images import _digits, _images, _splits
from engine.datasets.images._images import Images, example_id

HEIGHTS = (40, 48, 56, 64)  # sizes of the type in pixels
THICKENING = (0.0, 1.5)  # of the outline, pixels, uniform in this range
DEGREES = 8.0  # rotation, uniform up to this either way
SLANT = 0.12  # horizontal shear, uniform up to this either way
SEED = 0


@dataclass(frozen=True)
class Family:
    """A type family: all weights and widths of one design, and designs made to go with it."""

    name: str
    modules: tuple[str, ...]  # the packages that carry it
    files: tuple[str, ...]  # patterns below each package's folder
    licence: str = "OFL-1.1"

    @functools.cached_property
    def faces(self) -> tuple[Path, ...]:
        """The family's font files, sorted by name; empty where its package is not installed."""
        folders = [folder for module in self.modules if (folder := _images.package_folder(module))]
        return tuple(
            sorted(
                {path for folder in folders for pattern in self.files for path in folder.glob(pattern)},
                key=lambda p: p.name,
            )
        )


def _matplotlib(name: str, licence: str, *files: str) -> Family:
    return Family(name, ("matplotlib",), tuple(f"mpl-data/fonts/ttf/{file}.ttf" for file in files), licence)


# No family is on two sides, and each side has faces with serifs and without.
FAMILIES: Mapping[str, tuple[Family, ...]] = {
    "train": (
        _matplotlib("DejaVu", "Bitstream Vera", "DejaVuSans", "DejaVuSans-*", "DejaVuSansMono*", "DejaVuSerif", "DejaVuSerif-*"),
        _matplotlib("Computer Modern", "AMS, free", "cmb10", "cmr10", "cmss10", "cmti10", "cmtt10"),
        Family("Source", ("font_source_sans_pro", "font_source_serif_pro"), ("files/*.ttf",)),
        Family("Red Hat Display", ("font_rhd",), ("files/*.ttf",)),
        Family("Hanken Grotesk", ("font_hanken_grotesk",), ("files/*.otf",)),
        Family("Intuitive", ("font_intuitive",), ("files/*.ttf",)),
    ),
    "val": (
        _matplotlib("STIX", "STIX Font License", "STIXGeneral*"),
        Family("Manrope", ("font_manrope",), ("files/Manrope-[!V]*.ttf",)),
    ),
    "test": (
        Family("Lato", ("font_lato",), ("files/*.ttf",)),
        Family("Caladea", ("font_caladea",), ("files/*.ttf",), "Apache-2.0"),
        Family("Amatic SC", ("font_amatic_sc",), ("files/*.ttf",)),
        Family("Fredoka One", ("font_fredoka_one",), ("files/*.ttf",)),
    ),
}


def missing() -> str | None:
    """Return which packages with typefaces are not installed, as a sentence; None where all are."""
    lacking = sorted({m for side in FAMILIES.values() for f in side for m in f.modules if not _images.package_folder(m)})
    return f"Install the packages {', '.join(lacking).replace('_', '-')} (pip install -r requirements.txt)." if lacking else None


def rendered(families: Sequence[Family], classes: Sequence[str], each: int) -> Images:
    """Return `each` pictures of every class from every family, framed and shuffled; equal pictures stand there once.

    Args:
        families: Whose faces to draw with; a family's faces take turns, so that each weight comes up equally often.
        classes: One string per class: the characters that belong to it, which take turns.
        each: Pictures per class and family.
    """
    drawn = [(_drawn(face, character, family.name, k), label, family.name, face.stem)
             for family, label, k, character, face in _plan(families, classes, each)]  # fmt: skip
    images = np.stack([image for image, *_ in drawn])
    ids = tuple(example_id(image) for image in images)
    kept = sorted({name: i for i, name in reversed(list(enumerate(ids)))}.values(), key=lambda i: _splits.rank(ids[i], SEED))
    return Images(
        images[kept],
        np.array([drawn[i][1] for i in kept], np.int64),
        tuple(name[0] for name in classes),
        tuple(ids[i] for i in kept),
        {"family": tuple(drawn[i][2] for i in kept), "typeface": tuple(drawn[i][3] for i in kept)},
        tuple(f"{drawn[i][3]} {i}" for i in kept),
    )


def _plan(families: Sequence[Family], classes: Sequence[str], each: int) -> Iterator[tuple[Family, int, int, str, Path]]:
    for family in families:
        for label, characters in enumerate(classes):
            for k in range(each):
                turn = k // len(characters)
                yield family, label, k, characters[k % len(characters)], family.faces[turn % len(family.faces)]


@functools.lru_cache(maxsize=512)
def _font(face: Path, height: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(face, height, layout_engine=ImageFont.Layout.BASIC)


def _drawn(face: Path, character: str, family: str, k: int) -> UInt8[np.ndarray, "28 28 1"]:
    """Return one character, thickened, slanted and turned a little, framed; seeded by what is drawn."""
    rng = np.random.default_rng(int(hashing.of_parts(SEED, family, character, k), 16))
    height, stroke = HEIGHTS[rng.integers(len(HEIGHTS))], round(float(rng.uniform(*THICKENING)), 2)
    turn, slant = math.radians(rng.uniform(-DEGREES, DEGREES)), float(rng.uniform(-SLANT, SLANT))
    picture = Image.new("L", (2 * height, 2 * height))
    ImageDraw.Draw(picture).text((height, height), character, 255, _font(face, height), anchor="mm", stroke_width=stroke)
    cos, sin = math.cos(turn), math.sin(turn)
    (a, b), (d, e) = (cos, cos * slant - sin), (sin, sin * slant + cos)  # turn after slant, about the middle
    affine = (a, b, height - (a + b) * height, d, e, height - (d + e) * height)
    return _digits.framed(np.asarray(picture.transform(picture.size, Image.Transform.AFFINE, affine, Image.Resampling.BILINEAR)))
