"""Measure speed on this machine and print it as a table: `make bench`, or `python -m tests.bench [GROUP …] [--json]`."""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from tests.bench import budget
from tests.bench.timing import Result, table


def main() -> int:
    """Run the chosen groups; returns 1 where a promise does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("groups", nargs="*", choices=[[], *GROUPS], help=f"which of {', '.join(GROUPS)}; all by default")
    parser.add_argument("--device", default="auto", help="where the networks run: auto, cpu, cuda, mps")
    parser.add_argument("--rows", type=float, nargs="+", default=[1e6, 1e7], help="sizes of the stores")
    parser.add_argument("--rounds", type=int, default=5, help="turns of the assay and the bare loop")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--keep", action="store_true", help="keep what is measured for the budget page, in tests/bench/measured.json")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the budget page into FILE, such as README.md, and measure nothing")
    arguments = parser.parse_args()
    if arguments.write:
        arguments.write.write_text(budget.written(arguments.write.read_text()))
        return 0
    found: list[Result] = []
    load = os.getloadavg()[0]
    for group in arguments.groups or GROUPS:
        for result in GROUPS[group](arguments):
            found.append(result)
            sys.stderr.write(f"{result.group}: {result.name}: {result.value:.4g} {result.unit}\n")
    if arguments.keep:
        budget.keep(found, load)
    if arguments.json:
        print(json.dumps([{**asdict(r), "holds": r.holds} for r in found], indent=1))
    else:
        print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        print(table(found))
    return int(any(r.holds is False for r in found))


def _assay(arguments: argparse.Namespace) -> Iterator[Result]:
    from tests.bench import of_assay

    return of_assay.run(arguments.device, arguments.rounds)


def _store(arguments: argparse.Namespace) -> Iterator[Result]:
    from tests.bench import of_store

    return of_store.run(tuple(int(rows) for rows in arguments.rows))


def _scale(_: argparse.Namespace) -> Iterator[Result]:
    from tests.bench import of_scale

    return of_scale.run()


def _clouds(_: argparse.Namespace) -> Iterator[Result]:
    from tests.bench import of_clouds

    return of_clouds.run()


def _pages(_: argparse.Namespace) -> Iterator[Result]:
    from tests.bench import of_pages

    return of_pages.run()


def _changes(_: argparse.Namespace) -> Iterator[Result]:
    from tests.bench import of_changes

    return of_changes.run()


def _users(_: argparse.Namespace) -> Iterator[Result]:
    from tests.bench import of_users

    return of_users.run()


def _browsers(_: argparse.Namespace) -> Iterator[Result]:
    from tests.bench import of_browsers

    return of_browsers.run()


def _systems(_: argparse.Namespace) -> Iterator[Result]:
    from tests.bench import of_systems

    return of_systems.run()


def _responses(_: argparse.Namespace) -> Iterator[Result]:
    from tests.bench import of_responses

    return of_responses.run()


def _choosing(_: argparse.Namespace) -> Iterator[Result]:
    from tests.bench import of_choice

    return of_choice.run()


def _heads(_: argparse.Namespace) -> Iterator[Result]:
    from tests.bench import of_heads

    return of_heads.run()


def _circuits(_: argparse.Namespace) -> Iterator[Result]:
    from tests.bench import of_circuits

    return of_circuits.run()


def _stepper(_: argparse.Namespace) -> Iterator[Result]:
    from tests.bench import of_stepper

    return of_stepper.run()


def _amodal(_: argparse.Namespace) -> Iterator[Result]:
    from tests.bench import of_amodal

    return of_amodal.run()


def _evidence(_: argparse.Namespace) -> Iterator[Result]:
    from tests.bench import of_evidence

    return of_evidence.run()


GROUPS: dict[str, Callable[[argparse.Namespace], Iterator[Result]]] = {
    "assay": _assay,
    "store": _store,
    "scale": _scale,
    "choosing": _choosing,
    "clouds": _clouds,
    "pages": _pages,
    "changes": _changes,
    "users": _users,
    "browsers": _browsers,
    "systems": _systems,
    "responses": _responses,
    "heads": _heads,
    "circuits": _circuits,
    "stepper": _stepper,
    "amodal": _amodal,
    "evidence": _evidence,
}

if __name__ == "__main__":
    sys.exit(main())
