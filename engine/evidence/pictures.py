"""Figures as SVG files, drawn by a Chromium of this machine where there is one: the same plotly.js as in the report, without a network."""

import base64
import binascii
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import plotly.graph_objects as go
import plotly.offline

from engine.evidence.page import data
from engine.plots import template

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
SECONDS = 90.0
WIDTH, HEIGHT = 760, 450  # pixels, where the figure does not say how high it is
NONE = "no Chromium was found on the machine that made this bundle"
_FOUND = re.compile(r'<script type="text/plain" id="drawn">([A-Za-z0-9+/=,]*)</script>')
_DRAW = """
const told = JSON.parse(document.getElementById("figures").textContent);
const drawn = document.getElementById("drawn");
const place = document.createElement("div");
(async () => {
  const found = [];
  for (const [i, { data, layout }] of told.plots.entries()) {
    layout.template = told.templates.light;
    layout.paper_bgcolor = layout.plot_bgcolor = told.background;
    const { width, height } = told.sizes[i];
    const picture = await Plotly.toImage({ data, layout }, { format: "svg", width, height, imageDataOnly: true });
    found.push(btoa(unescape(encodeURIComponent(picture))));
  }
  drawn.textContent = found.join(",");
})();
"""


def browser() -> str | None:
    """Return the path of this machine's Chromium (the variable CHROMIUM names another), None where there is none."""
    named = os.environ.get("CHROMIUM")
    if named is not None:
        return named if Path(named).exists() else None
    return next(filter(None, map(shutil.which, NAMES)), None)


def svgs(figures: Sequence[go.Figure]) -> tuple[list[bytes], str]:
    """Return each figure as an SVG file in the light theme, and "made"; or none and why there are none."""
    program = browser()
    if program is None:
        return [], NONE
    if not figures:
        return [], "there is no figure"
    with tempfile.TemporaryDirectory(prefix="touchstone-svg-") as folder:
        page = Path(folder) / "draw.html"
        page.write_text(_page(figures))
        try:
            found = _FOUND.search(_dumped(program, page, Path(folder) / "profile"))
        except (OSError, subprocess.SubprocessError) as problem:
            return [], f"the Chromium here did not draw them ({type(problem).__name__})"
    pictures = _read(found.group(1)) if found else []
    return (pictures, "made") if len(pictures) == len(figures) else ([], "the Chromium here did not draw them")


def _read(drawn: str) -> list[bytes]:
    try:
        return [base64.b64decode(one, validate=True) for one in drawn.split(",") if one]
    except binascii.Error:
        return []


def _page(figures: Sequence[go.Figure]) -> str:
    sizes = [{"width": WIDTH, "height": figure.to_dict()["layout"].get("height") or HEIGHT} for figure in figures]
    told = json.dumps({"sizes": sizes, "background": template.LIGHT.background})
    whole = f"{data(figures)[:-1]},{told[1:]}"
    return (
        '<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:\"><title>figures</title><body>"
        f'<script type="text/plain" id="drawn"></script><script type="application/json" id="figures">{whole}</script>'
        f"<script>{plotly.offline.get_plotlyjs()}</script><script>{_DRAW}</script></body>"
    )


def _dumped(program: str, page: Path, profile: Path) -> str:
    """Return what the page holds once it has drawn. Root may not run Chromium's sandbox; the page is ours and reaches nothing."""
    alone = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    words = [
        program, "--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--disable-extensions", "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={profile}", "--virtual-time-budget=60000", *alone,
        "--dump-dom", page.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(words, capture_output=True, timeout=SECONDS, check=True)  # noqa: S603
    return done.stdout.decode(errors="replace")
