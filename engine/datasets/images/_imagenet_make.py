"""Makes data/imagenet_classes.txt: python -m engine.datasets.images._imagenet_make timm-1.0.31-py3-none-any.whl.

The wheel comes from `pip download --no-deps timm==1.0.31`; only its tables of synset names are read. Line k is the
name of class k - 1 in the order that ImageNet networks share: synsets sorted by WordNet id. A class is called by the
first of its names; the four that would be called alike are told apart.
"""

import sys
import zipfile
from pathlib import Path

from engine import places

FOLDER = "timm/data/_info"
TOLD_APART = {134: "crane (bird)", 517: "crane (machine)", 638: "maillot", 639: "tank suit"}


def make(wheel: Path, target: Path) -> None:
    """Write the 1,000 class names, one a line."""
    with zipfile.ZipFile(wheel) as archive:
        synsets = archive.read(f"{FOLDER}/imagenet_synsets.txt").decode().split()
        lines = archive.read(f"{FOLDER}/imagenet_synset_to_lemma.txt").decode().splitlines()
    lemmas = dict(line.split("\t") for line in lines)
    names = [TOLD_APART.get(i, lemmas[synset].split(", ")[0]) for i, synset in enumerate(sorted(synsets))]
    target.write_text("\n".join(names) + "\n")


if __name__ == "__main__":
    make(Path(sys.argv[1]), places.DATA / "imagenet_classes.txt")
