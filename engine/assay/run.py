"""The assay's run: from a question to rows. One generator; progress, storing and stopping are the caller's."""

import json
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float32, Int

from engine import errors, networks, registry, rows, shifts, store
from engine.assay import memory, scoring
from engine.assay.classes import Alignment, align, names_of
from engine.assay.spec import ATTACKS, AssaySpec, Cell, Evaluation, Plan, plan
from engine.datasets import images
from engine.models import batching, predict
from engine.steps import Before, Step

_KEPT_BYTES = 400_000_000


def run(spec: AssaySpec, before: Before) -> Iterator[Step]:
    """Answer a question step by step; what `before` holds is read, not made again.

    Raises:
        UserError: where the question names what does not exist. A network that cannot be run is no error of the
            run: its scores are NULL with the reason.
    """
    planned = plan(spec)
    bench = Bench(spec, planned, before)
    yield described(spec, planned, before)
    for group in in_groups(planned):
        for evaluation in group:  # one set, several networks: the shifted images are made once
            yield from bench.evaluate(evaluation)
        bench.forget()


def in_groups(planned: Plan) -> list[list[Evaluation]]:
    """Return the evaluations some networks at a time, and for these, set by set: validation first, then test."""
    by_network: dict[str, list[Evaluation]] = {}
    for evaluation in planned.evaluations:
        by_network.setdefault(evaluation.network, []).append(evaluation)
    names = list(by_network)
    groups = []
    for i in range(0, len(names), memory.NETWORKS_AT_ONCE):
        together: dict[tuple, list[Evaluation]] = {}
        for name in names[i : i + memory.NETWORKS_AT_ONCE]:
            for evaluation in by_network[name]:
                together.setdefault(evaluation.where, []).append(evaluation)
        groups.append([e for where in together for e in together[where]])
    return groups


def described(spec: AssaySpec, planned: Plan, before: Before) -> Step:
    """Return the rows about networks and examples, once a run."""
    blocks, keys = [], {}
    if not before.has("networks", "networks"):
        cards = [networks.card(name) for name in spec.networks if name in networks.names()]
        blocks.append(store.block(rows.Network, [_network(card) for card in cards]))
        keys["networks"] = ("networks",)
    wanted = dict.fromkeys((e.dataset, e.split) for e in planned.evaluations if e.kind != "stored")
    new = [where for where in wanted if not before.has("examples", "/".join(where))]
    blocks += [_examples(*where, spec.images) for where in new]
    keys["examples"] = tuple("/".join(where) for where in new)
    return Step(tuple(blocks), keys, message="reading data sets", log=" ".join(planned.notes))


def _network(card: networks.Card) -> rows.Network:
    return rows.Network(
        card.name, card.title, card.architecture, card.source, card.key, card.trained_on, card.parameters,
        json.dumps(dict(card.attributes), sort_keys=True), card.licence,
    )  # fmt: skip


def _examples(dataset: str, split: str, limit: int | None) -> rows.Block:
    chosen = images.load(dataset, split)
    order = _order(len(chosen), limit)
    said = ({name: str(column[i]) for name, column in chosen.groups.items()} for i in order)
    groups = [json.dumps(one, ensure_ascii=False) for one in said] if chosen.groups else "{}"
    columns = {
        "dataset": dataset, "split": split, "example_id": [chosen.ids[i] for i in order], "position": order, "label": chosen.labels[order],
        "label_name": [chosen.classes[chosen.labels[i]] for i in order], "groups": groups,
        "source": [chosen.sources[i] for i in order] if chosen.sources else None,
    }  # fmt: skip
    return rows.Block(rows.Example, columns, len(order))


def _order(n: int, limit: int | None = None) -> Int[np.ndarray, " n"]:
    """Return the fixed random order in which a split is read, so that a smaller number of images is a part of a larger."""
    return np.random.default_rng(20220719).permutation(n)[:limit]


class Bench:
    """What a run keeps between cells: loaded networks, shifted images, answers that other scores refer to."""

    def __init__(self, spec: AssaySpec, planned: Plan, before: Before) -> None:
        self.spec, self.planned, self.before = spec, planned, before
        self.loaded: dict[str, predict.Predictor | errors.UserError] = {}
        self.batches: dict[str, batching.Batch] = {}
        self.pictures: tuple[tuple, Any] | None = None
        self.kept: OrderedDict[str, store.Answers] = OrderedDict()
        self.references: dict[str, scoring.References] = {}

    def forget(self) -> None:
        """Let go of the networks of a group that is done."""
        self.loaded.clear()
        self.references.clear()

    def evaluate(self, evaluation: Evaluation) -> Iterator[Step]:
        """Answer the evaluation's cells that nobody has answered, then score all of it."""
        if self.spec.features:
            yield from self.look_inside(evaluation)
        scored = self.before.has("scores", evaluation.key)
        if scored and not self.is_reference(evaluation):
            yield Step(cells=len(evaluation.cells))
            return
        for cell in evaluation.cells:
            if not self.is_stored(cell):
                try:
                    yield self.answer(evaluation, cell)
                except errors.UserError as problem:
                    yield self.unanswered(evaluation, problem, scored)
                    return
            else:
                yield Step(cells=1)
        answered = self.answered(evaluation)
        self.refer(evaluation, answered)
        if not scored:
            found = scoring.scores(answered, self.spec.metrics, self.references[evaluation.network], **self.attack_columns(evaluation))
            yield Step((store.block(rows.Score, found),), {"scores": (evaluation.key,)}, message=progress_of(evaluation))

    def look_inside(self, evaluation: Evaluation) -> Iterator[Step]:
        """Keep the network's features for the evaluation's cells that nobody has looked into; say so where it has none to show."""
        for cell in evaluation.cells if evaluation.kind == "plain" else ():
            if cell.key in self.planned.featured or self.before.has("features", cell.key):
                continue
            try:
                yield self.featured(evaluation, cell)
            except errors.UserError as problem:
                yield Step(message=progress_of(evaluation), log=f"{evaluation.network}: {problem}")
                return

    def featured(self, evaluation: Evaluation, cell: Cell) -> Step:
        """Return the features of one cell's images."""
        predictor = self._predictor(evaluation.network)
        chosen, where, _ = self._range(evaluation, cell, predictor)
        pictures, drawn = self._pictures(evaluation, chosen, where)
        found = batching.features(predictor, pictures, predictor.card.preprocess, self._batch(evaluation.network, predictor))
        columns = {name: getattr(evaluation, name) for name in ("network", "dataset", "split", "shift", "strength")}
        columns |= {"example_id": [chosen.ids[i] for i in where], "position": where, "features": found, "cell": cell.key}
        block = rows.Block(rows.Feature, columns, len(where))
        return Step((block,), {"features": (cell.key,)}, 0, len(where), f"{progress_of(evaluation)}: features", rates=drawn)

    def _range(
        self, evaluation: Evaluation, cell: Cell, predictor: predict.Predictor
    ) -> tuple[images.Images, Int[np.ndarray, " n"], Int[np.ndarray, " n"]]:
        """Return the set, the places of a cell's images whose class the network has, and their labels in the network's classes."""
        chosen = images.load(evaluation.dataset, evaluation.split)
        alignment = align(predictor.card.classes, chosen.classes)
        where = _order(len(chosen))[cell.start : cell.stop]
        where = where[alignment.answerable(chosen.labels[where])]
        return chosen, where, alignment.to_network[chosen.labels[where]]

    def is_stored(self, cell: Cell) -> bool:
        """Return whether a cell is answered, by another run or an earlier attempt at this one."""
        return cell.key in self.planned.stored or self.before.has("predictions", cell.key)

    def answer(self, evaluation: Evaluation, cell: Cell) -> Step:
        """Let the network look at one cell's images."""
        predictor = self._predictor(evaluation.network)
        chosen, where, labels = self._range(evaluation, cell, predictor)
        alignment = align(predictor.card.classes, chosen.classes)
        pictures, drawn = self._pictures(evaluation, chosen, where)
        started = time.perf_counter()
        logits = self._logits(evaluation, predictor, pictures, labels)
        seconds = time.perf_counter() - started
        ids = tuple(chosen.ids[i] for i in where)
        answers = store.Answers(ids, where, labels, logits)
        self.keep(cell.key, answers)
        block = scoring.predictions(_as_answered(evaluation, answers, alignment, predictor.card.classes, {}), where, cell.key)
        rates = {
            ("attack", f"{evaluation.shift}/{evaluation.network}") if evaluation.kind == "attack" else ("network", evaluation.network): (
                len(where),
                seconds,
            )
        }
        rates |= drawn
        return Step((block,), {"predictions": (cell.key,)}, 1, len(where), progress_of(evaluation), self._halved(evaluation.network), rates)

    def unanswered(self, evaluation: Evaluation, problem: errors.UserError, scored: bool) -> Step:
        """Say in the scores why this network has none here."""
        where = {name: getattr(evaluation, name) for name in ("network", "dataset", "split", "shift", "strength")}
        found = [] if scored else scoring.unanswered(where, self.spec.metrics, evaluation.key, str(problem), **self.attack_columns(evaluation))
        keys = {"scores": (evaluation.key,)}
        return Step((store.block(rows.Score, found),), keys, len(evaluation.cells), 0, progress_of(evaluation), f"{evaluation.network}: {problem}")

    def _predictor(self, name: str) -> predict.Predictor:
        """Return a loaded network; one that could not be loaded says so again without another try."""
        if name not in self.loaded:
            try:
                self.loaded[name] = predict.load(networks.card(name), self.spec.device)
            except errors.UserError as problem:
                self.loaded[name] = problem
        found = self.loaded[name]
        if isinstance(found, errors.UserError):
            raise found
        return found

    def _pictures(self, evaluation: Evaluation, chosen: images.Images, where: Int[np.ndarray, " n"]) -> tuple[Any, dict]:
        """Return the (shifted) canonical images of a range; the last ones made are kept for the next network."""
        identity = (evaluation.where, where.tobytes())
        if self.pictures and self.pictures[0] == identity:
            return self.pictures[1], {}
        plain = chosen.images[where] if isinstance(chosen.images, np.ndarray) else [chosen.images[i] for i in where]
        if not evaluation.shift or evaluation.kind == "attack":
            self.pictures = (identity, plain)
            return plain, {}
        started = time.perf_counter()
        shifted = shifts.shifted(plain, [chosen.ids[i] for i in where], evaluation.shift, evaluation.strength, self.spec.seed)
        self.pictures = (identity, shifted)
        rate = {("shift", f"{evaluation.shift}/{images.card(evaluation.dataset).frame}"): (len(where), time.perf_counter() - started)}
        return shifted, rate

    def _logits(
        self, evaluation: Evaluation, predictor: predict.Predictor, pictures: Sequence, labels: Int[np.ndarray, " n"]
    ) -> Float32[np.ndarray, "n classes"]:
        """Return the network's logits, on the attacked images where an attack is asked for."""
        batch = self._batch(evaluation.network, predictor)
        if evaluation.kind != "attack":
            return batching.predict(predictor, pictures, predictor.card.preprocess, batch)
        attack = registry.load(ATTACKS, evaluation.shift)
        if sentence := attack.unsupported(predictor):
            raise errors.UserError(sentence)
        return batching.answers(predictor, attack.perturb(predictor, pictures, labels, evaluation.strength, self.spec.seed), batch)

    def _batch(self, network: str, predictor: predict.Predictor) -> batching.Batch:
        """Return the batch of a network: the one asked for, or one found by itself; it stays as small as memory made it."""
        if network not in self.batches:
            self.batches[network] = batching.Batch(self.spec.batch) if self.spec.batch else batching.first(predictor)
        return self.batches[network]

    def _halved(self, network: str) -> str:
        """Return what the batch finder has to say since the last cell, once."""
        said = " ".join(self.batches[network].said)
        self.batches[network].said.clear()
        return said

    def keep(self, key: str, answers: store.Answers) -> None:
        """Hold a cell's answers until they are scored; beyond a byte limit the oldest go, and are read from the store."""
        self.kept[key] = answers
        while len(self.kept) > 1 and sum(a.logits.nbytes for a in self.kept.values()) > _KEPT_BYTES:
            self.kept.popitem(last=False)

    def answered(self, evaluation: Evaluation) -> scoring.Answered:
        """Return all of an evaluation's answers: just made, stored by this run, or stored by another.

        They are put in the order of the set, so that a bootstrap draws the same examples whichever way they came.
        """
        parts = [self._answers(cell.key) for cell in evaluation.cells]
        positions = np.concatenate([part.positions for part in parts])
        order = np.argsort(positions, kind="stable")
        ids = [i for part in parts for i in part.ids]
        labels, logits = (np.concatenate([getattr(part, name) for part in parts])[order] for name in ("labels", "logits"))
        return self._with_data(evaluation, store.Answers(tuple(ids[i] for i in order), positions[order], labels, logits))

    def _answers(self, key: str) -> store.Answers:
        found = self.kept.get(key) or store.answers_of(self.before.run, key) or store.stored_answers(key)
        assert found is not None, key
        return found

    def _with_data(self, evaluation: Evaluation, answers: store.Answers) -> scoring.Answered:
        """Return answers with the set's classes and groups; brought predictions may be of a set that is not here."""
        classes = names_of(evaluation.network, evaluation.dataset) or tuple(map(str, range(answers.logits.shape[1])))
        if evaluation.dataset not in images.names():
            everything = np.arange(len(classes))
            return _as_answered(evaluation, answers, Alignment(everything, everything, len(classes)), classes, {})
        chosen = images.load(evaluation.dataset, evaluation.split)
        groups = {name: [column[i] for i in answers.positions] for name, column in chosen.groups.items()}
        return _as_answered(evaluation, answers, align(classes, chosen.classes), classes, groups)

    def refer(self, evaluation: Evaluation, answered: scoring.Answered) -> None:
        """Keep the in-distribution answers that temperature and pair metrics refer to."""
        now = self.references.setdefault(evaluation.network, scoring.References(self.spec.id_dataset))
        if self.is_reference(evaluation):
            role = "validation" if evaluation.split == "val" else "test"
            self.references[evaluation.network] = replace(now, **{role: answered})

    def is_reference(self, evaluation: Evaluation) -> bool:
        """Return whether other evaluations of the network refer to this one."""
        return (evaluation.dataset, evaluation.shift) == (self.spec.id_dataset, "")

    def attack_columns(self, evaluation: Evaluation) -> dict[str, Any]:
        """Return what only attacked sets have: norm, budget and steps."""
        if evaluation.kind != "attack":
            return {}
        attack = registry.load(ATTACKS, evaluation.shift)
        budget = attack.budget(evaluation.strength, networks.card(evaluation.network).preprocess)
        return {"norm": attack.NORM, "eps": float(budget), "steps": attack.STEPS}


def _as_answered(
    evaluation: Evaluation, answers: store.Answers, alignment: Alignment, classes: tuple[str, ...], groups: Mapping[str, Any]
) -> scoring.Answered:
    return scoring.Answered(
        evaluation.network, *evaluation.where, evaluation.key, answers.ids, answers.labels, answers.logits, alignment, classes, groups
    )


def progress_of(evaluation: Evaluation) -> str:
    """Return what is being done, for people who watch."""
    shift = f" · {evaluation.shift} {evaluation.strength:g}" if evaluation.shift else ""
    return f"{evaluation.network} on {evaluation.dataset} ({evaluation.split}){shift}"
