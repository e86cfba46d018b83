"""Runs of amazon-science/assaying-ood: folders with a results.json each, in which bare NaN tokens occur.

`results` holds an evaluation -> data set -> number (or an object of numbers); `overrides` what the run was configured with.
A bare NaN, such as top-10 accuracy with 7 classes, is measured and undefined. `Corrupted_<set>_<type>_severity_<s>` is a
shift of the set. Source: Wenzel et al., "Assaying out-of-distribution generalization in transfer learning", NeurIPS 2022.
"""

import json
import re
from pathlib import Path
from typing import Any

from engine import errors, safety
from engine.importers import _mapping, _sources, _tables
from engine.importers._collected import Draft
from engine.importers._mapping import Layout, Target

VERSION = 1
SUFFIXES = (".json", ".zip")
NEEDS = "a folder (or .zip) of run folders with results.json, or one of them"
CITATION = "Wenzel et al., Assaying out-of-distribution generalization in transfer learning, NeurIPS 2022"
METRICS = {
    "top1_classification_accuracy": "accuracy", "classification_accuracy": "accuracy", "top5_classification_accuracy": "top5_accuracy",
    "top10_classification_accuracy": "top10_accuracy", "expected_calibration_error": "ece", "negative_log_likelihood": "nll",
}  # fmt: skip
_SET = re.compile(r"(?:S3)?(?:DomainBed-)?(?P<set>.+?)(?:-(?P<split>train|val|test|id_val|id_test))?(?:-fewshot-(?P<few>\d+))?", re.IGNORECASE)
_CORRUPTED = re.compile(r"Corrupted_(?P<set>.+?)_(?:(?P<type>[a-z_]+)_)?severity_(?P<severity>\d+)")


def read(path: Path) -> Draft:
    """Return all runs at a path as one table.

    Raises:
        UserError: where no file is such a results.json.
    """
    root, records, targets, notes = _sources.folder(path), [], {}, []
    files = [file for file in _sources.files(path, (".json",)) if file.name == "results.json" or path.is_file()]
    used = []
    for file in files:
        told = _one(file, notes)
        if told is not None:
            used.append(file)
            inner = file.parent.relative_to(root).as_posix() if file.is_relative_to(root) else file.stem
            records.append({"run": file.parent.name if inner == "." else inner, **_record(told, targets)})
    if not records:
        raise errors.UserError(f"{safety.shown(path.name)} holds no results.json of assaying-ood.", f"Bring {NEEDS}.")
    frame = _tables.frame_of([{name: value for name, value in record.items() if not isinstance(value, dict)} for record in records])
    attributes = tuple(str(c) for c in frame if c not in targets and c not in {"run", "trained_on"})
    layout = Layout(("run",), targets, attributes, trained_on_column="trained_on" if "trained_on" in frame else None)
    return Draft("assaying_ood", _sources.named(used, root), _sources.digest(used), frame, layout, tuple(notes), citation=CITATION)


def _one(file: Path, notes: list[str]) -> dict[str, Any] | None:
    try:
        told = json.loads(_sources.text(file)[0])
    except json.JSONDecodeError as problem:
        notes.append(f"{safety.shown(str(Path(file.parent.name) / file.name))} is no JSON ({problem.msg}) and is left out.")
        return None
    return told if _fits(told) else None


def _fits(told: object) -> bool:
    """Return whether a JSON file has results by evaluation and data set, and a configuration; lm-evaluation-harness has no overrides."""
    return isinstance(told, dict) and isinstance(told.get("results"), dict) and "overrides" in told


def _record(told: dict[str, Any], targets: dict[str, Target]) -> dict[str, Any]:
    """Return a run as a row, and add what its columns are about."""
    overrides = told["overrides"] if isinstance(told["overrides"], dict) else {}
    record: dict[str, Any] = {}
    trained = next((str(value) for name, value in overrides.items() if name.endswith("adaptation.dataset")), None)
    if trained and (found := _SET.fullmatch(trained)):
        record |= {"trained_on": found["set"], "regime": f"{found['few']} a class" if found["few"] else "all"}
    record |= {_short(name): value if isinstance(value, bool | int | float | str) else json.dumps(value) for name, value in overrides.items()
               if name not in {"datasets", "corruption.datasets"}}  # fmt: skip
    for evaluation, value in told["results"].items():
        if evaluation == "number_of_parameters":
            record["parameters"] = value
        elif isinstance(value, dict):
            for dataset, number in value.items():
                _add(evaluation, dataset, number, record, targets)
    return record


def _short(name: str) -> str:
    """Return a setting's name by its last words: `adaptation.optimizer.defaults.lr` is `lr`."""
    parts = name.replace("@", ".").split(".")
    return ".".join(parts[-2:]) if parts[-1] in {"dataset", "classname", "name"} else parts[-1]


def _add(evaluation: str, dataset: str, value: Any, record: dict[str, Any], targets: dict[str, Target]) -> None:
    """Add a number, or each number of an object, to a row."""
    if isinstance(value, dict):
        for name, inner in value.items():
            _add(f"{evaluation}_{name}", dataset, inner, record, targets)
        return
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        return
    metric = METRICS.get(evaluation, evaluation)
    column = f"{metric} on {dataset}"
    targets[column] = _target(metric, dataset)
    record[column] = value


def _target(metric: str, dataset: str) -> Target:
    shift, strength = "", 0.0
    if found := _CORRUPTED.fullmatch(dataset):
        dataset, shift, strength = found["set"], found["type"] or "all_corruptions", float(found["severity"])
    said = _SET.fullmatch(dataset)
    name, split = (said["set"], said["split"] or "test") if said else (dataset, "test")
    unit = "fraction" if _mapping.is_share(metric) and metric != "nll" else _mapping.KEPT_AS_IS
    return Target(_mapping.set_name(name), metric, split, unit, shift, strength, task=name.rsplit("-", 1)[0] if "-" in name else None)


def recognises(files: tuple[Path, ...]) -> bool:
    """Return whether these are runs of assaying-ood."""
    ours = [file for file in files if file.name == "results.json"][:3]
    return any(_one(file, []) is not None for file in ours)
