"""`import KIND PATH` for result tables on the command line, by the same functions as the page."""

import argparse
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import control, errors, registry, safety
from engine.importers import _tabulated
from engine.importers._audit import CODES
from engine.importers._mapping import Asked

if TYPE_CHECKING:
    from engine.importers._collected import Collected

Tell = Callable[[argparse.Namespace, dict], None]
SHOWN_SCORES = 6
SHOWN_ROWS = 1000


def add(group: Any, command: Callable, tell: Tell) -> None:
    """Add a command for each kind of result table, one that lists the imported tables, and one that takes one away.

    Args:
        group: the subparsers of `import`.
        command: makes one command: (subparsers, name, what it does, text) -> parser.
        tell: prints facts as text or JSON.
    """
    for kind, title in _tabulated.KINDS.items():
        needs = registry.card(_tabulated.ROOM, kind).constants["NEEDS"]
        text = f"Import results of networks: {title}. PATH: {needs}."
        _arguments(command(group, kind, _runner(kind, tell), text), kind)
    command(group, "tables", lambda a: tell(a, _listed()), "List the imported tables.")
    remove = command(group, "remove", lambda a: tell(a, _removed(a)), "Take an imported table out of every answer; its files stay.")
    remove.add_argument("name", help="the table's name")


def _runner(kind: str, tell: Tell) -> Callable[[argparse.Namespace], None]:
    return lambda arguments: tell(arguments, _import(kind, arguments))


def _arguments(parser: argparse.ArgumentParser, kind: str) -> None:
    parser.add_argument("path", type=Path, nargs="+", metavar="PATH", help="a file, a folder or a .zip (several files: all are read together)")
    parser.add_argument("--name", help="how the collection is to be called (the file's name)")
    parser.add_argument("--id-column", metavar="SET", help="the in-distribution set: a column of scores, or a set of the table")
    parser.add_argument(
        "--fix",
        action="append",
        default=[],
        metavar="FINDING=ACTION",
        help=f"what to do about a finding of the audit (may be repeated): {', '.join(CODES)}",
    )
    parser.add_argument("--licence", default="", help="its terms")
    parser.add_argument("--citation", default="", help="whom to cite")
    parser.add_argument("--preview", action="store_true", help="only show how it would be understood, and the audit")
    if kind == "domainbed":
        parser.add_argument(
            "--steps", choices=("last", "all"), default="last", help="the last step of each run, or each step as a network of its own"
        )
    if kind in _tabulated.ASKS:
        _column_arguments(parser)


def _column_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model-column", metavar="COLUMN", help="names the networks (guessed)")
    parser.add_argument("--key", action="append", default=[], metavar="A,B", help="columns that name a network together")
    parser.add_argument("--unit", choices=("percent", "fraction", "auto"), default="auto", help="of the scores (auto)")
    parser.add_argument(
        "--column-unit", action="append", default=[], metavar="COLUMN=UNIT", help="of one column: percent, fraction, or raw for what is no share"
    )
    parser.add_argument(
        "--metric", action="append", default=[], metavar="[COLUMN=]NAME", help="what the scores are (accuracy), for all or one column"
    )
    parser.add_argument("--scores", action="append", default=[], metavar="A,B", help="the columns of scores (guessed)")
    parser.add_argument(
        "--keep-attributes", action="append", default=[], metavar="A,B", help="columns kept as attributes of the networks (all that are no scores)"
    )
    parser.add_argument("--dataset-column", metavar="COLUMN", help="long tables: names the set")
    parser.add_argument("--metric-column", metavar="COLUMN", help="long tables: names the metric")
    parser.add_argument("--value-column", metavar="COLUMN", help="long tables: holds the number")
    parser.add_argument("--split-column", metavar="COLUMN", help="long tables: names the split")
    parser.add_argument(
        "--plus-minus",
        choices=("interval", "stderr", "none"),
        default="interval",
        help="what stands behind ±: half a 95 %% interval, a standard error, or leave it out",
    )


def _import(kind: str, arguments: argparse.Namespace) -> dict:
    """Read a table, and unless only a preview was asked for, store it."""
    from engine.importers import _storing
    from engine.importers._collected import collect, name_of

    with tempfile.TemporaryDirectory(prefix="touchstone-tables-") as aside:
        path = _together(arguments.path, Path(aside))
        options = {"steps": arguments.steps} if kind == "domainbed" else {}
        draft = _tabulated.read(kind, path, _asked(arguments, kind), **options)
    found = collect(draft, _pairs(arguments.fix, "--fix", "FINDING=ACTION"))
    name = name_of(arguments.name or arguments.path[0].resolve().stem)
    facts = {"name": name, "kind": kind, **told(found, arguments)}
    if arguments.preview:
        return {**facts, "stored": False}
    stored = _storing.keep(found, name, licence=arguments.licence, citation=arguments.citation)
    more: dict[str, Any] = {"run": stored.run, "stored": True}
    if stored.superseded:
        more |= {"superseded": list(stored.superseded), "same_as_before": stored.same_as_before}
    return {**more, **facts}


def _together(paths: Sequence[Path], aside: Path) -> Path:
    """Return one path for all that was named: several files are put into one folder."""
    if len(paths) == 1:
        return paths[0]
    for path in paths:
        if not path.is_file():
            raise errors.UserError(f"{safety.shown(str(path))} is no file.", "Name one folder, or several files.")
        if (aside / path.name).exists():
            raise errors.UserError(f"Two of the files are called {safety.shown(path.name)}.", "Name the folder that holds them.")
        shutil.copyfile(path, aside / path.name)
    return aside


def _asked(arguments: argparse.Namespace, kind: str) -> Asked:
    if kind not in _tabulated.ASKS:
        return Asked(id_column=arguments.id_column)
    named = [word for word in arguments.metric if "=" in word]
    general = [word for word in arguments.metric if "=" not in word]
    units = _pairs(arguments.column_unit, "--column-unit", "COLUMN=UNIT")
    if strange := [unit for unit in units.values() if unit not in {"percent", "fraction", "raw"}]:
        raise errors.unknown("unit", strange[0], ("percent", "fraction", "raw"))
    key = _list(arguments.key)
    if key and arguments.model_column and arguments.model_column not in key:
        key = (arguments.model_column, *key)
    return Asked(
        model=arguments.model_column, key=key, unit=arguments.unit, metric=general[-1] if general else "accuracy", scores=_list(arguments.scores),
        attributes=_list(arguments.keep_attributes) or None, id_column=arguments.id_column, dataset=arguments.dataset_column,
        metric_column=arguments.metric_column, value=arguments.value_column, split=arguments.split_column, units=units,
        metrics=_pairs(named, "--metric", "COLUMN=NAME"), plus_minus=arguments.plus_minus,
    )  # fmt: skip


def _list(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(part.strip() for word in words for part in word.split(",") if part.strip())


def _pairs(words: Sequence[str], flag: str, form: str) -> dict[str, str]:
    found = {}
    for word in words:
        name, sign, value = word.rpartition("=")
        if not sign or not name or not value:
            raise errors.UserError(f"“{safety.shown(word)}” says nothing to {flag}.", f"Write {flag} {form}.")
        found[name] = value
    return found


def told(found: "Collected", arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what a table becomes: counts, mapping, notes, findings, and the first scores, for JSON or for people."""
    layout = found.draft.layout
    facts: dict[str, Any] = {
        "networks": len(found.networks), "scores": found.scores, "sets": list(found.sets), "metrics": list(found.metrics),
        "rows": len(found.draft.frame), "rows_left_out": len({row for row, _ in found.left_out}), "key": list(layout.keys),
        "id_set": layout.trained_on, "attributes": list(found.parsed.attributes.columns),
    }  # fmt: skip
    mapping, first = found.mapping(), found.head(SHOWN_SCORES)
    if arguments.json:
        findings = [
            {"finding": i.code, "sentence": i.sentence, "rows": list(i.rows[:SHOWN_ROWS]), "rows_found": len(i.rows), "actions": dict(i.actions),
             "action": i.action, "default": i.default}
            for i in found.issues
        ]  # fmt: skip
        return {**facts, "mapping": mapping.to_dict("records"), "notes": list(found.notes), "findings": findings}
    facts |= {name: safety.few(value, 12) for name, value in facts.items() if isinstance(value, list)}
    lines = [f"{r['column']} -> {r['set']} ({r['split']}, {r['metric']}, written in {r['written in']})" for r in mapping.head(12).to_dict("records")]
    lines += [f"and {len(mapping) - 12} more"] if len(mapping) > 12 else []
    findings = [f"{i.code}: {i.sentence} {i.fix} (--fix {i.code}={'|'.join(i.actions)})" for i in found.issues]
    shown = first.to_string(index=False).splitlines() if arguments.preview and len(first) else []
    return {
        **facts,
        "mapping": _lines(lines),
        "notes": _lines(found.notes),
        "audit": _lines(findings) or "nothing found",
        "first scores": _lines(shown),
    }


def _lines(sentences: Sequence[str]) -> str:
    return "".join(f"\n  {sentence}" for sentence in sentences)


def _listed() -> dict:
    """Return the imported tables by name."""
    from engine.importers import _storing

    return {one.name: {"kind": one.kind, "files": list(one.files[:5]), "run": one.run, "rows_left_out": one.rows_left_out, "licence": one.licence,
                       "citation": one.citation} for one in _storing.brought()}  # fmt: skip


def _removed(arguments: argparse.Namespace) -> dict:
    from engine.importers import _storing

    _storing.remove(arguments.name)
    control.audit("remove table", arguments.name)
    return {"removed": arguments.name}
