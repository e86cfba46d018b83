"""`space` on the command line: what lies on the disk, and how it is given back."""

import argparse
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from engine import errors, safety, space, store
from engine.space import brought, cached, reports


def add(commands: Any, command: Callable, show: Callable, tell: Callable) -> None:
    """Add `space`."""
    made = command(commands, "space", lambda a: _PARTS[a.part](a, show, tell), "What lies on the disk, and how it is given back.")
    made.add_argument(
        "part", nargs="?", default="used", choices=list(_PARTS),
        help="used; runs: those that are archived; archive, restore, erase RUN; brought; remove KIND NAME; reports; remove-report; empty-cache; tidy",
    )  # fmt: skip
    made.add_argument("names", nargs="*", help="a run; a kind (network, dataset, table, clip, masks) and a name; a report")


def _used(a: argparse.Namespace, show: Callable, tell: Callable) -> None:
    found = pd.DataFrame([asdict(one) for one in space.used()])
    free, total = space.free()
    if a.json:
        tell(a, {"used": found.to_dict("records"), "free": free, "disk": total})
        return
    limits = [safety.size(limit) if limit == limit and limit is not None else "" for limit in found["limit"]]
    show(a, found[["what", "files"]].assign(size=found["bytes"].map(safety.size), limit=limits))
    tell(a, {"free": f"{safety.size(free)} of {safety.size(total)}"})


def _runs(a: argparse.Namespace, show: Callable, _tell: Callable) -> None:
    show(a, pd.DataFrame([asdict(one) for one in store.archived()]))


def _archive(a: argparse.Namespace, _show: Callable, tell: Callable) -> None:
    space.archive(_one(a))
    tell(a, {"archived": _one(a)})


def _restore(a: argparse.Namespace, _show: Callable, tell: Callable) -> None:
    space.restore(_one(a))
    tell(a, {"restored": _one(a)})


def _erase(a: argparse.Namespace, _show: Callable, tell: Callable) -> None:
    tell(a, {"deleted": _one(a), "bytes": space.erase(_one(a))})


def _brought(a: argparse.Namespace, show: Callable, _tell: Callable) -> None:
    rows = [{**asdict(one), "changed": datetime.fromtimestamp(one.changed, UTC)} for one in brought.listed()]
    show(a, pd.DataFrame(rows, columns=["kind", "name", "bytes", "changed"]))


def _remove(a: argparse.Namespace, _show: Callable, tell: Callable) -> None:
    if len(a.names) != 2:
        raise errors.UserError("Name a kind and a name.", f"Such as: space remove network mine. Kinds: {', '.join(brought.KINDS)}.")
    kind, name = a.names
    said = brought.consequence(kind, name)
    brought.remove(kind, name)
    tell(a, {"deleted": f"{kind} {name}", "so": said})


def _reports(a: argparse.Namespace, show: Callable, _tell: Callable) -> None:
    show(a, pd.DataFrame([{"report": file.stem, "bytes": file.stat().st_size} for file in reports.kept()], columns=["report", "bytes"]))


def _remove_report(a: argparse.Namespace, _show: Callable, tell: Callable) -> None:
    reports.remove(_one(a))
    tell(a, {"deleted": _one(a)})


def _empty_cache(a: argparse.Namespace, _show: Callable, tell: Callable) -> None:
    tell(a, {"removed": safety.size(cached.empty())})


def _tidy(a: argparse.Namespace, _show: Callable, tell: Callable) -> None:
    removed = space.tidy()
    tell(a, {"removed": len(removed), "names": safety.few(removed) if removed and not a.json else removed or None})


def _one(a: argparse.Namespace) -> str:
    if len(a.names) != 1:
        raise errors.UserError("Name one run, or one report.", "List them: python -m engine runs, space runs, space reports.")
    return a.names[0]


_PARTS: dict[str, Callable[[argparse.Namespace, Callable, Callable], None]] = {
    "used": _used, "runs": _runs, "archive": _archive, "restore": _restore, "erase": _erase, "brought": _brought, "remove": _remove,
    "reports": _reports, "remove-report": _remove_report, "empty-cache": _empty_cache, "tidy": _tidy,
}  # fmt: skip
