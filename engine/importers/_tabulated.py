"""The kinds of result tables: which there are, which one a path holds, and reading it by its kind."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine import errors, registry
from engine.importers import _mapping, _sources
from engine.importers._mapping import NOTHING_ASKED, Asked

if TYPE_CHECKING:
    from engine.importers._collected import Draft

ROOM = "importers"
KINDS: Mapping[str, str] = {  # in the order in which they are tried
    "timm": "timm results", "model_soups": "model soups", "robustbench": "RobustBench", "domainbed": "DomainBed sweep",
    "domain_generalization": "domain-generalization checkpoints", "assaying_ood": "assaying-ood runs", "lm_eval": "lm-evaluation-harness",
    "mlflow": "MLflow runs", "table": "any table",
}  # fmt: skip
ASKS = ("table", "mlflow")  # kinds whose columns a person may map


def detect(path: Path) -> str:
    """Return the kind of results that a path holds.

    Raises:
        UserError: where there is nothing that any kind recognises.
    """
    files = _sources.files(path, None if path.is_dir() or path.suffix.lower() == ".zip" else _sources.SUFFIXES)
    for kind in KINDS:
        if registry.load(ROOM, kind).recognises(files):
            return kind
    tables = [file for file in files if file.suffix.lower() in _sources.SUFFIXES]
    if len(tables) > 1:
        raise errors.UserError(f"These {len(tables):,} files are of no kind that is known together.", "Bring one table at a time.")
    return "table"


def read(kind: str, path: Path, asked: Asked = NOTHING_ASKED, **options: str) -> "Draft":
    """Return what a kind reads at a path.

    Args:
        kind: one of `KINDS`.
        path: a file, folder or .zip.
        asked: what the person said about columns; only `ASKS` can be mapped freely, of the others the set of `id_column` counts.
        options: further arguments of the kind.

    Raises:
        UserError: for an unknown kind, or whatever is wrong with the files.
    """
    if kind not in KINDS:
        raise errors.unknown("kind of result table", kind, KINDS)
    module = registry.load(ROOM, kind)
    if kind in ASKS:
        return module.read(path, asked)
    draft = module.read(path, **options)
    if not asked.id_column:
        return draft
    sets = [target.dataset for target in draft.layout.scores.values()]
    if _mapping.set_name(asked.id_column) not in sets and not draft.layout.is_long:
        raise errors.unknown("set of this table", asked.id_column, sets)
    return replace(draft, layout=replace(draft.layout, trained_on=_mapping.set_name(asked.id_column), trained_on_column=None))
