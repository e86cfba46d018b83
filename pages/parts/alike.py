"""Pictures of the same units in several worlds, for components: a strip along a factor, some units, pairs before and after a change.

A picture's address holds the question of `engine.interventions.asking` as JSON under `q`: the same that networks are asked.
"""

import io
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import numpy as np
from jaxtyping import UInt8
from PIL import Image
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from engine import errors
from pages.parts import routes as addresses
from pages.parts import tokens

MOST = 64  # units in one picture
PREFIX = "/ts/alike/"
_HOUR = {"Cache-Control": "private, max-age=3600"}
_MOVED = np.array([208, 84, 40], np.uint8)  # legible on light and dark


def address(kind: str, user: str = "") -> str:
    """Return where pictures of one kind are drawn: `path`, `units` or `change`; the question is to be added under `q`."""
    return f"{addresses.base_path()}{PREFIX}{kind}.png?{urlencode({'t': tokens.mint(PREFIX, user)})}"


def url(question: Mapping[str, Any], user: str = "") -> str:
    """Return the address of the picture that a question asks for."""
    return with_question(address(question["kind"], user), question)


def with_question(address: str, question: Mapping[str, Any]) -> str:
    """Return an address of one kind with a question added."""
    return f"{address}&{urlencode({'q': json.dumps(question, separators=(',', ':'))})}"


def routes() -> list[Route]:
    """Return the route of these pictures."""
    return [Route(f"{addresses.base_path()}{PREFIX}{{kind}}.png", _picture)]


def _picture(request: Request) -> Response:
    """Answer with a PNG; a plain function, so that drawing runs beside the event loop."""
    if not tokens.allows(request.query_params.get("t", ""), PREFIX):
        return PlainTextResponse("The address of this picture has expired or was not made for you. Reload the page that shows it.", 403)
    try:
        return Response(_drawn(request.query_params.get("q", ""), request.path_params["kind"]), media_type="image/png", headers=_HOUR)
    except errors.UserError as problem:
        return PlainTextResponse(str(problem), 404)


def _drawn(said: str, kind: str) -> bytes:
    from engine.interventions import asking

    try:
        question = json.loads(said)
    except (ValueError, RecursionError):
        question = None
    if not isinstance(question, dict) or kind not in _DRAW:
        raise errors.UserError("This address cannot be read.", "Reload the page that shows the picture.")
    return _png(_DRAW[kind](asking.read(question | {"kind": kind, "networks": []})))


def _path(asked: Any) -> UInt8[np.ndarray, "h w 4"]:
    """Return the unit as it is, then at each value, side by side."""
    from engine.interventions import alike

    return _beside(_opaque(alike.along(asked).pictures))


def _units(asked: Any) -> UInt8[np.ndarray, "h w 4"]:
    from engine.interventions import alike

    _check(asked)
    return _beside(_opaque(alike.drawn(asked, alike.units(asked))))


def _change(asked: Any) -> UInt8[np.ndarray, "h w 4"]:
    """Return each unit before and after, and what differs: nothing where a pixel is the same."""
    from engine.interventions import alike

    _check(asked)
    found = alike.changed(asked)
    before, after = found.pictures_before, found.pictures_after
    rows = [_beside(row) for row in np.stack([_opaque(before), _opaque(after), differing(before, after)], axis=1)]
    return np.concatenate(rows)


def _check(asked: Any) -> None:
    if len(asked.units or range(asked.n)) > MOST:
        raise errors.UserError("These are too many units for one picture.", f"Ask for up to {MOST}.")


_DRAW: Mapping[str, Callable[[Any], UInt8[np.ndarray, "h w 4"]]] = {"path": _path, "units": _units, "change": _change}


def differing(before: UInt8[np.ndarray, "n h w c"], after: UInt8[np.ndarray, "n h w c"]) -> UInt8[np.ndarray, "n h w 4"]:
    """Return what differs between pictures: transparent where a pixel is the same, the more opaque the more it differs."""
    gap = np.abs(after.astype(np.int16) - before).max(axis=3)
    found = np.empty((*gap.shape, 4), np.uint8)
    found[..., :3] = _MOVED
    found[..., 3] = np.where(gap > 0, np.minimum(72 + gap, 255), 0)
    return found


def _opaque(pictures: UInt8[np.ndarray, "n h w c"]) -> UInt8[np.ndarray, "n h w 4"]:
    colours = np.broadcast_to(pictures, (*pictures.shape[:3], 3))
    return np.concatenate([colours, np.full((*pictures.shape[:3], 1), 255, np.uint8)], axis=3)


def _beside(pictures: UInt8[np.ndarray, "n h w 4"]) -> UInt8[np.ndarray, "h w2 4"]:
    return np.concatenate(list(pictures), axis=1)


def _png(picture: UInt8[np.ndarray, "h w 4"]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()
