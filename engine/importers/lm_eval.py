"""Results of lm-evaluation-harness: JSON files with `results`: task -> metric -> number, with standard errors and counts.

Tasks are sets; `acc` is accuracy, every other metric keeps its name. The interval is the value ± 1.96 standard errors. A
group of tasks is listed beside its tasks, as the harness does.
"""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from engine import errors, safety
from engine.importers import _sources
from engine.importers._collected import Draft
from engine.importers._mapping import Layout, Target
from engine.importers._numbers import Numbers

VERSION = 1
SUFFIXES = (".json", ".zip")
NEEDS = "a results*.json, or a folder (or .zip) of them"
CITATION = "EleutherAI/lm-evaluation-harness"
NORMAL = 1.959964
_MODEL = re.compile(r"(?:^|,)\s*(?:pretrained|model|engine)=([^,]+)")


def read(path: Path) -> Draft:
    """Return all results at a path as one table of a row a number.

    Raises:
        UserError: where no file is a result of the harness.
    """
    records, used, notes = [], [], []
    for file in _sources.files(path, (".json",)):
        told = _one(file, notes)
        if told is not None:
            used.append(file)
            records += _records(told, file)
    if not records:
        raise errors.UserError(f"{safety.shown(path.name)} holds no results of lm-evaluation-harness.", f"Bring {NEEDS}.")
    frame = pd.DataFrame(records, dtype=object)
    frame = frame.where(frame.notna(), None)
    values, errors_ = (frame[name].to_numpy(np.float64, na_value=np.nan) for name in ("value", "stderr"))
    half = NORMAL * errors_
    nothing = np.zeros(len(frame), bool)
    numbers = Numbers(values, nothing, nothing, values - half, values + half)
    attributes = tuple(c for c in ("type", "shots", "date", "harness") if c in frame and frame[c].notna().any())
    layout = Layout(("model",), {"value": Target("value")}, attributes, dataset="task", metric="metric", count="n")
    counts = frame["n"].to_numpy(np.float64, na_value=np.nan)
    return Draft(
        "lm_eval", _sources.named(used, _sources.folder(path)), _sources.digest(used), frame, layout, tuple(notes),
        citation=CITATION,
        read={"value": numbers, "n": Numbers(counts, np.isnan(counts), nothing)},
    )  # fmt: skip


def _one(file: Path, notes: list[str]) -> dict[str, Any] | None:
    try:
        told = json.loads(_sources.text(file)[0])
    except json.JSONDecodeError as problem:
        notes.append(f"{safety.shown(file.name)} is no JSON ({problem.msg}) and is left out.")
        return None
    return told if _fits(told) else None


def _fits(told: object) -> bool:
    if not isinstance(told, dict) or not isinstance(told.get("results"), dict) or "overrides" in told:
        return False
    tasks = [one for one in told["results"].values() if isinstance(one, dict)]
    return bool(tasks) and bool({"versions", "config", "n-shot", "model_name", "config_general", "configs"} & set(told))


def _records(told: dict[str, Any], file: Path) -> list[dict[str, Any]]:
    """Return one row a task and metric."""
    config = told.get("config") if isinstance(told.get("config"), dict) else {}
    assert isinstance(config, dict)
    counts, shots = told.get("n-samples") or {}, told.get("n-shot") or {}
    about = {"model": _model(told, config, file), "type": config.get("model"), "date": told.get("date"), "harness": told.get("git_hash")}
    found = []
    for task, metrics in told["results"].items():
        for key, value in metrics.items() if isinstance(metrics, dict) else ():
            name, _, kept = str(key).partition(",")
            if name == "alias" or name.endswith("_stderr") or isinstance(value, bool) or not isinstance(value, int | float):
                continue
            metric = "accuracy" if name == "acc" else name
            metric = metric if kept in {"", "none"} else f"{metric}_{kept}"
            stderr = metrics.get(f"{name}_stderr,{kept}" if kept else f"{name}_stderr")
            count = counts.get(task) if isinstance(counts, dict) else None
            found.append({
                **about, "task": task, "metric": metric, "value": float(value), "stderr": stderr if isinstance(stderr, int | float) else None,
                "n": count.get("effective") if isinstance(count, dict) else None, "shots": shots.get(task) if isinstance(shots, dict) else None,
            })  # fmt: skip
    return found


def _model(told: dict[str, Any], config: dict[str, Any], file: Path) -> str:
    """Return a model's name: as the file says it, else out of the arguments, else the folder's name."""
    if isinstance(told.get("model_name"), str) and told["model_name"]:
        return told["model_name"]
    arguments = config.get("model_args")
    if isinstance(arguments, dict) and arguments.get("pretrained"):
        return str(arguments["pretrained"])
    if isinstance(arguments, str) and (found := _MODEL.search(arguments)):
        return found[1].strip()
    general = told.get("config_general")
    if isinstance(general, dict) and general.get("model_name"):
        return str(general["model_name"])
    return file.parent.name or file.stem


def recognises(files: tuple[Path, ...]) -> bool:
    """Return whether these are results of the harness."""
    ours = [file for file in files if file.suffix.lower() == ".json"][:3]
    return any(_one(file, []) is not None for file in ours)
