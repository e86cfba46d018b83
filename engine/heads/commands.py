"""The heads on the command line: train, audit, and every view of a question or a network."""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from engine import control, errors
from engine.datasets import tables
from engine.heads import audit, brought, cutting, findings, inside, persons, shipping, views
from engine.heads.spec import HeadsSpec, plan, resolved, title

HOW = ("swap", "neutral", "unconstrained")


def add(commands: Any, command: Callable, show: Callable, tell: Callable) -> None:
    """Add `heads` with its views to the command line."""
    made = commands.add_parser("heads", help="What fair networks do inside, and to whom.", description=__doc__)
    group = made.add_subparsers(required=True, metavar="VIEW")
    _add_train(group, command, tell)
    _add_audit(group, command, show, tell)
    _add_questions(group, command, show)
    _add_networks(group, command, show, tell)
    ship = command(group, "ship", lambda a: _ship(a, tell), "Put what has been trained here where it ships: small runs, and weights of two seeds.")
    ship.add_argument("--into", type=Path, required=True, help="a root of the store, such as data/sample")
    ship.add_argument("--weights", type=Path, required=True, help="a folder for weights, such as data/weights/heads")
    ship.add_argument("--seed", type=int, action="append", help="keep the weights of this seed (may be repeated); 0 and 1 unless given")
    ship.add_argument("--table", help="only questions about this table")


def _ship(a: argparse.Namespace, tell: Callable) -> None:
    for line in shipping.ship(a.into, a.weights, tuple(a.seed or shipping.SEEDS), a.table):
        family, _, said = line.partition(": ")
        tell(a, {family: said})


def _add_train(group: Any, command: Callable, tell: Callable) -> None:
    made = command(group, "train", lambda a: tell(a, train(a)), "Fit networks to a table, pressed harder and harder; resumes where it stopped.")
    made.add_argument("name", metavar="TABLE", help=f"one of {', '.join(tables.names())}; with --file, the name that the file is kept under")
    made.add_argument("--file", type=Path, help="bring this Parquet or CSV file as a table first")
    made.add_argument("--label", help="with --file: the column with the outcome")
    made.add_argument("--positive", help="with --file: its favourable value")
    made.add_argument("--weights", help="with --file: a column of weights")
    made.add_argument("--without", action="append", default=[], metavar="COLUMN", help="a column that is no input (may be repeated)")
    made.add_argument(
        "--group", action="append", default=[], metavar="COLUMN", help="the protected attribute; with --file may be repeated, the first is studied"
    )
    made.add_argument("--value", action="append", default=[], help="only people with this value of it (may be repeated)")
    made.add_argument("--constraint", choices=("parity", "opportunity"), default="parity", help="what is to be equal")
    made.add_argument("--regulariser", action="append", choices=("squared", "absolute", "none"), help="squared unless given; none = no lambdas")
    made.add_argument("--lambda", dest="lambdas", action="append", type=float, metavar="NUMBER", help="how hard (may be repeated)")
    made.add_argument("--seed", dest="seeds", action="append", type=int, metavar="N", help="of first weights and order (may be repeated)")
    made.add_argument("--no-two-heads", action="store_true", help="without the network that has a head for the group")
    made.add_argument("--no-shuffled", action="store_true", help="without the control of shuffled groups")
    made.add_argument("--plan", action="store_true", help="only say which networks it would fit")
    made.add_argument("--detach", action="store_true", help="leave it to a background worker and return at once")


def train(a: argparse.Namespace) -> dict[str, Any]:
    """Bring the table where a file is named, put the question into the queue, and wait for its end unless told otherwise.

    Raises:
        UserError: for a table, column or value that cannot be used, or a question that failed.
    """
    if a.file:
        if not a.label or not a.group:
            raise errors.UserError("A file needs a label and a group.", "Name columns with --label and --group.")
        tables.bring(a.file, a.name, label=a.label, groups=a.group, positive=a.positive, weights=a.weights, without=a.without)
    question = asked(a)
    planned = plan(question)
    if a.plan:
        return {"table": question.table, "group": resolved(question).group, "networks": planned.cells, "names": [job.name for job in planned.jobs]}
    run = control.submit(question, title(question), total=planned.cells)
    control.workers.ensure()
    state = "queued" if a.detach else _waited(run)
    now = control.job(run)
    if state == "failed":
        raise errors.UserError(
            f"The run {run} failed: {(now.error or '').strip().splitlines()[-1] if now.error else 'no reason is known'}",
            f"Go on: python -m engine resume {run}",
        )
    return {"run": run, "state": state, "networks": now.done, "of": now.total}


def asked(a: argparse.Namespace) -> HeadsSpec:
    """Return the question that the options mean."""
    kinds = tuple(dict.fromkeys(a.regulariser or ("squared",)))
    said: dict[str, Any] = {
        "table": a.name, "group": a.group[0] if a.group else "", "values": tuple(a.value), "constraint": a.constraint,
        "regularisers": tuple(kind for kind in kinds if kind != "none"), "two_heads": not a.no_two_heads,
        "excluded": () if a.file else tuple(a.without),
    }  # fmt: skip
    if a.lambdas:
        said["lambdas"] = tuple(a.lambdas)
    if a.seeds:
        said["seeds"] = tuple(dict.fromkeys(a.seeds))
    if a.no_shuffled:
        said["shuffled"] = ()
    return HeadsSpec.read(pd.Series(said).to_json(force_ascii=False))


def _waited(run: str, seconds: float = 0.5) -> str:
    """Wait until a run ends and return how; a worker that leaves in between is started again."""
    while (job := control.job(run)).state in {"queued", "running"}:
        time.sleep(seconds)
        if job.state == "queued":
            control.workers.ensure()
    return job.state


def _add_audit(group: Any, command: Callable, show: Callable, tell: Callable) -> None:
    made = command(group, "audit", lambda a: _audit(a, show, tell), "Decisions of any system, group by group: rates with intervals, gaps, crossings.")
    made.add_argument("file", type=Path, help="Parquet, CSV, TSV or JSON lines; with --network also the name of a table that is here")
    made.add_argument("--label", help="the column with the outcome: two values; leave it out where none is known")
    made.add_argument("--group", action="append", default=[], metavar="COLUMN", help="a column with groups; several are crossed too (repeat it)")
    made.add_argument("--score", help="the column with probabilities of the favourable outcome, or with decisions in the words of the label")
    made.add_argument("--accepted", action="append", default=[], metavar="VALUE", help="a value of --score that means accepted (may be repeated)")
    made.add_argument("--network", type=Path, help="instead of --score: an .onnx network, or .safetensors of ours, that is run on the columns")
    made.add_argument("--input", action="append", default=[], metavar="COLUMN", help="with --network: what it takes, in order; all others by default")
    made.add_argument("--output", default="", help="with --network: which output of an ONNX file is the score; NAME:0 is the first of its numbers")
    made.add_argument("--reference", help="with --network: a column of another system's probabilities, to compare scores with")
    made.add_argument("--positive", help="the favourable value of the label; 1, true or yes unless given")
    made.add_argument("--threshold", type=float, help="where scores are cut, 0.5 unless given; with one, scores may have any scale")
    made.add_argument("--below", action="store_true", help="who is below the threshold is accepted")
    made.add_argument("--weights", help="a column of weights")
    made.add_argument("--leave-out-missing", action="store_true", help="leave people out of whom a value is missing")


def audited(a: argparse.Namespace) -> dict[str, Any]:
    """Return the audit that the options mean, as plain values; raises UserError where something is not named or cannot be used."""
    if a.network is not None and not a.file.exists() and str(a.file) in tables.names():
        return brought.answer(brought.of_table(str(a.file), a.network, a.group[0] if a.group else "", a.threshold, a.output))
    if not a.group or not (a.score or a.network):
        raise errors.UserError(
            "An audit needs a group and a score or a network.", "Name --group, and --score or --network; --label where it is known."
        )
    if a.network and not a.label:
        raise errors.UserError("To look inside a network the outcome is needed.", "Name its column with --label.")
    asked = {"label": a.label, "groups": a.group, "positive": a.positive, "threshold": a.threshold, "weights": a.weights}
    if a.network:
        more = {"inputs": a.input, "reference": a.reference, "leave_out_missing": a.leave_out_missing, "output": a.output}
        return brought.answer(brought.read(a.file, a.network, **more, **asked))
    told = audit.read(a.file, score=a.score, below=a.below, leave_out_missing=a.leave_out_missing, accepted=a.accepted, **asked)
    return audit.answer(told)


def _audit(a: argparse.Namespace, show: Callable, tell: Callable) -> None:
    found = audited(a)
    if a.json:
        tell(a, found)
        return
    tell(a, {name: found[name] for name in ("file", "people", "label", "positive", "score", "threshold") if found[name] not in {None, ""}})
    table = pd.DataFrame(found["groups"])
    shown = SHOWN if found["label"] else SHOWN[:1]
    show(
        a,
        pd.DataFrame({"attribute": table["attribute"], "group": table["group"], "n": table["n"], **{name: _interval(table, name) for name in shown}}),
    )
    gaps = pd.DataFrame(found["gaps"])
    show(a, pd.DataFrame({"attribute": gaps["attribute"], "gap": gaps["metric"], "value": _interval(gaps, "value", ""), "between": _between(gaps)}))
    for attribute, seen in found.get("inside", {}).items():
        for part in ("aware", "swapped", "thresholds", "recovered"):
            if part in seen:
                show(a, pd.DataFrame(seen[part]).assign(attribute=attribute))
        tell(a, {f"inside, {attribute}": seen.get("reason") or f"told of {seen['n']} people"})
    tell(a, {f"note {k}": note for k, note in enumerate(found["notes"], 1)})


SHOWN = ("selection_rate", "tpr", "fpr", "precision", "accuracy")


def _interval(table: pd.DataFrame, name: str, prefix: str | None = None) -> list[str]:
    """Return numbers with their intervals as text."""
    low, high = (f"{name}_low", f"{name}_high") if prefix is None else ("low", "high")
    rows = table.reindex(columns=[name, low, high]).to_numpy(dtype=float, na_value=float("nan"))
    return ["not estimable" if v != v else f"{v:.3f} [{a:.3f}, {b:.3f}]" for v, a, b in rows]


def _between(gaps: pd.DataFrame) -> list[str]:
    return ["" if not isinstance(high, str) else f"{high}, {low}" for high, low in zip(gaps["highest"], gaps["lowest"], strict=True)]


def _add_questions(group: Any, command: Callable, show: Callable) -> None:
    """Add what is asked of a table: frontier, awareness, shifts, controls, changes, networks."""
    command(group, "questions", lambda a: show(a, views.questions()), "What has been trained: tables, attributes, constraints.")
    for name, view, text in (
        ("networks", views.networks, "The networks of a question, and whether their weights are kept."),
        ("frontier", views.frontier, "Accuracy against gap of every network and rule."),
        ("awareness", views.aware, "How well each layer tells the group, with floor and ceilings."),
        ("shifts", views.shifts, "How well the shift of scores tells the group, with the shuffled control."),
        ("controls", views.controls, "Merging and recovering, beside random read-outs and noise."),
        ("changes", views.changes, "Which share of each group is decided otherwise than by the unconstrained network."),
    ):
        made = command(group, name, lambda a, view=view: show(a, view(*_question(a))), text)
        made.add_argument("dataset", metavar="TABLE", help="a table that networks were trained on")
        made.add_argument("--group", help="the protected attribute; the one that the table is studied by unless given")
        made.add_argument("--constraint", choices=("parity", "opportunity"), default="parity", help="what was to be equal")


def _question(a: argparse.Namespace) -> tuple[str, str, str]:
    return a.dataset, a.group or str(tables.card(a.dataset).studied["group"]), a.constraint


def _add_networks(group: Any, command: Callable, show: Callable, tell: Callable) -> None:
    """Add what is asked of one network."""

    def one(name: str, run: Callable[[argparse.Namespace], pd.DataFrame], text: str, *, slack: bool = True) -> argparse.ArgumentParser:
        made = command(group, name, lambda a: show(a, run(a)), text)
        made.add_argument("network", help="a network's name, as `networks` lists it")
        if slack:
            made.add_argument("--slack", type=float, default=0.02, help="largest gap of the merged rule on validation people")
        return made

    people = one("people", lambda a: _people(a), "Who would be decided otherwise, closest to the line first.")
    people.add_argument(
        "--how", choices=HOW, default="swap", help="swap of the inferred group value, one value for all, or against the unconstrained network"
    )
    people.add_argument("--by", action="append", default=[], metavar="COLUMN", help="count crossings of columns instead (may be repeated)")
    people.add_argument("--count", action="store_true", help="only how many of each group")
    people.add_argument("--rows", type=int, default=20, help="at most so many people")
    one("slacks", lambda a: inside.slacks(a.network), "The merged rule (b, c) for each slack, and what it gives.", slack=False)
    one("thresholds", lambda a: inside.implied(a.network, a.slack), "What the merged rule asks of a typical member of each group.")
    one(
        "agreement",
        lambda a: inside.agreement(a.network),
        "Which share of people the unconstrained, fair, merged and recovered classifiers decide alike.",
        slack=False,
    )
    one("effects", lambda a: cutting.side_effects(a.network, a.slack), "Every gap before and after: what a repair opens elsewhere.")
    one("findings", lambda a: pd.DataFrame({"found": findings.sentences(a.network)}), "What was found, in sentences.", slack=False)
    person = command(
        group,
        "person",
        lambda a: tell(a, persons.person(a.network, _person(a), a.slack)),
        "What both heads say of one person of the table, changed as you like.",
    )
    person.add_argument("network", help="a network's name")
    person.add_argument("row", type=int, help="place in the table")
    person.add_argument("--set", action="append", default=[], metavar="COLUMN=VALUE", help="change a column (may be repeated)")
    person.add_argument("--slack", type=float, default=0.02, help="largest gap of the merged rule on validation people")


def _people(a: argparse.Namespace) -> pd.DataFrame:
    if a.by:
        return persons.crossings(a.network, a.by, a.how, a.slack)
    return persons.flips(a.network, a.how, a.slack) if a.count else persons.flipped(a.network, a.how, a.slack).head(a.rows)


def _person(a: argparse.Namespace) -> dict[str, Any]:
    features = persons.somebody(a.network, a.row)
    for text in a.set:
        name, _, value = text.partition("=")
        if name not in features:
            raise errors.unknown("column", name, features)
        features[name] = value or None
    return features
