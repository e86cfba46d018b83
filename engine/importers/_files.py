"""What a brought file really is, told by name and first bytes, and why some kinds are refused for everybody."""

import codecs
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine import errors, safety

TORCH_WAY_OUT = """\
Where the network is loaded in Python, write its weights for one of the architectures listed in the library:
    from safetensors.torch import save_model
    save_model(model, "network.safetensors")
or write any other network as ONNX:
    axes = {"images": {0: "n"}, "logits": {0: "n"}}
    torch.onnx.export(model.eval(), (torch.zeros(1, 3, 224, 224),), "network.onnx", dynamo=False,
                      input_names=["images"], output_names=["logits"], dynamic_axes=axes)"""

KERAS_WAY_OUT = """\
Write it as ONNX, where it is loaded in Python (package tf2onnx):
    import tf2onnx
    tf2onnx.convert.from_keras(model, output_path="network.onnx")"""

PREDICTIONS_WAY_OUT = """\
Where the predictions are loaded in Python, write arrays of numbers:
    import numpy as np
    np.savez("predictions.npz", logits=np.asarray(logits, "float32"), labels=np.asarray(labels))"""

SKLEARN_WAY_OUT = """\
Bring its predictions instead, where it is loaded in Python:
    import numpy as np
    np.savez("predictions.npz", probs=model.predict_proba(X), labels=y)
or write a pipeline as ONNX (package skl2onnx)."""

_CODE = "opening it can run any code that someone put into it, before anybody could look"


@dataclass(frozen=True)
class Refusal:
    """Why a kind of file is not read, and what to bring instead."""

    what: str
    reason: str
    network: str  # the way out for somebody who brings a network
    predictions: str = PREDICTIONS_WAY_OUT  # the way out for somebody who brings predictions


PICKLE = Refusal("a pickle", f"a pickle is a program: {_CODE}", TORCH_WAY_OUT)
TORCH = Refusal("a torch file", f"it holds a pickle, which is a program: {_CODE}", TORCH_WAY_OUT)
SCRIPT = Refusal("a TorchScript program", f"it holds code and a pickle: {_CODE}", TORCH_WAY_OUT)
EXPORTED = Refusal("a torch.export program", f"it can carry a pickle although it looks like data: {_CODE}", TORCH_WAY_OUT)
JOBLIB = Refusal("a joblib file", f"it holds a pickle, which is a program: {_CODE}", SKLEARN_WAY_OUT)
NPY = Refusal("one NumPy array", "a network or predictions are several arrays", TORCH_WAY_OUT)
OBJECTS = Refusal("an array of Python objects", f"it holds a pickle, which is a program: {_CODE}", TORCH_WAY_OUT)
HDF5 = Refusal("an HDF5 file", "networks from Keras and tables from HDF5 are not supported here", KERAS_WAY_OUT)
KERAS = Refusal("a Keras archive", "networks from Keras are not supported here, and their Lambda layers hold code", KERAS_WAY_OUT)
TFLITE = Refusal("a TensorFlow Lite network", "that format is not supported here", KERAS_WAY_OUT)
SAVED_MODEL = Refusal("a TensorFlow graph", "that format is not supported here", KERAS_WAY_OUT)
EXCEL = Refusal("a spreadsheet", "spreadsheet files are not read here", TORCH_WAY_OUT, "Save the sheet as CSV and bring that.")
PACKED = Refusal(
    "a packed file",
    "packed files are not read here",
    "Unpack it and bring the .onnx or .safetensors file.",
    "Unpack it first.",
)

REFUSED: Mapping[str, Refusal] = {
    ".pt": TORCH, ".pth": TORCH, ".ckpt": TORCH, ".bin": TORCH, ".pt2": EXPORTED, ".ptl": SCRIPT,
    ".torchscript": SCRIPT,
    ".pkl": PICKLE, ".pickle": PICKLE, ".dill": PICKLE, ".cloudpickle": PICKLE, ".joblib": JOBLIB, ".npy": NPY,
    ".h5": HDF5, ".hdf5": HDF5, ".keras": KERAS, ".tflite": TFLITE, ".pb": SAVED_MODEL,
    ".xlsx": EXCEL, ".xls": EXCEL, ".ods": EXCEL,
    ".tar": PACKED, ".gz": PACKED, ".tgz": PACKED, ".zip": PACKED, ".7z": PACKED,
}  # fmt: skip

BY_CONTENT: Mapping[str, Refusal] = {
    "pickle": PICKLE, "hdf5": HDF5, "tflite": TFLITE, "npy": NPY,
    "gzip": PACKED, "bzip2": PACKED, "xz": PACKED, "zstd": PACKED, "7z": PACKED, "rar": PACKED, "tar": PACKED,
}  # fmt: skip

NETWORKS: Mapping[str, tuple[str, tuple[str, ...]]] = {  # suffix -> format, what its first bytes may say
    ".onnx": ("onnx", ("binary",)),
    ".safetensors": ("safetensors", ("safetensors",)),
}
PREDICTIONS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    ".parquet": ("parquet", ("parquet",)),
    ".pq": ("parquet", ("parquet",)),
    ".csv": ("csv", ("text",)),
    ".tsv": ("csv", ("text",)),
    ".txt": ("csv", ("text",)),
    ".jsonl": ("jsonl", ("text",)),
    ".ndjson": ("jsonl", ("text",)),
    ".npz": ("npz", ("zip",)),
}


def format_of(path: Path, accepted: Mapping[str, tuple[str, tuple[str, ...]]], purpose: str, limit: int) -> str:
    """Return a file's format after checking that name and first bytes agree.

    Args:
        path: the file.
        accepted: suffix -> (format, what the first bytes may say), `NETWORKS` or `PREDICTIONS`.
        purpose: `network` or `predictions`; says which way out a refusal names.
        limit: the most bytes it may have.

    Raises:
        UserError: for what can run code when it is opened, what is not supported, what is not what its name says, an
            empty or too large file.
    """
    content, suffix = safety.kind_of(path), path.suffix.lower()
    name = safety.shown(path.name)
    if found := _refusal(path, content, suffix, accepted):
        way_out = found.network if purpose == "network" else found.predictions
        raise errors.UserError(f"{name} is {found.what} and is refused: {found.reason}.", way_out)
    safety.check_size(path, limit)
    if suffix not in accepted:
        raise errors.UserError(f"{name} is no file of {purpose} that can be read here.", f"Bring {_offered(accepted)}.")
    kind, contents = accepted[suffix]
    if content not in contents:
        raise errors.UserError(
            f"{name} is named {suffix}, but its first bytes are not those of such a file{_looks(content)}.",
            "It was cut short, renamed, or is an error page saved under that name: get it again.",
        )
    if content == "text":
        _check_utf8(path)
    return kind


def _refusal(path: Path, content: str, suffix: str, accepted: Mapping) -> Refusal | None:
    """Return why a file is refused, judged by content first, since names are free."""
    if content == "npy" and _holds_objects(path):
        return OBJECTS
    if content in BY_CONTENT:
        return PICKLE if suffix in {".pkl", ".pickle"} else JOBLIB if suffix == ".joblib" else BY_CONTENT[content]
    if content == "zip" and (found := _zip_refusal(path)):
        return found
    return None if suffix in accepted else REFUSED.get(suffix)


def _holds_objects(path: Path) -> bool:
    with path.open("rb") as file:
        return b"'|O'" in file.read(256)


def _zip_refusal(path: Path) -> Refusal | None:
    """Return why an archive is refused, by the names of its members."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return TORCH if path.suffix.lower() in {".pt", ".pth", ".bin", ".ckpt"} else None
    if any("serialized_exported_program" in name or name.endswith("archive_format") for name in members):
        return EXPORTED
    if any("/code/" in f"/{name}" or name.endswith("constants.pkl") for name in members):
        return SCRIPT
    if any(name.endswith((".pkl", ".pickle")) for name in members):
        return TORCH
    if any(name.endswith(".weights.h5") for name in members):
        return KERAS
    return EXCEL if any(name.startswith("xl/") for name in members) else None


def _offered(accepted: Mapping[str, tuple[str, tuple[str, ...]]]) -> str:
    *others, last = accepted
    return f"{', '.join(others)} or {last}"


def _looks(content: str) -> str:
    return "" if content in {"binary", "text"} else f" (it looks like {content})"


def _check_utf8(path: Path) -> None:
    """Raise UserError for a text file whose beginning is not UTF-8, as old spreadsheet exports are not."""
    with path.open("rb") as file:
        start = file.read(1 << 20)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)  # the block may end within a character
    except UnicodeDecodeError as problem:
        raise errors.UserError(
            f"{safety.shown(path.name)} is text, but not in UTF-8 (byte {problem.start}).",
            "Save it as “CSV UTF-8” in the spreadsheet, or with encoding='utf-8' in Python.",
        ) from problem
