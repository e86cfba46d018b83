"""What the server does besides pages: start and end, routes, security headers, who may connect, faults in callbacks.

Without TOUCHSTONE_PUBLIC=1 only this machine is answered, whatever address the server was bound to.
"""

import asyncio
import gc
import importlib
import ipaddress
import logging
import os
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from engine import people, places
from pages.parts import alike, live, reels
from pages.parts import routes as addresses

_LOG = logging.getLogger("touchstone")
WARM = (
    "pandas",
    "plotly.graph_objects",
    "engine.store",
    "engine.control",
    "engine.datasets.images",
    "engine.shifts",
    "engine.assay.views",
    "engine.assay.pictures",
    "pages.parts.kit",
)
GLYPHS_AFTER = 3.0  # seconds after the start: the first page comes first
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",  # the frame has inline scripts; components are blob modules
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "media-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "connect-src 'self' ws: wss: data: blob:",
        "frame-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "SAMEORIGIN",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_REFUSED = "This dashboard answers only its own machine. Start it with TOUCHSTONE_PUBLIC=1 to let others in; the README says who may do what then."
LATER = ("scipy.stats", "engine.assay.trust", "engine.assay.dimensions", "engine.assay.comparing", "engine.assay.weak")
LATER_SECONDS = 6.0  # when the first visitor has seen the first page, as a rule
_settled: set[str] = set()
_serving, _ending = threading.Event(), threading.Event()


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Prepare the process before the first visitor, and import in the background what pages will need."""
    from pages.parts import access, plain

    refuse_public_address()
    skip_pages_folder()
    people.resolve_by(lambda: plain.capped(access.person()))
    _serving.set()
    _ending.clear()
    warming = asyncio.create_task(asyncio.to_thread(warm))
    glyphs = threading.Timer(GLYPHS_AFTER, warm_glyphs)
    glyphs.daemon = True
    glyphs.start()
    try:
        yield
    finally:
        glyphs.cancel()
        _serving.clear()
        _ending.set()
        warming.cancel()


def routes() -> list[BaseRoute]:
    """Return all routes of our own."""
    return [*addresses.routes(), *live.routes(), *alike.routes(), *reels.routes()]


def middleware() -> list[Middleware]:
    """Return what every request passes through."""
    return [Middleware(Guard)]


def is_public() -> bool:
    """Return whether other machines may connect."""
    return os.environ.get("TOUCHSTONE_PUBLIC") == "1"


def refuse_public_address() -> None:
    """End the process with a sentence where it was told to listen to other machines without being allowed to."""
    address = str(config.get_option("server.address") or "127.0.0.1")
    if not is_public() and not _local(address):
        sys.stderr.write(f"The address {address} lets other machines in. {_REFUSED}\n")
        sys.stderr.flush()
        os._exit(2)  # raised errors would be caught by the server and shown as its own


def skip_pages_folder() -> None:
    """Keep Streamlit from treating `pages/` as its own kind of pages: a deep link would run a page without the frame.

    The switch is private; where it is gone, the only loss is a "Page not found" dialog once a server start.
    """
    try:
        from streamlit.runtime.pages_manager import PagesManager
    except ImportError:
        _LOG.warning("Streamlit has no PagesManager any more; deep links may show a dialog once.")
        return
    if hasattr(PagesManager, "uses_pages_directory"):
        PagesManager.uses_pages_directory = False


def warm() -> None:
    """Import what pages use, at once what most do; freeze the garbage collector: Streamlit collects after every run, which costs by object."""
    _import(WARM)
    open_store()
    if not _ending.wait(LATER_SECONDS):
        _import(LATER)


def open_store() -> None:
    """Read the store before the first visitor asks: of five million scores that takes some ten seconds. What is wrong with it, pages say."""
    try:
        importlib.import_module("engine.store").lens()
    except Exception:  # noqa: BLE001  # pages say it where somebody can put it right
        _LOG.warning("the store could not be opened at start", exc_info=True)


def _import(names: Sequence[str]) -> None:
    for name in names:
        try:
            importlib.import_module(name)
        except Exception:  # noqa: BLE001  # a page that needs it will say so; the others must not wait for it
            _LOG.warning("%s could not be imported at start", name, exc_info=True)
    freeze()


def warm_glyphs() -> None:
    """Load the digits that systems draw, so that the first pictures of a world do not wait for them."""
    from pages.parts import worlds

    worlds.warm()


def settle(page: str) -> None:
    """Freeze once more after a page ran for the first time in this server: its imports and caches are there now."""
    if _serving.is_set() and page not in _settled:
        _settled.add(page)
        freeze()


def freeze() -> None:
    """Take everything alive out of the garbage collector's sight (a rerun took 152 ms before, 16 ms after)."""
    gc.collect()
    gc.freeze()


def on_script_error(error: Exception) -> bool:
    """Show a fault of a callback or fragment as our pages do; tells Streamlit not to show its own."""
    from pages.parts import problems

    problems.show(error)
    return True


class Guard:
    """Answers this machine only, unless told otherwise, and adds the security headers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it with a sentence."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
        elif not is_public() and not _from_here(scope):
            await _refuse(scope, send)
        elif scope["type"] == "http" and (way := addresses.followed(scope)):
            await way(scope, receive, send)
        else:
            await self.app(scope, receive, _with_headers(send) if scope["type"] == "http" else send)


def _with_headers(send: Send) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = {name.lower() for name, _ in message["headers"]}
            extra = [(k.lower().encode(), v.encode()) for k, v in HEADERS.items() if k.lower().encode() not in present]
            message = {**message, "headers": [*message["headers"], *extra]}
        await send(message)

    return wrapped


async def _refuse(scope: Scope, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": "not this machine"})
        return
    await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain; charset=utf-8")]})
    await send({"type": "http.response.body", "body": _REFUSED.encode()})


def _from_here(scope: Scope) -> bool:
    """Return whether the connection was made on this machine's own address, under a name of this machine.

    The name guards against pages elsewhere that point a name of their own at 127.0.0.1.
    """
    server = scope.get("server")
    named = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
    return (server is None or _local(str(server[0]))) and _local(_without_port(named))


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1 : host.find("]")]
    return host.rsplit(":", 1)[0] if host.count(":") == 1 else host


def _local(host: str) -> bool:
    """Return whether a name or address is this machine's own; a path is a socket file.

    Hosts made up for tests without a network ("testserver") are not.
    """
    if host in ("", "localhost") or host.endswith(".localhost") or host.startswith(("/", "unix:")):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def home_is_writable() -> bool:
    """Return whether results can be stored."""
    home = places.home()
    return os.access(home if home.exists() else home.parent, os.W_OK)
