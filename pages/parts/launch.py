"""Start the dashboard for one person: a free port, the server, the browser; Ctrl-C ends it. Standard library only."""

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
_PORTS = 100
_HEALTHY_SECONDS = 60.0
_LEAVE_SECONDS = 5.0


def main() -> int:
    """Serve until the person ends it; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8501, help="the first port to try")
    first = parser.parse_args().port
    signal.signal(signal.SIGTERM, _interrupt)
    port = free_port(first)
    if port is None:
        _say(f"No port from {first} to {first + _PORTS - 1} is free here. Choose another: make app PORT=9000")
        return 1
    server = _serve(port)
    try:
        if not _healthy(server, port):
            _say("The server did not start; what it said stands above.")
            return 1
        _say(f"Touchstone is at http://{HOST}:{port}  (Ctrl-C ends it)")
        _open_browser(f"http://{HOST}:{port}")
        return server.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        _end(server)


def free_port(first: int) -> int | None:
    """Return the first port from `first` on that nobody listens at, or None where a hundred are taken."""
    for port in range(first, min(first + _PORTS, 65536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that was just left counts as free
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    return None


def _serve(port: int) -> subprocess.Popen:
    words = ["run", "app.py", "--server.port", str(port), "--server.headless", "true"]  # the address is .streamlit/config.toml's
    return subprocess.Popen([sys.executable, "-m", "streamlit", *words, "--logger.hideWelcomeMessage", "true"], cwd=ROOT)  # noqa: S603


def _healthy(server: subprocess.Popen, port: int) -> bool:
    """Wait until the server answers; False where it ended or takes too long."""
    until = time.monotonic() + _HEALTHY_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return True
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.05)
    return False


def _open_browser(address: str) -> None:
    """Open the browser where there is a screen; on a server without one, text browsers must not take the terminal."""
    if sys.platform in {"darwin", "win32"} or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")):
        quiet = subprocess.DEVNULL
        subprocess.Popen([sys.executable, "-m", "webbrowser", address], stdin=quiet, stdout=quiet, stderr=quiet)  # noqa: S603


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _end(server: subprocess.Popen) -> None:
    """Ask the server to end, and see that it does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave the server behind
    if server.poll() is None:
        server.terminate()
        try:
            server.wait(_LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
