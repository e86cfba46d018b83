"""The command `lowshot`: what few labelled images of another domain bring, by what moves in a circuit."""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from engine import errors, networks
from engine.lowshot import shipping, views
from engine.lowshot.spec import ARCHITECTURE, LowshotSpec
from engine.wiring import arms as compared
from engine.wiring.question import comparable

VIEWS: Mapping[str, Callable[[str], pd.DataFrame]] = {"table": views.table, "contrasts": views.contrasts, "measured": views.measured}
ARMS = ("none", "dense_modfc")


def add(commands: Any, command: Callable, show: Callable) -> None:
    """Add `lowshot` to the command line."""
    made = command(commands, "lowshot", lambda asked: _lowshot(asked, show), "Circuits adapted to another domain with few labels.")
    made.add_argument(
        "view", nargs="?", default="table", choices=[*VIEWS, "findings", "question", "choose"],
        help="accuracy by labels and by what moves; paired differences; each circuit; Markdown; a question for `run`; compare learning rates",
    )  # fmt: skip
    made.add_argument("--run", help="which run; the newest unless given")
    made.add_argument("--arm", action="append", default=[], help=f"for question and choose; {', '.join(ARMS)} unless given")
    made.add_argument("--seed", action="append", default=[], type=int, help="for question and choose: only circuits of these seeds")
    made.add_argument("--ship", type=Path, metavar="FOLDER", help="put the newest run into this root of the store, such as data/sample")


def _lowshot(asked: argparse.Namespace, show: Callable) -> None:
    if asked.ship:
        show(asked, pd.DataFrame({"shipped": list(shipping.ship(asked.ship))}))
    elif asked.view == "question":
        sys.stdout.write(f"{LowshotSpec(circuits=circuits(asked.arm or ARMS, asked.seed)).text()}\n")
    elif asked.view == "choose":
        from engine.lowshot import run

        show(asked, run.compared(circuits(asked.arm or ARMS, asked.seed), LowshotSpec.model_fields["steps"].default))
    elif asked.view == "findings":
        sys.stdout.write(f"{views.markdown(asked.run or views.newest())}\n")
    else:
        name = asked.run or views.newest()
        show(asked, VIEWS[asked.view](name))
        sys.stderr.write(f"{views.finding(name).replace('**', '')}\n")


def circuits(arms: tuple[str, ...] | list[str], seeds: list[int], data: str = "mnist") -> tuple[str, ...]:
    """Return the circuits of arms among the networks here, of the size and training that all arms share; raises UserError where there is none."""
    known = [card for card in networks.cards() if card.architecture == ARCHITECTURE and card.trained_on == data and comparable(card.name)]
    told = [{"network": card.name, "arm": card.attributes.get("arm"), "seed": card.attributes.get("seed")} for card in known]
    chosen = compared.chosen(pd.DataFrame([one for one in told if one["arm"] in arms]))
    found = tuple(str(name) for name, seed in zip(chosen["network"], chosen["seed"], strict=True) if not seeds or seed in seeds)
    if not found:
        raise errors.UserError(f"No circuit of {', '.join(arms)} is here.", "Train some: python -m engine train circuits --offer --help")
    return found
