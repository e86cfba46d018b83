"""Remedies on the command line: train and compare, and what finished runs found."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from engine import errors
from engine.remedies import shipping, views

VIEWS: dict[str, Callable[[str], pd.DataFrame]] = {
    "methods": views.methods_found, "networks": views.networks_found, "reliance": views.reliance, "flips": views.flips,
}  # fmt: skip


def add(commands: Any, command: Callable, show: Callable, tell: Callable) -> None:
    """Add `remedies` to the command line; `run` asks the question, this shows its answers."""
    del tell
    made = command(commands, "remedies", lambda arguments: _remedies(arguments, show), "What training against a confounder brought, by method.")
    made.add_argument("view", nargs="?", default="methods", choices=list(VIEWS), help="accuracy by method, by network; answers that change")
    made.add_argument("--run", help="which run; the newest unless given")
    made.add_argument("--system", help="the newest run on this system")
    made.add_argument(
        "--ship", type=Path, metavar="FOLDER", help="put the newest run of every system into this root of the store, such as data/sample"
    )


def _remedies(asked: argparse.Namespace, show: Callable) -> None:
    if asked.ship:
        show(asked, pd.DataFrame({"shipped": list(shipping.ship(asked.ship))}))
        return
    run = asked.run or views.newest(asked.system)
    if run is None:
        raise errors.UserError("No remedies have been compared yet.", 'Ask with: echo \'{"study": "remedies"}\' | python -m engine run -')
    show(asked, VIEWS[asked.view](run))
