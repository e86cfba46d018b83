"""Checkpoints of leave-one-domain-out training: tables with x (accuracy on a training domain) and y (on the test domain).

A row is a checkpoint on one of its training domains; there is no run and no step, and up to 70 % of the rows are exact
copies of others, which the audit finds. Domains are called by their positions, `PACS-env0`. Numbers are fractions.
Source: the tables of olawalesalaudeen/misspecified_DG_benchmarks_viz.
"""

import ast
from pathlib import Path

import pandas as pd

from engine import errors, safety
from engine.importers import _sources, _tables
from engine.importers._collected import Draft
from engine.importers._mapping import Layout, Target

VERSION = 1
SUFFIXES = (".csv", ".zip")
NEEDS = "a folder (or .zip) of env<i>_out_acc.csv, or one of them"
NEEDED = {"x", "y", "train_env", "test_env"}
LICENCE = "MIT"
CITATION = "Salaudeen et al., Are domain generalization benchmarks with accuracy on the line misspecified?, 2025"


def read(path: Path) -> Draft:
    """Return all checkpoints at a path as one table.

    Raises:
        UserError: where no file is such a table.
    """
    found = [file for file in _sources.files(path, (".csv",)) if _is_ours(file)]
    if not found:
        raise errors.UserError(f"{safety.shown(path.name)} holds no table of checkpoints.", "Bring CSV with x, y, train_env and test_env.")
    tables = [_tables.read(file) for file in found]
    frame = pd.concat([_one(table.frame, file) for table, file in zip(tables, found, strict=True)], ignore_index=True)
    scores, attributes = _scores(frame)
    layout = Layout(
        (),
        scores,
        attributes,
        trained_on_column="trained_on",
        row_name="checkpoint",
        notes=("A row is a checkpoint on one of its training domains.",),
    )
    return Draft(
        "domain_generalization", _sources.named(found, _sources.folder(path)), _sources.digest(found), frame, layout, licence=LICENCE,
        citation=CITATION,
    )  # fmt: skip


def _one(table: pd.DataFrame, file: Path) -> pd.DataFrame:
    """Return a table with its domains named and the options of the architecture in columns of their own."""
    dataset = table["dataset"] if "dataset" in table else pd.Series(file.parent.name or "domains", index=table.index)
    found = table.assign(dataset=dataset, trained_on=dataset + "-env" + table["train_env"], tested_on=dataset + "-env" + table["test_env"])
    if "model_hparams" not in table:
        return found
    options = {text: _options(text) for text in table["model_hparams"].unique()}
    names = dict.fromkeys(name for one in options.values() for name in one)
    more = {name: [options[text].get(name) for text in table["model_hparams"]] for name in names if name not in found}
    return found.assign(**{name: pd.Series(values, index=table.index, dtype=object) for name, values in more.items()}).drop(columns="model_hparams")


def _options(text: str) -> dict:
    """Return the options written as a Python dictionary of plain values."""
    try:
        said = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return {}
    return {str(name): value for name, value in said.items()} if isinstance(said, dict) else {}


def _scores(frame: pd.DataFrame) -> tuple[dict[str, Target], tuple[str, ...]]:
    """Add a column a domain to the frame: x where it was trained on, y where it was tested on; return what they are about."""
    domains = sorted({*frame["trained_on"], *frame["tested_on"]})
    scores = {}
    for domain in domains:
        x, y = frame["x"].where(frame["trained_on"] == domain), frame["y"].where(frame["tested_on"] == domain)
        frame[domain] = x.where(x.notna(), y).fillna("")
        scores[domain] = Target(domain, unit="fraction", task=domain.rsplit("-env", 1)[0])
    known = {*NEEDED, *domains, "trained_on", "tested_on"}
    return scores, (*(str(c) for c in frame if c not in known), "train_env", "test_env")


def _is_ours(file: Path) -> bool:
    try:
        with file.open(encoding="utf-8-sig") as lines:
            return set(lines.readline().strip().split(",")) >= NEEDED
    except (OSError, UnicodeDecodeError):
        return False


def recognises(files: tuple[Path, ...]) -> bool:
    """Return whether these are such checkpoints."""
    return any(file.suffix == ".csv" and _is_ours(file) for file in files[:50])
