"""Results of pytorch-image-models (timm): a folder of `results-*.csv`, a file a set, in percent.

A network is a model at an image size: one model is listed at several. The sets are called by their files; `imagenet-a` and
`imagenet-r` have 200 classes, so that they must be compared with `imagenet-a-clean` and `imagenet-r-clean` and not with
`imagenet`. Numbers of parameters are in millions, with thousands commas.
"""

from pathlib import Path

import pandas as pd

from engine import errors, safety
from engine.importers import _numbers, _sources, _tables
from engine.importers._collected import Draft
from engine.importers._mapping import Layout, Target

VERSION = 1
SUFFIXES = (".csv", ".zip")
NEEDS = "a folder (or .zip) of results-*.csv, or one of them"
KEY = ("model", "img_size")
METRICS = {"top1": "accuracy", "top5": "top5_accuracy"}
KEPT = ("param_count", "crop_pct", "interpolation")
LICENCE = "Apache-2.0"
CITATION = "Ross Wightman, PyTorch Image Models, huggingface/pytorch-image-models, results/"


def read(path: Path) -> Draft:
    """Return all result files at a path as one table, joined by model and image size.

    Raises:
        UserError: where no file is one of timm's results.
    """
    found = [file for file in _sources.files(path, (".csv",)) if _is_ours(file)]
    if not found:
        raise errors.UserError(
            f"{safety.shown(path.name)} holds no results of timm.", "Bring its results-*.csv: model, img_size, top1, top5 in each."
        )
    frames = [_one(file) for file in found]
    whole = pd.concat([frame for frame, _ in frames], axis=1, join="outer", sort=False)
    scores = {column: target for _, targets in frames for column, target in targets.items()}
    whole = whole.reset_index("nth", drop=True).join(_first_told([_tables.read(file).frame for file in found])).reset_index()
    sets = [target.dataset for target in scores.values()]
    layout = Layout(KEY, scores, KEPT, "imagenet" if "imagenet" in sets else None, notes=_notes(sets))
    return Draft(
        "timm", _sources.named(found, _sources.folder(path)), _sources.digest(found), whole, layout, licence=LICENCE, citation=CITATION,
    )  # fmt: skip


def _one(file: Path) -> tuple[pd.DataFrame, dict[str, Target]]:
    """Return a file's scores by key, with what they are about."""
    table = _tables.read(file).frame
    name = file.stem.removeprefix("results-")
    scores = {f"{name} {column}": Target(name, metric, unit="percent") for column, metric in METRICS.items() if column in table}
    table = table.rename(columns={column: f"{name} {column}" for column in METRICS})
    numbered = table.assign(nth=table.groupby(list(KEY)).cumcount())  # a key that is there twice stays two rows, for the audit to find
    return numbered.set_index([*KEY, "nth"])[list(scores)], scores


def _first_told(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Return each network's attributes from the first file that tells them; parameters as their number."""
    every = pd.concat([table.reindex(columns=[*KEY, *KEPT]) for table in tables]).drop_duplicates(list(KEY)).set_index(list(KEY))
    millions = _numbers.read(every["param_count"])
    counts = [None if missing else round(value * 1e6) for value, missing in zip(millions.value, millions.missing, strict=True)]
    every["param_count"] = pd.Series(counts, index=every.index, dtype=object)
    return every


def _notes(sets: list[str]) -> tuple[str, ...]:
    clean = [name for name in ("imagenet-a", "imagenet-r") if name in sets and f"{name}-clean" in sets]
    if not clean:
        return ()
    said = " and ".join(f"{name} with {name}-clean" for name in clean)
    return (f"Compare {said}: these have 200 of the 1,000 classes, so that accuracy on all of imagenet is another question.",)


def _is_ours(file: Path) -> bool:
    try:
        with file.open(encoding="utf-8-sig") as lines:
            return set(lines.readline().strip().split(",")) >= {*KEY, "top1", "top1_err"}
    except (OSError, UnicodeDecodeError):
        return False


def recognises(files: tuple[Path, ...]) -> bool:
    """Return whether these are results of timm."""
    return any(file.name.startswith("results-") and file.suffix == ".csv" and _is_ours(file) for file in files)
