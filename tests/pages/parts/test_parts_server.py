import gc
import os
import subprocess
import sys

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from streamlit.runtime.pages_manager import PagesManager

from engine import places
from pages.parts import server
from tests.pages.parts import asgi


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    monkeypatch.delenv("TOUCHSTONE_PUBLIC", raising=False)


def app() -> Starlette:
    async def greet(socket):
        await socket.accept()
        await socket.close()

    routes = [Route("/", lambda _: PlainTextResponse("here")), WebSocketRoute("/stream", greet)]
    return Starlette(routes=routes, middleware=server.middleware())


@pytest.mark.parametrize("host", ["127.0.0.1:8501", "localhost:8501", "[::1]:8501", "touchstone.localhost"])
def test_this_machine_is_answered_under_its_own_names(host):
    assert asgi.get(app(), "/", host=host).text == "here"
    assert asgi.socket(app(), "/stream", host=host) == "websocket.accept"


@pytest.mark.parametrize("host", ["192.168.1.7:8501", "evil.example", "127.0.0.1.evil.example", "127.0.0.1@evil.example", "[::1"])
def test_another_name_is_refused_with_a_sentence(host):
    found = asgi.get(app(), "/", host=host)
    assert (found.status, "TOUCHSTONE_PUBLIC=1" in found.text) == (403, True)
    assert asgi.socket(app(), "/stream", host=host) == "websocket.close"


def test_a_connection_from_elsewhere_is_refused_under_any_name():
    assert asgi.get(app(), "/", server="192.168.1.7", host="localhost").status == 403
    assert asgi.socket(app(), "/stream", server="192.168.1.7", host="localhost") == "websocket.close"


def test_told_to_be_public_it_answers_everyone(monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_PUBLIC", "1")
    assert asgi.get(app(), "/", server="192.168.1.7").text == "here"


def test_every_answer_carries_the_security_headers():
    headers = asgi.get(app(), "/").headers
    assert {name: headers[name.lower()] for name in server.HEADERS} == server.HEADERS
    assert "default-src 'self'" in headers["content-security-policy"]


def test_a_public_address_is_refused_at_start(tmp_path):
    words = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.address", "0.0.0.0", "--server.port", "0"]
    quiet = {k: v for k, v in os.environ.items() if k != "TOUCHSTONE_PUBLIC"} | {"TOUCHSTONE_HOME": str(tmp_path)}
    done = subprocess.run(words, cwd=places.ROOT, env=quiet, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "The address 0.0.0.0 lets other machines in." in done.stderr


def test_streamlit_still_has_the_switch_for_the_pages_folder(monkeypatch):
    monkeypatch.setattr(PagesManager, "uses_pages_directory", None)
    server.skip_pages_folder()
    assert PagesManager.uses_pages_directory is False


def test_what_is_alive_is_frozen_once_for_each_page(monkeypatch):
    monkeypatch.setattr(server, "_settled", set())
    server._serving.set()
    try:
        gc.unfreeze()
        server.settle("a page")
        frozen = gc.get_freeze_count()
        assert frozen > 1000
        gc.unfreeze()
        server.settle("a page")
        assert gc.get_freeze_count() == 0
    finally:
        server._serving.clear()
        gc.unfreeze()


def test_outside_a_server_nothing_is_frozen():
    gc.unfreeze()
    server.settle("some other page")
    assert gc.get_freeze_count() == 0
