"""The assay's views on the command line: the numbers are the page's numbers, because both call the same view."""

import argparse
import sys
from collections.abc import Callable
from typing import Any, get_args

import pandas as pd

from engine import control, errors
from engine.assay import choosing, comparing, dimensions, effects, population, prepared, relation, sets, trust, views, weak
from engine.stats.factors import METHODS, ROTATIONS, SCALINGS
from engine.stats.lines import Axes
from engine.stats.ranking import ALLOWANCES


def add(commands: Any, command: Callable, show: Callable, tell: Callable) -> None:
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
    _add_relation(group, command, show, tell)
    _add_trust(group, command, show)
    _add_choice(group, command, show)
    _add_sets(group, command, show, tell)
    prepare = command(
        group, "prepare", _prepare, "Make beforehand what pages on very many networks ask first; a worker does it after an import, too."
    )
    prepare.add_argument("--table", metavar="NAME", help="only this imported table or sweep")


def _prepare(asked: argparse.Namespace) -> None:
    for said in prepared.prepare(asked.table):
        (sys.stderr if asked.json else sys.stdout).write(f"{said}\n")
    if asked.json:
        sys.stdout.write('{"prepared": true}\n')


def _add_relation(group: Any, command: Callable, show: Callable, tell: Callable) -> None:
    """Add `pairs`, `line` and `effective-robustness`: how the number out of distribution goes with that in distribution."""
    pairs = command(group, "pairs", lambda a: show(a, _pairs(a)), "Every ID/OOD pair: its pattern, why, its line and ranges.")
    pairs.add_argument("--id", metavar="SET", help="the set in distribution, where the table does not say what its networks were trained on")
    pairs.add_argument("--threshold", action="append", default=[], metavar="NAME=NUMBER", help="such as increasing=0.8 (may be repeated)")
    line = command(group, "line", lambda a: tell(a, _line(a)), "The line through one pair of sets, with intervals, pattern and warnings.")
    above = command(
        group, "effective-robustness", lambda a: show(a, _effective(a)), "How far groups of networks stand above the line of a baseline group."
    )
    above.add_argument("--by", metavar="ATTRIBUTE", help="what makes the groups; architecture, augmentation or regime unless given")
    above.add_argument("--baseline", metavar="GROUP", help="the group whose line counts; the largest unless given")
    above.add_argument("--networks", action="store_true", help="each network instead of the groups' means")
    for made in (line, above):
        made.add_argument("--x", required=True, metavar="SET", help="the set on x: a data set's name, or DATASET/SPLIT or DATASET@SHIFT:STRENGTH")
        made.add_argument("--y", required=True, metavar="SET", help="the set on y, likewise")
        made.add_argument("--all", action="store_true", help="networks that were trained on another set than x, too")
    for made in (pairs, line, above):
        made.add_argument("--table", "--collection", dest="table", metavar="NAME", help="the imported table; not needed where only one has the sets")
        made.add_argument("--metric", default="accuracy", help="which metric")
        made.add_argument("--axes", help="linear, logit or probit; by default probit for rates, else linear")


def _pairs(asked: argparse.Namespace) -> pd.DataFrame:
    return relation.pairs_asked(asked.table, asked.metric, asked.axes, asked.threshold, asked.id)


def _line(asked: argparse.Namespace) -> dict[str, Any]:
    collection, pair = _pair(asked)
    return {"table": collection} | relation.facts(pair)


def _effective(asked: argparse.Namespace) -> pd.DataFrame:
    _, pair = _pair(asked)
    by, baseline = relation.baseline_of(pair, asked.by, asked.baseline)
    networks, means = relation.effective(pair, by, baseline)
    return networks if asked.networks else means.assign(by=by)


def _pair(asked: argparse.Namespace) -> tuple[str, relation.Pair]:
    collection = relation.collection_with((asked.x, asked.y), asked.metric, asked.table)
    x, y = (relation.named(text, collection, asked.metric) for text in (asked.x, asked.y))
    return collection, relation.pair(collection, x, y, asked.metric, relation.axes_for(collection, asked.metric, asked.axes), everyone=asked.all)


def _add_trust(group: Any, command: Callable, show: Callable) -> None:
    """Add `predictors`, `transfer` and `factors`: which number tells how a network does elsewhere."""
    predictors = command(
        group, "predictors", lambda a: show(a, _predictors(a)), "How well each number tells the metric elsewhere, pooled and standardised."
    )
    predictors.add_argument("--metric", default="accuracy", help="what is to be told on the OOD sets (accuracies as errors)")
    predictors.add_argument(
        "--predictor", action="append", default=[], metavar="NAME", help="only this predictor, such as ece or on:SET (may be repeated)"
    )
    predictors.add_argument("--common", action="store_true", help="only networks that have all of these predictors")
    predictors.add_argument("--axes", choices=get_args(Axes), default="linear", help="for shares: logit and probit axes stretch the ends")
    transfer = command(
        group, "transfer", lambda a: show(a, _transfer(a)), "How well each metric carries over from ID to OOD, pooled and standardised."
    )
    transfer.add_argument("--metric", action="append", default=[], help="only this metric (may be repeated)")
    transfer.add_argument("--by-pair", action="store_true", help="each pair by itself, for one metric")
    factors = command(
        group,
        "factors",
        lambda a: show(a, _factors(a)),
        "Loadings of a factor analysis of the metrics; or its scree, its factors, or rank correlations.",
    )
    factors.add_argument("--show", choices=("loadings", "scree", "factors", "ranks"), default="loadings", help="what to print")
    factors.add_argument("--over", choices=("metrics", "sets"), help="columns: metrics on ID and OOD, or one metric on each set")
    factors.add_argument("--metric", default="accuracy", help="with --over sets: which metric")
    factors.add_argument("--column", action="append", default=[], help="only this column (may be repeated)")
    factors.add_argument("--factors", type=int, metavar="K", help="how many; by default what parallel analysis suggests")
    factors.add_argument("--rotation", choices=ROTATIONS, default="varimax", help="how factors are turned")
    factors.add_argument("--method", choices=METHODS, default="principal axis", help="how factors are taken")
    factors.add_argument("--scaling", choices=SCALINGS, default="standardised", help="z-scores within each pair, or over all rows")
    for made in (predictors, transfer):
        made.add_argument("--equal", choices=("task", "pair"), default="task", help="whether all tasks count the same, or all pairs")
    for made in (predictors, transfer, factors):
        made.add_argument(
            "--table", "--collection", dest="table", default="", metavar="NAME", help="the imported table; the networks evaluated here by default"
        )
        made.add_argument("--id", metavar="SET", help="the set in distribution, where the table does not say what its networks were trained on")


def _predictors(a: argparse.Namespace) -> pd.DataFrame:
    found = trust.predictors(a.table, a.metric, a.predictor, a.id, equal=a.equal, common=a.common, axes=a.axes)
    return found if a.json else trust.in_short(found)


def _transfer(a: argparse.Namespace) -> pd.DataFrame:
    if a.by_pair:
        return trust.transfer_pairs(a.table, a.metric[0] if a.metric else "accuracy", a.id)
    found = trust.transfer(a.table, a.metric, a.id, equal=a.equal)
    return found if a.json else trust.in_short(found)


def _factors(a: argparse.Namespace) -> pd.DataFrame:
    over = a.over or dimensions.over_of(a.table)
    which: dict[str, Any] = {"columns": a.column, "id_set": a.id, "scaling": a.scaling, "metric": a.metric}
    if a.show == "scree":
        return dimensions.scree(a.table, over, **which)
    if a.show == "ranks":
        return dimensions.ranks(a.table, over, **which)
    how: dict[str, Any] = {"k": a.factors, "rotation": a.rotation, "method": a.method}
    return (dimensions.factors if a.show == "loadings" else dimensions.factor_correlations)(a.table, over, **which, **how)


_TABLE: tuple[str, dict] = (
    "--table", {"metavar": "NAME", "help": "the imported table or sweep; by default the networks evaluated here, or the only table that has the set"},
)  # fmt: skip
_METRIC: tuple[str, dict] = ("--metric", {"default": "accuracy", "help": "which metric"})
_SET: tuple[str, dict] = ("--set", {"required": True, "metavar": "SET", "help": "DATASET, DATASET/SPLIT or DATASET@SHIFT:STRENGTH"})


def _add_choice(group: Any, command: Callable, show: Callable) -> None:
    """Add what choosing a network needs: `regret`, `best`, `differences`, `stability`, `effects`, `pareto`, `slices`."""

    def one(name: str, run: Callable[[argparse.Namespace], pd.DataFrame], text: str, *options: tuple[str, dict]) -> None:
        made = command(group, name, lambda arguments: show(arguments, run(arguments)), text)
        for flag, how in options:
            made.add_argument(flag, **how)

    several = {"action": "append", "default": []}
    rule = "a set (best there), validation, id, oracle, or a metric such as ece"
    one(
        "regret", _regret, "What choosing a network by one number costs on every other set.",
        ("--select-by", {"required": True, "metavar": "SET", "help": rule}),
        ("--id", {"metavar": "SET", "help": "only networks trained on this set; the set in distribution, where the table does not say"}),
        _METRIC, _TABLE,
    )  # fmt: skip
    trained = ("--trained-on", {"metavar": "SET", "help": "only networks trained on this set"})
    one(
        "best", _best, "Networks from best to worst on a set, with rank intervals and who cannot be told apart from the best.",
        _SET, _METRIC, ("--allow", {"choices": ALLOWANCES, "default": "picked", "help": "for the best having been picked, or many tests"}),
        trained, _TABLE,
    )  # fmt: skip
    one(
        "differences", _differences, "Paired differences of every two of some networks on the same examples.",
        ("--network", {**several, "help": "two or more (repeat it)"}), _SET, _METRIC, _TABLE,
    )  # fmt: skip
    one(
        "stability",
        _stability,
        "How far orders of the networks agree between halves of the examples and between seeds.",
        _SET,
        _METRIC,
        trained,
        _TABLE,
    )
    one(
        "effects", lambda a: effects.effects(a.factor, a.table or "", a.metric, baseline=a.baseline),
        "What an attribute changes, from networks that are equal in all others.",
        ("--factor", {"required": True, "help": "an attribute, such as augmentation"}),
        ("--baseline", {"help": "the level that others are compared with"}), _METRIC, _TABLE,
    )  # fmt: skip
    one(
        "pareto", lambda a: choosing.pareto(a.criterion, a.table or "", trained_on=a.trained_on), "Networks that no other beats on all criteria.",
        ("--criterion", {**several, "metavar": "CRITERION", "help": "“METRIC on SET”, or a number such as parameters (repeat it)"}), trained, _TABLE,
    )  # fmt: skip
    one(
        "slices", lambda a: weak.search(a.network, views.Set.read(a.set), a.by, shifted=a.shifted, smallest=a.smallest),
        "Slices of a set in which a network is wrong more often than elsewhere, confirmed on the other half of the examples.",
        ("--network", {"required": True, "help": "which network"}), _SET,
        ("--by", {**several, "metavar": "ATTRIBUTE", "help": "search this: class, predicted, confidence, shift or a group (may be repeated)"}),
        ("--shifted", {"action": "store_true", "help": "with every shifted version of the set"}),
        ("--smallest", {"type": int, "default": weak.SMALLEST, "help": "least answers of a slice in each half"}),
    )  # fmt: skip
    one(
        "map", lambda a: weak.answer_map(a.network, views.Set.read(a.set), of=a.of, shifted=a.shifted),
        "Every answer of a network as a place: close together is what it sees alike.",
        ("--network", {"required": True, "help": "which network"}), _SET,
        ("--of", {"choices": tuple(weak.MAPPED), "default": "answers", "help": "of its logits, or of the features its last layer reads, where kept"}),
        ("--shifted", {"action": "store_true", "help": "with every shifted version of the set"}),
    )  # fmt: skip


def _collection(table: str | None, one: str, metric: str) -> str:
    """Return the table that is named, else that of the networks evaluated here where they have the set, else the only one that has it."""
    if table is not None:
        return table
    here = population.sets_of("", metric)["set"].tolist()
    return "" if one in here else population.one_with([one], metric)


def _regret(a: argparse.Namespace) -> pd.DataFrame:
    named = a.select_by if a.select_by not in choosing.WORDS and a.select_by not in population.metrics_of("")["metric"].tolist() else a.id
    return choosing.regret(a.select_by, _collection(a.table, named, a.metric) if named else a.table or "", a.id, a.metric)


def _trained(collection: str, on: str | None) -> list[str]:
    about = population.networks_of(collection)
    if on is not None and on not in set(about["trained_on"].dropna()):
        raise errors.unknown("set that networks were trained on", on, about["trained_on"].dropna())
    return about[about["trained_on"] == on]["network"].tolist() if on is not None else []


def _best(a: argparse.Namespace) -> pd.DataFrame:
    one = views.Set.read(a.set)
    collection = _collection(a.table, one.text(), a.metric)
    return comparing.best(one, a.metric, collection, among=_trained(collection, a.trained_on), allow=a.allow)


def _stability(a: argparse.Namespace) -> pd.DataFrame:
    one = views.Set.read(a.set)
    collection = _collection(a.table, one.text(), a.metric)
    return comparing.stability(one, a.metric, collection, among=_trained(collection, a.trained_on))


def _differences(a: argparse.Namespace) -> pd.DataFrame:
    one = views.Set.read(a.set)
    return comparing.differences(a.network, one, a.metric, _collection(a.table, one.text(), a.metric))


def _add_sets(group: Any, command: Callable, show: Callable, tell: Callable) -> None:
    """Add `keep`, `kept`, `forget` and `compare`: sets of networks and slices under names."""
    keep = command(group, "keep", lambda a: tell(a, _keep(a)), "Keep networks, or a slice of a set, under a name.")
    keep.add_argument("name", help="how the set is called")
    keep.add_argument("--network", action="append", default=[], help="a network of the set (may be repeated); of a slice, whose answers")
    keep.add_argument("--set", metavar="SET", help="for a slice: the set of examples")
    keep.add_argument("--where", action="append", default=[], metavar="ATTRIBUTE=VALUE", help="for a slice: a condition (may be repeated)")
    keep.add_argument("--table", default="", metavar="NAME", help="the imported table or sweep of the networks")
    command(group, "kept", lambda a: show(a, sets.listed()), "The kept sets.")
    forget = command(group, "forget", lambda a: tell(a, _forget(a)), "Take a kept set away; what it named stays.")
    forget.add_argument("name", help="which")
    compare = command(group, "compare", lambda a: show(a, sets.compare(a.names, a.metric)), "Kept sets side by side.")
    compare.add_argument("names", nargs="+", metavar="NAME", help="kept sets")
    compare.add_argument(*_METRIC[:1], **_METRIC[1])


def _keep(a: argparse.Namespace) -> dict[str, Any]:
    if a.set is None:
        made = sets.keep_networks(a.name, a.network, a.table)
    else:
        if len(a.network) != 1:
            raise errors.UserError("A slice is of one network's answers.", "Name it with --network.")
        made = sets.keep_slice(a.name, a.network[0], views.Set.read(a.set), dict(text.partition("=")[::2] for text in a.where))
    return {"name": made.name, "kind": made.kind, **made.content}


def _forget(a: argparse.Namespace) -> dict[str, Any]:
    control.sets.forget(a.name)
    return {"forgotten": a.name}
