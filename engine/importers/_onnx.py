"""What an ONNX file says of itself, read from its bytes without running anything.

ONNX is protobuf. The few fields that matter (inputs, outputs, opset, where tensors lie) are walked by number, as in
`onnx.proto` of the ONNX specification (IR version 3 to 13); everything else is skipped by its length.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine import errors, safety

MOST_FIELDS = 20_000_000  # tags read before a file is called too intricate
MOST_DEPTH = 32  # of graphs within nodes within graphs
ELEMENTS = {1: "float32", 2: "uint8", 3: "int8", 6: "int32", 7: "int64", 9: "bool", 10: "float16", 11: "float64", 16: "bfloat16"}

Field = tuple[int, int, int, int]  # number, wire type, start and stop of the payload (or the value and 0 for a number)


@dataclass(frozen=True)
class Port:
    """An input or output: its name, element type, and shape (a number, a symbol, or None where a side is not given)."""

    name: str
    elements: str
    shape: tuple[int | str | None, ...] | None


@dataclass(frozen=True)
class Graph:
    """What matters of an ONNX graph."""

    inputs: tuple[Port, ...]  # without the weights that old files list among them
    outputs: tuple[Port, ...]
    parameters: int
    external: tuple[str, ...]  # tensors that lie in other files
    last: tuple[str, ...]  # operator that makes each output, behind any Identity
    domains: tuple[str, ...]  # operators from elsewhere than the ONNX standard
    opset: int | None
    producer: str


def read(path: Path) -> Graph:
    """Return what an ONNX file says of itself.

    Raises:
        UserError: for a file that is cut short, is no ONNX, or has no graph.
    """
    content = memoryview(path.read_bytes())
    try:
        return _Reader(content).graph()
    except (_Broken, IndexError, UnicodeDecodeError) as problem:
        why = str(problem) if isinstance(problem, _Broken) else "it ends too early"
        raise errors.UserError(
            f"{safety.shown(path.name)} is no whole ONNX file: {why}.",
            "It was probably cut short: export or copy it again.",
        ) from problem


class _Broken(Exception):  # noqa: N818
    """The bytes are no protobuf of the expected kind."""


class _Reader:
    """Walks the fields of one file."""

    def __init__(self, content: memoryview) -> None:
        self.content = content
        self.fields = 0
        self.external: list[str] = []
        self.domains: set[str] = set()
        self.parameters = 0

    def graph(self) -> Graph:
        found: dict[int, list[Field]] = {}
        for field in self.walk(0, len(self.content)):
            found.setdefault(field[0], []).append(field)
        if len(found.get(7, ())) != 1:
            raise _Broken("it holds no graph")
        producer = self.text(found[2][0]) if 2 in found else ""
        opsets = [self.opset(field) for field in found.get(8, ())]
        for function in found.get(25, ()):
            self.function(function)
        for graph in (inner for training in found.get(20, ()) for inner in self.walk(*training[2:]) if inner[0] in {1, 2}):
            self.inner_graph(graph, 0)
        return self.main(found[7][0], max((n for domain, n in opsets if not domain), default=None), producer)

    def main(self, graph: Field, opset: int | None, producer: str) -> Graph:
        nodes, weights, inputs, outputs = [], set(), [], []
        for field in self.walk(*graph[2:]):
            match field[0]:
                case 1:
                    nodes.append(self.node(field))
                case 5:
                    weights.add(self.tensor(field))
                case 11:
                    inputs.append(self.port(field))
                case 12:
                    outputs.append(self.port(field))
                case 15:
                    self.sparse(field)
        made_by = {output: (kind, taken) for kind, taken, made in nodes for output in made}
        return Graph(
            tuple(port for port in inputs if port.name not in weights), tuple(outputs), self.parameters, tuple(self.external),
            tuple(_last(port.name, made_by) for port in outputs), tuple(sorted(self.domains)), opset, producer,
        )  # fmt: skip

    def walk(self, start: int, stop: int) -> Iterator[Field]:
        """Yield the fields of a message; nothing is copied."""
        at = start
        while at < stop:
            self.fields += 1
            if self.fields > MOST_FIELDS:
                raise _Broken("it is too intricate to be checked")
            tag, at = self.number(at)
            number, wire = tag >> 3, tag & 7
            if wire == 0:
                value, at = self.number(at)
                yield number, wire, value, 0
                continue
            length, at = self.number(at) if wire == 2 else ({1: 8, 5: 4}.get(wire, -1), at)
            if length < 0 or number == 0:
                raise _Broken(f"byte {at:,} starts no known field")
            if at + length > stop:
                raise _Broken(f"it ends {at + length - stop:,} bytes too early")
            yield number, wire, at, at + length
            at += length

    def number(self, at: int) -> tuple[int, int]:
        """Return a variable-length number and where it ends."""
        value = shift = 0
        while shift < 70:
            byte = self.content[at]
            value |= (byte & 127) << shift
            at += 1
            if byte < 128:
                return value, at
            shift += 7
        raise _Broken(f"byte {at:,} starts no number")

    def text(self, field: Field) -> str:
        if field[1] != 2 or field[3] - field[2] > 65_536:
            raise _Broken("a name is no text")
        return str(self.content[field[2] : field[3]], "utf-8")

    def opset(self, field: Field) -> tuple[str, int]:
        domain, version = "", 0
        for inner in self.walk(*field[2:]):
            if inner[0] == 1:
                domain = self.text(inner)
            elif inner[0] == 2:
                version = inner[2]
        return "" if domain == "ai.onnx" else domain, version

    def node(self, field: Field, depth: int = 0) -> tuple[str, list[str], list[str]]:
        """Return an operator's kind, inputs and outputs; its attributes are searched for tensors."""
        kind, taken, made = "", [], []
        for inner in self.walk(*field[2:]):
            match inner[0]:
                case 1:
                    taken.append(self.text(inner))
                case 2:
                    made.append(self.text(inner))
                case 4:
                    kind = self.text(inner)
                case 5:
                    self.attribute(inner, depth)
                case 7 if (domain := self.text(inner)) not in {"", "ai.onnx"}:
                    self.domains.add(domain)
        return kind, taken, made

    def attribute(self, field: Field, depth: int) -> None:
        if depth > MOST_DEPTH:
            raise _Broken("its graphs are nested too deep")
        for inner in self.walk(*field[2:]):
            match inner[0]:
                case 5 | 10:
                    self.tensor(inner)
                case 6 | 11:
                    self.inner_graph(inner, depth + 1)
                case 22 | 23:
                    self.sparse(inner)

    def inner_graph(self, field: Field, depth: int) -> None:
        for inner in self.walk(*field[2:]):
            match inner[0]:
                case 1:
                    self.node(inner, depth)
                case 5:
                    self.tensor(inner)
                case 15:
                    self.sparse(inner)

    def function(self, field: Field) -> None:
        for inner in self.walk(*field[2:]):
            if inner[0] == 7:
                self.node(inner)
            elif inner[0] == 11:
                self.attribute(inner, 0)

    def sparse(self, field: Field) -> None:
        for inner in self.walk(*field[2:]):
            if inner[0] in {1, 2}:
                self.tensor(inner)

    def tensor(self, field: Field) -> str:
        """Return a tensor's name; count its elements, and note it where its bytes lie in another file."""
        name, sides, kind, elsewhere = "", [], 0, False
        for inner in self.walk(*field[2:]):
            match inner[0]:
                case 1:
                    sides += [inner[2]] if inner[1] == 0 else self.packed(inner)
                case 2 if inner[1] == 0:
                    kind = inner[2]
                case 8:
                    name = self.text(inner)
                case 13:
                    elsewhere = True
                case 14:
                    elsewhere = elsewhere or inner[2] == 1
        if elsewhere:
            self.external.append(name)
        if ELEMENTS.get(kind, "").startswith(("float", "bfloat", "int8", "uint8")):
            self.parameters += math.prod(sides)
        return name

    def packed(self, field: Field) -> list[int]:
        at, stop, values = field[2], field[3], []
        while at < stop:
            value, at = self.number(at)
            values.append(value)
        return values

    def port(self, field: Field) -> Port:
        name, elements, shape = "", "", None
        for inner in self.walk(*field[2:]):
            if inner[0] == 1:
                name = self.text(inner)
            elif inner[0] == 2:
                elements, shape = self.type(inner)
        return Port(name, elements, shape)

    def type(self, field: Field) -> tuple[str, tuple[int | str | None, ...] | None]:
        elements, shape = "no tensor", None
        for inner in self.walk(*field[2:]):
            if inner[0] != 1:
                continue
            elements = "unknown"
            for part in self.walk(*inner[2:]):
                if part[0] == 1:
                    elements = ELEMENTS.get(part[2], f"type {part[2]}")
                elif part[0] == 2:
                    shape = tuple(self.side(side) for side in self.walk(*part[2:]) if side[0] == 1)
        return elements, shape

    def side(self, field: Field) -> int | str | None:
        for inner in self.walk(*field[2:]):
            if inner[0] == 1:
                return inner[2] if 0 < inner[2] < 1 << 62 else None
            if inner[0] == 2:
                return self.text(inner) or None
        return None


def _last(name: str, made_by: dict[str, tuple[str, list[str]]]) -> str:
    """Return the operator that makes a value, looking through Identity."""
    seen: set[str] = set()
    while name in made_by and name not in seen:
        seen.add(name)
        kind, taken = made_by[name]
        if kind != "Identity" or not taken:
            return kind
        name = taken[0]
    return ""


def without_softmax(content: bytes) -> bytes:
    """Return an ONNX file whose one output is what went into the Softmax that made it.

    Only the graph's list of outputs is rewritten; all other bytes stay as they are.

    Raises:
        UserError: where the output is not made by a Softmax.
    """
    reader = _Reader(memoryview(content))
    (graph,) = (field for field in reader.walk(0, len(content)) if field[0] == 7)
    fields = list(reader.walk(*graph[2:]))
    made_by = {o: (kind, taken) for kind, taken, made in (reader.node(f) for f in fields if f[0] == 1) for o in made}
    outputs = [f for f in fields if f[0] == 12]
    port = reader.port(outputs[0])
    source = _softmax_input(port.name, made_by)
    inner = b"".join(
        _message(12, _renamed(reader, field, source)) if field is outputs[0] else _message(field[0], content[field[2] : field[3]])
        if field[1] == 2 else _tag(field) for field in fields
    )  # fmt: skip
    top = (
        _message(7, inner) if field[0] == 7 else _message(field[0], content[field[2] : field[3]]) if field[1] == 2 else _tag(field)
        for field in reader.walk(0, len(content))
    )  # fmt: skip
    return b"".join(top)


def _softmax_input(name: str, made_by: dict[str, tuple[str, list[str]]]) -> str:
    while name in made_by:
        kind, taken = made_by[name]
        if kind == "Softmax":
            return taken[0]
        if kind != "Identity":
            break
        name = taken[0]
    raise errors.UserError("The network does not end in a softmax.", "Leave its outputs as they are.")


def _renamed(reader: _Reader, port: Field, name: str) -> bytes:
    """Return a port's bytes with another name."""
    kept = (reader.content[f[2] : f[3]] for f in reader.walk(*port[2:]) if f[0] == 2)
    return _message(1, name.encode()) + b"".join(_message(2, bytes(part)) for part in kept)


def _message(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _tag(field: Field) -> bytes:
    """Return a field that is a number."""
    assert field[1] == 0, "ONNX models and graphs have numbers, texts and messages only"
    return _varint(field[0] << 3) + _varint(field[2])


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
