"""What is measured of each network of the heads, as rows. NumPy only; networks come from files.

Everything is measured on test people; rules (b, c) and thresholds are fitted on validation people alone.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy import special

from engine import rows
from engine.heads import awareness, merge, people, treatment, weights
from engine.heads.spec import Job
from engine.metrics import groups as group_metrics
from engine.stats import intervals

EXACT, VALUE_BITS, BOUND_BITS = 53, 24, 13  # significant bits that rows keep, so that they pack small
READ_OUTS = 10  # random ones, as a control
CONTROL_STEPS = 101  # values of b that are tried for a control
GRADIENT_SLACK = 0.02  # of fairlearn's reduction
ACCURACY_ONLY = 1.0  # a slack that nothing exceeds

Find = Callable[[Job], weights.Network]


@dataclass(frozen=True)
class Heard:
    """What one network says of one side: task logit, group values, last layer."""

    side: people.Side
    task: Float[np.ndarray, " n"]
    group: Float[np.ndarray, "n k"]
    last: Float[np.ndarray, "n w"]

    @property
    def decisions(self) -> Bool[np.ndarray, " n"]:
        """Whom the network accepts."""
        return self.task > 0


def heard(network: weights.Network, side: people.Side) -> Heard:
    """Return what a network says of people."""
    last = network.hidden(side.inputs)[-1]
    group = np.zeros((len(side), 0), np.float32) if network.group is None else network.group(last)
    return Heard(side, network.task(last)[:, 0], group, last)


@dataclass(frozen=True)
class Bench:
    """One network with all that measuring it needs: the people, and the networks that it is compared with."""

    job: Job
    find: Find
    two_heads: bool = True

    @property
    def everybody(self) -> people.People:
        """The people of the question."""
        return people.of(self.job)

    def hear(self, job: Job, split: str) -> Heard:
        """Return what a network of the question says of one side."""
        return heard(self.find(job), self.everybody.side(split))


def measure(bench: Bench) -> list[rows.Treatment]:
    """Return every row about one network."""
    job = bench.job
    if job.method == "ceiling":
        return list(_ceiling(bench))
    parts = [_decisions(bench), _aware(bench)]
    if job.method == "plain":
        parts += [_inputs(bench), _second_seed(bench), _true_thresholds(bench), _constant(bench), _fairlearn(bench)]
    elif job.method == "two_heads":
        parts += [_path(bench), _against_plain(bench)]
    else:
        parts += [_against_plain(bench), _recovered(bench)]
        if bench.two_heads and job.method != "shuffled":
            parts.append(_merged(bench))
    return [row for part in parts for row in part]


def row(
    job: Job, metric: str, value: float | None, part: str = "", *, split: str = "test", low: float | None = None, high: float | None = None,
    n: int | None = None, method: str | None = None, reason: str | None = None, bits: int = VALUE_BITS,
) -> rows.Treatment:  # fmt: skip
    """Return one row about a network, its value with so many significant bits; bounds that are NaN become None."""
    below, above = (None if bound is None or np.isnan(bound) else rounded(float(bound), BOUND_BITS) for bound in (low, high))
    told = None if value is None or np.isnan(value) else rounded(float(value), bits)
    return rows.Treatment(
        job.name, job.table, job.group, job.constraint, method or job.method, job.strength, job.seed, split, metric, part, told, below, above, n,
        reason or (None if told is not None else "undefined"),
    )  # fmt: skip


def rounded(value: float, bits: int) -> float:
    """Return a number with so many significant bits."""
    mantissa, exponent = np.frexp(value)
    return float(np.ldexp(np.round(mantissa * 2**bits) / 2**bits, exponent))


def share(job: Job, metric: str, chosen: Bool[np.ndarray, " n"], part: str = "", **more: str) -> rows.Treatment:
    """Return the row of a share of people, with Wilson's interval."""
    low, high = intervals.wilson(int(chosen.sum()), len(chosen))
    return row(job, metric, float(chosen.mean()) if len(chosen) else None, part, low=float(low), high=float(high), n=len(chosen), **more)  # type: ignore[arg-type]


def signed_gap(job: Job, decisions: Bool[np.ndarray, " n"], side: people.Side, part: str = "", **more: str) -> rows.Treatment:
    """Return the row of the gap that the question equalises: of two groups second minus first, with Newcombe's interval."""
    fit = side.to_fit(job.constraint)
    value = merge.gap(decisions, fit)
    if len(side.groups) > 2:
        return row(job, "gap", value, part, n=int(fit.counted.sum()), **more)  # type: ignore[arg-type]
    counted = [decisions[fit.counted & (side.members == k)] for k in (0, 1)]
    low, high = group_metrics.newcombe([c.sum() for c in counted], [len(c) for c in counted])
    return row(job, "gap", value, part, low=low, high=high, n=int(fit.counted.sum()), **more)  # type: ignore[arg-type]


def decided(side: people.Side, decisions: Bool[np.ndarray, " n"], scores: Float[np.ndarray, " n"] | None = None) -> group_metrics.Decided:
    """Return decisions as group metrics want them."""
    return group_metrics.Decided(decisions, side.labels, side.members, side.groups, scores)


def of_decisions(
    job: Job, side: people.Side, decisions: Bool[np.ndarray, " n"], scores: Float[np.ndarray, " n"] | None = None, **more: str
) -> Iterator[rows.Treatment]:
    """Yield the rows of decisions: every rate of all and of each group, every gap."""
    told = decided(side, decisions, scores)
    for one in group_metrics.overall(told).to_dict("records"):
        yield _of_record(job, one, "", **more)
    for one in group_metrics.by_group(told).to_dict("records"):
        yield _of_record(job, one, f"group={one['group']}", **more)
    for one in group_metrics.gaps(told).to_dict("records"):
        yield _of_record(job, one, "", **more)


def _of_record(job: Job, one: dict, part: str, **more: str) -> rows.Treatment:
    value, low, high = (None if one[name] is None or np.isnan(one[name]) else float(one[name]) for name in ("value", "low", "high"))
    return row(job, one["metric"], value, part, low=low, high=high, n=int(one["n"]), reason=one["reason"] or None, **more)  # type: ignore[arg-type]


def _decisions(bench: Bench) -> Iterator[rows.Treatment]:
    """Yield what the network decides: rates, gaps hard and soft, on validation people only accuracy and gap."""
    job, heads = bench.job, bench.hear(bench.job, "test")
    probabilities = special.expit(heads.task.astype(np.float64))
    yield from of_decisions(job, heads.side, heads.decisions, probabilities)
    yield signed_gap(job, heads.decisions, heads.side)
    fit = heads.side.to_fit(job.constraint)
    means = [probabilities[fit.counted & (heads.side.members == k)].mean() for k in range(fit.groups)]
    yield row(job, "soft_gap", means[1] - means[0] if fit.groups == 2 else max(means) - min(means), n=int(fit.counted.sum()))
    yield share(job, "most_frequent_decision", heads.decisions == (heads.decisions.mean() >= 0.5))
    val = bench.hear(job, "val")
    yield share(job, "accuracy", val.decisions == val.side.labels, split="val")
    yield signed_gap(job, val.decisions, val.side, split="val")


def _aware(bench: Bench) -> Iterator[rows.Treatment]:
    """Yield how well each hidden layer tells the group."""
    network, train, test = bench.find(bench.job), bench.everybody.side("train"), bench.everybody.side("test")
    layers = zip(network.hidden(train.inputs), network.hidden(test.inputs), strict=True)
    for k, (fitted, tried) in enumerate(layers, 1):
        yield from _reading(bench.job, awareness.read(fitted, train.members, tried, test.members), f"layer={k}")


def _reading(job: Job, found: awareness.Reading, part: str, **more: str) -> Iterator[rows.Treatment]:
    yield row(job, "awareness_accuracy", found.accuracy, part, low=found.low, high=found.high, n=found.n, **more)  # type: ignore[arg-type]
    yield row(job, "awareness_auc", found.auc, part, low=found.auc_low, high=found.auc_high, n=found.n, **more)  # type: ignore[arg-type]


def _inputs(bench: Bench) -> Iterator[rows.Treatment]:
    """Yield how well the inputs tell the group, linearly, and how well guessing does: ceiling and floor of awareness; and the gap of the outcomes."""
    train, test = bench.everybody.side("train"), bench.everybody.side("test")
    yield from _reading(bench.job, awareness.read(train.inputs, train.members, test.inputs, test.members), "inputs, linear")
    yield row(bench.job, "awareness_accuracy", awareness.floor(test.members), "floor", n=len(test))
    yield signed_gap(bench.job, test.labels == 1, test, "outcomes")


def _ceiling(bench: Bench) -> Iterator[rows.Treatment]:
    """Yield how well a network of the same form tells the group, when that is all it is fitted to."""
    test = bench.hear(bench.job, "test")
    if test.group.shape[1]:
        yield share(bench.job, "awareness_accuracy", test.group.argmax(1) == test.side.members, "inputs, network")
        return
    right = test.decisions == test.side.members
    yield share(bench.job, "awareness_accuracy", right, "inputs, network")
    found = treatment.shift(-test.task, np.zeros_like(test.task), test.side.members)
    yield row(bench.job, "awareness_auc", found.auc, "inputs, network", low=found.low, high=found.high, n=len(right))


def _second_seed(bench: Bench) -> Iterator[rows.Treatment]:
    """Yield how far two unconstrained networks agree that differ in their seed only: the most that agreement can be expected to be."""
    job = bench.job
    other = bench.hear(job.sibling("plain", job.seed - 1 if job.seed else job.seed + 1), "test")
    yield share(job, "agreement", bench.hear(job, "test").decisions == other.decisions, "with=second seed")


def _constant(bench: Bench) -> Iterator[rows.Treatment]:
    """Yield what deciding the same of everybody gives."""
    test = bench.everybody.side("test")
    accept = np.full(len(test), bench.everybody.side("val").labels.mean() >= 0.5)
    yield share(bench.job, "accuracy", accept == test.labels, method="constant")
    yield signed_gap(bench.job, accept, test, method="constant")


def _true_thresholds(bench: Bench) -> Iterator[rows.Treatment]:
    """Yield the frontier of thresholds for each true group, from exact equality up to the network's own gap."""
    val, test = bench.hear(bench.job, "val"), bench.hear(bench.job, "test")
    fit = val.side.to_fit(bench.job.constraint)
    for slack in merge.slack_grid(abs(merge.gap(val.decisions, fit))):
        found = merge.by_true_group(val.task, fit, slack)
        part = f"slack={slack:.4f}"
        decisions = merge.decide_by_true_group(test.task, test.side.members, found)
        yield row(bench.job, "accuracy", found.accuracy, part, split="val", n=len(val.side), method="thresholds")
        yield row(bench.job, "gap", found.gap, part, split="val", n=len(val.side), method="thresholds")
        yield share(bench.job, "accuracy", decisions == test.side.labels, part, method="thresholds")
        yield signed_gap(bench.job, decisions, test.side, part, method="thresholds")
        for group, threshold in zip(test.side.groups, found.thresholds, strict=True):
            yield row(bench.job, "threshold", float(special.expit(threshold)), f"{part};group={group}", method="thresholds")


def _fairlearn(bench: Bench) -> Iterator[rows.Treatment]:
    """Yield what fairlearn's two methods give: random thresholds on the network's scores, and for seed 0 a reduction over logistic regressions."""
    from engine.heads import baselines  # late: pages import this file, and fairlearn takes its time

    job = bench.job
    val, test = bench.hear(job, "val"), bench.hear(job, "test")
    found = {"threshold_optimizer": baselines.thresholds(val.task, val.side, test.task, test.side, job.constraint, job.seed)}
    if job.seed == 0:
        train = bench.everybody.side("train")
        found["exponentiated_gradient"] = baselines.gradient(train, test.side, job.constraint, GRADIENT_SLACK, job.seed)
    for method, decisions in found.items():
        yield from of_decisions(job, test.side, decisions, method=method)
        yield signed_gap(job, decisions, test.side, method=method)


def _path(bench: Bench) -> Iterator[rows.Treatment]:
    """Yield the frontier of the merged heads: (b, c) for each slack, what it gives on validation and on test people, implied thresholds, swaps."""
    job = bench.job
    val, test = bench.hear(job, "val"), bench.hear(job, "test")
    fit = val.side.to_fit(job.constraint)
    typical = treatment.medians(val.group, val.side.members, fit.groups)
    for slack, rule in merge.path(val.task, val.group, fit):
        part = f"slack={slack:.4f}"
        decisions = merge.decide(test.task, test.group, rule)
        yield row(job, "accuracy", rule.accuracy, part, split="val", n=len(val.side), method="merged")
        yield row(job, "gap", rule.gap, part, split="val", n=len(val.side), method="merged")
        yield share(job, "accuracy", decisions == test.side.labels, part, method="merged")
        yield signed_gap(job, decisions, test.side, part, method="merged")
        yield row(job, "c", rule.c, part, method="merged", bits=EXACT)
        for k, b in enumerate(rule.b):
            yield row(job, "b", b, part if len(rule.b) == 1 else f"{part};group={test.side.groups[k]}", method="merged", bits=EXACT)
        for group, threshold in zip(test.side.groups, treatment.implied_thresholds(rule, typical), strict=True):
            yield row(job, "threshold", float(threshold), f"{part};group={group}", method="merged")
        if fit.groups == 2:
            yield from _flips(job, test.side, treatment.head_swap(test.task, test.group, rule, typical), f"{part};", "swap", method="merged")


def _flips(job: Job, side: people.Side, directions: Int[np.ndarray, " n"], part: str, metric: str, **more: str) -> Iterator[rows.Treatment]:
    """Yield which share of each group goes up and which goes down."""
    yield share(job, metric, directions != 0, part.rstrip(";"), **more)
    for k, group in enumerate(side.groups):
        mine = side.members == k
        for name, direction in (("up", treatment.UP), ("down", treatment.DOWN)):
            yield share(job, f"{metric}_{name}", directions[mine] == direction, f"{part}group={group}", **more)


def _against_plain(bench: Bench) -> Iterator[rows.Treatment]:
    """Yield what changed against the unconstrained network of the same seed: decisions (M3), and how well the shift tells the group (M5)."""
    job = bench.job
    mine, plain = bench.hear(job, "test"), bench.hear(job.sibling("plain"), "test")
    directions = treatment.directions(plain.decisions, mine.decisions)
    yield from _flips(job, mine.side, directions, "", "changed")
    yield share(job, "agreement", directions == 0, "with=unconstrained")
    if len(mine.side.groups) == 2:
        logit = bench.hear(job.sibling("ceiling"), "test").task
        found = treatment.shift(mine.task, plain.task, mine.side.members, logit)
        yield row(job, "shift_auc", found.auc, low=found.low, high=found.high, n=len(mine.side))
        yield row(job, "shift_correlation", found.correlation, n=len(mine.side))
        score = treatment.shift(-mine.task, np.zeros_like(mine.task), mine.side.members)
        yield row(job, "score_auc", score.auc, low=score.low, high=score.high, n=len(mine.side))
        if job.method == "shuffled":
            dealt = people.shuffled(mine.side.members, job.seed + 1)
            control = treatment.shift(mine.task, plain.task, dealt)
            yield row(job, "shift_auc", control.auc, "groups=shuffled", low=control.low, high=control.high, n=len(mine.side))


def read_outs(bench: Bench, job: Job, splits: tuple[str, ...]) -> Iterator[tuple[str, list[np.ndarray]]]:
    """Yield the group read-out of a network, ten in random directions of its last layer, and noise: name, and values on each side."""
    train = bench.hear(job, "train")
    sides = [bench.hear(job, split) for split in splits]
    trained = awareness.least_squares(train.last, train.side.members, len(train.side.groups))
    own = train.group if train.group.shape[1] else trained(train.last)
    yield "trained", [side.group if side.group.shape[1] else trained(side.last) for side in sides]
    for k in range(READ_OUTS):
        drawn = awareness.at_random(train.last, own, 1000 * job.seed + k)
        yield f"random {k + 1}", [drawn(side.last) for side in sides]
    yield "noise", [awareness.noise(len(side.side), own, 1000 * job.seed + k) for k, side in enumerate(sides)]


def _recovered(bench: Bench) -> Iterator[rows.Treatment]:
    """Yield the accurate classifier that comes back when a read-out of the group is added to the pressed network (S6), beside the controls."""
    job = bench.job
    val, test, plain = bench.hear(job, "val"), bench.hear(job, "test"), bench.hear(job.sibling("plain"), "test")
    fit = val.side.to_fit(job.constraint)
    for name, (on_val, on_test) in read_outs(bench, job, ("val", "test")):
        (rule,) = merge.search(val.task, on_val, fit, [ACCURACY_ONLY], bs=_steps(val.task, on_val, name))
        decisions = merge.decide(test.task, on_test, rule)
        part = f"read-out={name}"
        yield share(job, "recovered_accuracy", decisions == test.side.labels, part)
        yield share(job, "recovered_agreement", decisions == plain.decisions, part)
        if name == "trained":
            yield from _implied(job, rule, treatment.medians(on_val, val.side.members, fit.groups), val.side.groups)


def _implied(job: Job, rule: merge.Rule, typical: np.ndarray, groups: tuple[str, ...]) -> Iterator[rows.Treatment]:
    """Yield what the pressed network asks of a typical member of each group, in probabilities of the recovered one: phi = fhat - b·g - c."""
    back = merge.Rule(tuple(-b for b in rule.b), -rule.c, rule.accuracy, rule.gap)
    for group, threshold in zip(groups, treatment.implied_thresholds(back, typical), strict=True):
        yield row(job, "threshold", float(threshold), f"group={group}")
    for k, b in enumerate(rule.b):
        yield row(job, "recovered_b", b, "" if len(rule.b) == 1 else f"group={groups[k]}")
    yield row(job, "recovered_c", rule.c)


def _merged(bench: Bench) -> Iterator[rows.Treatment]:
    """Yield how far merged heads with the same gap on validation people decide as the pressed network does (claim B), beside the controls."""
    job = bench.job
    heads = job.sibling("two_heads")
    val, test, mine = bench.hear(heads, "val"), bench.hear(heads, "test"), bench.hear(job, "test")
    fit = val.side.to_fit(job.constraint)
    slack = abs(merge.gap(bench.hear(job, "val").decisions, fit))
    for name, (on_val, on_test) in read_outs(bench, heads, ("val", "test")):
        (rule,) = merge.search(val.task, on_val, fit, [slack], bs=_steps(val.task, on_val, name))
        decisions = merge.decide(test.task, on_test, rule)
        part = f"read-out={name}"
        yield share(job, "merged_agreement", decisions == mine.decisions, part)
        if name == "trained":
            yield share(job, "merged_accuracy", decisions == test.side.labels)
            yield row(job, "merged_gap", merge.gap(decisions, test.side.to_fit(job.constraint)), n=len(test.side))
            yield row(job, "merged_slack", slack)


def _steps(task: Float[np.ndarray, " n"], group: Float[np.ndarray, "n k"], name: str) -> list[float] | None:
    """Return the values of b for a read-out: all for the trained one, every other for a control."""
    if name == "trained" or group.shape[1] > 1:
        return None
    return merge.steps(merge.reach(task, group[:, 0]), CONTROL_STEPS).tolist()
