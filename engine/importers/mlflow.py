"""MLflow runs: an `mlruns` folder as the file store writes it, or a CSV exported from MLflow.

A run is a network; of each metric the last value counts. Metrics that look like shares are columns of scores, all others and
the parameters are attributes. Deleted runs are left out, and counted.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from engine import errors, safety
from engine.importers import _mapping, _sources, _tables
from engine.importers._collected import Draft, relayout
from engine.importers._mapping import NOTHING_ASKED, Asked, Layout

VERSION = 1
SUFFIXES = (".csv", ".zip")
NEEDS = "an mlruns folder (or .zip), or a CSV of runs exported from MLflow"
CITATION = ""
MOST_ATTRIBUTE = 300  # letters of a parameter or tag that are kept


def read(path: Path, asked: Asked = NOTHING_ASKED) -> Draft:
    """Return all runs at a path as one table.

    Raises:
        UserError: where there is no run of MLflow, or no metric that looks like a share.
    """
    root = _sources.folder(path)
    csvs = list(_sources.files(path, (".csv",))) if path.is_file() and not _sources.folder(path).joinpath("meta.yaml").exists() else []
    if len(csvs) == 1 and not _runs(root if path.suffix == ".zip" else Path("/nonexistent")):
        table = _tables.read(csvs[0])
        return _draft(path, tuple(csvs), table.frame, _exported(table.frame), asked, table.notes)
    runs = _runs(root)
    deleted = [run for run in runs if _meta(run).get("lifecycle_stage") == "deleted"]
    kept = [run for run in runs if run not in deleted]
    if not kept:
        raise errors.UserError(f"{safety.shown(path.name)} holds no runs of MLflow.", f"Bring {NEEDS}.")
    frame = _tables.frame_of([{"run": _name(run), "run_id": run.name, **_told(run)} for run in kept])
    groups = {str(c): str(c).split(".", 1)[0] for c in frame}
    metrics = [c for c, group in groups.items() if group == "metrics"]
    notes = (f"{len(deleted):,} deleted runs are left out.",) if deleted else ()
    used = tuple(
        file for run in kept for file in sorted(run.rglob("*")) if file.is_file() and file.relative_to(run).parts[0] in {"metrics", "params"}
    )
    return _draft(path, used, frame, metrics, asked, notes)


def _runs(root: Path) -> list[Path]:
    """Return the folders that are runs."""
    return sorted(meta.parent for meta in root.rglob("meta.yaml") if (meta.parent / "metrics").is_dir()) if root.is_dir() else []


def _draft(path: Path, used: tuple[Path, ...], frame: pd.DataFrame, metrics: list[str], asked: Asked, notes: tuple[str, ...]) -> Draft:
    """Return the draft: scores among the metrics, everything else as attributes."""
    if not metrics:
        raise errors.UserError(f"{safety.shown(path.name)} holds no metrics of MLflow.", f"Bring {NEEDS}.")
    short = {c: c.removeprefix("metrics.") for c in metrics}
    frame = frame.rename(columns={c: name for c, name in short.items() if name not in frame})
    metrics = [short[c] if short[c] in frame else c for c in metrics]
    key = next((c for c in ("run", "tags.mlflow.runName", "Name", "run_name", "run_id", "Run ID") if c in frame), None)
    identity = next((c for c in ("run_id", "Run ID") if c in frame and c != key), None)
    keys = [c for c in (key, identity) if c] if key and frame[key].duplicated().any() else [key] if key else []
    digest = _sources.digest(used)
    draft = Draft("mlflow", _sources.named(used[:50], _sources.folder(path)), digest, frame, Layout((), {}), notes, citation=CITATION)
    inner = frame[[*keys, *metrics]]
    layout = _mapping.guess(inner, draft.numbers, replace(asked, key=asked.key or tuple(keys)))
    rest = tuple(str(c) for c in frame if c not in layout.scores and c not in layout.keys)
    return relayout(draft, replace(layout, attributes=rest))


def _exported(frame: pd.DataFrame) -> list[str]:
    """Return the metrics of an exported table: columns called `metrics.…`, else those that hold numbers and are no parameters."""
    named = [str(c) for c in frame if str(c).startswith("metrics.")]
    others = [str(c) for c in frame if not str(c).startswith(("params.", "tags.")) and pd.to_numeric(frame[c], errors="coerce").notna().mean() > 0.5]
    return named or others


def _meta(run: Path) -> dict[str, str]:
    """Return the plain fields of a run's meta.yaml."""
    lines = _sources.text(run / "meta.yaml")[0].splitlines()
    pairs = (line.split(":", 1) for line in lines if ":" in line and not line.startswith((" ", "#")))
    return {name.strip(): value.strip().strip("'\"") for name, value in pairs}


def _name(run: Path) -> str:
    tag = run / "tags" / "mlflow.runName"
    return (tag.read_text(encoding="utf-8").strip() if tag.is_file() else "") or _meta(run).get("run_name") or run.name


def _told(run: Path) -> dict[str, Any]:
    """Return a run's last metrics, its parameters and its own tags, by the names of their files."""
    found: dict[str, Any] = {}
    for file in _inside(run / "metrics"):
        if (value := _last(file)) is not None:
            found[f"metrics.{file.relative_to(run / 'metrics').as_posix()}"] = value
    for kind in ("params", "tags"):
        for file in _inside(run / kind):
            name = file.relative_to(run / kind).as_posix()
            if not name.startswith("mlflow."):
                found[f"{kind}.{name}"] = " ".join(file.read_text(encoding="utf-8", errors="replace").split())[:MOST_ATTRIBUTE] or None
    return found


def _inside(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file()) if folder.is_dir() else []


def _last(file: Path) -> float | None:
    """Return the value of a metric at its last step; lines are time, value, step."""
    best: tuple[float, float] | None = None
    value = None
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            time, number, *step = (float(part) for part in line.split())
        except ValueError:
            continue
        at = (step[0] if step else 0.0, time)
        if best is None or at >= best:
            best, value = at, number
    return value


def recognises(files: tuple[Path, ...]) -> bool:
    """Return whether this is an mlruns folder or an export of one."""
    if any(file.name == "meta.yaml" and (file.parent / "metrics").is_dir() for file in files):
        return True
    if len(files) != 1 or files[0].suffix.lower() != ".csv":
        return False
    with files[0].open(encoding="utf-8-sig", errors="replace") as lines:
        first = lines.readline()
    return "metrics." in first and "run_id" in first
