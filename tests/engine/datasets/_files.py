"""Files that the tests of brought sets are made of."""

import io
import zipfile

import numpy as np
from PIL import Image


def png(seed=0, size=(12, 10), mode="RGB"):
    rng = np.random.default_rng(seed)
    channels = {"L": (), "RGB": (3,), "RGBA": (4,)}[mode]
    file = io.BytesIO()
    Image.fromarray(rng.integers(0, 256, (*size, *channels)).astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


def folder_of(root, files):
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def zip_of(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def two_classes(prefix="", n=3):
    return {f"{prefix}{name}/{i}.png": png(10 * k + i) for k, name in enumerate(("cat", "dog")) for i in range(n)}


def nothing_half_made(home):
    root = home / "inputs" / "datasets"
    return not root.exists() or not [p for p in root.iterdir() if p.name.startswith(".")]


def skipped(card):
    return " ".join(card["skipped"])
