"""What a stepper fetches of a clip: frames as pictures, pages of masks and probabilities, timelines.

Addresses are `/ts/clip/WHAT?clip=…&t=…` and the numbers that each needs; the token holds for one clip.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from engine import errors, hashing
from pages.parts import routes as addresses
from pages.parts import tokens

MOST_ANSWERS = 8
_HOUR = "private, max-age=3600"
_JSON = "application/json"


def address(clip: str, what: str, version: str = "", user: str = "") -> str:
    """Return where one kind of thing of a clip is fetched; its numbers are to be added to the query.

    Args:
        clip: address of the clip.
        what: `frame` (n), `masks` (track, page, answer …), `odds` (track, page, answer), `beside` (track, page), `series` (track, answer …).
        version: changes with what is stored of the clip, so that nothing old is shown.
        user: Whom the page was drawn for.
    """
    return f"{addresses.base_path()}/ts/clip/{what}?{urlencode({'clip': clip, 'v': version[:16], 't': tokens.mint(_prefix(clip), user)})}"


def _prefix(clip: str) -> str:
    return f"/ts/clip/{quote(clip, safe='')}/"


def routes() -> list[Route]:
    """Return the route of clips."""
    return [Route(f"{addresses.base_path()}/ts/clip/{{what}}", _answer)]


def _answer(request: Request) -> Response:
    """Answer with a part of a clip; a plain function, so that reading runs beside the event loop."""
    query, what = request.query_params, request.path_params["what"]
    clip = query.get("clip", "")
    if not tokens.allows(query.get("t", ""), _prefix(clip)):
        return PlainTextResponse("The address of this clip has expired or was not made for you. Reload the page that shows it.", 403)
    if what not in _PARTS:
        return PlainTextResponse("There is no such part of a clip.", 404)
    try:
        content, kind = _PARTS[what](clip, request)
    except errors.UserError as problem:
        return PlainTextResponse(str(problem), 404)
    tag = f'"{hashing.of_bytes(content)}"'
    headers = {"Cache-Control": _HOUR, "ETag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=kind, headers=headers)


def _frame(clip: str, request: Request) -> tuple[bytes, str]:
    from engine.amodal import reel

    return reel.frame(clip, _number(request, "n"))


def _masks(clip: str, request: Request) -> tuple[bytes, str]:
    from engine.amodal import reel

    return _said(reel.masks(clip, _track(request), _number(request, "page"), _names(request)))


def _odds(clip: str, request: Request) -> tuple[bytes, str]:
    from engine.amodal import reel

    return _said(reel.odds(clip, _track(request), _number(request, "page"), request.query_params.get("answer", "")))


def _beside(clip: str, request: Request) -> tuple[bytes, str]:
    from engine.amodal import reel

    return _said(reel.beside(clip, _track(request), _number(request, "page")))


def _series(clip: str, request: Request) -> tuple[bytes, str]:
    from engine.amodal import reel

    return _said(reel.series(clip, _track(request), _names(request)))


_PARTS: Mapping[str, Callable[[str, Request], tuple[bytes, str]]] = {
    "frame": _frame, "masks": _masks, "odds": _odds, "beside": _beside, "series": _series,
}  # fmt: skip


def _said(found: Mapping[str, Any]) -> tuple[bytes, str]:
    return json.dumps(found, separators=(",", ":"), allow_nan=False).encode(), _JSON


def _track(request: Request) -> str:
    return request.query_params.get("track", "")


def _names(request: Request) -> tuple[str, ...]:
    return tuple(dict.fromkeys(request.query_params.getlist("answer")))[:MOST_ANSWERS]


def _number(request: Request, name: str) -> int:
    text = request.query_params.get(name, "")
    if not text.isdecimal() or len(text) > 8:
        raise errors.UserError(f"“{text[:40]}” is no whole number from 0 on.", "Reload the page that shows the clip.")
    return int(text)
