"""Signed, expiring tokens that let an address be fetched: a prefix of paths, until a time, for a user.

A token is minted by a page that a visitor was allowed to see; routes check it, since they bypass the page. The key lies under
TOUCHSTONE_HOME and is made on first use.
"""

import base64
import functools
import hashlib
import hmac
import os
import secrets
import time
from pathlib import Path

from engine import places

LIFETIME = 12 * 3600  # seconds
STEP = 3600  # expiry is rounded up to this, so that reruns mint the same address and the browser's cache holds
_BYTES = 32


def mint(prefix: str, user: str = "", now: float | None = None) -> str:
    """Return a token for all paths that begin with `prefix`.

    Args:
        prefix: Where the paths begin, such as "/ts/image/mnist/test/".
        user: Whom it was minted for.
        now: Seconds since the epoch; the clock's by default.
    """
    until = (int(time.time() if now is None else now) // STEP + 1) * STEP + LIFETIME
    return _minted(until, prefix, user, places.home())


@functools.lru_cache(maxsize=256)
def _minted(until: int, prefix: str, user: str, _home: Path) -> str:
    scope = base64.urlsafe_b64encode(f"{user}\n{prefix}".encode()).decode().rstrip("=")
    return f"{until}.{scope}.{_sign(until, scope)}"


def allows(token: str, path: str, now: float | None = None) -> bool:
    """Return whether a token is ours, has not expired and covers a path; anything malformed is simply not allowed."""
    try:
        until, scope, signature = token.split(".")
        user_and_prefix = base64.urlsafe_b64decode(scope + "=" * (-len(scope) % 4)).decode()
        expiry = int(until)
    except ValueError:
        return False
    _, _, prefix = user_and_prefix.partition("\n")
    fresh = expiry > (time.time() if now is None else now)
    return hmac.compare_digest(_sign(expiry, scope).encode(), signature.encode()) and fresh and path.startswith(prefix)


def _sign(until: int, scope: str) -> str:
    digest = hmac.new(_key(places.home()), f"{until}.{scope}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:24]).decode()


@functools.lru_cache(maxsize=8)
def _key(home: Path) -> bytes:
    """Return the key under a home; where that cannot be written the key lasts as long as this process."""
    file = home / "token.key"
    try:
        home.mkdir(parents=True, exist_ok=True)
        aside = home / f".token.{secrets.token_hex(6)}"
        if not file.exists():
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                out.write(secrets.token_bytes(_BYTES))
            _claim(aside, file)
        found = file.read_bytes()
    except OSError:
        found = b""
    return found if len(found) == _BYTES else secrets.token_bytes(_BYTES)


def _claim(aside: Path, file: Path) -> None:
    """Give a file its name unless another process was first; either way the key is whole."""
    try:
        os.link(aside, file)
    except FileExistsError:
        pass
    except OSError:  # a file system without hard links
        aside.replace(file)
        return
    aside.unlink()
