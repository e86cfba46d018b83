"""A completed clip as pictures to take away: chosen layers over each frame, as PNGs in a zip, a GIF or a film. As many frames out as in.

Each layer differs by colour and by a second cue, as in the stepper: an even tint (visible), dots (occluder), rising stripes (the hidden part that
is predicted), a full line (predicted whole), a dashed line (truth). The number of the frame stands under it, so that no two frames are alike.
"""

import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image

from engine import errors
from engine.datasets.clips import Clip, Masks
from engine.store import files

cv2.setNumThreads(1)
LAYERS = ("visible", "occluder", "hidden", "whole", "truth")
USUAL = ("hidden", "whole", "truth")
SMALLEST = 256  # pixels of the longer side: smaller frames are enlarged by whole factors
STRIP = 16  # pixels under the frame
RATE = 10.0  # frames a second, where a clip has none
MOST_GIF = 1_000  # frames
FILMS = {"webm": "VP80", "mp4": "mp4v"}
_COLOURS = {"visible": (70, 175, 255), "occluder": (190, 196, 204), "hidden": (255, 168, 38), "whole": (255, 168, 38), "truth": (255, 255, 255)}
_DASH = 6  # pixels


def pictures(clip: Clip, track: str, whole: Masks, layers: Sequence[str] = USUAL) -> Iterator[UInt8[np.ndarray, "h w 3"]]:
    """Yield each frame of a clip with layers over it.

    Args:
        clip: the clip.
        track: the object.
        whole: its whole masks by some answer.
        layers: which, of `LAYERS`.

    Raises:
        UserError: for an unknown object or layer, or another number of masks than frames.
    """
    for layer in layers:
        if layer not in LAYERS:
            raise errors.unknown("layer", layer, LAYERS)
    mine = clip.track(track)
    if len(whole) != clip.length:
        raise errors.UserError(f"{clip.name} has {clip.length:,} frames, the answer has {len(whole):,}.", "Complete the clip again.")
    factor = max(1, -(-SMALLEST // max(clip.height, clip.width)))
    for t in range(clip.length):
        masks = {"whole": clip.dense(whole[t]), "visible": clip.dense(mine.visible[t])}
        masks["hidden"] = masks["whole"] & ~masks["visible"]
        masks |= {"occluder": clip.others(track, t)} if "occluder" in layers else {}
        masks |= {"truth": clip.dense(mine.whole[t])} if mine.whole is not None else {}
        large = {name: mask.repeat(factor, 0).repeat(factor, 1) for name, mask in masks.items() if name in layers}
        yield _numbered(_laid(clip.frames[t].repeat(factor, 0).repeat(factor, 1), large), t, clip.length)


def _laid(picture: UInt8[np.ndarray, "h w 3"], masks: dict[str, Bool[np.ndarray, "h w"]]) -> UInt8[np.ndarray, "h w 3"]:
    y, x = np.indices(picture.shape[:2])
    patterns = {"visible": np.ones_like(x, np.bool_), "occluder": (x % 8 < 2) & (y % 8 < 2), "hidden": (x + y) % 8 < 4}
    found = picture.astype(np.float32)
    for name, share in (("visible", 0.45), ("occluder", 0.7), ("hidden", 0.85)):
        if name in masks:
            here = masks[name] & patterns[name]
            found[here] = (1 - share) * found[here] + share * np.array(_COLOURS[name], np.float32)
    drawn = found.round().astype(np.uint8)
    for name in ("whole", "truth"):
        if name in masks:
            rim = _rim(masks[name])
            drawn[rim & ((x + y) // _DASH % 2 == 0) if name == "truth" else rim] = _COLOURS[name]
    return drawn


def _rim(mask: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    return mask & ~cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0).astype(np.bool_)


def _numbered(picture: UInt8[np.ndarray, "h w 3"], t: int, length: int) -> UInt8[np.ndarray, "h w 3"]:
    """Return a picture with its number below, of even height and width, as videos want it."""
    height, width = picture.shape[:2]
    found = np.zeros((height + STRIP + height % 2, width + width % 2, 3), np.uint8)
    found[:height, :width] = picture
    cv2.putText(found, f"{t} / {length - 1}", (4, height + 12), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (230, 230, 230), 1, cv2.LINE_AA)
    return found


def png_zip(drawn: Iterator[UInt8[np.ndarray, "h w 3"]]) -> bytes:
    """Return pictures as PNGs in a zip, 000000.png and so on."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for t, picture in enumerate(drawn):
            archive.writestr(f"{t:06d}.png", cv2.imencode(".png", picture[..., ::-1])[1].tobytes())
    return packed.getvalue()


def gif(drawn: Iterator[UInt8[np.ndarray, "h w 3"]], rate: float | None, length: int) -> bytes:
    """Return pictures as a GIF that repeats; raises UserError for more than a thousand."""
    if length > MOST_GIF:
        raise errors.UserError(f"A GIF of {length:,} frames is too large to be of use; the limit is {MOST_GIF:,}.", "Take a webm.")
    first, *rest = (Image.fromarray(picture).quantize(128, method=Image.Quantize.FASTOCTREE) for picture in drawn)
    packed = BytesIO()
    milliseconds = max(20, round(1000 / (rate or RATE)))
    first.save(packed, "GIF", save_all=True, append_images=rest, duration=milliseconds, loop=0, optimize=False)
    return packed.getvalue()


def film(drawn: Iterator[UInt8[np.ndarray, "h w 3"]], rate: float | None, ending: str = "webm") -> bytes:
    """Return pictures as a film: webm (VP8, which browsers play) or mp4 (MPEG-4 part 2, which slides and older players show, browsers do not).

    Raises:
        UserError: where OpenCV cannot write it.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"clip.{ending}"
        writer = None
        for picture in drawn:
            writer = writer or cv2.VideoWriter(str(file), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*FILMS[ending]), rate or RATE, picture.shape[1::-1])
            writer.write(picture[..., ::-1])
        if writer is not None:
            writer.release()
        if not file.is_file() or not file.stat().st_size:
            raise errors.UserError(f"This OpenCV cannot write {ending}.", "Take a GIF, or PNGs.")
        return file.read_bytes()


def write(drawn: Iterator[UInt8[np.ndarray, "h w 3"]], rate: float | None, length: int, file: Path) -> None:
    """Write pictures into a .webm, .mp4, .gif or .zip, whole or not at all; raises UserError for another ending."""
    films = {f".{ending}": lambda ending=ending: film(drawn, rate, ending) for ending in FILMS}
    made = {**films, ".gif": lambda: gif(drawn, rate, length), ".zip": lambda: png_zip(drawn)}
    if file.suffix.lower() not in made:
        raise errors.unknown("form of pictures", file.suffix, made)
    files.write_bytes(file, made[file.suffix.lower()]())
