"""Messages between processes of this machine: a JSON header and raw arrays behind it. Never pickle, and nothing without a limit.

A message is four bytes that name the format, the length of the header (four bytes, little endian), the header, then the
arrays one after the other in C order. The header holds what is said, and name, type and shape of each array.
"""

import json
import math
import socket
import struct
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from engine import errors

MAGIC = b"TSA1"
HEADER_BYTES = 2**20
BODY_BYTES = 2**26
MOST_ARRAYS = 64
MOST_AXES = 8
TYPES = frozenset({
    "bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float16", "float32", "float64",
})  # fmt: skip
_PIECE = 2**20
_START = struct.Struct("<4sI")
Arrays = Mapping[str, np.ndarray]


class Broken(Exception):  # noqa: N818  what came is no message; why is said
    """What came is no whole message of ours."""


class Ended(Broken):
    """The other side ended before its message did."""


def packed(said: Mapping[str, Any], arrays: Arrays | None = None) -> bytes:
    """Return a message.

    Raises:
        UserError: for what JSON cannot say, arrays of other types than numbers, or more than a message may hold.
    """
    parts = {name: np.ascontiguousarray(array) for name, array in (arrays or {}).items()}
    about = [{"name": name, "dtype": part.dtype.name, "shape": list(np.shape(arrays[name]))} for name, part in parts.items()]  # type: ignore[index]
    if strange := [one["dtype"] for one in about if one["dtype"] not in TYPES]:
        raise errors.UserError(f"An array of {strange[0]} cannot be sent.", "Send numbers.")
    try:
        header = json.dumps({"said": said, "arrays": about}, ensure_ascii=False, separators=(",", ":")).encode()
    except (TypeError, ValueError) as problem:
        raise errors.UserError(f"This cannot be said in JSON: {problem}.", "Say it in texts, numbers, lists and names.") from problem
    size = sum(part.nbytes for part in parts.values())
    if len(header) > HEADER_BYTES or size > BODY_BYTES or len(about) > MOST_ARRAYS:
        raise errors.UserError(f"This is more than one message may hold ({len(header) + size:,} bytes).", "Ask for less at once.")
    return b"".join([_START.pack(MAGIC, len(header)), header, *(_little(part).tobytes() for part in parts.values())])


def _little(array: np.ndarray) -> np.ndarray:
    return array.astype(array.dtype.newbyteorder("<"), copy=False)


def receive(connection: socket.socket, until: float) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return what the next message says, and its arrays.

    Args:
        connection: Where it comes from.
        until: When to give up, by `time.monotonic`.

    Raises:
        Broken: for anything that is no message of ours, or claims to be larger than one may be; nothing of it is kept.
        Ended: where the other side ended early.
        TimeoutError: where the message is not whole by then.
    """
    magic, length = _START.unpack(_exactly(connection, _START.size, until))
    if magic != MAGIC:
        raise Broken("it does not begin as a message does")
    if length > HEADER_BYTES:
        raise Broken(f"its header claims {length:,} bytes, the limit is {HEADER_BYTES:,}")
    header = _header(bytes(_exactly(connection, length, until)))
    shapes = [_shape(one) for one in header["arrays"]]
    if sum(size for *_, size in shapes) > BODY_BYTES:
        raise Broken(f"its arrays claim more than {BODY_BYTES:,} bytes")
    arrays = {}
    for name, dtype, shape, size in shapes:
        arrays[name] = np.frombuffer(_exactly(connection, size, until), dtype).reshape(shape)
    return header["said"], arrays


def _header(text: bytes) -> dict[str, Any]:
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise Broken(f"its header is no JSON ({problem})") from problem
    if not isinstance(header, dict) or not isinstance(header.get("said"), dict) or not isinstance(header.get("arrays"), list):
        raise Broken("its header does not say what a message says")
    if len(header["arrays"]) > MOST_ARRAYS:
        raise Broken(f"it claims {len(header['arrays']):,} arrays, the limit is {MOST_ARRAYS}")
    return header


def _shape(about: Any) -> tuple[str, np.dtype, tuple[int, ...], int]:
    """Return name, type, shape and bytes of an array that a header announces."""
    name, dtype, shape = (about.get(key) for key in ("name", "dtype", "shape")) if isinstance(about, dict) else (None, None, None)
    fine = isinstance(name, str) and isinstance(dtype, str) and dtype in TYPES and isinstance(shape, list) and len(shape) <= MOST_AXES
    if not fine or not all(isinstance(side, int) and not isinstance(side, bool) and 0 <= side <= BODY_BYTES for side in shape):  # type: ignore[union-attr]
        raise Broken(f"it announces an array that cannot be ({str(about)[:80]})")
    kind = np.dtype(dtype).newbyteorder("<")
    return name, kind, tuple(shape), math.prod(shape) * kind.itemsize  # type: ignore[return-value, arg-type]


def _exactly(connection: socket.socket, size: int, until: float) -> bytearray:
    """Return so many bytes; memory is taken as they come, not as they are promised."""
    found = bytearray()
    while len(found) < size:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)
        piece = connection.recv(min(size - len(found), _PIECE))
        if not piece:
            raise Ended("it ends early")
        found += piece
    return found


def send(connection: socket.socket, message: bytes, until: float) -> None:
    """Send a message; raises TimeoutError where it is not taken by then, ConnectionError where nobody is there."""
    connection.settimeout(max(until - time.monotonic(), 0.001))
    connection.sendall(message)
