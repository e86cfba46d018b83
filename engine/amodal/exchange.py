"""Completed clips taken out: YouTube-VIS JSON with whole masks beside visible ones, and pictures of masks. As many frames out as in."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from engine import rle
from engine.datasets.clips import Clip, Masks
from engine.store import files


def youtube_vis(clip: Clip, answers: Mapping[str, Masks], answer: str) -> dict[str, Any]:
    """Return a clip's objects with their visible and completed masks; every list has one entry a frame, null where there is none.

    Args:
        clip: the clip.
        answers: object -> its whole masks.
        answer: who gave them.
    """
    entries = []
    for number, (name, whole) in enumerate(answers.items(), start=1):
        visible = clip.track(name).visible
        occluder = [rle.encode(clip.others(name, t)).json() for t in range(clip.length)]
        entries.append(
            {
                "id": number, "video_id": 1, "category_id": 1, "name": name, "iscrowd": 0, "score": 1.0, "height": clip.height, "width": clip.width,
                "segmentations": [_json(mask) for mask in visible], "amodal_segmentations": [_json(mask) for mask in whole],
                "occluder_segmentations": occluder, "areas": [mask.area if mask else None for mask in visible],
            }
        )  # fmt: skip
    video = {"id": 1, "name": clip.name, "height": clip.height, "width": clip.width, "length": clip.length}
    video["file_names"] = [f"{t:06d}.png" for t in range(clip.length)]
    return {"info": {"answer": answer}, "videos": [video], "categories": [{"id": 1, "name": "object"}], "annotations": entries}


def _json(mask: rle.Rle | None) -> dict[str, Any] | None:
    return None if mask is None else mask.json()


def write_json(clip: Clip, answers: Mapping[str, Masks], answer: str, file: Path) -> None:
    """Write `youtube_vis` into a file, whole or not at all."""
    files.write_text(file, json.dumps(youtube_vis(clip, answers, answer)))


def write_pictures(clip: Clip, answers: Mapping[str, Masks], folder: Path) -> int:
    """Write one PNG a frame and object, OBJECT/000000.png, 255 = whole mask, and return how many."""
    count = 0
    for number, masks in enumerate(answers.values(), start=1):
        for t, mask in enumerate(masks):
            _, code = cv2.imencode(".png", clip.dense(mask).astype(np.uint8) * 255)
            files.write_bytes(folder / f"{number:03d}" / f"{t:06d}.png", code.tobytes())
            count += 1
    return count
