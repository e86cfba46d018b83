"""Live answers for the browser: a page's component posts a question here, and the warm process answers it.

The page mints the address, with a token for one study. Of one client's questions only the newest is answered.
"""

import base64
import json
from typing import Any

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from engine import ask, errors
from pages.parts import routes as addresses
from pages.parts import tokens

LONGEST = 1_000_000  # bytes of a question
_NEVER_KEPT = {"Cache-Control": "no-store"}


def address(study: str, user: str = "") -> str:
    """Return where a page's component posts its questions to a study: JSON with `question`, `client` and `turn`.

    Args:
        study: A study that answers.
        user: Whom the page was drawn for.
    """
    prefix = f"/ts/live/{study}"
    return f"{addresses.base_path()}{prefix}?t={tokens.mint(prefix, user)}"


def routes() -> list[Route]:
    """Return the route of live answers."""
    return [Route(f"{addresses.base_path()}/ts/live/{{study}}", _live, methods=["POST"])]


async def _live(request: Request) -> Response:
    """Answer with what the networks say, or with a sentence and a way out."""
    study = request.path_params["study"]
    if not tokens.allows(request.query_params.get("t", ""), f"/ts/live/{study}"):
        return PlainTextResponse("This address has expired or was not made for you. Reload the page that asks.", 403)
    try:
        said, arrays = await run_in_threadpool(ask.ask, study, **_asked(await _body(request)))
    except ask.Superseded:
        return JSONResponse({"superseded": True}, 409, headers=_NEVER_KEPT)
    except errors.UserError as problem:
        return JSONResponse({"error": problem.message, "hint": problem.hint}, 422, headers=_NEVER_KEPT)
    answer = {"answer": said, "arrays": {name: _sent(array) for name, array in arrays.items()}}
    return JSONResponse(answer, headers=_NEVER_KEPT)


async def _body(request: Request) -> bytes:
    """Return what was posted; raises UserError where it is too long, without reading on."""
    found = bytearray()
    async for piece in request.stream():
        found += piece
        if len(found) > LONGEST:
            raise errors.UserError("This question is too long.", f"Ask in at most {LONGEST:,} bytes.")
    return bytes(found)


def _asked(body: bytes) -> dict[str, Any]:
    """Return question, client and turn of what was posted; raises UserError where it is no question."""
    try:
        said = json.loads(body)
        question, client, turn = said["question"], said.get("client", ""), said.get("turn", 0)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        question, client, turn = None, "", 0
    if not isinstance(question, dict) or not isinstance(client, str) or not isinstance(turn, int):
        raise errors.UserError("This is no question.", 'Post {"client": "…", "turn": 1, "question": {…}}.')
    return {"question": question, "client": client[:100], "turn": turn}


def _sent(array: np.ndarray) -> dict[str, Any]:
    """Return an array as JSON can hold it: its bytes, little endian, in base64."""
    plain = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
    return {"dtype": array.dtype.name, "shape": list(array.shape), "data": base64.b64encode(plain.tobytes()).decode()}
