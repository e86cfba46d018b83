"""The assay's run in other processes: cells go out in tasks of some seconds, rows come back here, in the same steps as `run`.

A task is one range of one (shifted) set for several networks, so that its images are shifted once. A second kind of task scores an
evaluation whose answers are all there.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import replace

from engine import control, errors, executors, rows, store
from engine.assay import scoring, tasks
from engine.assay.run import Bench, described, in_groups, progress_of
from engine.assay.spec import AssaySpec, Cell, Evaluation, Plan, plan
from engine.datasets import images
from engine.executors import Done, Executor, Flight
from engine.steps import Before, Step

TASK_SECONDS = (0.3, 8.0)
TASKS_A_WORKER = 4  # when there is little to do, tasks get shorter, so that all workers have some
GUESSED_RATE = {False: 500.0, True: 10.0}  # images a second of a network that was never measured, by whether its images are large
SENT_BYTES = 4_000_000  # larger answers are scored here, not sent out again

Pair = tuple[Evaluation, Cell]


def run(spec: AssaySpec, before: Before, executor: Executor) -> Iterator[Step]:
    """Answer a question as `engine.assay.run.run` does, in the processes of an executor; an empty step comes while nothing does.

    Raises:
        UserError: where the question names what does not exist, a worker has other weights, images or shifts than this
            process, or no worker is left.
    """
    planned = plan(spec)
    yield described(spec, planned, before)
    yield from _Desk(spec, planned, before, executor).steps()


class _Desk:
    """Hands out tasks, and knows what is missing before an evaluation can be scored."""

    def __init__(self, spec: AssaySpec, planned: Plan, before: Before, executor: Executor) -> None:
        self.spec, self.planned, self.before, self.executor = spec, planned, before, executor
        self.bench = Bench(spec, planned, before)
        self.flight = Flight(executor)
        self.missing: dict[tuple, set[Cell]] = {_id(e): {c for c in e.cells if not self.bench.is_stored(c)} for e in planned.evaluations}
        self.refused: set[tuple] = set()
        self.unreferred = Counter(e.network for e in planned.evaluations if self.bench.is_reference(e))
        self.unscored = Counter(e.network for e in planned.evaluations)
        self.held: dict[str, list[Evaluation]] = defaultdict(list)  # answered, but their network's references are not
        self.ready: deque[Evaluation] = deque()
        self.again: deque[list[Pair]] = deque()
        self.out: dict[int, list[Pair] | Evaluation] = {}  # what was asked of the tasks under way

    def steps(self) -> Iterator[Step]:
        """Yield what comes back until all is answered and scored."""
        for evaluation in self.planned.evaluations:
            yield from self._begin(evaluation)
        answering = self._tasks()
        while True:
            yield from self._hand_out(answering)
            if not len(self.flight):
                break
            ended = self.flight.results(executors.HEARD_SECONDS)
            if not ended:
                yield Step(message=self.executor.message())
            for done in ended:
                yield from self._took(done)
        for evaluation in self.planned.evaluations if self.spec.features else ():
            yield from self.bench.look_inside(evaluation)

    def _begin(self, evaluation: Evaluation) -> Iterator[Step]:
        """Take an evaluation up as far as it is answered already."""
        missing = self.missing[_id(evaluation)]
        if self._is_scored(evaluation) and not self.bench.is_reference(evaluation):
            missing.clear()
            self.unscored[evaluation.network] -= 1
            yield Step(cells=len(evaluation.cells))
            return
        if len(missing) < len(evaluation.cells):
            yield Step(cells=len(evaluation.cells) - len(missing))
        if not missing:
            self._complete(evaluation)

    def _is_scored(self, evaluation: Evaluation) -> bool:
        return self.before.has("scores", evaluation.key)

    def _hand_out(self, answering: Iterator[list[Pair]]) -> Iterator[Step]:
        """Give the executor what it has room for; scoring first, for it lets go of answers."""
        while self.flight.room:
            if self.ready:
                yield from self._score(self.ready.popleft())
            elif pairs := self.again.popleft() if self.again else next(answering, None):
                asked = [tasks.told(*pair) for pair in pairs]
                self._add(tasks.answer, {"spec": self.spec.text(), "asked": asked}, pairs)
            else:
                return

    def _add(self, fn: tasks.Task, job: dict, asked: list[Pair] | Evaluation) -> None:
        self.out[id(job)] = asked
        self.flight.add(fn, job)

    def _tasks(self) -> Iterator[list[Pair]]:
        """Yield what networks have to look at: networks together that look at the same images, as many as take some seconds."""
        rates = control.rates()
        open_cells = [(e, c) for e in self.planned.evaluations for c in self.missing[_id(e)]]
        total = sum(_seconds(pair, rates) for pair in open_cells)
        shortest, longest = TASK_SECONDS
        target = min(longest, max(shortest, total / (TASKS_A_WORKER * self.executor.workers)))
        for group in in_groups(self.planned):
            alike: dict[tuple, list[Pair]] = {}
            for evaluation in group:
                for cell in sorted(self.missing[_id(evaluation)], key=lambda cell: cell.start):
                    alike.setdefault((evaluation.where, evaluation.kind, cell.start, cell.stop), []).append((evaluation, cell))
            for together in alike.values():
                yield from _split(together, rates, target)

    def _took(self, done: Done) -> Iterator[Step]:
        """Take in what a task gave, or what became of it."""
        asked = self.out.pop(id(done.job))
        if done.notes:
            yield Step(log=" ".join(done.notes))
        if isinstance(asked, Evaluation):
            yield self._scored(asked, done.result())
        elif done.lost and len(asked) > 1:
            self.again += [[pair] for pair in asked]  # one of them may be what kills the process
        elif done.lost:
            yield from self._refuse(asked[0][0], str(done.problem))
        else:
            for (evaluation, cell), (step, problem) in zip(asked, done.result(), strict=True):
                if step is None:
                    yield from self._refuse(evaluation, problem)
                else:
                    yield from self._answered(evaluation, cell, step)

    def _answered(self, evaluation: Evaluation, cell: Cell, step: Step) -> Iterator[Step]:
        """Keep a cell's answers until its evaluation is scored, and hand its rows on."""
        if _id(evaluation) in self.refused:
            return
        columns = step.blocks[0].columns
        answers = store.Answers(tuple(columns["example_id"]), columns["position"], columns["label"], columns["logits"])
        self.bench.keep(cell.key, answers)
        yield step if self.executor.here else replace(step, rates={})
        self.missing[_id(evaluation)].discard(cell)
        if not self.missing[_id(evaluation)]:
            self._complete(evaluation)

    def _refuse(self, evaluation: Evaluation, problem: str) -> Iterator[Step]:
        """Say in the scores why a network has none here, once, and wait for no more of its cells here."""
        if _id(evaluation) in self.refused:
            return
        self.refused.add(_id(evaluation))
        step = self.bench.unanswered(evaluation, errors.UserError(problem), self._is_scored(evaluation))
        yield replace(step, cells=len(self.missing[_id(evaluation)]))
        self.missing[_id(evaluation)].clear()
        self._let_go(evaluation)
        self._refer(evaluation)

    def _complete(self, evaluation: Evaluation) -> None:
        """Note that all of an evaluation's answers are there: it can be scored once its network's references are."""
        if self.bench.is_reference(evaluation):
            self.bench.refer(evaluation, self.bench.answered(evaluation))
        self.held[evaluation.network].append(evaluation)
        self._refer(evaluation)

    def _refer(self, evaluation: Evaluation) -> None:
        """Release what waited for a network's references, once the last of them is in."""
        self.unreferred[evaluation.network] -= self.bench.is_reference(evaluation)
        if not self.unreferred[evaluation.network]:
            self.ready += self.held.pop(evaluation.network, ())

    def _score(self, evaluation: Evaluation) -> Iterator[Step]:
        """Hand out the scoring of an evaluation; what is too large to send is scored here."""
        if self._is_scored(evaluation):
            self._let_go(evaluation)
            return
        references = self.bench.references.get(evaluation.network, scoring.References(self.spec.id_dataset))
        used = (self.bench.answered(evaluation), references.validation, references.test)
        told = {"metrics": self.spec.metrics, "reference": references.name, "extra": self.bench.attack_columns(evaluation)}
        job = {**told, "answered": [tasks.plain(one) for one in used]}
        if evaluation.kind == "stored" or sum(one.logits.nbytes for one in used if one) > SENT_BYTES:
            yield self._scored(evaluation, tasks.score(job))
        else:
            self._add(tasks.score, job, evaluation)

    def _scored(self, evaluation: Evaluation, block: rows.Block) -> Step:
        self._let_go(evaluation)
        return Step((block,), {"scores": (evaluation.key,)}, message=progress_of(evaluation))

    def _let_go(self, evaluation: Evaluation) -> None:
        """Forget a network's references with its last evaluation."""
        self.unscored[evaluation.network] -= 1
        if not self.unscored[evaluation.network]:
            self.bench.references.pop(evaluation.network, None)


def _id(evaluation: Evaluation) -> tuple:
    """Return what tells an evaluation from the others of a question; two networks with the same weights share keys."""
    return evaluation.network, *evaluation.where


def _seconds(pair: Pair, rates: dict[tuple[str, str], float]) -> float:
    """Return how long a cell takes, from what was measured here or a guess."""
    evaluation, cell = pair
    want = ("attack", f"{evaluation.shift}/{evaluation.network}") if evaluation.kind == "attack" else ("network", evaluation.network)
    guessed = GUESSED_RATE[images.card(evaluation.dataset).frame > 64] / (20 if evaluation.kind == "attack" else 1)
    return cell.images / rates.get(want, guessed)


def _split(pairs: Sequence[Pair], rates: dict[tuple[str, str], float], seconds: float) -> Iterator[list[Pair]]:
    """Yield neighbours together for about so many seconds of work."""
    together: list[Pair] = []
    taken = 0.0
    for pair in pairs:
        if together and taken + _seconds(pair, rates) > seconds:
            yield together
            together, taken = [], 0.0
        together.append(pair)
        taken += _seconds(pair, rates)
    if together:
        yield together
