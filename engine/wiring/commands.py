"""The command `wiring`: what came of training circuits of all arms. Training itself is `train circuits`, or a question with study wiring."""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from engine import errors
from engine.wiring import again, arms, question, shipping, views

VIEWS: Mapping[str, Callable[[str], pd.DataFrame]] = {
    "arms": arms.table, "sets": arms.by_set, "contrasts": arms.contrasts, "pruned": arms.pruned,
}  # fmt: skip


def add(commands: Any, command: Callable, show: Callable, tell: Callable) -> None:
    """Add `wiring` to the command line."""
    made = command(
        commands,
        "wiring",
        lambda asked: _wiring(asked, show, tell),
        "Does sparse learned connectivity generalise better? Circuits compared arm by arm.",
    )
    made.add_argument(
        "view", nargs="?", default="arms", choices=[*VIEWS, "history", "question", "again"],
        help="arms, each set, learned minus controls, pruned; history: the newest training; question: what evaluates all arms, for `run`; "
        "again: one seed beside the others of its arm",
    )  # fmt: skip
    made.add_argument("--data", default="mnist", help="what circuits were trained on: mnist or shapes")
    made.add_argument("--arm", default="none", help="for again: which arm was trained with another seed")
    made.add_argument("--seed", type=int, default=5, help="for again: the seed")
    made.add_argument("--write", type=Path, metavar="FILE", help="write the findings of what ships into FILE, such as README.md, between its marks")
    made.add_argument("--ship", type=Path, metavar="FOLDER", help="put training and scores into this root of the store, such as data/sample")


def _wiring(asked: argparse.Namespace, show: Callable, tell: Callable) -> None:
    if asked.write:
        asked.write.write_text(_shipped(asked.write.read_text()))
        tell(asked, {"written": str(asked.write)})
    elif asked.ship:
        show(asked, pd.DataFrame({"shipped": list(shipping.ship(asked.ship))}))
    elif asked.view == "question":
        sys.stdout.write(f"{json.dumps(json.loads(question.of(asked.data).text()), indent=1)}\n")
    elif asked.view == "history":
        run = views.newest()
        if run is None:
            raise errors.UserError("Nothing was trained from a question yet.", 'Ask: echo \'{"study": "wiring"}\' | python -m engine run -')
        show(asked, views.history(run))
    elif asked.view == "again":
        told = again.table(asked.arm, asked.seed, asked.data)
        show(asked, told)
        sys.stderr.write(f"{again.finding(told, asked.arm)}\n")
    else:
        show(asked, VIEWS[asked.view](asked.data))
        if asked.view in {"arms", "contrasts"}:
            sys.stderr.write(f"{arms.finding(asked.data).replace('**', '')}\n")


def _shipped(text: str) -> str:
    """Return a document with the findings of what ships, whatever was made on this machine."""
    with tempfile.TemporaryDirectory() as nothing:
        before = os.environ.get("TOUCHSTONE_HOME")
        os.environ["TOUCHSTONE_HOME"] = nothing
        try:
            return arms.written(text)
        finally:
            os.environ.pop("TOUCHSTONE_HOME")
            if before is not None:
                os.environ["TOUCHSTONE_HOME"] = before
