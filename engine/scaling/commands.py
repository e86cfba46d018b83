"""The command `scaling`: measure time and memory of circuits and interpreters as they grow, and show what was measured."""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from engine import control
from engine.scaling import findings, shipping, views
from engine.scaling import spec as asking

VIEWS: Mapping[str, Callable[[str | None], pd.DataFrame]] = {"slopes": views.slopes, "costs": views.costs, "ratio": views.ratio}


def add(commands: Any, command: Callable, show: Callable, tell: Callable, answered: Callable[[str], str]) -> None:
    """Add `scaling` to the command line; `answered` runs a submitted question here and returns the state it ended in."""
    made = command(
        commands, "scaling", lambda asked: _scaling(asked, show, tell, answered),
        "Does dynamic stitching scale? Time and memory of interpreters and circuits as functions or modules, and tokens, grow.",
    )  # fmt: skip
    made.add_argument("view", nargs="?", default="slopes", choices=list(VIEWS), help="fitted powers; every size; interpreter over circuit")
    made.add_argument("--measure", action="store_true", help="measure on this machine first, one thread (a few minutes)")
    made.add_argument("--parts", type=int, nargs="+", help="numbers of modules or functions")
    made.add_argument("--tokens", type=int, nargs="+", help="numbers of tokens, squares")
    made.add_argument("--repeats", type=int, help="of each size")
    made.add_argument("--run", help="which run; the newest unless given")
    made.add_argument("--ship", type=Path, metavar="FOLDER", help="put the newest measurement into this root of the store, such as data/sample")


def _scaling(asked: argparse.Namespace, show: Callable, tell: Callable, answered: Callable[[str], str]) -> None:
    if asked.measure:
        chosen = {"parts": asked.parts, "tokens": asked.tokens, "repeats": asked.repeats}
        question = asking.ScalingSpec.model_validate({name: value for name, value in chosen.items() if value})
        run = control.submit(question, asking.title(question), total=asking.plan(question).cells, images_total=0)
        state = answered(run)
        if state != "done":
            tell(asked, {"run": run, "state": state, "error": control.job(run).error})
            return
    if asked.ship:
        show(asked, pd.DataFrame({"shipped": list(shipping.ship(asked.ship))}))
        return
    show(asked, VIEWS[asked.view](asked.run))
    sys.stderr.write(f"{findings.of_growth(asked.run).replace('**', '')}\n")
