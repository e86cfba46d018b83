"""Running ONNX files with ONNX Runtime: one thread, CPU, nothing read but the file itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from jaxtyping import Float32

from engine import errors
from engine.preprocess import Preprocess

INPUT_TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64}
LARGEST = 2**31 - 1  # bytes: what a protobuf message can be
DEEPEST = 64

# Where tensors can stand in an ONNX file: message -> field number -> message (onnx.proto).
FIELDS: dict[str, dict[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}
EXTERNAL_DATA, DATA_LOCATION = 13, 14  # of a tensor


@dataclass(frozen=True)
class Session:
    """An opened ONNX file: the input's name, type and fixed batch (None where any batch will do)."""

    session: Any
    name: str
    dtype: type[np.floating]
    fixed: int | None

    def __call__(self, batch: Float32[np.ndarray, "n a b c"]) -> Float32[np.ndarray, "n classes"]:
        """Return the first output for a batch, in pieces where the file fixes the batch."""
        if self.fixed is None or len(batch) == self.fixed:
            return self._once(batch)
        pieces = [self._padded(batch[i : i + self.fixed]) for i in range(0, len(batch), self.fixed)]
        return np.concatenate(pieces)

    def _padded(self, piece: Float32[np.ndarray, "m a b c"]) -> Float32[np.ndarray, "m classes"]:
        assert self.fixed is not None
        short = self.fixed - len(piece)
        return self._once(np.pad(piece, ((0, short), (0, 0), (0, 0), (0, 0))))[: len(piece)]

    def _once(self, batch: Float32[np.ndarray, "n a b c"]) -> Float32[np.ndarray, "n classes"]:
        outputs = self.session.run(None, {self.name: batch.astype(self.dtype, copy=False)})
        return np.asarray(outputs[0]).astype(np.float32, copy=False)


def load(file: Path, preprocess: Preprocess) -> Session:
    """Open an ONNX file.

    Raises:
        UserError: for a file that is truncated, too new, keeps weights outside itself, uses unknown operators, or takes
            something else than one batch of images of the size and layout that the card says.
    """
    if file.stat().st_size > LARGEST:
        raise errors.UserError(f"“{file.name}” is larger than 2 GB.", "Bring a smaller network.")
    content = file.read_bytes()
    refuse_external_data(content, file.name)
    session = opened(content, file.name)
    name, dtype, fixed = _checked_input(session, preprocess, file.name)
    return Session(session, name, dtype, fixed)


def opened(content: bytes, name: str) -> Any:
    """Return ONNX Runtime's session of a file's content; raises UserError where it cannot be opened."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as problem:  # ONNX Runtime's exceptions share no narrower base class
        raise errors.UserError(
            f"ONNX Runtime cannot open “{name}”: {str(problem)[:300]}.",
            f"It may be cut short, or need more than ONNX Runtime {onnxruntime.__version__} knows; export it again.",
        ) from problem


def _checked_input(session: Any, preprocess: Preprocess, name: str) -> tuple[str, type[np.floating], int | None]:
    inputs = session.get_inputs()
    if len(inputs) != 1:
        raise errors.UserError(f"“{name}” takes {len(inputs)} inputs, expected one batch of images.", "Export a plain classifier.")
    (taken,) = inputs
    if taken.type not in INPUT_TYPES:
        raise errors.UserError(f"“{name}” takes {taken.type}, expected floating-point numbers.", "Export it with float32 inputs.")
    size, channels = preprocess.size, preprocess.channels
    wanted = (channels, size, size) if preprocess.layout == "nchw" else (size, size, channels)
    shape = list(taken.shape)
    fits = len(shape) == 4 and all(not isinstance(has, int) or has == want for has, want in zip(shape[1:], wanted, strict=True))
    if not fits:
        raise errors.UserError(
            f"“{name}” takes input of shape {shape}, but the card says a batch of {' x '.join(map(str, wanted))} ({preprocess.layout}).",
            "Correct size, channels or layout in the network's preprocessing.",
        )
    fixed = shape[0] if isinstance(shape[0], int) and shape[0] > 0 else None
    return taken.name, INPUT_TYPES[taken.type], fixed


def refuse_external_data(content: bytes, name: str) -> None:
    """Refuse an ONNX file that keeps weights in other files: such a path can name any file of this machine.

    ONNX Runtime would follow the path even when it is given bytes, so the file is searched before it is opened.
    """
    try:
        external = _external(memoryview(content), "model", 0)
    except (IndexError, ValueError) as problem:
        raise errors.UserError(f"“{name}” is not an ONNX file, or cut short.", "Copy it again or export it anew.") from problem
    if external:
        raise errors.UserError(
            f"“{name}” keeps its weights in other files, which is refused.",
            "Save it as a single file (onnx.save without save_as_external_data).",
        )


def _external(message: memoryview, kind: str, depth: int) -> bool:
    """Return whether any tensor below a message lies outside the file."""
    if depth > DEEPEST:
        raise ValueError("nested too deeply")
    for number, value in fields(message):
        if kind == "tensor" and (number == EXTERNAL_DATA or (number == DATA_LOCATION and value == 1)):
            return True
        child = FIELDS[kind].get(number)
        if child and isinstance(value, memoryview) and _external(value, child, depth + 1):
            return True
    return False


def fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Yield field number and value of a protobuf message; raises ValueError or IndexError for a malformed one."""
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, position = _varint(message, position)
            yield number, value
            continue
        if wire == 2:
            length, position = _varint(message, position)
        else:
            length = {1: 8, 5: 4}.get(wire, -1)
        if length < 0 or position + length > len(message):
            raise ValueError("malformed protobuf")
        yield number, message[position : position + length]
        position += length


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise ValueError("malformed protobuf")
