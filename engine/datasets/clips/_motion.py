"""Motion of an object from flow: estimated where none is given, filled in where the object is hidden.

Filling follows Yao et al. (NeurIPS 2022): observed flow where the object is seen, its own motion elsewhere, here an affine fit. Warping reads the
motion at the target pixel from the reverse flow, which is exact, and has no half-pixel bias.
"""

import cv2
import numpy as np
from jaxtyping import Bool, Float, Float32, UInt8

cv2.setNumThreads(1)
_FEWEST = 12  # visible pixels that a mean motion is taken from
_FEWEST_AFFINE = 60
_RIDGE = 0.02  # pulls the linear part of the fit to none


def estimated(pictures: UInt8[np.ndarray, "t h w 3"]) -> tuple[Float32[np.ndarray, "s h w 2"], Float32[np.ndarray, "s h w 2"]]:
    """Return flow from each frame to the next, and back, by OpenCV's DIS of medium precision (Kroeger et al., ECCV 2016)."""
    method = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    grey = [cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in pictures]
    shape = (max(0, len(grey) - 1), *pictures.shape[1:3], 2)
    forward, backward = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for t in range(len(grey) - 1):
        forward[t] = method.calc(grey[t], grey[t + 1], None)  # type: ignore[call-overload]
        backward[t] = method.calc(grey[t + 1], grey[t], None)  # type: ignore[call-overload]
    return forward, backward


def filled(flow: Float32[np.ndarray, "t h w 2"], visible: Bool[np.ndarray, "t h w"], *, affine: bool = True) -> Float32[np.ndarray, "t h w 2"]:
    """Return an object's motion everywhere: as observed where it is visible, an affine fit (or the mean) elsewhere.

    A frame that shows too little of it takes the mean motion of the nearest frame that shows enough.
    """
    enough = [t for t in range(len(flow)) if visible[t].sum() >= _FEWEST]
    found = np.zeros_like(flow)
    for t in range(len(flow)):
        if not enough:
            continue
        source = min(enough, key=lambda other: abs(other - t))
        fit = _fit(flow[source], visible[source], affine=affine and source == t)
        found[t] = np.where(visible[t][..., None], flow[t], _field(fit, flow.shape[1:3])) if source == t else _field(fit, flow.shape[1:3])
    return found


def _fit(flow: Float32[np.ndarray, "h w 2"], visible: Bool[np.ndarray, "h w"], *, affine: bool) -> Float[np.ndarray, "3 2"]:
    """Return coefficients (x, y, 1) of the motion of visible pixels."""
    y, x = np.nonzero(visible)
    motion = flow[y, x].astype(np.float64)
    if not affine or len(y) < _FEWEST_AFFINE:
        return np.concatenate([np.zeros((2, 2)), motion.mean(0, keepdims=True)])
    middle = np.array([x.mean(), y.mean()])
    points = np.stack([x, y], axis=1) - middle
    spread = points.T @ points
    linear = np.linalg.solve(spread + _RIDGE * np.trace(spread) * np.eye(2), points.T @ (motion - motion.mean(0)))
    return np.concatenate([linear, (motion.mean(0) - middle @ linear)[None]])


def _field(fit: Float[np.ndarray, "3 2"], shape: tuple[int, ...]) -> Float32[np.ndarray, "h w 2"]:
    y, x = np.mgrid[: shape[0], : shape[1]]
    return (np.stack([x, y, np.ones_like(x)], axis=-1) @ fit).astype(np.float32)


def warped(mask: Float[np.ndarray, "h w"], motion: Float32[np.ndarray, "h w 2"]) -> Float32[np.ndarray, "h w"]:
    """Return a mask in another frame: at each pixel p the value at p + motion(p), bilinear, 0 outside."""
    y, x = np.mgrid[: mask.shape[0], : mask.shape[1]].astype(np.float32)
    return cv2.remap(np.ascontiguousarray(mask, np.float32), x + motion[..., 0], y + motion[..., 1], cv2.INTER_LINEAR)
