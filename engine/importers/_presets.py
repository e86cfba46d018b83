"""How pixels become numbers: the scalings that networks in the wild were trained with, and what a network will see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32, UInt8

from engine import errors
from engine.importers._audit import Finding
from engine.preprocess import Preprocess


@dataclass(frozen=True)
class Preset:
    """Pixels 0..255 are multiplied by `scale`, then `mean` is subtracted and divided by `std`, a channel each (red first)."""

    title: str
    scale: float
    mean: tuple[float, ...]
    std: tuple[float, ...]
    usual: str  # where it is met

    def answers(self, channels: int = 3, order: str = "rgb") -> dict[str, Any]:
        """Return `scale`, `mean`, `std` as `Preprocess` takes them: in the order of the network's channels.

        Raises:
            UserError: for a colour preset with one channel.
        """
        if len(self.mean) > 1 and channels == 1:
            raise errors.UserError(f"“{self.title}” is for three channels, the network takes one.", "Choose 0..1 or MNIST, or give mean and std.")
        turned = -1 if order == "bgr" else 1
        return {"scale": self.scale, "mean": self.mean[::turned], "std": self.std[::turned]}


PRESETS: Mapping[str, Preset] = {
    p.title: p
    for p in (
        Preset("0..1", 1 / 255, (0.0,), (1.0,), "torchvision's ToTensor and nothing else"),
        Preset("ImageNet mean/std", 1 / 255, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225), "torchvision and timm"),
        Preset("-1..1", 1 / 255, (0.5,), (0.5,), "Inception, MobileNet, many vision transformers"),
        Preset("(x-127)/128", 1.0, (127.0,), (128.0,), "EfficientNet-Lite and other networks for phones"),
        Preset("MNIST", 1 / 255, (0.1307,), (0.3081,), "the MNIST examples of PyTorch"),
        Preset("0..255", 1.0, (0.0,), (1.0,), "Keras networks that scale inside"),
    )
}


def preset_of(preprocess: Preprocess) -> str | None:
    """Return the name of the preset that a preprocessing uses, None for numbers of its own."""
    for title, preset in PRESETS.items():
        turned = -1 if preprocess.order == "bgr" else 1
        same = [np.allclose(preprocess.scale, preset.scale, rtol=1e-3)]
        same += [_same(getattr(preprocess, name), getattr(preset, name)[::turned]) for name in ("mean", "std")]
        if all(same):
            return title
    return None


def _same(mine: Sequence[float], theirs: Sequence[float]) -> bool:
    if len(set(mine)) == 1 and len(set(theirs)) == 1:
        return bool(np.isclose(mine[0], theirs[0], rtol=1e-3))
    return len(mine) == len(theirs) and bool(np.allclose(mine, theirs, rtol=1e-3))


@dataclass(frozen=True)
class TensorPreview:
    """What a network will see of one image."""

    array: Float32[np.ndarray, "x y z"]  # in the network's layout
    words: tuple[str, ...]  # a sentence a channel
    findings: tuple[Finding, ...]


def preview(preprocess: Preprocess, image: UInt8[np.ndarray, "h w c"]) -> TensorPreview:
    """Return the array that a network sees of an image, its channels in words, and what looks wrong about it."""
    array = preprocess([image])[0]
    channels = array if preprocess.layout == "nchw" else array.transpose(2, 0, 1)
    named = ("grey",) if preprocess.channels == 1 else ("red", "green", "blue")[:: -1 if preprocess.order == "bgr" else 1]
    words = tuple(
        f"{name}: {channel.min():.3g} to {channel.max():.3g}, mean {channel.mean():.3g}" for name, channel in zip(named, channels, strict=True)
    )
    return TensorPreview(array, words, tuple(_odd(preprocess, image, array)))


def _odd(preprocess: Preprocess, image: UInt8[np.ndarray, "h w c"], array: Float32[np.ndarray, "x y z"]) -> list[Finding]:
    findings = []
    low, high = float(array.min()), float(array.max())
    if high > 20 or low < -20:
        raw = preset_of(preprocess) == "0..255"
        sentence = f"The network will see values from {low:.3g} to {high:.3g}; most networks were trained on values within -3 and 3."
        fix = "Right for networks that scale inside." if raw else "Choose the scaling that it was trained with, such as 0..1 or ImageNet mean/std."
        findings.append(Finding("note" if raw else "warning", sentence, fix))
    if np.ptp(image) > 50 and high - low < 0.05:
        sentence = f"The network will see values from {low:.3g} to {high:.3g}: the picture is nearly flat, as if it were scaled twice."
        findings.append(Finding("warning", sentence, "Choose one scaling: either 1/255, or mean and std on 0..255."))
    enlarged = preprocess.size / max(1, min(image.shape[:2]))
    if enlarged >= 3:
        sentence = f"The picture is enlarged {enlarged:.1f} times to {preprocess.size} px."
        findings.append(Finding("note", sentence, "What was not there is not added: the network sees a blurred picture."))
    return findings
