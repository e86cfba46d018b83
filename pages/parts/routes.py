"""All addresses of our own: pictures of examples (with a signed token), component files and fonts (public, named by content).

Everything lies below `/ts/`. Routes answer with a sentence when something is not there, never with a traceback. What draws is imported when the first
picture is asked for, so that the server is up before that.
"""

import functools
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Scope
from streamlit import config

from engine import errors, hashing, places
from pages.parts import tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.assay.pictures import Picture
    from pages.parts.worlds import Asked

COMPONENTS = places.ROOT / "pages" / "components"
SIGNED = "_streamlit_user"  # Streamlit's cookie of who has signed in
NEXT, NEXT_SECONDS = "touchstone_next", 600  # cookie with the address that was asked for before the sign-in
SMALLEST, LARGEST = 16, 1024  # pixels
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".woff2": "font/woff2", ".svg": "image/svg+xml"}
_FOREVER = "public, max-age=31536000, immutable"
_HOUR = "private, max-age=3600"


def routes() -> list[Route]:
    """Return the routes, below the base path that the server may have."""
    base = base_path()
    return [
        Route(f"{base}/ts/image/{{dataset}}/{{split}}/{{example_id}}.png", _image),
        Route(f"{base}/ts/circuit/{{circuit}}", _circuit),
        *(Route(f"{base}/ts/world/{{system}}/{what}", answer) for what, answer in _WORLDS.items()),
        Route(f"{base}/ts/sign-in", _sign_in),
        Route(f"{base}/ts/file/{{digest}}/{{path:path}}", _file),
    ]


async def _sign_in(request: Request) -> Response:
    """Keep where a visitor wants to go, for Streamlit forgets it, and send them on to sign in."""
    answer = RedirectResponse(f"{base_path()}/?sign-in=now", status_code=303)
    answer.set_cookie(NEXT, quote(request.query_params.get("next", "")[:2000]), max_age=NEXT_SECONDS, httponly=True, samesite="lax")
    return answer


def followed(scope: Scope) -> Response | None:
    """Return the way to the address that was asked for before the sign-in, for a visitor who comes from it to the home page; else None."""
    request = Request(scope)
    wanted = urlsplit(unquote(request.cookies.get(NEXT, "")))
    home = request.method == "GET" and request.url.path == f"{base_path()}/" and not request.url.query
    if not (home and SIGNED in request.cookies and re.fullmatch("[a-z-]+", wanted.path) and not wanted.netloc):
        return None
    answer = RedirectResponse(f"{base_path()}/{wanted.path}?{wanted.query}".rstrip("?"), status_code=303)
    answer.delete_cookie(NEXT, httponly=True, samesite="lax")
    return answer


def base_path() -> str:
    """Return the server's base path as "" or "/so"."""
    path = str(config.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


def image_url(
    dataset: str, split: str, example_id: str, shift: str = "", strength: float = 0.0, *, seed: int = 0, size: int = 112, user: str = ""
) -> str:
    """Return the address of an example's picture, under a shift or as it is, with a token for its split.

    Args:
        dataset: A data set's name.
        split: Its split.
        example_id: The example's id.
        shift: A shift's name, or "".
        strength: The shift's strength.
        seed: The run's seed: the picture is the one that networks saw.
        size: Longer side in pixels; small images are enlarged by whole factors, without smoothing.
        user: Whom the page was drawn for.
    """
    prefix = f"/ts/image/{quote(dataset, safe='')}/{quote(split, safe='')}/"
    asked: dict[str, object] = {"shift": shift, "strength": f"{strength:g}", "seed": seed} if shift else {}
    return f"{base_path()}{prefix}{quote(example_id, safe='')}.png?{urlencode(asked | {'size': size, 't': tokens.mint(prefix, user)})}"


def circuit_url(circuit: str, user: str = "") -> str:
    """Return where single graphs of a stored circuit are, with the query `kind`, `layer`, `slice`, `step`, and `t`, the token."""
    path = f"/ts/circuit/{quote(circuit, safe='')}"
    return f"{base_path()}{path}?t={tokens.mint(path, user)}"


def world_url(system: str) -> str:
    """Return where pictures of a system are drawn, such as "/ts/world/coloured_digits/".

    Behind it stand `units`, `along` and `sheet.png`, with the query `with`, `do`, `given`, `seed`, `n`, `start`, `size`, and `t`, the token.
    """
    return f"{base_path()}{_world_prefix(system)}"


def world_token(system: str, user: str = "") -> str:
    """Return the token of a system's pictures, for the key `t` of their addresses."""
    return tokens.mint(_world_prefix(system), user)


def _world_prefix(system: str) -> str:
    return f"/ts/world/{quote(system, safe='')}/"


def component_url(path: str) -> str:
    """Return the address of a file below `pages/components`, which changes when any of them does."""
    return f"{base_path()}/ts/file/{components_digest()}/{path}"


@functools.lru_cache(maxsize=1)
def components_digest() -> str:
    """Return the hash of all component files: they import each other, so they are named together."""
    return hashing.of_parts(*((path, hashing.of_file(file)) for path, file in sorted(_public().items())))


@functools.lru_cache(maxsize=1)
def _public() -> dict[str, Path]:
    """Return the files that anyone may fetch: what the browser needs, no Python."""
    files = (file for file in COMPONENTS.rglob("*") if file.is_file() and file.suffix in _TYPES)
    return {file.relative_to(COMPONENTS).as_posix(): file for file in files}


async def _file(request: Request) -> Response:
    """Answer with a component file; only names that were listed at start exist."""
    file = _public().get(request.path_params["path"])
    if file is None or request.path_params["digest"] != components_digest():
        return PlainTextResponse("There is no such file. Reload the page to get the current ones.", 404)
    return Response(file.read_bytes(), media_type=_TYPES[file.suffix], headers={"Cache-Control": _FOREVER})


def _image(request: Request) -> Response:
    """Answer with a picture; a plain function, so that drawing runs beside the event loop."""
    from engine.assay import pictures

    path = _signed_path(request.path_params)
    if not tokens.allows(request.query_params.get("t", ""), path):
        return PlainTextResponse("This picture's address has expired or was not made for you. Reload the page that shows it.", 403)
    try:
        content = pictures.png(_asked(request))
    except errors.UserError as problem:
        return PlainTextResponse(str(problem), 404)
    tag = f'"{hashing.of_bytes(content)}"'
    headers = {"Cache-Control": _HOUR, "ETag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="image/png", headers=headers)


def _signed_path(parts: dict[str, str]) -> str:
    """Return the path as `image_url` signed it: quoted anew, whatever the server made of it."""
    dataset, split, example_id = (quote(parts[name], safe="") for name in ("dataset", "split", "example_id"))
    return f"/ts/image/{dataset}/{split}/{example_id}.png"


def _circuit(request: Request) -> Response:
    """Answer with one graph of a circuit; a plain function, for the query takes a moment."""
    from engine.circuits import picture

    query, circuit = request.query_params, request.path_params["circuit"]
    if not tokens.allows(query.get("t", ""), f"/ts/circuit/{quote(circuit, safe='')}"):
        return PlainTextResponse("The address of this circuit has expired or was not made for you. Reload the page that shows it.", 403)
    layer, step = (_whole(query[name]) if query.get(name) else None for name in ("layer", "step"))
    try:
        content = picture.graph(circuit, query.get("kind", "link"), layer, query.get("slice", ""), step)
    except errors.UserError as problem:
        return PlainTextResponse(str(problem), 404)
    return Response(content, media_type="application/octet-stream", headers={"Cache-Control": "no-store"})


def _units(request: Request) -> Response:
    from pages.parts import worlds

    return _world(request, worlds.units)


def _along(request: Request) -> Response:
    from pages.parts import worlds

    query = request.query_params
    return _world(request, lambda asked: worlds.along(asked, query.get("factor", ""), _whole(query.get("count", "7"))))


def _sheet(request: Request) -> Response:
    from pages.parts import worlds

    return _world(request, lambda asked: worlds.sheet(asked, _whole(request.query_params.get("columns", "8"))), "image/png")


_WORLDS = {"units": _units, "along": _along, "sheet.png": _sheet}


def _world(request: Request, draw: "Callable[[Asked], bytes]", kind: str = "application/octet-stream") -> Response:
    """Answer with what is drawn of a world, or with the sentence that says why it is not."""
    if not tokens.allows(request.query_params.get("t", ""), _world_prefix(request.path_params["system"])):
        return PlainTextResponse("The address of these pictures has expired or was not made for you. Reload the page that shows them.", 403)
    try:
        return Response(draw(_world_asked(request)), media_type=kind, headers={"Cache-Control": "no-store"})
    except errors.UserError as problem:
        return PlainTextResponse(str(problem), 400)


def _world_asked(request: Request) -> "Asked":
    """Return what a request asks of a world; raises UserError for what cannot be read."""
    from engine.interventions import written
    from pages.parts.worlds import Asked

    query = request.query_params
    numbers = {name: _whole(query[name]) for name in ("seed", "n", "start", "size") if name in query}
    parameters = tuple(written.parameters(query.get("with", "")).items())
    return Asked(request.path_params["system"], parameters, query.get("do", ""), query.get("given", ""), before="before" in query, **numbers)


def _whole(text: str) -> int:
    if not text.isdecimal() or len(text) > 10:
        raise errors.UserError(f"“{text[:40]}” is no whole number from 0 on.", "Reload the page that shows the pictures.")
    return int(text)


def _asked(request: Request) -> "Picture":
    """Return what a request asks for; raises UserError for numbers that are none."""
    from engine.assay.pictures import Picture

    query, parts = request.query_params, request.path_params
    try:
        strength, seed, size = float(query.get("strength", 0)), int(query.get("seed", 0)), int(query.get("size", 112))
    except ValueError:
        raise errors.UserError("A number in this address cannot be read.", "Reload the page that shows it.") from None
    if not math.isfinite(strength) or not SMALLEST <= size <= LARGEST:
        raise errors.UserError(f"Pictures have a size from {SMALLEST} to {LARGEST} and a finite strength.")
    return Picture(parts["dataset"], parts["split"], parts["example_id"], query.get("shift", ""), strength, seed, size)
