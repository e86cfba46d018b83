"""Asks an ASGI app as a server would, without a network."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()


def get(app: Any, address: str, *, server: str = "127.0.0.1", **headers: str) -> Answer:
    """Return the answer to a GET; `server` is the address at which the connection was made."""
    sent = asyncio.run(_ask(app, _scope("http", address, server, headers)))
    start = next(m for m in sent if m["type"] == "http.response.start")
    content = b"".join(m.get("body", b"") for m in sent if m["type"] == "http.response.body")
    return Answer(start["status"], {k.decode(): v.decode() for k, v in start["headers"]}, content)


def socket(app: Any, address: str, *, server: str = "127.0.0.1", **headers: str) -> str:
    """Return the type of the app's first message to one that opens a WebSocket."""
    return asyncio.run(_ask(app, _scope("websocket", address, server, headers)))[0]["type"]


def _scope(kind: str, address: str, server: str, headers: Mapping[str, str]) -> dict[str, Any]:
    parts = urlsplit(address)
    named = {"host": f"{server}:8501"} | {name.lower().replace("_", "-"): value for name, value in headers.items()}
    return {
        "type": kind,
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": unquote(parts.path),
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": [(k.encode(), v.encode()) for k, v in named.items()],
        "server": (server, 8501),
        "client": ("127.0.0.1", 50000),
        "subprotocols": [],
        "state": {},
    }


async def _ask(app: Any, scope: dict[str, Any]) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []
    given = [{"type": "websocket.connect"} if scope["type"] == "websocket" else {"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> dict[str, Any]:
        return given.pop() if given else {"type": "http.disconnect" if scope["type"] == "http" else "websocket.disconnect", "code": 1000}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent
