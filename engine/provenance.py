"""Where a result came from: code revision, package versions, machine."""

import functools
import importlib.metadata
import json
import os
import platform
import subprocess

from engine import places

_TOLD = ("torch", "numpy", "scipy", "opencv-python-headless", "pillow", "onnxruntime", "foolbox", "duckdb", "pyarrow", "streamlit")


@functools.cache
def code() -> tuple[str | None, bool | None]:
    """Return the git revision and whether the tree has uncommitted changes; None where there is no git."""
    try:
        revision = _git("rev-parse", "HEAD").strip()
        changed = bool(_git("status", "--porcelain", "--", "engine", "requirements.txt").strip())
    except (OSError, subprocess.SubprocessError):
        return None, None
    return revision, changed


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=places.ROOT, capture_output=True, text=True, check=True, timeout=10).stdout  # noqa: S603, S607


@functools.cache
def packages() -> str:
    """Return the versions of the packages that numbers depend on, as JSON."""
    found = {"python": platform.python_version()}
    for name in _TOLD:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return json.dumps(found)


@functools.cache
def machine() -> str:
    """Return what kind of machine this is; never its name."""
    return f"{platform.system()} {platform.machine()}, {_cores()} cores"


def _cores() -> int:
    return os.cpu_count() or 1
