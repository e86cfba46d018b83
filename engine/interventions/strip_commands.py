"""Single units on the command line: one unit along a factor, and counterfactual pairs. Networks run in this process; no warm one is needed."""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from engine import errors, systems
from engine.interventions import alike, asking, changes, settings, spec, strips

FIRST_NETWORKS = 3


def add(commands: Any, command: Callable, show: Callable, tell: Callable) -> None:
    """Add `strip` and `counterfactual` to the command line."""
    strip = command(commands, "strip", lambda asked: _strip(asked, show, tell), "Show how networks answer one unit at each value of a factor.")
    _world(strip)
    strip.add_argument("--unit", type=int, default=0, help="the unit's number")
    strip.add_argument("--points", type=int, default=asking.POINTS, help="values of a factor that is a number")
    pairs = command(
        commands,
        "counterfactual",
        lambda asked: _counterfactual(asked, show, tell),
        "Change one factor of the same units and count the answers that flip.",
    )
    _world(pairs)
    pairs.add_argument("--from", dest="before", default="", metavar="VALUE", help="its value before; left out, as each unit has it")
    pairs.add_argument("--to", dest="after", required=True, metavar="VALUE", help="its value after")
    pairs.add_argument("--given", default="", metavar="CONDITIONS", help='only units that happen to be so before: "given(class=3|8)"')
    pairs.add_argument("--n", type=int, default=400, help="how many units")
    pairs.add_argument("--flips", action="store_true", help="one row a unit and network whose answer flips, instead of counts")


def _world(made: argparse.ArgumentParser) -> None:
    made.add_argument("system", help="which system (python -m engine list systems)")
    made.add_argument("--factor", required=True, help="the factor that is set")
    made.add_argument("--networks", nargs="+", metavar="NETWORK", help="the networks to ask; by default the first few that know the classes")
    made.add_argument("--do", default="", metavar="ACTS", help='what is done besides, such as "do(paper=black); cut(class->ink)"')
    made.add_argument("--parameter", action="append", default=[], metavar="NAME=NUMBER", help="such as strength=0.5 (may be repeated)")
    made.add_argument("--seed", type=int, default=0, help="names the units")
    made.add_argument("--split", default="test", choices=("train", "val", "test"), help="side of the digit sets that glyphs are from")
    made.add_argument("--out", type=Path, metavar="FILE.png", help="write the pictures there, side by side")


def _asked(given: argparse.Namespace, kind: str, more: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the question that the arguments ask."""
    try:
        parameters = {name: float(number) for name, _, number in (one.partition("=") for one in given.parameter)}
    except ValueError as problem:
        raise errors.UserError(f"A parameter cannot be read: {problem}.", "Write --parameter strength=0.5.") from problem
    chosen = given.networks or spec.fitting(systems.load(given.system, **parameters))[:FIRST_NETWORKS]
    return {
        "kind": kind, "system": given.system, "with": parameters, "do": given.do, "seed": given.seed, "networks": list(chosen), "split": given.split,
        "factor": given.factor, **more,
    }  # fmt: skip


def _said(question: Mapping[str, Any]) -> dict[str, Any]:
    from engine.interventions import answer
    from engine.models import warm

    return answer.answer(question, {}, warm.Cache())[0]


def _strip(given: argparse.Namespace, show: Callable, tell: Callable) -> None:
    asked = asking.read(_asked(given, "path", {"unit": given.unit, "points": given.points}))
    assert isinstance(asked, asking.Path)
    said = _said(asked.said())
    levels = settings.levels(asked.loaded(), asked.factor, asked.points)
    found = strips.rows(said, levels)
    show(given, found if given.json else strips.runs(found))
    if not given.json:
        tell(given, {"found": _plain(strips.finding(asked.loaded(), asked.factor, asked.unit, said, levels))})
    if given.out:
        _write(given.out, alike.along(asked).pictures[1:])


def _counterfactual(given: argparse.Namespace, show: Callable, tell: Callable) -> None:
    more = {"from": given.before, "to": given.after, "given": given.given, "n": given.n}
    asked = asking.read(_asked(given, "change", more))
    assert isinstance(asked, asking.Change)
    said = _said(asked.said())
    found = changes.rows(said)
    show(given, changes.flips(said) if given.flips else found)
    if not given.json:
        tell(given, {"found": _plain(changes.finding(asked, found))})
    if given.out:
        pictures = alike.changed(asked)
        _write(given.out, np.concatenate([pictures.pictures_before, pictures.pictures_after]), len(pictures.before))


def _plain(finding: str) -> str:
    return finding.replace("**", "")


def _write(file: Path, pictures: np.ndarray, columns: int | None = None) -> None:
    sheet = systems.sheet(pictures, columns or len(pictures))
    try:
        Image.fromarray(sheet if sheet.shape[2] == 3 else sheet[:, :, 0]).save(file)
    except (OSError, ValueError) as problem:
        raise errors.UserError(f"{file} cannot be written: {problem}.", "Choose another file that ends in .png.") from problem
