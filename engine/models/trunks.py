"""What an ONNX network of numbers says of people, and what its last linear layer reads: the trunk.

The last Gemm (or MatMul and Add) is found by walking back from the output that is read; its input is added to the outputs of the graph, everything
else stays as it is. Run as `python -m engine.models.trunks` it reads a question as JSON from standard input (`network`, `inputs`, `answers`: files;
`output`: which is read; `memory`, `seconds`: limits; without `inputs` it only lists the outputs) and writes what it found to standard output: a
network that crashes or hangs takes only that process along.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Float32

from engine import errors
from engine.models import _onnx, inspect

NODE, OUTPUT, NAME, KIND = 1, 12, 1, 4  # fields: of a graph its nodes and outputs; of an output its name; of a node its operator
THROUGH = frozenset({"Identity", "Sigmoid", "Softmax", "LogSoftmax", "Squeeze", "Unsqueeze", "Reshape", "Flatten", "Cast"})
SHARES = frozenset({"Sigmoid", "Softmax"})
BATCH = 4096
MOST_OFFERED = 12  # numbers of an output that are offered one by one


@dataclass(frozen=True)
class Cut:
    """Where a network's last linear layer is: names of what it reads and of what it makes; None where it does not end in one."""

    trunk: str | None
    made: str | None
    last: str  # the operator that the network ends in, behind shapes and squashing
    squashed: str  # what squashes its numbers to probabilities; empty where nothing does

    @property
    def shares(self) -> bool:
        """Whether what comes out are probabilities."""
        return bool(self.squashed)


@dataclass(frozen=True)
class Node:
    """An operator with the names of what it takes and makes."""

    kind: str
    takes: tuple[str, ...]
    makes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Answers:
    """What a network says of people: scores, and the trunk where it has one."""

    scores: Float32[np.ndarray, " n"]  # logits, unless `shares`
    shares: bool
    trunk: Float32[np.ndarray, "n w"] | None
    last: str
    output: str  # which output is read; with “:k” its number k alone


def nodes(content: bytes) -> tuple[list[Node], list[str]]:
    """Return the operators of an ONNX file's graph, and the names of its outputs."""
    graph = b"".join(bytes(value) for number, value in _onnx.fields(memoryview(content)) if number == 7 and isinstance(value, memoryview))
    found, outputs = [], []
    for number, value in _onnx.fields(memoryview(graph)):
        if number == NODE and isinstance(value, memoryview):
            found.append(_node(value))
        elif number == OUTPUT and isinstance(value, memoryview):
            outputs += [_text(v) for n, v in _onnx.fields(value) if n == NAME and isinstance(v, memoryview)]
    return found, outputs


def _node(message: memoryview) -> Node:
    said: dict[int, list[str]] = {1: [], 2: [], KIND: []}
    for number, value in _onnx.fields(message):
        if number in said and isinstance(value, memoryview):
            said[number].append(_text(value))
    return Node("".join(said[KIND]), tuple(said[1]), tuple(said[2]))


def _text(value: memoryview) -> str:
    return bytes(value).decode("utf-8", "replace")


def cut(content: bytes, output: str = "") -> Cut:
    """Return where the last linear layer of an ONNX file is, seen from an output, the first where none is named."""
    found, outputs = nodes(content)
    made_by = {name: node for node in found for name in node.makes}
    name, squashed, seen = output or (outputs or [""])[0], "", set()
    while (before := _before(name, made_by)) and name not in seen:
        seen.add(name)
        squashed = made_by[name].kind if made_by[name].kind in SHARES else squashed
        name = before
    node = made_by.get(name)
    if node is None:
        return Cut(None, None, "nothing", squashed)
    if node.kind in {"Gemm", "MatMul"}:
        return Cut(node.takes[0], name, node.kind, squashed)
    if node.kind == "Add":
        behind = next((made_by[taken] for taken in node.takes if taken in made_by and made_by[taken].kind == "MatMul"), None)
        if behind is not None:
            return Cut(behind.takes[0], name, "MatMul", squashed)
    return Cut(None, None, node.kind, squashed)


def _before(name: str, made_by: dict[str, Node]) -> str:
    """Return what an operator that only squashes or reshapes was given; empty for the others. Two columns 1 - p and p are p."""
    node = made_by.get(name)
    if node is None:
        return ""
    if node.kind in THROUGH:
        return node.takes[0]
    first = made_by.get(node.takes[0]) if node.kind == "Concat" and len(node.takes) == 2 else None
    return node.takes[1] if first is not None and first.kind == "Sub" and first.takes[1] == node.takes[1] else ""


def with_outputs(content: bytes, names: list[str]) -> bytes:
    """Return an ONNX file that also gives these values out.

    A message that comes twice is merged, as protobuf has it: a second graph with nothing but outputs adds them to the first.
    """
    graph = b"".join(_message(OUTPUT, _message(NAME, name.encode())) for name in names)
    return content + _message(7, graph)


def _message(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


@dataclass(frozen=True)
class Output:
    """Something that a network gives out: its name, and how many numbers a person (None where the file does not say)."""

    name: str
    numbers: int | None

    @property
    def offered(self) -> tuple[str, ...]:
        """Ways to read it: as it is where it holds one or two numbers, else each number by itself."""
        each = tuple(f"{self.name}:{k}" for k in range(min(self.numbers or 0, MOST_OFFERED)))
        if self.numbers in {None, 1}:
            return (self.name,)
        return (self.name, *each) if self.numbers == 2 else each


def outputs(session: Any) -> tuple[Output, ...]:
    """Return the outputs of an opened ONNX file that hold numbers with fractions; labels and maps are none."""
    found = [one for one in session.get_outputs() if one.type in _onnx.INPUT_TYPES]
    return tuple(Output(one.name, _numbers(one.shape)) for one in found)


def _numbers(shape: list[int | str]) -> int | None:
    if len(shape) < 2:
        return 1
    return shape[1] if len(shape) == 2 and isinstance(shape[1], int) else None


def _chosen(session: Any, output: str, name: str) -> tuple[str, int | None]:
    """Return which output is read and which of its numbers; unless named the first that can be a score. Raises UserError for an unknown one."""
    known = outputs(session)
    if not known:
        raise errors.UserError(f"“{name}” gives no numbers that could be scores.", "Export it with logits or probabilities as an output.")
    offered = [way for one in known for way in one.offered]
    if not output:
        output = next((one.name for one in known if one.numbers in {1, 2}), offered[0])
    head, _, place = output.rpartition(":")
    if head in {one.name for one in known} and place.isdecimal():
        return head, int(place)
    if output not in {one.name for one in known}:
        raise errors.unknown(f"output of “{name}”", output, offered)
    return output, None


def answers(file: Path, inputs: Float[np.ndarray, "n d"], output: str = "") -> Answers:
    """Return what an ONNX network says of people, one row each.

    Args:
        file: the network.
        inputs: a row a person.
        output: which of its outputs is read; with “:k” its number k alone. The first that can be a score unless named.

    Raises:
        UserError: for a file that cannot be opened, keeps weights elsewhere, takes something else than rows of so many numbers, has no such output,
            or gives more than one or two numbers a person there.
    """
    if file.stat().st_size > _onnx.LARGEST:
        raise errors.UserError(f"“{file.name}” is larger than 2 GB.", "Bring a smaller network.")
    content = file.read_bytes()
    _onnx.refuse_external_data(content, file.name)
    plain = _onnx.opened(content, file.name)
    taken, dtype = _taken(plain, inputs.shape[1], file.name)
    read, place = _chosen(plain, output, file.name)
    found = cut(content, read)
    extra = [name for name in (found.made, found.trunk) if name is not None]
    known = {taken, *(one.name for one in plain.get_outputs())}
    wanted = [name for name in extra if name not in known]
    session = _onnx.opened(with_outputs(content, wanted), file.name) if wanted else plain
    asked = [name for name in extra if name != taken] or [read]
    told = _run(session, asked, taken, inputs.astype(dtype), file.name)
    trunk = inputs.astype(np.float32) if found.trunk == taken else told.get(str(found.trunk))
    made = told.get(str(found.made)) if found.made is not None else told[asked[0]]
    assert made is not None
    squashed = found.squashed if found.made is None else ""
    if place is None:
        scores = _scores(made, len(inputs), shares=bool(squashed), name=file.name)
    else:
        scores = _number(made, len(inputs), place, exclusive=found.squashed == "Softmax" and not squashed, name=file.name)
    if trunk is not None and (trunk.ndim != 2 or len(trunk) != len(inputs)):
        trunk = None
    return Answers(scores, bool(squashed), trunk, found.last, read if place is None else f"{read}:{place}")


def _taken(session: Any, columns: int, name: str) -> tuple[str, type[np.floating]]:
    """Return name and type of the one input, which has to fit so many columns."""
    inputs = session.get_inputs()
    if len(inputs) != 1 or inputs[0].type not in _onnx.INPUT_TYPES or len(inputs[0].shape) != 2:
        said = ", ".join(f"{one.type} {list(one.shape)}" for one in inputs)
        raise errors.UserError(
            f"“{name}” takes {said}; expected is one input of numbers, a row a person.", "Export it with one input (people, columns)."
        )
    width = inputs[0].shape[1]
    if isinstance(width, int) and width != columns:
        raise errors.UserError(
            f"“{name}” takes {width:,} numbers a person, but {columns:,} columns are chosen.",
            "Choose its input columns, in the order in which it was trained on them.",
        )
    return inputs[0].name, _onnx.INPUT_TYPES[inputs[0].type]


def _run(session: Any, asked: list[str], taken: str, inputs: np.ndarray, name: str) -> dict[str, np.ndarray]:
    fixed = session.get_inputs()[0].shape[0]
    step = fixed if isinstance(fixed, int) and fixed > 0 else BATCH
    parts: list[list[np.ndarray]] = []
    try:
        for start in range(0, len(inputs), step):
            piece = inputs[start : start + step]
            short = step - len(piece) if step == fixed else 0
            told = session.run(asked, {taken: np.pad(piece, ((0, short), (0, 0)))})
            parts.append([np.asarray(one)[: len(piece)].astype(np.float32) for one in told])
    except Exception as problem:  # ONNX Runtime's exceptions share no narrower base class
        raise errors.UserError(
            f"“{name}” cannot be run on these people: {str(problem)[:200]}.", "Check that its inputs are these columns."
        ) from problem
    return {one: np.concatenate([part[k] for part in parts]) for k, one in enumerate(asked)}


def _scores(made: np.ndarray, n: int, *, shares: bool, name: str) -> Float32[np.ndarray, " n"]:
    """Return one score a person: of one number that number, of two the second against the first."""
    wide = made.reshape(n, -1) if made.size % max(n, 1) == 0 else made
    if wide.ndim != 2 or wide.shape[1] not in {1, 2}:
        raise errors.UserError(
            f"“{name}” gives {list(made.shape[1:])} numbers a person; expected are one (a score) or two (against and for).",
            "Choose one of them (--output NAME:0 reads the first), or export a yes-or-no network.",
        )
    _check_finite(wide, name)
    if wide.shape[1] == 1:
        return wide[:, 0].astype(np.float32)
    return (wide[:, 1] if shares else wide[:, 1] - wide[:, 0]).astype(np.float32)


def _number(made: np.ndarray, n: int, place: int, *, exclusive: bool, name: str) -> Float32[np.ndarray, " n"]:
    """Return one of several numbers a person; of logits that exclude each other its log-odds against the others."""
    wide = made.reshape(n, -1)
    if place >= wide.shape[1]:
        raise errors.UserError(f"This output of “{name}” has {wide.shape[1]} numbers a person, counted from 0.", "Choose a smaller number.")
    _check_finite(wide, name)
    if not exclusive:
        return wide[:, place].astype(np.float32)
    others = np.delete(wide.astype(np.float64), place, axis=1)
    return (wide[:, place] - np.logaddexp.reduce(others, axis=1)).astype(np.float32)


def _check_finite(wide: np.ndarray, name: str) -> None:
    if not np.isfinite(wide).all():
        raise errors.UserError(
            f"“{name}” gives answers that are no finite numbers.", "Check its weights, and that the columns are scaled as it was trained."
        )


def _listed(file: Path) -> list[str]:
    """Return the ways to read the outputs of a file."""
    content = file.read_bytes()
    _onnx.refuse_external_data(content, file.name)
    return [way for one in outputs(_onnx.opened(content, file.name)) for way in one.offered]


def _alone() -> None:
    question = json.load(sys.stdin)
    inspect.limit(int(question["memory"]), int(question["seconds"]))
    try:
        if "inputs" not in question:
            json.dump({"outputs": _listed(Path(question["network"]))}, sys.stdout)
            return
        told = answers(Path(question["network"]), np.load(question["inputs"], allow_pickle=False), str(question.get("output", "")))
    except errors.UserError as problem:
        json.dump({"problem": [problem.message, problem.hint]}, sys.stdout)
        return
    arrays = {"scores": told.scores} | ({} if told.trunk is None else {"trunk": told.trunk})
    np.savez(question["answers"], allow_pickle=False, **arrays)
    json.dump({"shares": told.shares, "last": told.last, "output": told.output}, sys.stdout)


if __name__ == "__main__":
    _alone()
