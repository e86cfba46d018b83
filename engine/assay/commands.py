"""The assay's views on the command line: the numbers are the page's numbers, because both call the same view."""

import argparse
from collections.abc import Callable
from typing import Any

import pandas as pd

from engine.assay import views


def add(commands: Any, command: Callable, show: Callable) -> None:
    """Add `assay VIEW` to the command line."""
    group = commands.add_parser("assay", help="The assay's views as tables.").add_subparsers(required=True, metavar="VIEW")

    def one(name: str, run: Callable[[argparse.Namespace], pd.DataFrame], text: str, *options: tuple[str, dict]) -> None:
        made = command(group, name, lambda arguments: show(arguments, run(arguments)), text)
        for flag, how in options:
            made.add_argument(flag, **how)

    metric = ("--metric", {"default": "accuracy", "help": "which metric"})
    network = ("--network", {"required": True, "help": "which network"})
    a_set = ("--set", {"required": True, "type": views.Set.read, "help": "DATASET, DATASET/SPLIT or DATASET@SHIFT:STRENGTH"})
    one("sets", lambda a: views.known(), "Every scored set.")
    one("falls", lambda a: views.falls(), "Accuracy here and there, for each ID/OOD pair.")
    one(
        "points", lambda a: views.points(a.x, a.y, a.metric, trained_on=a.trained_on), "One row a network: its number on two sets.",
        ("--x", {"required": True, "type": views.Set.read, "help": "the set on x"}),
        ("--y", {"required": True, "type": views.Set.read, "help": "the set on y"}),
        metric, ("--trained-on", {"help": "only networks trained on this set"}),
    )  # fmt: skip
    one(
        "scores", lambda a: views.scores(a.network or (), a.set or (), a.metric or (), slices=a.slices), "Score rows.",
        ("--network", {"action": "append", "help": "only this network (may be repeated)"}),
        ("--set", {"action": "append", "type": views.Set.read, "help": "only this set (may be repeated)"}),
        ("--metric", {"action": "append", "help": "only this metric (may be repeated)"}),
        ("--slices", {"action": "store_true", "help": "classes and groups too"}),
    )  # fmt: skip
    one(
        "strengths", lambda a: views.strengths(a.dataset, [a.metric], [a.shift] if a.shift else []), "Scores against shift strength.",
        ("--dataset", {"required": True, "help": "the shifted set"}), ("--shift", {"help": "only this shift"}), metric,
    )  # fmt: skip
    one("reliability", lambda a: views.reliability(a.network, a.set), "The reliability diagram of a network on a set.", network, a_set)
    one("confusion", lambda a: views.confusion(a.network, a.set), "True against predicted classes.", network, a_set)
    one(
        "flips", lambda a: views.flips(a.network, a.set, a.there), "Examples with a network's answers on two versions of a set.",
        network, a_set, ("--there", {"required": True, "type": views.Set.read, "help": "the other version"}),
    )  # fmt: skip
