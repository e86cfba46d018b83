"""Responses on the command line: ask networks how they respond to a factor, and read the answer as the page shows it."""

import argparse
from collections.abc import Callable
from typing import Any

import pandas as pd

from engine import errors
from engine.interventions import findings, profile, views
from engine.interventions import spec as asking
from engine.interventions.spec import InterventionsSpec, Plan

BRIEF = [
    "network", "factor", "level", "factor_2", "level_2", "inside", "metric", "value", "low", "high", "n", "difference", "difference_low",
    "difference_high", "p", "reason",
]  # fmt: skip
BRIEF_PROFILE = ["network", "factor", "region", "verdict", "loss", "low", "high", "level", "value", "base_value", "values", "n"]


def add(commands: Any, command: Callable, show: Callable, answer: Callable[[argparse.Namespace, InterventionsSpec, Plan], str]) -> None:
    """Add `respond` to the command line.

    Args:
        commands: Where commands are added.
        command: Adds one.
        show: Prints a frame.
        answer: Runs a question to its end and returns the run's id.
    """
    made = command(
        commands, "respond", lambda arguments: _respond(arguments, show, answer),
        "Ask networks how they respond to a factor that is set by hand: a curve; two factors: a map; none: a sensitivity profile. "
        "What is answered already is read from the store.",
    )  # fmt: skip
    made.add_argument("system", help="which system (python -m engine list systems)")
    made.add_argument("--factor", action="append", default=[], help="set this factor (twice: a map of two); without it every factor, a profile")
    made.add_argument("--networks", nargs="+", required=True, metavar="NETWORK", help="which networks (python -m engine list networks)")
    made.add_argument("--do", default="", metavar="ACTS", help='the base world, such as "do(paper=black); cut(class->ink)"')
    made.add_argument("--given", default="", metavar="CONDITIONS", help='only units that are so in the base world: "given(class=3|8)"')
    made.add_argument("--parameter", action="append", default=[], metavar="NAME=NUMBER", help="such as strength=0.5 (may be repeated)")
    made.add_argument("--n", type=int, default=500, help="units, the same at every value")
    made.add_argument("--steps", type=int, help="values of a continuous factor: 21 for a curve, 9 for a map, 11 for a profile")
    made.add_argument("--seed", type=int, default=0, help="names the units: the same seed draws the same ones")
    made.add_argument("--metric", action="append", default=[], choices=tuple(views.TITLES), help="only this metric (may be repeated)")
    made.add_argument("--margin", type=float, default=profile.MARGIN, help="loss of accuracy that is small enough to ignore, as a share")
    made.add_argument("--fresh", action="store_true", help="evaluate anew even what the store has")
    made.add_argument("--finding", action="store_true", help="print what is found as a sentence instead of the rows")


def _respond(asked: argparse.Namespace, show: Callable, answer: Callable[[argparse.Namespace, InterventionsSpec, Plan], str]) -> None:
    spec = _question(asked)
    planned = asking.plan(spec)
    run = None
    known = views.known(spec, planned)
    if spec.fresh or not known.whole:
        run = answer(asked, spec, planned)
        known = views.known(spec, planned, run)
    if asked.finding:
        show(asked, pd.DataFrame([{"finding": _said(spec, known.rows, asked.margin)}]))
    elif spec.ask == "profile" and not asked.metric:
        told = profile.profile(known.rows, asked.margin)
        show(asked, told if asked.json else told[BRIEF_PROFILE])
    else:
        found = known.rows[known.rows["metric"].isin(asked.metric or list(views.TITLES))]
        show(asked, found if asked.json else _short(found))


def _question(asked: argparse.Namespace) -> InterventionsSpec:
    ask = {0: "profile", 1: "curve"}.get(len(asked.factor), "map")
    try:
        parameters = {name: float(number) for name, _, number in (one.partition("=") for one in asked.parameter)}
    except ValueError as problem:
        raise errors.UserError(f"A parameter cannot be read: {problem}.", "Write --parameter strength=0.5.") from problem
    told = {
        "ask": ask, "system": asked.system, "parameters": parameters, "interventions": asked.do, "conditions": asked.given,
        "networks": asked.networks, "factors": asked.factor, "units": asked.n, "steps": asked.steps, "seed": asked.seed, "fresh": asked.fresh,
    }  # fmt: skip
    return InterventionsSpec.of(told)


def _short(found: pd.DataFrame) -> pd.DataFrame:
    """Return what a terminal has room for: columns that say nothing are left out."""
    return found[[name for name in BRIEF if found[name].notna().any() and (found[name] != "").any()]]


def _said(spec: InterventionsSpec, found: pd.DataFrame, margin: float) -> str:
    """Return the finding without its marks."""
    if spec.ask == "profile":
        said = findings.of_profile(profile.profile(found, margin), margin)
    elif spec.ask == "map":
        said = findings.of_map(found, (spec.factors[0], spec.factors[1]))
    else:
        said = findings.of_curve(found, spec.factors[0], margin)
    return said.replace("**", "")
