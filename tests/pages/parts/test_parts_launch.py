"""Starting the dashboard as `make app` does: a free port, a healthy server, an address, a clean end."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from pages.parts import launch

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def taken():
    """A port that somebody listens at."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def test_a_port_that_is_taken_is_passed_over(taken):
    found = launch.free_port(taken)
    assert found is not None
    assert found > taken


def test_there_is_no_port_beyond_the_last():
    assert launch.free_port(65536) is None


@pytest.fixture
def started(taken, tmp_path):
    """The launcher, in a session of its own, told to begin at a port that is taken; the browser is a file."""
    opened = tmp_path / "opened"
    environment = {**os.environ, "TOUCHSTONE_HOME": str(tmp_path / "home"), "BROWSER": f"touch {opened} %s"}
    words = [sys.executable, "pages/parts/launch.py", "--port", str(taken)]
    child = subprocess.Popen(
        words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )  # fmt: skip
    yield child, opened
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()


def _address(child):
    for line in child.stdout:
        if found := re.search(r"Touchstone is at (http://\S+)", line):
            return found[1]
    pytest.fail("no address was printed")


@pytest.mark.parametrize("end", ["ctrl-c", "terminate"])
def test_it_prints_a_healthy_address_opens_the_browser_and_ends_cleanly(started, end, taken):
    child, opened = started
    address = _address(child)
    assert not address.endswith(f":{taken}")
    with urllib.request.urlopen(f"{address}/_stcore/health") as answer:
        assert answer.read() == b"ok"
    until = time.monotonic() + 10
    while not opened.exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert opened.exists()
    if end == "ctrl-c":
        os.killpg(child.pid, signal.SIGINT)  # a terminal tells the whole group
    else:
        child.terminate()
    assert child.wait(20) == 0
    assert "Traceback" not in child.stdout.read()
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"{address}/_stcore/health")
