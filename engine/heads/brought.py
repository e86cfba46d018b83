"""A network that somebody brings, on a table: its decisions group by group, and as much of what happens inside as the file lets one see.

ONNX is run in a process of its own; of its last Gemm the input is read (the trunk). Safetensors are networks of ours (`trunk.0.weight` …) and need
no process. Read-outs are fitted on 60 % of the people, rules on 20 %, and all about the inside is told of the other 20 %, drawn as for every table.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import safetensors
from jaxtyping import Float32, Float64, Int64
from safetensors.numpy import load_file
from scipy import special

from engine import errors, places, safety
from engine.datasets import tables
from engine.heads import audit, awareness, measuring, merge, treatment, weights
from engine.heads.audit import Audited
from engine.metrics import groups as group_metrics
from engine.stats import intervals

SCORE = "the network's answer"
SECONDS, MEMORY = 120, 6_000_000_000  # of the process that runs an ONNX file
LARGEST = 2_000_000_000  # bytes of a network
MOST_FITTED = 20_000  # training people that a read-out is fitted to
FEWEST = 30  # people of each group on each side, for anything about the inside
ROW_NUMBERS = "__index_level_"  # how pandas calls them in a Parquet file
CLEAR = 1e-7  # nearest that a probability comes to 0 or 1 when it becomes a logit


@dataclass(frozen=True, eq=False)
class Brought:
    """A network on people: what it decides, and what could be read of it."""

    audited: Audited
    network: str  # the file's name
    task: Float32[np.ndarray, " n"]  # logits
    inputs: Float32[np.ndarray, "n d"]
    columns: tuple[str, ...]  # what each input is
    trunk: Float32[np.ndarray, "n w"] | None
    head: Float32[np.ndarray, "n k"] | None  # raw values of its own group head, for a network of ours with one
    sides: np.ndarray  # train | val | test
    reference: Float64[np.ndarray, " n"] | None  # logits of another system on the same people
    why: str = ""  # there is no trunk
    output: str = ""  # which output of an ONNX file was read

    @property
    def how(self) -> str:
        """Which output was read, and what the trunk is."""
        read = f"Read is the output “{self.output}”" if self.output else "Read is its task head"
        if self.trunk is None:
            return f"{read}. {self.why}".strip()
        return f"{read}; the trunk is what its last linear layer takes: {self.trunk.shape[1]:,} numbers a person."


@dataclass(frozen=True, eq=False)
class _Answers:
    task: Float32[np.ndarray, " n"]
    trunk: Float32[np.ndarray, "n w"] | None
    head: Float32[np.ndarray, "n k"] | None
    why: str = ""
    output: str = ""


def outputs(network: Path) -> list[str]:
    """Return the ways in which the outputs of an ONNX file can be read as a score: a name, or “name:k” for its number k; empty for other files.

    Raises:
        UserError: for a file that cannot be opened.
    """
    safety.check_size(network, LARGEST)
    if network.suffix.lower() != ".onnx" or safety.kind_of(network) not in {"binary", "text"}:
        return []
    said = _process({"network": str(network.resolve()), "memory": MEMORY, "seconds": SECONDS}, network.name)
    if "problem" in said:
        raise errors.UserError(*said["problem"])
    return said["outputs"]


def read(
    path: Path, network: Path, *, label: str, groups: Sequence[str], inputs: Sequence[str] = (), positive: str | None = None,
    threshold: float | None = None, weights: str | None = None, reference: str | None = None, leave_out_missing: bool = False, output: str = "",
) -> Brought:  # fmt: skip
    """Return a network on the people of a file, whose columns go in as they are.

    Args:
        path: Parquet, CSV, TSV or JSON lines with a header.
        network: .onnx or .safetensors.
        label: the column with the outcome; two values.
        groups: columns with groups.
        inputs: columns of numbers in the order in which the network takes them; every other column of the file, in its order, where none is named.
        positive: the favourable value of the label.
        threshold: the probability from which it accepts; 0.5 unless given.
        weights: a column of positive numbers.
        reference: a column with another system's probabilities of the same people, to compare scores with.
        leave_out_missing: leave people out of whom something is missing, and say so.
        output: which output of an ONNX file is read, as `outputs` lists them; the first that can be a score unless named.

    Raises:
        UserError: as `audit.read` does; for inputs that are no numbers, a network that cannot be read, run or does not take these columns.
    """
    frame = tables.read_people(path)
    away = {label, *groups, *(one for one in (weights, reference) if one)}
    chosen = list(inputs) or [name for name in frame.columns if name not in away and not name.startswith(ROW_NUMBERS)]
    for column in [*chosen, *([reference] if reference else [])]:
        if column not in frame.columns:
            raise errors.unknown(f"column of {path.name}", column, frame.columns)
    if leave_out_missing:
        frame = frame.dropna(subset=[name for name in dict.fromkeys([*chosen, *away]) if name in frame.columns]).reset_index(drop=True)
    entered = _numbers(frame, chosen)
    told = _ask(network, entered, output)
    audited = audit.of_frame(
        frame.assign(**{SCORE: special.expit(told.task.astype(np.float64))}), path.name, label=label, groups=groups, score=SCORE, positive=positive,
        threshold=0.5 if threshold is None else threshold, weights=weights,
    )  # fmt: skip
    other = _reference(frame, reference) if reference else None
    return Brought(
        audited, network.name, told.task, entered, tuple(chosen), told.trunk, told.head, tables.divided(len(frame)), other, told.why, told.output
    )


def of_table(name: str, network: Path, group: str = "", threshold: float | None = None, output: str = "") -> Brought:
    """Return a network on the people of a table that is here, encoded as this program does: numbers scaled, texts one-hot, no group among the inputs.

    Raises:
        UserError: as `read` does, and for an unknown table or group.
    """
    table, card = tables.load(name), tables.card(name)
    group = group or str(card.studied["group"])
    values = tuple(card.studied["values"]) if group == card.studied["group"] else ()  # type: ignore[arg-type]
    table = table.within(group, values)
    features = table.features.drop(columns=[group], errors="ignore")
    encoder = tables.encoder(features, table.splits == "train")
    entered = encoder.encode(features)
    told = _ask(network, entered, output)
    frame = pd.DataFrame({card.label: table.labels.astype(int), group: table.groups[group], SCORE: special.expit(told.task.astype(np.float64))})
    audited = audit.of_frame(
        frame, name, label=card.label, groups=[group], score=SCORE, positive="1", threshold=0.5 if threshold is None else threshold
    )
    return Brought(audited, network.name, told.task, entered, encoder.names, told.trunk, told.head, table.splits, None, told.why, told.output)


def _numbers(frame: pd.DataFrame, columns: Sequence[str]) -> Float32[np.ndarray, "n d"]:
    """Return columns as a network takes them; raises UserError for text and gaps."""
    if not columns:
        raise errors.UserError("No column is left for the network to take.", "Choose its input columns.")
    found = frame[list(columns)].apply(pd.to_numeric, errors="coerce")
    texts = [name for name in columns if (found[name].isna() & frame[name].notna()).any()]
    if texts:
        raise errors.UserError(
            f"Input columns hold text: {safety.few(texts)}.",
            "Choose the columns as the network was trained on them: numbers, scaled, text as one column a value.",
        )
    if gaps := {name: int(n) for name, n in found.isna().sum().items() if n}:
        said = ", ".join(f"{n:,} in “{name}”" for name, n in list(gaps.items())[:4])
        raise errors.UserError(f"Values are missing: {said}.", "Fill them in, or leave these people out (--leave-out-missing).")
    return found.to_numpy(np.float32)


def _reference(frame: pd.DataFrame, column: str) -> Float64[np.ndarray, " n"]:
    told = pd.to_numeric(frame[column], errors="coerce").to_numpy(np.float64)
    if not np.isfinite(told).all() or told.min() < 0 or told.max() > 1:
        raise errors.UserError(f"“{column}” holds something else than probabilities from 0 to 1.", "Compare with a column of probabilities.")
    return special.logit(np.clip(told, CLEAR, 1 - CLEAR))


def _ask(network: Path, inputs: Float32[np.ndarray, "n d"], output: str) -> _Answers:
    """Return what a network says of people; raises UserError for a file that is neither ONNX nor safetensors of ours."""
    kind = safety.kind_of(network)
    safety.check_size(network, LARGEST)
    if kind == "safetensors":
        return _ours(network, inputs)
    if kind in {"binary", "text"} and network.suffix.lower() == ".onnx":
        return _onnx(network, inputs, output)
    why = "reading it can run code of whoever made it" if kind in {"pickle", "zip"} else f"it looks like {kind}"
    raise errors.UserError(f"“{safety.shown(network.name)}” is refused: {why}.", "Bring .onnx, or .safetensors of a network of ours.")


def _ours(file: Path, inputs: Float32[np.ndarray, "n d"]) -> _Answers:
    """Return what a network of ours says, from its tensors."""
    try:
        state = load_file(file)
    except (safetensors.SafetensorError, OSError) as problem:
        raise errors.UserError(f"“{safety.shown(file.name)}” is no whole safetensors file.", "Copy it again.") from problem
    names = sorted({key.rpartition("/")[0] for key in state})
    if len(names) > 1:
        raise errors.UserError(f"“{safety.shown(file.name)}” holds {len(names)} networks: {safety.few(names)}.", "Bring one of them.")
    try:
        made = weights.from_state({key.rpartition("/")[2]: value for key, value in state.items()})
        wide = made.trunk[0].weight.shape[1]
    except (KeyError, IndexError, ValueError) as problem:
        raise errors.UserError(
            f"“{safety.shown(file.name)}” is no network of ours: it needs tensors named trunk.0.weight, …, task.weight, task.bias.",
            "Bring any other network as ONNX.",
        ) from problem
    if wide != inputs.shape[1]:
        raise errors.UserError(
            f"“{safety.shown(file.name)}” takes {wide:,} numbers a person, but {inputs.shape[1]:,} columns are chosen.",
            "Choose its input columns, in the order in which it was trained on them.",
        )
    try:
        last = made.hidden(inputs)[-1]
        return _Answers(made.task(last)[:, 0], last, None if made.group is None else made.group(last))
    except ValueError as problem:
        raise errors.UserError(f"The layers of “{safety.shown(file.name)}” do not fit each other.", "Save the network again.") from problem


def _onnx(file: Path, inputs: Float32[np.ndarray, "n d"], output: str) -> _Answers:
    """Return what an ONNX network says, run in a process of its own."""
    with tempfile.TemporaryDirectory() as aside:
        np.save(Path(aside) / "inputs.npy", inputs)
        question = {
            "network": str(file.resolve()), "inputs": str(Path(aside) / "inputs.npy"), "answers": str(Path(aside) / "answers.npz"), "memory": MEMORY,
            "seconds": SECONDS, "output": output,
        }  # fmt: skip
        said = _process(question, file.name)
        if "problem" in said:
            raise errors.UserError(*said["problem"])
        with np.load(question["answers"], allow_pickle=False) as told:
            scores, trunk = told["scores"], told["trunk"] if "trunk" in told.files else None
    if said["shares"]:
        if scores.min() < 0 or scores.max() > 1:
            raise errors.UserError(f"“{file.name}” ends in probabilities, but some lie outside 0 to 1.", "Check its last operators.")
        scores = special.logit(np.clip(scores.astype(np.float64), CLEAR, 1 - CLEAR)).astype(np.float32)
    why = "" if trunk is not None else f"It ends in {said['last']}, not in a linear layer (Gemm), so that there is no trunk to read."
    return _Answers(scores, trunk, None, why, said["output"])


def _process(question: dict[str, Any], name: str) -> dict[str, Any]:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "engine.models.trunks"], input=json.dumps(question), text=True, capture_output=True, cwd=places.ROOT,
            timeout=SECONDS + 30, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as problem:
        raise errors.UserError(f"“{name}” did not answer within {SECONDS} seconds.", "Bring a smaller network or fewer people.") from problem
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or [""])[-1][:200]
        raise errors.UserError(
            f"The process that ran “{name}” ended with code {done.returncode} ({last}).", "Check that the file is a whole network."
        )
    return json.loads(done.stdout)


@dataclass(frozen=True, eq=False)
class Inside:
    """What could be seen inside a network, for one attribute; on people that nothing was fitted to."""

    groups: tuple[str, ...]
    n: int
    aware: pd.DataFrame  # layer, accuracy, accuracy_low, accuracy_high, auc, auc_low, auc_high
    swapped: pd.DataFrame | None = None  # group, direction, people, share, low, high, n; two groups only
    thresholds: pd.DataFrame | None = None  # group, threshold
    recovered: pd.DataFrame | None = None  # read_out, accuracy: the network's own, and with a read-out added back
    shift: treatment.Shift | None = None
    notes: tuple[str, ...] = ()


def inside(one: Brought, attribute: str, seed: int = 0) -> Inside:
    """Return what happens inside a network, for the groups of an attribute.

    Awareness of inputs and trunk with the floor; for two groups also the swap of the inferred group value, what is asked of a typical member, and
    what the accuracy becomes with the group's read-out added back, beside random read-outs and noise; with a reference the score shift.

    Raises:
        UserError: where a group has fewer than 30 people on a side.
    """
    people = one.audited.decided(attribute)
    members, labels, groups = people.members, people.labels.astype(np.int64), people.groups
    sides = {side: np.flatnonzero(one.sides == side) for side in tables.SPLITS}
    for side, chosen in sides.items():
        counts = np.bincount(members[chosen], minlength=len(groups))
        if counts.min() < FEWEST:
            few = groups[int(counts.argmin())]
            raise errors.UserError(
                f"Not estimable: {attribute} = {few} has {counts.min()} people among those that it is {'fitted to' if side != 'test' else 'told of'};"
                f" {FEWEST} are needed.", "Bring more people, or join small groups.",
            )  # fmt: skip
    fit = np.random.default_rng(seed).permutation(sides["train"])[:MOST_FITTED]
    test, val = sides["test"], sides["val"]
    aware = _aware(one, members, fit, test)
    notes = [one.why] if one.why else []
    shift = _shift(one, members, test) if len(groups) == 2 else None
    if one.trunk is None or len(groups) != 2:
        notes += [] if len(groups) == 2 else ["The swap of the inferred group value is told for two groups only."]
        return Inside(groups, len(test), aware, shift=shift, notes=tuple(notes))
    own = one.head if one.head is not None and one.head.shape[1] == 1 else None
    group = own if own is not None else awareness.least_squares(one.trunk[fit], members[fit], 2)(one.trunk)
    to_fit = merge.People(labels[val], members[val], 2)
    back = merge.search(one.task[val], group[val], to_fit, [measuring.ACCURACY_ONLY])[0]
    apart = merge.Rule(tuple(-w for w in back.b), -back.c, back.accuracy, back.gap)
    plain = (merge.combined(one.task, group, back.b) + np.float32(back.c)).astype(np.float32)
    typical = treatment.medians(group[val], members[val], 2)
    turned = treatment.head_swap(plain[test], group[test], apart, typical)
    thresholds = pd.DataFrame({"group": groups, "threshold": treatment.implied_thresholds(apart, typical)})
    turned_by = _flips(turned, members[test], groups)
    return Inside(groups, len(test), aware, turned_by, thresholds, _recovered(one, group, labels, members, sides), shift, tuple(notes))


def _aware(one: Brought, members: Int64[np.ndarray, " n"], fit: np.ndarray, test: np.ndarray) -> pd.DataFrame:
    """Return how well layers tell the group: the floor, inputs, trunk."""
    floor = awareness.floor(members[test])
    rows: list[tuple[Any, ...]] = [("floor", floor, *([np.nan] * 5))]
    layers = {"inputs, linear": one.inputs} | ({} if one.trunk is None else {"trunk": one.trunk})
    for name, layer in layers.items():
        told = awareness.read(layer[fit], members[fit], layer[test], members[test])
        rows.append((name, told.accuracy, told.low, told.high, told.auc, told.auc_low, told.auc_high))
    return pd.DataFrame(rows, columns=["layer", "accuracy", "accuracy_low", "accuracy_high", "auc", "auc_low", "auc_high"])


def _flips(turned: Int64[np.ndarray, " n"], members: Int64[np.ndarray, " n"], groups: Sequence[str]) -> pd.DataFrame:
    rows = []
    for k, group in enumerate(groups):
        mine = turned[members == k]
        for name, direction in (("up", treatment.UP), ("down", treatment.DOWN)):
            hit = int((mine == direction).sum())
            low, high = intervals.wilson(hit, len(mine))
            rows.append((group, name, group_metrics.hidden({"n": hit})["n"], hit / len(mine), float(low), float(high), len(mine)))
    return pd.DataFrame(rows, columns=["group", "direction", "people", "share", "low", "high", "n"])


def _recovered(
    one: Brought, group: Float32[np.ndarray, "n 1"], labels: Int64[np.ndarray, " n"], members: Int64[np.ndarray, " n"], sides: dict[str, np.ndarray]
) -> pd.DataFrame:
    """Return the accuracy of the network, and of it with a read-out added back for accuracy alone: the group's, random ones, noise."""
    assert one.trunk is not None
    val, test = sides["val"], sides["test"]
    fitted, right = merge.People(labels[val], members[val], 2), labels[test]

    def accuracy(values: Float32[np.ndarray, "n 1"]) -> float:
        steps = merge.steps(merge.reach(one.task[val], values[val][:, 0]), measuring.CONTROL_STEPS)
        found = merge.search(one.task[val], values[val], fitted, [measuring.ACCURACY_ONLY], bs=steps.tolist())[0]
        return float((merge.decide(one.task[test], values[test], found) == right).mean())

    told = [("none: the network as it is", float(((one.task[test] > 0) == right).mean())), ("the group's", accuracy(group))]
    told += [("a random one", accuracy(awareness.at_random(one.trunk, group, seed)(one.trunk))) for seed in range(measuring.READ_OUTS)]
    told += [("noise", accuracy(awareness.noise(len(group), group, 0)))]
    return pd.DataFrame(told, columns=["read_out", "accuracy"])


def _shift(one: Brought, members: Int64[np.ndarray, " n"], test: np.ndarray) -> treatment.Shift | None:
    if one.reference is None:
        return None
    return treatment.shift(one.task[test], one.reference[test].astype(np.float32), members[test])


def answer(one: Brought) -> dict[str, Any]:
    """Return the whole audit as plain values: that of the decisions, and for each attribute what was seen inside, or why nothing was."""
    found: dict[str, Any] = {}
    for attribute in one.audited.groups:
        try:
            found[attribute] = _plain(inside(one, attribute))
        except errors.UserError as problem:
            found[attribute] = {"reason": problem.message}
    read = {
        "network": one.network,
        "inputs": len(one.columns),
        "output": one.output or None,
        "trunk": None if one.trunk is None else one.trunk.shape[1],
    }
    return audit.answer(one.audited) | read | {"inside": found}


def _plain(seen: Inside) -> dict[str, Any]:
    told: dict[str, Any] = {"n": seen.n, "notes": list(seen.notes)}
    for name in ("aware", "swapped", "thresholds", "recovered"):
        frame: pd.DataFrame | None = getattr(seen, name)
        if frame is not None:
            told[name] = [{k: None if v != v else v for k, v in row.items()} for row in frame.to_dict("records")]
    if seen.shift is not None:
        told["shift_auc"] = {"value": seen.shift.auc, "low": seen.shift.low, "high": seen.shift.high}
    return told
