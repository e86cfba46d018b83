"""Live answers over HTTP: what a component posts, what it gets, and who may."""

import asyncio
import base64
import json
import os
import signal
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from starlette.applications import Starlette

from engine import ask
from pages.parts import live, server

NETWORK = "linear-mnist-scratch-s0"
QUESTION = {"kind": "units", "system": "coloured_digits", "n": 3, "networks": [NETWORK]}
APP = Starlette(routes=server.routes())


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory):
    """One home for the module, whose warm process is ended afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_HOME", str(tmp_path_factory.mktemp("live")))
        yield
        number = ask.pid()
        if number is not None:
            os.kill(number, signal.SIGKILL)
            for started in ask._started:
                started.wait(20)


def post(address: str, body: bytes) -> tuple[int, bytes]:
    parts, sent, given = urlsplit(address), [], [{"type": "http.request", "body": body, "more_body": False}]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http", "path": parts.path,
        "raw_path": parts.path.encode(), "query_string": parts.query.encode(), "root_path": "", "headers": [(b"host", b"127.0.0.1")],
        "server": ("127.0.0.1", 8501), "client": ("127.0.0.1", 50000), "state": {},
    }  # fmt: skip

    async def receive() -> Any:
        return given.pop() if given else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(APP(scope, receive, send))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


def said(question: object, client: object = "hand", address: str = "") -> tuple[int, Any]:
    status, content = post(address or live.address("interventions"), json.dumps({"question": question, "client": client}).encode())
    return status, json.loads(content)


def test_a_component_gets_what_the_networks_say():
    status, found = said(QUESTION)
    assert status == 200
    direct, arrays = ask.ask("interventions", QUESTION)
    assert found["answer"] == direct
    sent = found["arrays"]["probabilities"]
    read = np.frombuffer(base64.b64decode(sent["data"]), sent["dtype"]).reshape(sent["shape"])
    np.testing.assert_array_equal(read, arrays["probabilities"])


def test_a_wrong_question_is_a_sentence_with_a_way_out():
    status, found = said(QUESTION | {"do": "do(inc=red)"})
    assert status == 422
    assert "inc" in found["error"]
    assert "ink" in found["hint"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"question": 3}', b'{"question": {}, "client": 3}', b"[" * 50_000, b" " * (live.LONGEST + 1)])
def test_what_is_no_question_is_a_sentence(body):
    status, content = post(live.address("interventions"), body)
    assert status == 422
    assert json.loads(content)["error"]


def test_only_the_page_that_was_drawn_may_ask_and_only_its_study():
    address = live.address("interventions")
    assert post(address.partition("?")[0], b"{}")[0] == 403
    assert post(address[:-3] + "abc", b"{}")[0] == 403
    assert post(address.replace("/interventions?", "/circuits?"), b"{}")[0] == 403


def test_a_study_that_does_not_answer_is_named():
    status, found = said(QUESTION, address=live.address("weather"))
    assert status == 422
    assert "weather" in found["error"]
