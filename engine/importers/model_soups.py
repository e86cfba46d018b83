"""The 72 fine-tuned networks of model soups: individual_model_results.jsonl, and hparam_info.json where it is there.

`ImageNet2p`, two percent of the training images held out, is the validation side of ImageNet. Numbers are fractions.
Source: Wortsman et al., "Model soups", ICML 2022.
"""

import json
from pathlib import Path

from engine import errors, safety
from engine.importers import _sources, _tables
from engine.importers._collected import Draft
from engine.importers._mapping import Layout, Target

VERSION = 1
SUFFIXES = (".jsonl", ".zip")
NEEDS = "individual_model_results.jsonl, or the folder (or .zip) with hparam_info.json beside it"
RESULTS, PARAMETERS = "individual_model_results.jsonl", "hparam_info.json"
HELD_OUT = "ImageNet2p"
LICENCE = "MIT"
CITATION = "Wortsman et al., Model soups, ICML 2022 (mlfoundations/model-soups)"


def read(path: Path) -> Draft:
    """Return results and hyper-parameters joined by the name of the model.

    Raises:
        UserError: where the results are not there or lack `model_name`.
    """
    files = {file.name: file for file in _sources.files(path, (".json", ".jsonl"))}
    results = files.get(RESULTS) or (next(iter(files.values())) if len(files) == 1 else None)
    if results is None:
        raise errors.UserError(f"{safety.shown(path.name)} holds no {RESULTS}.", f"Bring {NEEDS}.")
    table = _tables.read(results)
    if "model_name" not in table.frame:
        raise errors.UserError(f"{safety.shown(results.name)} has no model_name.", f"Bring {NEEDS}.")
    used = [results, *([files[PARAMETERS]] if PARAMETERS in files else [])]
    parameters = _parameters(files.get(PARAMETERS))
    frame = table.frame.copy()
    told = sorted({name for one in parameters.values() for name in one})
    for name in told:
        frame[name] = [parameters.get(str(model), {}).get(name) for model in frame["model_name"]]
    scores = {str(column): _target(str(column)) for column in table.frame if column != "model_name"}
    without = [model for model in frame["model_name"].astype("str") if parameters and model not in parameters]
    notes = [f"Without hyper-parameters: {safety.few(without)}."] if without else []
    layout = Layout(("model_name",), scores, tuple(told), "ImageNet", notes=tuple(notes))
    return Draft(
        "model_soups", _sources.named(used, _sources.folder(path)), _sources.digest(used), frame, layout, table.notes, table.broken,
        licence=LICENCE, citation=CITATION,
    )  # fmt: skip


def _target(column: str) -> Target:
    return Target("ImageNet", split="val", unit="fraction") if column == HELD_OUT else Target(column, unit="fraction")


def _parameters(file: Path | None) -> dict[str, dict]:
    if file is None:
        return {}
    try:
        said = json.loads(_sources.text(file)[0])
    except json.JSONDecodeError as problem:
        raise errors.UserError(
            f"{safety.shown(file.name)} is no JSON: {problem.msg} at line {problem.lineno}.", "Check that it is complete."
        ) from problem
    return {str(name): one for name, one in said.items() if isinstance(one, dict)} if isinstance(said, dict) else {}


def recognises(files: tuple[Path, ...]) -> bool:
    """Return whether these are the results of model soups."""
    return any(file.name == RESULTS for file in files)
