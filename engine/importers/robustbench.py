"""RobustBench: a folder of JSON files, one a model, as in its `model_info/`, and its table of corruptions.

Numbers are text in percent, and many files lack some: what is not there is not measured. Sets: the data set itself (clean
accuracy), `<set>-autoattack-<threat>` and `<set>-corruptions`. In `unaggregated_results.csv`, which has two heading lines,
each corruption and severity is a shift of the data set.
"""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from engine import errors, safety
from engine.importers import _sources, _tables
from engine.importers._collected import Draft
from engine.importers._mapping import Layout, Target

VERSION = 1
SUFFIXES = (".json", ".csv", ".zip")
NEEDS = "a folder (or .zip) of model_info/*.json, or unaggregated_results.csv"
NEEDED = {"clean_acc", "architecture"}
KEPT = (
    "architecture",
    "venue",
    "additional_data",
    "eps",
    "number_forward_passes",
    "unreliable",
    "reported",
    "external",
    "title",
    "authors",
    "link",
    "footnote",
)
LICENCE = "MIT"
CITATION = "Croce et al., RobustBench, NeurIPS Datasets and Benchmarks 2021 (RobustBench/robustbench, model_info/)"


def read(path: Path) -> Draft:
    """Return all models at a path as one table.

    Raises:
        UserError: where no file is one of RobustBench's.
    """
    files = _sources.files(path, (".json", ".csv"))
    broken: list[str] = []
    read_ = [(file, _one(file, broken)) for file in files if file.suffix.lower() == ".json"]
    models = [(file, told) for file, told in read_ if told is not None]
    tables = [file for file in files if file.suffix.lower() == ".csv" and _is_table(file)]
    if not models and not tables:
        raise errors.UserError(f"{safety.shown(path.name)} holds no models of RobustBench.", f"Bring {NEEDS}.")
    records: dict[str, dict[str, Any]] = {}
    scores: dict[str, Target] = {}
    for file, told in models:
        dataset, threat = str(told.get("dataset") or file.parent.parent.name), file.parent.name
        record = records.setdefault(f"{file.stem} [{threat}]" if _doubled(models, file) else file.stem, {"trained_on": dataset})
        record |= _record(told)
        for column, value, target in _scores(told, dataset, threat):
            record[column] = value
            scores[column] = target
    for file in tables:
        _corruptions(file, records, scores)
    frame = pd.DataFrame([{"name": name, **record} for name, record in records.items()], dtype=object).astype(object)
    frame = frame.where(frame.notna(), None)
    attributes = tuple(c for c in KEPT if c in frame)
    layout = Layout(("name",), scores, attributes, trained_on_column="trained_on")
    used = [*(file for file, _ in models), *tables]
    return Draft(
        "robustbench", _sources.named(used, _sources.folder(path)), _sources.digest(used), frame, layout, tuple(broken), licence=LICENCE,
        citation=CITATION,
    )  # fmt: skip


def _one(file: Path, broken: list[str]) -> dict[str, Any] | None:
    try:
        told = json.loads(_sources.text(file)[0])
    except json.JSONDecodeError as problem:
        broken.append(f"{safety.shown(file.name)} is no JSON ({problem.msg}) and is left out.")
        return None
    return told if isinstance(told, dict) and set(told) >= NEEDED else None


def _doubled(models: list[tuple[Path, dict]], file: Path) -> bool:
    """Return whether a name stands for several networks: it is listed more than once, with different clean accuracies."""
    return len({str(told.get("clean_acc")) for other, told in models if other.stem == file.stem}) > 1


def _record(told: dict[str, Any]) -> dict[str, Any]:
    """Return a model's attributes: its `name` is the title of a paper."""
    kept = {name: told.get("name" if name == "title" else name) for name in KEPT}
    return {name: " ".join(value.split()) if isinstance(value, str) else value for name, value in kept.items() if value is not None}


def _scores(told: dict[str, Any], dataset: str, threat: str) -> list[tuple[str, Any, Target]]:
    found = [("clean_acc", Target(dataset, unit="percent")), ("corruptions_acc", Target(f"{dataset}-corruptions", unit="percent"))]
    found.append(("autoattack_acc", Target(f"{dataset}-autoattack-{threat}", unit="percent")))
    return [(f"{target.dataset} {key}", told[key], target) for key, target in found if told.get(key) not in (None, "")]


def _corruptions(file: Path, records: dict[str, dict[str, Any]], scores: dict[str, Target]) -> None:
    """Add the accuracy under each corruption and severity, which the table gives as fractions."""
    table = _tables.read(file)
    dataset = file.parent.parent.name or "cifar10"
    names = str(table.frame.columns[0])
    for column in table.frame.columns[1:]:
        shift, severity = table.headers[column]
        scores[f"{dataset} {column}"] = Target(dataset, unit="fraction", shift=shift, strength=float(severity))
    for row in table.frame.to_dict("records"):
        record = records.setdefault(str(row[names]), {"trained_on": dataset})
        record |= {f"{dataset} {column}": row[column] for column in table.frame.columns[1:]}


def _is_table(file: Path) -> bool:
    if file.name != "unaggregated_results.csv":
        return False
    table = _tables.read(file)
    return bool(table.headers) and all(told[1].isdecimal() for c, told in table.headers.items() if c != table.frame.columns[0])


def recognises(files: tuple[Path, ...]) -> bool:
    """Return whether these are models of RobustBench."""
    ours = [file for file in files if file.suffix.lower() == ".json"][:3]
    return bool(ours) and any(_one(file, []) is not None for file in ours)
