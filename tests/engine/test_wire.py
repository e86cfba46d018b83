"""Messages: what goes in comes out, and nothing that comes in is believed."""

import json
import socket
import struct
import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from engine import errors, wire


def through(message: bytes, seconds: float = 2.0):
    """Return what is received of some bytes, after which the sender ends."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        sending = threading.Thread(target=lambda: (theirs.sendall(message), theirs.shutdown(socket.SHUT_WR)))
        sending.start()
        try:
            return wire.receive(ours, time.monotonic() + seconds)
        finally:
            ours.close()
            sending.join()


def raw(header: bytes, body: bytes = b"", *, magic: bytes = wire.MAGIC, length: int | None = None) -> bytes:
    return struct.pack("<4sI", magic, len(header) if length is None else length) + header + body


def header(arrays: object, said: object = None) -> bytes:
    return json.dumps({"said": {} if said is None else said, "arrays": arrays}).encode()


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.text(max_size=5), st.none() | st.integers(-(2**53), 2**53) | st.text(max_size=9) | st.lists(st.booleans(), max_size=3), max_size=4
    ),
    arrays_of.arrays(st.sampled_from(["u1", "<i8", ">i4", "<f4", "f8", "?"]), arrays_of.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)),
)
def test_what_goes_in_comes_out(said, array):
    found, arrays = through(wire.packed(said, {"one": array, "two": np.arange(3)[::-1]}))
    assert found == said
    np.testing.assert_array_equal(arrays["one"], array)
    assert arrays["one"].shape == array.shape
    assert arrays["two"].tolist() == [2, 1, 0]


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "does not begin"),
        (raw(b"", length=2**31), "claims 2,147,483,648 bytes"),
        (raw(b"no json"), "no JSON"),
        (raw(b"[" * 100_000), "no JSON"),
        (raw(b"[]"), "does not say"),
        (raw(header([], said=[])), "does not say"),
        (raw(header([{}] * 65)), "65 arrays"),
        (raw(header([{"name": "a", "dtype": "object", "shape": [1]}]), b"\0" * 8), "cannot be"),
        (raw(header([{"name": "a", "dtype": "float32", "shape": [-1]}])), "cannot be"),
        (raw(header([{"name": "a", "dtype": "float32", "shape": [True]}])), "cannot be"),
        (raw(header([{"name": "a", "dtype": "float32", "shape": [2**26]}])), "claim more"),
        (raw(header([{"name": "a", "dtype": ["f4"], "shape": [1]}])), "cannot be"),
        (raw(header(["a"])), "cannot be"),
        (raw(header([{"name": "a", "dtype": "uint8", "shape": [4]}]), b"ab"), "ends early"),
        (raw(b"{}", length=100), "ends early"),
        (b"TS", "ends early"),
    ],
)
def test_what_is_no_message_is_refused_with_the_reason(message, why):
    with pytest.raises(wire.Broken, match=why):
        through(message)


def test_nobody_waits_for_a_message_that_does_not_come():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"TSA1")
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            wire.receive(ours, began + 0.1)
        assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("said", "arrays"),
    [
        ({"x": object()}, {}),
        ({"x": "a" * wire.HEADER_BYTES}, {}),
        ({}, {"x": np.array([None])}),
        ({}, {"x": np.array(["text"])}),
        ({}, {"x": np.zeros(wire.BODY_BYTES + 1, np.uint8)}),
        ({}, {str(i): np.zeros(1) for i in range(wire.MOST_ARRAYS + 1)}),
    ],
)
def test_what_no_message_can_hold_is_a_sentence(said, arrays):
    with pytest.raises(errors.UserError):
        wire.packed(said, arrays)
