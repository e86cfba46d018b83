"""The command `sweep`: trains the grid, goes on where it stopped, says how far it is and what was found."""

import argparse
import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from engine import errors, executors
from engine.sweep.spec import ARCHITECTURES, DOMAINS, PREFIX, SEEDS, SweepSpec, check, trunk_file


def add(commands: Any, command: Callable, show: Callable, tell: Callable) -> None:
    """Add `sweep` to the command line."""
    made = command(commands, PREFIX, lambda arguments: main(arguments, show, tell), "Train the grid of small networks, or go on with it.")
    made.add_argument("--architecture", action="append", metavar="NAME", help=f"only this (may be repeated): {', '.join(ARCHITECTURES)}")
    made.add_argument("--domain", action="append", metavar="NAME", help=f"only networks trained on this: {', '.join(DOMAINS)}")
    made.add_argument("--seed", action="append", type=int, metavar="N", help=f"only this seed; {' and '.join(map(str, SEEDS))} unless given")
    made.add_argument("--home", type=Path, help="folder for what is under way and for pictures, instead of TOUCHSTONE_HOME")
    made.add_argument("--into", type=Path, help="root of the store that gets finished shards (data/sample ships); the results made here unless given")
    made.add_argument("--jobs", type=int, default=1, help="networks at a time, each in a process of its own")
    made.add_argument("--scheduler", default="", metavar="ADDRESS", help="train on the Dask scheduler at this address, such as tcp://10.0.0.5:8786")
    made.add_argument("--spec", type=Path, metavar="FILE", help="a question in JSON, such as a shard's run keeps, instead of the whole grid")
    made.add_argument("--status", action="store_true", help="only say how far each shard is")
    made.add_argument(
        "--findings", action="store_true", help="say which findings of the paper hold among the networks trained so far, and by which rule"
    )
    made.add_argument("--write", type=Path, metavar="FILE", help="write the findings of what ships into FILE, such as README.md, between its marks")
    made.add_argument("--letters", action="store_true", help="learn letters anew for the trunks that are missing, and nothing else")


def main(arguments: argparse.Namespace, show: Callable, tell: Callable) -> None:
    """Do what was asked; raises UserError for names that are not known."""
    question = asked(arguments)
    with _home(arguments.home):
        if arguments.write:
            tell(arguments, {"written": str(_write(arguments.write))})
        elif arguments.findings:
            _tell_findings(arguments, show)
        elif arguments.letters:
            _say(_letters(question), arguments)
        elif arguments.status:
            show(arguments, how_far(question, arguments.into))
        else:
            _say(_make(question, arguments), arguments)
            facts = how_far(question, arguments.into)
            tell(arguments, {"networks": int(facts["done"].sum()), "of": int(facts["networks"].sum()), "shards": len(facts)})


def _tell_findings(arguments: argparse.Namespace, show: Callable) -> None:
    from engine.sweep import findings, told

    if arguments.json:
        show(arguments, pd.DataFrame([{**asdict(one), "measured": one.measured} for one in findings.all_of()]))
    else:
        _say(iter(told.lines()), arguments)


def _write(file: Path) -> Path:
    """Write the findings into a document; only what ships counts, whatever was made on this machine."""
    from engine.sweep import told

    with tempfile.TemporaryDirectory() as nothing, _home(Path(nothing)):
        file.write_text(told.written(file.read_text()))
    return file


def asked(arguments: argparse.Namespace) -> SweepSpec:
    """Return the question that the options mean.

    Raises:
        UserError: for a name that is not known, one that is given twice, or a number of processes below one.
    """
    if arguments.jobs < 1:
        raise errors.UserError(f"{arguments.jobs} networks at a time make none.", "Give --jobs 1 or more.")
    chosen = {"architectures": arguments.architecture, "domains": arguments.domain, "seeds": arguments.seed}
    said = {name: tuple(dict.fromkeys(values)) for name, values in chosen.items() if values}
    question = SweepSpec(**{**_read(arguments.spec), **said})  # type: ignore[arg-type]
    check(question)
    return question


def _read(file: Path | None) -> dict[str, Any]:
    """Return the fields of a question in a file; none where there is no file."""
    if file is None:
        return {}
    try:
        return SweepSpec.read(file.read_text()).model_dump()
    except (OSError, UnicodeDecodeError) as problem:
        raise errors.UserError(f"{file} cannot be read: {problem}.") from problem


def how_far(question: SweepSpec, into: Path | None = None) -> pd.DataFrame:
    """Return one row a shard: its networks, how many are done, whether it is finished."""
    from engine.sweep import shards

    found = shards.status(question, into=into)
    return pd.DataFrame([{"shard": one.shard.run, "networks": one.total, "done": one.done, "finished": one.finished} for one in found])


def _make(question: SweepSpec, arguments: argparse.Namespace) -> Iterator[str]:
    from engine.sweep import shards

    yield from shards.make(question, _where(arguments), into=arguments.into)


def _where(arguments: argparse.Namespace) -> executors.Where:
    if arguments.scheduler:
        return executors.Where(kind="dask", address=arguments.scheduler)
    return executors.Where() if arguments.jobs == 1 else executors.Where(kind="pool", workers=arguments.jobs)


def _letters(question: SweepSpec) -> Iterator[str]:
    from engine.sweep import fitting

    for name in question.architectures:
        if ARCHITECTURES[name].letters and not trunk_file(name).is_file():
            *_, last = fitting.learn_letters(name)
            yield f"{name}: letters with validation accuracy {last.accuracy:.3f}"


def _say(lines: Iterator[str], arguments: argparse.Namespace) -> None:
    """Print each line as it comes; to standard error where standard output is for JSON."""
    for line in lines:
        out = sys.stderr if arguments.json else sys.stdout
        out.write(f"{line}\n")
        out.flush()


@contextlib.contextmanager
def _home(folder: Path | None) -> Iterator[None]:
    """Work under another home while this lasts."""
    before = os.environ.get("TOUCHSTONE_HOME")
    if folder:
        os.environ["TOUCHSTONE_HOME"] = str(folder)
    try:
        yield
    finally:
        os.environ.pop("TOUCHSTONE_HOME", None)
        if before is not None:
            os.environ["TOUCHSTONE_HOME"] = before
