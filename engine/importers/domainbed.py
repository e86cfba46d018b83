"""A DomainBed sweep: a folder of run folders with a results.jsonl each, one line a step.

`env<i>_in_acc` is the 80 % side of a domain, `env<i>_out_acc` the 20 % side; which domains are test domains stands in
`args.test_envs`. Stored are: of a test domain its 80 % as `test` (DomainBed's test accuracy) and its 20 % as `val` (what its
oracle selects by); of a training domain its 80 % as `train` and its held-out 20 % as `val`; and as in-distribution set
`<data set>-training-domains`, the mean over the held-out 20 % of the training domains (what training-domain validation
selects by). Source: Gulrajani and Lopez-Paz, "In search of lost domain generalization", ICLR 2021.
"""

import json
import re
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from engine import errors, safety
from engine.importers import _sources
from engine.importers._collected import Draft
from engine.importers._mapping import Layout, Target

VERSION = 1
SUFFIXES = (".jsonl", ".zip")
NEEDS = "a sweep folder (or .zip) of results.jsonl, or one of them"
CITATION = "Gulrajani and Lopez-Paz, In search of lost domain generalization, ICLR 2021"
_ENV = re.compile(r"env(\d+)_(in|out)_acc")
Steps = Literal["last", "all"]


def read(path: Path, steps: Steps = "last") -> Draft:
    """Return the runs of a sweep as one table.

    Args:
        path: the sweep's folder, or a results.jsonl.
        steps: `last`: each run's last step is a network; `all`: each step is, as a checkpoint of its own.

    Raises:
        UserError: where no file is one of DomainBed's.
    """
    files = [file for file in _sources.files(path, (".jsonl",)) if file.name == "results.jsonl" or path.is_file()]
    records: list[dict[str, Any]] = []
    broken: list[tuple[int, str]] = []
    targets: dict[str, Target] = {}
    for file in files:
        lines = [_line(text) for text in _sources.text(file)[0].split("\n") if text.strip()]
        good = [line for line in lines if line is not None]
        if len(good) < len(lines):
            broken.append((len(records) + 1, f"{len(lines) - len(good)} lines of {file.parent.name}/{file.name} are no results"))
        chosen = sorted(good, key=lambda one: one.get("step", 0)) if steps == "all" else _last(good)
        records += [_record(line, file, targets) for line in chosen]
    if not records:
        raise errors.UserError(f"{safety.shown(path.name)} holds no results of DomainBed.", f"Bring {NEEDS}.")
    frame = pd.DataFrame(records, dtype=object)
    frame = frame.where(frame.notna(), None)
    keys = ("run", "step") if steps == "all" else ("run",)
    attributes = tuple(str(c) for c in frame if c not in targets and c not in {"run", "trained_on"})
    said = "each step of a run is a network" if steps == "all" else "the last step of each run is taken"
    layout = Layout(keys, targets, attributes, trained_on_column="trained_on", notes=(f"Of {len(files):,} runs, {said}.",))
    notes = tuple(f"{why}, and are left out." for _, why in broken)
    return Draft("domainbed", _sources.named(files, _sources.folder(path)), _sources.digest(files), frame, layout, notes, citation=CITATION)


def _line(text: str) -> dict[str, Any] | None:
    try:
        told = json.loads(text)
    except json.JSONDecodeError:
        return None
    fits = isinstance(told, dict) and isinstance(told.get("args"), dict) and any(_ENV.fullmatch(key) for key in told)
    return told if fits else None


def _last(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [max(lines, key=lambda one: one.get("step", 0))] if lines else []


def _record(line: dict[str, Any], file: Path, targets: dict[str, Target]) -> dict[str, Any]:
    """Return a step as a row, and add what its columns are about."""
    args = line["args"]
    dataset, test = str(args.get("dataset", "domains")), {int(env) for env in args.get("test_envs", [])}
    held_out = f"{dataset}-training-domains"
    record: dict[str, Any] = {
        "run": file.parent.name or file.stem, "step": line.get("step"), "trained_on": held_out, "algorithm": args.get("algorithm"),
        "dataset": dataset, "test_envs": ",".join(map(str, sorted(test))), "seed": args.get("seed"), "trial_seed": args.get("trial_seed"),
        "hparams_seed": args.get("hparams_seed"), "steps": args.get("steps"), "epoch": line.get("epoch"),
    }  # fmt: skip
    record |= {f"hparams.{name}": value for name, value in (line.get("hparams") or {}).items()}
    inside = []
    for key, value in line.items():
        if found := _ENV.fullmatch(key):
            env, side = int(found[1]), found[2]
            split = ("test" if env in test else "train") if side == "in" else "val"
            column = f"{dataset} env{env} {split}"
            targets[column] = Target(f"{dataset}-env{env}", split=split, unit="fraction", task=dataset)
            record[column] = value
            if side == "out" and env not in test and isinstance(value, int | float):
                inside.append(float(value))
    targets[f"{held_out} test"] = Target(held_out, unit="fraction", task=dataset)
    record[f"{held_out} test"] = float(np.mean(inside)) if inside else None
    return record


def recognises(files: tuple[Path, ...]) -> bool:
    """Return whether this is a sweep of DomainBed."""
    for file in [file for file in files if file.suffix == ".jsonl"][:3]:
        with file.open(encoding="utf-8", errors="replace") as lines:
            if _line(lines.readline()) is not None:
                return True
    return False
