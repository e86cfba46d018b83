"""The budget page: what was promised, what was measured, with which command, when and on what; written between its marks in the README.

`python -m tests.bench GROUP … --keep` keeps what a group measured in `measured.json`; `python -m tests.bench --write README.md` writes the table
from there. Nobody types a number.
"""

import json
import os
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from engine import errors
from tests.bench.timing import Result, number

BEGIN, END = "<!-- budget -->", "<!-- /budget -->"
KEPT = Path(__file__).with_name("measured.json")


@dataclass(frozen=True)
class Promise:
    """A line of the page: one measured number, found by the beginning of its name."""

    what: str
    group: str
    name: str  # how the measured number's name begins
    named: str = ""  # and what else it holds


PROMISES = (
    Promise("Server start until it answers", "changes", "server start to healthy"),
    Promise("First useful paint for somebody who comes by a link, median of all pages", "changes", "first useful paint", "median"),
    Promise("First useful paint, slowest page", "changes", "first useful paint", "slowest"),
    Promise("Page change, click to painted page, median of all pages", "changes", "page change", "median"),
    Promise("Page change, slowest page", "changes", "page change", "slowest"),
    Promise("Filter on 5 M scores, one visitor: choice to the server's last word, median", "users", "one visitor: choice", "median"),
    Promise(
        "Filter on 5 M scores, ten visitors, each acting every 5 s: choice to the server's last word, p95", "users", "10 visitors: choice", "p95"
    ),
    Promise("Filter on 5 M scores, one browser: key to painted page, median", "browsers", "one visitor: key", "median"),
    Promise("Filter on 5 M scores, ten browsers on the server's own cores: key to painted page, p95", "browsers", "10 visitors: key", "p95"),
    Promise("Server memory with ten visitors on 5 M scores", "users", "server's memory"),
    Promise("Step to a near frame, 1280 x 720, 4 mask layers", "stepper", "step to a frame that is near"),
    Promise("Jump to a far frame", "stepper", "jump to a frame that is far"),
    Promise("Playing a clip at 24 frames a second", "stepper", "playing at 24"),
    Promise("Masks drawn over another frame than their own", "stepper", "masks over another frame"),
    Promise("Graph, 16,384 edges: pan and zoom, really redrawn", "circuits", "pan and zoom", "bench-128"),
    Promise("Graph, 20,000 edges: pan and zoom, really redrawn", "circuits", "pan and zoom", "bench-2000"),
    Promise("Threshold slider to picture, up to 5,000 edges", "circuits", "threshold slider"),
    Promise("Scatter of 31,104 networks redrawn after a turn of the wheel", "clouds", "all networks redrawn"),
    Promise("Report of the current findings, with SVG files", "evidence", "report as an archive"),
)


def keep(results: Sequence[Result], load: float) -> None:
    """Keep what was measured by group, in place of what was kept of these groups before.

    Args:
        results: The numbers.
        load: Of the machine, before the first group began.
    """
    kept = json.loads(KEPT.read_text()) if KEPT.is_file() else {}
    for group in dict.fromkeys(result.group for result in results):
        mine = [asdict(result) for result in results if result.group == group]
        kept[group] = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "machine": machine(), "load": round(load, 1), "results": mine}
    KEPT.write_text(json.dumps(dict(sorted(kept.items())), indent=1, ensure_ascii=False) + "\n")


def machine() -> str:
    """Return this machine in words."""
    memory = psutil.virtual_memory().total / 1e9
    return f"{os.cpu_count()} cores ({platform.machine()}), {memory:.0f} GB, browser without a GPU on the same cores"


def section() -> str:
    """Return the page with its marks."""
    kept = json.loads(KEPT.read_text())
    intro = (
        "Measured in a headless Chromium on the server's own cores; the ten visitors of `users` speak the dashboard's protocol without a browser, "
        "so that the server alone is measured, and those of `browsers` are ten browsers on those cores, too. The load tells what else was going on. "
        "`python -m tests.bench GROUP --keep` measures a group anew, `--write README.md` writes this table."
    )
    head = ["| What | Promised | Measured | Holds | Group | When, load |", "|---|---|---|---|---|---|"]
    rows = [_row(one, kept) for one in PROMISES]
    machines = sorted({about["machine"] for name, about in kept.items() if name in {one.group for one in PROMISES}})
    return "\n".join([BEGIN, "## Budget", "", intro, "", *head, *rows, "", f"Machine: {'; '.join(machines)}.", END])


def _row(promise: Promise, kept: Mapping[str, Any]) -> str:
    about = kept.get(promise.group, {"results": [], "date": "", "load": ""})
    found = [Result(**one) for one in about["results"] if one["name"].startswith(promise.name) and promise.named in one["name"]]
    if not found:
        return f"| {promise.what} | | not measured | | `{promise.group}` | |"
    one = found[0]
    held = {None: "", True: "yes", False: "**no**"}[one.holds]
    promised = one.target.replace("<=", "at most").replace(">=", "at least")
    said = f"{promised} {one.unit}" if promised else ""
    return f"| {promise.what} | {said} | {number(one.value)} {one.unit} | {held} | `{promise.group}` | {about['date']}, load {about['load']} |"


def written(text: str) -> str:
    """Return a document with the page between its marks written anew; raises UserError where it has no such marks."""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise errors.UserError("The document has no place for the budget.", f"Put {BEGIN} and {END} where it shall stand.")
    made = section()
    return re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: made, text, flags=re.DOTALL)
