"""The command line: everything the dashboard shows can be had without it, as text or as JSON."""

import argparse
import importlib
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported: more threads on busy cores are many times slower
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pandas as pd

from engine import control, errors, executors, networks, registry, store

# what a terminal has room for; `--json` tells everything
BRIEF = ("name", "title", "architecture", "trained_on", "parameters", "task", "classes", "missing", "family")


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status (0 done, 1 told the person what to put right, 130 interrupted)."""
    arguments = _parser().parse_args(words)
    try:
        return int(arguments.command(arguments) or 0)
    except errors.UserError as problem:
        if getattr(arguments, "json", False):
            print(json.dumps({"error": problem.message, "hint": problem.hint}, ensure_ascii=False))
        else:
            print(problem.message, problem.hint, sep="\n", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; what was stored is kept", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m engine", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for add in (
        _add_run,
        _add_jobs,
        _add_list,
        _add_claims,
        _add_query,
        _add_import,
        _add_train,
        _add_sweep,
        _add_assay,
        _add_intervene,
        _add_circuits,
        _add_scaling,
        _add_wiring,
        _add_lowshot,
        _add_remedies,
        _add_heads,
        _add_amodal,
        _add_evidence,
        _add_space,
        _add_upkeep,
    ):
        add(commands)
    return parser


def _command(commands: Any, name: str, run: Callable, text: str) -> argparse.ArgumentParser:
    made = commands.add_parser(name, help=text, description=text)
    made.set_defaults(command=run)
    made.add_argument("--json", action="store_true", help="print JSON instead of text")
    return made


def _add_run(commands: Any) -> None:
    run = _command(commands, "run", _run, "Answer the question in a JSON file, with a progress bar.")
    run.add_argument("spec", type=Path, help="a JSON file with a `study` field, or - for standard input")
    run.add_argument("--detach", action="store_true", help="leave it to a background worker and return at once")
    run.add_argument("--plan", action="store_true", help="only say what it would cost")
    _add_where(run)
    work = _command(commands, "work", _work, "Answer queued questions until none has come for a while.")
    work.add_argument("--idle", type=float, default=20.0, help="seconds without work after which the worker leaves")


def _run(arguments: argparse.Namespace) -> int:
    from engine import api, worker

    text = sys.stdin.read() if str(arguments.spec) == "-" else _read(arguments.spec)
    where = _where(arguments)
    question, _ = worker.study_of(api.study(text))
    asking = importlib.import_module(question.__module__)
    spec = question.read(text)
    planned = asking.plan(spec)
    cost = asking.cost(spec, planned)
    if arguments.plan:
        _tell(arguments, {"cells": cost.cells, "reused": cost.reused, "images": cost.images, "seconds": cost.seconds, "notes": planned.notes})
        return 0
    _check_where(spec.study, where)
    job_id = control.submit(spec, asking.title(spec), total=planned.cells, images_total=planned.images, executor=where.text())
    if arguments.detach:
        control.workers.ensure()
        _tell(arguments, {"run": job_id, "state": "queued"})
        return 0
    now = _answered(job_id, quiet=arguments.json)
    scores = len(store.part_of(job_id, "scores", ["metric"]))
    _tell(arguments, {"run": job_id, "state": now.state, "cells": now.done, "images": now.images, "scores": scores, "error": now.error})
    return 0 if now.state == "done" else 1


def _check_where(study: str, where: executors.Where) -> None:
    """Raise UserError where a study does not run there."""
    executors.check(where)
    if where.kind != executors.IN_PROCESS and importlib.util.find_spec(f"engine.{study}.distributed") is None:
        raise errors.UserError(f"The study {study} runs in one process only.", "Leave out --executor, --workers and --scheduler.")


def _answered(job_id: str, *, quiet: bool) -> control.Job:
    """Answer a queued question here, with a progress bar; returns the job as it ended."""
    from engine import api

    bar = _Bar(control.job(job_id).total, quiet=quiet or not sys.stderr.isatty())
    job = api.answered(job_id, bar)
    bar.end()
    return job


def _add_where(made: argparse.ArgumentParser) -> None:
    made.add_argument("--executor", help="where its cells run: in_process (by default), pool (processes of this machine) or dask")
    made.add_argument("--workers", type=int, help="processes of the pool; by default one a core")
    made.add_argument("--scheduler", default="", metavar="ADDRESS", help="run on the Dask scheduler at this address, such as tcp://10.0.0.5:8786")
    made.add_argument("--gpu", action="store_true", help="only on Dask workers that were started with --resources GPU=1")


def _where(arguments: argparse.Namespace) -> executors.Where:
    """Return where to run: a scheduler means Dask, a number of workers a pool, unless the executor is named."""
    kind = arguments.executor or ("dask" if arguments.scheduler else "pool" if arguments.workers else executors.IN_PROCESS)
    return executors.Where.read(json.dumps({"kind": kind, "workers": arguments.workers, "address": arguments.scheduler, "gpu": arguments.gpu}))


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as problem:
        raise errors.UserError(f"{path} cannot be read: {problem}.") from problem


class _Bar:
    """A progress bar on standard error."""

    def __init__(self, total: int, quiet: bool) -> None:
        self.total, self.quiet = total, quiet

    def __call__(self, progress: Any) -> None:
        """Draw the bar as it is now."""
        if self.quiet:
            return
        share = progress.done / self.total if self.total else 1.0
        rate = progress.rate()
        speed = f"{rate:,.0f} images/s" if rate else ""
        filled = int(share * 30)
        print(
            f"\r[{'#' * filled}{'.' * (30 - filled)}] {progress.done}/{self.total} cells  {speed}  {progress.message[:50]:50}",
            end="", file=sys.stderr, flush=True,
        )  # fmt: skip

    def end(self) -> None:
        """Leave the line."""
        if not self.quiet:
            print(file=sys.stderr)


def _work(arguments: argparse.Namespace) -> None:
    from engine import worker

    worker.work(arguments.idle)


def _add_jobs(commands: Any) -> None:
    runs = _command(commands, "runs", _runs, "List runs and queued questions, or show one.")
    runs.add_argument("run", nargs="?", help="a run's id")
    cancel = _command(commands, "cancel", _cancel, "Stop a run; what it has stored is kept.")
    cancel.add_argument("run", help="a run's id")
    resume = _command(commands, "resume", _resume, "Put a cancelled or failed run back into the queue; it runs where it ran unless told otherwise.")
    resume.add_argument("run", help="a run's id")
    _add_where(resume)


def _runs(arguments: argparse.Namespace) -> None:
    if arguments.run:
        job = control.job(arguments.run)
        _tell(
            arguments,
            {name: getattr(job, name) for name in ("id", "title", "state", "done", "total", "images", "rate", "message", "error", "log")},
        )
    else:
        names = ("id", "state", "done", "total", "images", "title")
        _show(arguments, pd.DataFrame([{name: getattr(job, name) for name in names} for job in control.jobs()], columns=list(names)))


def _cancel(arguments: argparse.Namespace) -> None:
    control.cancel(arguments.run)
    _tell(arguments, {"run": arguments.run, "state": control.job(arguments.run).state})


def _resume(arguments: argparse.Namespace) -> None:
    told = arguments.executor or arguments.workers or arguments.scheduler
    if told:
        executors.check(_where(arguments))
    control.resume(arguments.run, executor=_where(arguments).text() if told else None)
    control.workers.ensure()
    _tell(arguments, {"run": arguments.run, "state": control.job(arguments.run).state})


def _add_list(commands: Any) -> None:
    made = _command(commands, "list", _list, "List what a room offers: networks, datasets, shifts, systems, metrics, attacks, architectures.")
    made.add_argument("room", help="networks | datasets | shifts | systems | metrics | attacks | architectures | recipes | importers")


def _add_claims(commands: Any) -> None:
    _command(commands, "claims", _claims, "What the papers claim, and what the results in this store say about it.")


def _claims(arguments: argparse.Namespace) -> None:
    from engine import claims

    rows = []
    for line in claims.ledger():
        found = line.evidence
        rows.append({
            "claim": line.card.title, "name": line.card.name, "verdict": line.verdict, "found": found.said.replace("**", "") if found else None,
            "rule": found.rule if found else None, "page": found.page if found else None, "parts": found.parts.to_dict("records") if found else [],
        })  # fmt: skip
    _show(arguments, pd.DataFrame(rows) if arguments.json else pd.DataFrame(rows)[["claim", "verdict", "found"]])


def _list(arguments: argparse.Namespace) -> None:
    rooms: dict[str, Callable[[], list[dict]]] = {
        "networks": _networks,
        "datasets": _datasets,
        "metrics": lambda: [*_room("metrics/classification"), *_room("metrics/pairs")],
        "shifts": lambda: _room("shifts"),
        "systems": _systems,
        "attacks": lambda: _room("attacks"),
        "architectures": lambda: _room("models/classifiers"),
        "recipes": _recipes,
        "importers": lambda: _room("importers"),
    }
    if arguments.room not in rooms:
        raise errors.unknown("room", arguments.room, rooms)
    found = pd.DataFrame(rooms[arguments.room]())
    _show(arguments, found if arguments.json else found[[name for name in BRIEF if name in found.columns]])


def _recipes() -> list[dict]:
    from engine import training

    return [recipe for recipe in _room(training.ROOM) if recipe["name"] in training.recipes()]


def _networks() -> list[dict]:
    return [
        {"name": c.name, "title": c.title, "architecture": c.architecture, "trained_on": c.trained_on, "source": c.source,
         "parameters": c.parameters, "classes": len(c.classes), "size": c.preprocess.size, "licence": c.licence, "digest": c.digest}
        for c in networks.cards()
    ]  # fmt: skip


def _datasets() -> list[dict]:
    from engine.datasets import images

    return [
        {"name": c.name, "title": c.title, "task": c.task, "classes": len(c.classes), "sizes": dict(c.sizes), "frame": c.frame, "missing": c.missing,
         "licence": c.licence, "source": c.source, "digests": dict(c.digests)}
        for c in map(images.card, images.names())
    ]  # fmt: skip


def _systems() -> list[dict]:
    from engine import systems

    return [
        {"name": c.name, "title": c.title, "task": c.task, "classes": len(systems.load(c.name).classes), "frame": c.frame, "channels": c.channels,
         "factors": [factor.name for factor in systems.load(c.name).factors], "citation": c.citation, "version": c.version,
         "settings": {name: {"default": p.default, "low": p.low, "high": p.high, "is": p.description} for name, p in c.parameters.items()}}
        for c in map(systems.card, filter(lambda name: not systems.problem(name), systems.names()))
    ] + [{"name": name, "missing": said} for name in systems.names() if (said := systems.problem(name))]  # fmt: skip


def _room(room: str) -> list[dict]:
    cards = [registry.card(room, name) for name in registry.names(room)]
    return [{"name": c.name, "title": c.title, "room": room, **{k.lower(): v for k, v in c.constants.items()}, "sha256": c.sha256} for c in cards]


def _add_query(commands: Any) -> None:
    made = _command(commands, "query", _query, "Ask the store one SELECT (read-only, capped, time-limited).")
    made.add_argument("sql", help="one SELECT over runs, networks, examples, scores, predictions")
    made.add_argument("--rows", type=int, default=1000, help="at most so many rows")


def _query(arguments: argparse.Namespace) -> None:
    from engine.store import sql

    found = sql.select(arguments.sql, most=arguments.rows)
    _show(arguments, found.frame)
    if found.cut:
        print(f"cut after {arguments.rows} rows", file=sys.stderr)


def _add_import(commands: Any) -> None:
    from engine import bringing

    bringing.add(commands, _command, _tell)


def _add_train(commands: Any) -> None:
    made = _command(commands, "train", _train, "Train networks by a recipe of this project; resumes where it stopped.")
    made.add_argument("rest", nargs=argparse.REMAINDER, help="RECIPE and its options (--help after it shows them)")


def _train(arguments: argparse.Namespace) -> int | None:
    from engine.training import commands as training

    parser = argparse.ArgumentParser(prog="python -m engine train")
    training.add_arguments(parser)
    return training.main(parser.parse_args(arguments.rest))


def _add_sweep(commands: Any) -> None:
    from engine.sweep import commands as sweep

    sweep.add(commands, _command, _show, _tell)


def _add_assay(commands: Any) -> None:
    from engine.assay import commands as assay

    assay.add(commands, _command, _show, _tell)


def _add_intervene(commands: Any) -> None:
    from engine.interventions import commands as interventions
    from engine.interventions import response_commands, strip_commands

    interventions.add(commands, _command, _show, _tell)
    strip_commands.add(commands, _command, _show, _tell)
    response_commands.add(commands, _command, _show, _respond)


def _respond(arguments: argparse.Namespace, spec: Any, planned: Any) -> str:
    """Answer a question about responses here and return its run."""
    from engine.interventions import spec as asking

    now = _answered(control.submit(spec, asking.title(spec), total=planned.cells, images_total=planned.images), quiet=arguments.json)
    if now.state != "done":
        raise errors.UserError(f"The run {now.id} is {now.state}: {now.error or 'it was stopped'}", f"Go on with: python -m engine resume {now.id}")
    return now.id


def _add_heads(commands: Any) -> None:
    from engine.heads import commands as heads

    heads.add(commands, _command, _show, _tell)


def _add_remedies(commands: Any) -> None:
    from engine.remedies import commands as remedies

    remedies.add(commands, _command, _show, _tell)


def _add_circuits(commands: Any) -> None:
    from engine.circuits import commands as circuits

    circuits.add(commands, _command, _show, _tell, _answered_here)


def _add_scaling(commands: Any) -> None:
    from engine.scaling import commands as scaling

    scaling.add(commands, _command, _show, _tell, _answered_here)


def _add_wiring(commands: Any) -> None:
    from engine.wiring import commands as wiring

    wiring.add(commands, _command, _show, _tell)


def _add_lowshot(commands: Any) -> None:
    from engine.lowshot import commands as lowshot

    lowshot.add(commands, _command, _show)


def _add_amodal(commands: Any) -> None:
    from engine.amodal import commands as amodal

    amodal.add(commands, _command, _show, _tell)


def _add_evidence(commands: Any) -> None:
    from engine.evidence import commands as evidence

    evidence.add(commands, _command, _show, _tell)


def _add_space(commands: Any) -> None:
    from engine.space import commands as space

    space.add(commands, _command, _show, _tell)


def _answered_here(run: str) -> str:
    """Answer a submitted question in this process, saying on standard error how far it is, and return the state it ended in."""
    from engine import api

    return api.answered(run, lambda progress: print(progress.message, file=sys.stderr)).state


def _add_upkeep(commands: Any) -> None:
    made = _command(commands, "measure", _measure, "Measure how fast networks and shifts run on this machine.")
    made.add_argument("--only", action="append", help="only this: NETWORK, SHIFT/FRAME or ATTACK/NETWORK (may be repeated)")
    _command(commands, "compact", _compact, "Put many small files of finished runs into few large ones.")
    sample = _command(commands, "sample", _sample, "Make the sample results that ship, anew.")
    sample.add_argument("--into", type=Path, help="a folder other than data/sample")


def _measure(arguments: argparse.Namespace) -> None:
    from engine.assay import measuring

    _show(arguments, pd.DataFrame(measuring.measure(arguments.only)))


def _compact(arguments: argparse.Namespace) -> None:
    from engine.store import compacting

    before, after = compacting.compact()
    _tell(arguments, {"parts_before": before, "parts_after": after})


def _sample(arguments: argparse.Namespace) -> None:
    from engine import sampling

    _tell(arguments, sampling.make(arguments.into))


def _tell(arguments: argparse.Namespace, facts: dict) -> None:
    """Print a few facts."""
    if arguments.json:
        print(store.json_facts(facts))
    else:
        for name, value in facts.items():
            if value not in (None, "", ()):
                print(f"{name}: {value}")


def _show(arguments: argparse.Namespace, frame: pd.DataFrame) -> None:
    """Print a table: aligned text, or JSON records (what is missing as null, what is undefined as "NaN")."""
    if arguments.json:
        print(store.json_records(frame))
    elif frame.empty:
        print("nothing found")
    else:
        with pd.option_context("display.max_rows", None, "display.width", 200, "display.max_columns", None, "display.max_colwidth", 60):
            print(frame.to_string(index=False))


if __name__ == "__main__":
    sys.exit(main())
