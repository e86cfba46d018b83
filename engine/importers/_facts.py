"""What a file with a network says of itself, before anybody answers a question about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float32
from safetensors import SafetensorError, safe_open

from engine import errors, hashing, safety
from engine.importers import _onnx
from engine.importers._audit import Finding

Side = int | str | None
FLOATS = ("float32", "float16", "float64")


@dataclass(frozen=True)
class Facts:
    """A network file's own account."""

    kind: Literal["onnx", "safetensors"]
    bytes: int
    digest: str  # hash of the file
    parameters: int | None = None
    shape: tuple[Side, ...] | None = None  # of the input, batch first
    width: int | None = None  # numbers it answers with
    ends_in: str = ""  # the operator that makes its answers
    tensors: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # name -> shape, safetensors only
    findings: tuple[Finding, ...] = ()

    @property
    def layout(self) -> Literal["nchw", "nhwc"] | None:
        """The order of the axes, where the input's shape tells."""
        if self.shape is None or len(self.shape) != 4:
            return None
        second, last = self.shape[1] in {1, 3}, self.shape[3] in {1, 3}
        return "nhwc" if last and not second else "nchw" if second else None

    @property
    def channels(self) -> int | None:
        """Number of channels, where the input's shape tells."""
        side = self.shape[1 if self.layout == "nchw" else 3] if self.shape and self.layout else None
        return side if isinstance(side, int) else None

    @property
    def size(self) -> int | None:
        """Side of the input in pixels, where the input's shape tells."""
        side = self.shape[2 if self.layout == "nchw" else 1] if self.shape and self.layout else None
        return side if isinstance(side, int) else None

    @property
    def batch(self) -> int | None:
        """The one batch size it takes, None where any will do."""
        return self.shape[0] if self.shape and isinstance(self.shape[0], int) else None


def read(path: Path, kind: str) -> Facts:
    """Return what a network file says of itself; nothing is run.

    Raises:
        UserError: for a file that is cut short or is not what its name says.
    """
    return _of_onnx(path) if kind == "onnx" else _of_safetensors(path)


def said(shape: tuple[Side, ...] | None) -> str:
    """Return a shape as sentences say it: `n x 3 x 224 x 224`."""
    return " x ".join(str(side) if isinstance(side, int) else safety.shown(side or "?", 12) for side in shape) if shape else "of any shape"


def _of_onnx(path: Path) -> Facts:
    graph = _onnx.read(path)
    findings = [*_sealed(graph), *_one_image_in(graph), *_answers_out(graph)]
    shape = graph.inputs[0].shape if graph.inputs else None
    answers = graph.outputs[0].shape if graph.outputs else None
    width = answers[-1] if answers and isinstance(answers[-1], int) else None
    return Facts(
        "onnx", path.stat().st_size, hashing.of_file(path), graph.parameters, shape, width, graph.last[0] if graph.last else "", {}, tuple(findings)
    )  # fmt: skip


def _sealed(graph: _onnx.Graph) -> list[Finding]:
    """Return errors for what reaches out of the file: tensors in other files, operators from other libraries."""
    findings = []
    if graph.external:
        sentence = (
            f"{len(graph.external):,} tensors lie in other files ({safety.few(graph.external)}): "
            "a network from outside may not name files of this machine."
        )
        fix = "Save it as one file: onnx.save(onnx.load(path), 'network.onnx', save_as_external_data=False); in torch, external_data=False."
        findings.append(Finding("error", sentence, fix))
    if graph.domains:
        sentence = f"It uses operators from outside the ONNX standard ({safety.few(graph.domains)}); they may not run here."
        findings.append(Finding("warning", sentence, "Export it with standard operators."))
    return findings


def _one_image_in(graph: _onnx.Graph) -> list[Finding]:
    """Return what keeps the input from being a batch of images."""
    if len(graph.inputs) != 1:
        names = safety.few([port.name for port in graph.inputs])
        sentence = f"The network takes {len(graph.inputs)} inputs{f' ({names})' if names else ''}; one, a batch of images, is expected."
        return [Finding("error", sentence, "Export the classifier alone.")]
    port = graph.inputs[0]
    findings = []
    if port.elements not in FLOATS:
        sentence = f"The network takes {port.elements}; floating-point numbers are expected."
        findings.append(Finding("error", sentence, "Export it with a float32 input, without its own decoding or casting of pixels."))
    if port.shape is not None and len(port.shape) != 4:
        sentence = f"The network takes {said(port.shape)}; a batch of images has four axes (n x channels x height x width)."
        findings.append(Finding("error", sentence, "Export it with the images as they are, and the flattening inside."))
    elif port.shape and isinstance(port.shape[0], int):
        one = "one image" if port.shape[0] == 1 else f"exactly {port.shape[0]} images"
        findings.append(Finding("note", f"The network takes {one} at a time.", "It runs faster when exported with a batch of any size."))
    return findings


def _answers_out(graph: _onnx.Graph) -> list[Finding]:
    """Return what keeps the first output from being logits."""
    port = next(iter(graph.outputs), None)
    if port is None:
        return [Finding("error", "The network has no output.", "Export it again.")]
    findings = []
    if len(graph.outputs) > 1:
        sentence = f"The network has {len(graph.outputs)} outputs; the first, {safety.shown(port.name, 40)}, is read."
        findings.append(Finding("note", sentence))
    if port.elements not in FLOATS:
        sentence = f"The network answers with {port.elements}; one number a class is expected."
        findings.append(Finding("error", sentence, "Export the logits, not the class."))
    elif port.shape is not None and len(port.shape) != 2:
        sentence = f"The network answers with {said(port.shape)}; n x classes is expected."
        findings.append(Finding("error", sentence, "Export a classifier whose last layer gives one number a class."))
    if "Sigmoid" in graph.last[:1]:
        sentence = "The network ends in a sigmoid: its classes do not exclude each other."
        findings.append(Finding("warning", sentence, "Here the highest counts as its answer."))
    return findings


def _of_safetensors(path: Path) -> Facts:
    try:
        with safe_open(path, framework="np") as file:
            slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
            tensors = {name: tuple(found.get_shape()) for name, found in slices.items()}
            kinds = {name: found.get_dtype() for name, found in slices.items()}
            broken = [name for name, kind in kinds.items() if kind in {"F16", "F32", "F64"} and not _finite(file.get_tensor(name))]
    except (SafetensorError, OSError, ValueError) as problem:
        raise errors.UserError(
            f"{safety.shown(path.name)} is no whole safetensors file ({safety.shown(str(problem))}).",
            "It was probably cut short: save or copy it again.",
        ) from problem
    if not tensors:
        raise errors.UserError(f"{safety.shown(path.name)} holds no tensors.", "Save the network's state: save_model(model, path).")
    findings = (
        [Finding("error", f"{len(broken)} tensors hold NaN or infinity: {safety.few(broken)}.", "Save the network before it diverged.")]
        if broken
        else []
    )
    head = tensors.get("head.bias")
    return Facts(
        "safetensors", path.stat().st_size, hashing.of_file(path), sum(int(np.prod(shape)) for shape in tensors.values()), None,
        head[0] if head and len(head) == 1 else None, "", tensors, tuple(findings),
    )  # fmt: skip


def _finite(values: Float32[np.ndarray, "..."] | np.ndarray) -> bool:
    return bool(np.isfinite(values).all())
