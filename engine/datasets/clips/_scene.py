"""Flat shapes that move over each other: frames, visible and whole masks, exact flow, and what of a hidden part shows elsewhere.

Coordinates are (x, y) of pixel centres. A layer's map takes its own coordinates to the picture; layers are drawn from the first to the last.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float, Float32, Int, UInt8

from engine import rle
from engine.datasets.clips._clip import Clip, Flow, Held, Masks, Track

cv2.setNumThreads(1)
_SHIFT = 4  # bits of a pixel's fraction that OpenCV fills polygons with


@dataclass(frozen=True, eq=False)
class Layer:
    """A shape with a texture: contours (several are filled by the even-odd rule), none = everywhere."""

    contours: tuple[Float[np.ndarray, "k 2"], ...]
    maps: Float[np.ndarray, "t 3 3"]
    texture: UInt8[np.ndarray, "n n 3"]  # its middle is the origin of the layer's coordinates
    track: str | None = None  # the object it belongs to; None = the background or an occluder without a track
    occluder: bool = False


@dataclass(frozen=True, eq=False)
class Drawn:
    """All frames of a scene: pictures, the topmost layer of each pixel, each layer's whole mask."""

    pictures: UInt8[np.ndarray, "t h w 3"]
    top: Int[np.ndarray, "t h w"]
    whole: Bool[np.ndarray, "layers t h w"]


def clip(name: str, layers: Sequence[Layer], height: int, width: int, camera: Float[np.ndarray, "t 3 3"] | None = None, **about: object) -> Clip:
    """Return the clip of a scene; objects are the tracks that layers name, in order of first appearance."""
    drawn = draw(layers, height, width)
    names = list(dict.fromkeys(layer.track for layer in layers if layer.track))
    tracks = tuple(_track(one, layers, drawn) for one in names)
    occluding = [k for k, layer in enumerate(layers) if layer.occluder]
    occluder = _coded(np.isin(drawn.top, occluding)) if occluding else None
    given = None if camera is None else camera[:, :2]
    return Clip(name, height, width, Held(drawn.pictures), tracks, occluder, flow(layers, drawn.top), given, about=about)


def draw(layers: Sequence[Layer], height: int, width: int) -> Drawn:
    """Return a scene's frames."""
    length = len(layers[0].maps)
    pictures = np.zeros((length, height, width, 3), np.uint8)
    top = np.zeros((length, height, width), np.int64)
    whole = np.zeros((len(layers), length, height, width), np.bool_)
    for t in range(length):
        for k, layer in enumerate(layers):
            whole[k, t] = mask = filled(layer, t, height, width)
            pictures[t][mask] = textured(layer, t, height, width)[mask]
            top[t][mask] = k
    return Drawn(pictures, top, whole)


def filled(layer: Layer, t: int, height: int, width: int) -> Bool[np.ndarray, "h w"]:
    """Return a layer's whole mask in frame t, cut at the border."""
    if not layer.contours:
        return np.ones((height, width), np.bool_)
    found = np.zeros((height, width), np.uint8)
    corners = [np.round(moved(layer.maps[t], contour) * 2**_SHIFT).astype(np.int32) for contour in layer.contours]
    cv2.fillPoly(found, corners, 1, shift=_SHIFT)
    return found.astype(np.bool_)


def textured(layer: Layer, t: int, height: int, width: int) -> UInt8[np.ndarray, "h w 3"]:
    """Return a layer's texture as it lies in frame t."""
    if len(layer.texture) == 1:
        return np.broadcast_to(layer.texture[0, 0], (height, width, 3))
    middle = np.eye(3)
    middle[:2, 2] = -(len(layer.texture) - 1) / 2
    return cv2.warpAffine(layer.texture, (layer.maps[t] @ middle)[:2], (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def moved(matrix: Float[np.ndarray, "3 3"], points: Float[np.ndarray, "k 2"]) -> Float[np.ndarray, "k 2"]:
    """Return points under an affine map."""
    return points @ matrix[:2, :2].T + matrix[:2, 2]


def flow(layers: Sequence[Layer], top: Int[np.ndarray, "t h w"]) -> Flow:
    """Return the exact flow of what is on top at each pixel, both ways."""
    forward, backward = (np.zeros((len(top) - 1, *top.shape[1:], 2), np.float32) for _ in range(2))
    for t in range(len(top) - 1):
        forward[t] = _carried(layers, top[t], t, t + 1)
        backward[t] = _carried(layers, top[t + 1], t + 1, t)
    return Flow(forward, backward)


def _carried(layers: Sequence[Layer], top: Int[np.ndarray, "h w"], start: int, end: int) -> Float32[np.ndarray, "h w 2"]:
    found = np.zeros((*top.shape, 2), np.float32)
    for k, layer in enumerate(layers):
        y, x = np.nonzero(top == k)
        if len(y):
            points = np.stack([x, y], axis=1).astype(np.float64)
            found[y, x] = moved(layer.maps[end] @ np.linalg.inv(layer.maps[start]), points) - points
    return found


def _track(name: str, layers: Sequence[Layer], drawn: Drawn) -> Track:
    mine = [k for k, layer in enumerate(layers) if layer.track == name]
    visible = np.isin(drawn.top, mine)
    whole = np.asarray(drawn.whole[mine].any(axis=0))
    return Track(name, _coded(visible), _coded(whole), _coded(_shown(mine, layers, drawn)))


def _shown(mine: Sequence[int], layers: Sequence[Layer], drawn: Drawn) -> Bool[np.ndarray, "t h w"]:
    """Return the hidden pixels of an object whose point of its surface is visible in some other frame."""
    found = np.zeros(drawn.top.shape, np.bool_)
    for t in range(len(found)):
        left = np.isin(drawn.top[t], mine)
        for k in reversed(mine):  # where parts overlap, the upper one is meant
            y, x = np.nonzero(drawn.whole[k, t] & ~left)
            found[t, y, x] = _visits(layers[k].maps, drawn.top == k, t, x, y)
            left = left | drawn.whole[k, t]
    return found


def _visits(
    maps: Float[np.ndarray, "t 3 3"], visible: Bool[np.ndarray, "t h w"], t: int, x: Int[np.ndarray, " n"], y: Int[np.ndarray, " n"]
) -> Bool[np.ndarray, " n"]:
    """Return whether points of a layer, given in frame t, are visible in any frame (nearest pixel)."""
    _, height, width = visible.shape
    there = np.einsum("sij,jn->sin", maps @ np.linalg.inv(maps[t]), np.stack([x, y, np.ones_like(x)]).astype(np.float64))[:, :2]
    column, row = np.round(there).astype(np.int64).transpose(1, 0, 2)
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    frame = np.arange(len(maps))[:, None]
    return (visible[frame, row.clip(0, height - 1), column.clip(0, width - 1)] & inside).any(axis=0)


def _coded(masks: Bool[np.ndarray, "t h w"]) -> Masks:
    return tuple(rle.encode(mask) for mask in masks)
