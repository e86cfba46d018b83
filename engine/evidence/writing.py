"""Making a bundle: the report, the rows behind it, the pictures, and last the manifest. A bundle appears whole or not at all."""

import hashlib
import itertools
import os
import secrets
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from engine import errors, places, safety, store
from engine.evidence import behind, page, pictures, predicted, remarks, sources, views
from engine.evidence import manifest as told
from engine.evidence import spec as asking
from engine.evidence.asked import Asked
from engine.evidence.manifest import Manifest, View
from engine.evidence.page import Placed
from engine.evidence.parts import Part
from engine.evidence.spec import EvidenceSpec

REPORT = "report.html"
SCORES = "rows/scores.parquet"
ANSWERS = "rows/predictions.parquet"
_TIME = (1980, 1, 1, 0, 0, 0)  # of members of an archive: the same content makes the same file


@dataclass(frozen=True)
class Bundle:
    """A bundle that was made."""

    path: Path
    bytes: int
    figures: int
    seal: str  # SHA-256 of the manifest
    left_out: dict[str, str] = field(default_factory=dict)


def place(job: str) -> Path:
    """Return where the bundle lies that a job of the queue has made."""
    return places.home() / "reports" / f"{job}.zip"


def make(spec: EvidenceSpec, into: Path) -> Bundle:
    """Make a bundle at once; raises UserError as `steps` does."""
    steps = list(steps_of(spec, into))
    made = steps[-1]
    assert isinstance(made, Bundle)
    return made


def steps_of(spec: EvidenceSpec, into: Path) -> Iterator[str | Bundle]:
    """Make a bundle step by step: yields what is done next, and last the bundle.

    Args:
        spec: What is reported; without views, the usual ones that this store can answer.
        into: An archive (its name ends in .zip), or a folder that is new or empty.

    Raises:
        UserError: for a view that cannot be reported, or a place that cannot be written.
    """
    _check_place(into)
    parts, left_out = [], {}
    for address, strict in _addresses(spec):
        yield views.title_of(address)
        try:
            parts.append(views.part(address))
        except errors.UserError as problem:
            if strict:
                raise errors.UserError(f"“{safety.shown(address)}” cannot be reported: {problem.message}", problem.hint) from problem
            left_out[address] = str(problem)
    if not parts:
        raise errors.UserError("This store has nothing to report yet.", "Run an evaluation: python -m engine run SPEC.json.")
    yield "writing"
    files, placed, scores = _content(parts)
    if spec.predictions:
        files[ANSWERS] = store.parquet_bytes(predicted.behind(scores))
    yield "drawing pictures"
    drawn = [panel for part, _ in parts for figure in part.figures for panel in figure.drawn.values()]
    found, svg = pictures.svgs(drawn) if spec.svg else ([], "not asked for")
    files |= dict(zip(_pictures(placed), found, strict=False))
    yield "packing"
    yield _pack(spec, placed, scores, files, svg, left_out, into, len(drawn))


def _addresses(spec: EvidenceSpec) -> list[tuple[str, bool]]:
    """Return the views, and whether one that cannot be reported is an error: where somebody chose it."""
    return [(address, True) for address in spec.views] or [(offer.address, False) for offer in views.offered() if offer.usual]


def _check_place(into: Path) -> None:
    """Raise UserError where there is something already."""
    if into.is_dir() and (into.suffix == ".zip" or any(into.iterdir())):
        raise errors.UserError(f"{into} is a folder that holds something.", "Name a new folder, or a file that ends in .zip.")
    if into.exists() and not into.is_dir():
        raise errors.UserError(f"{into} is there already.", "Remove it, or choose another name.")


def _content(parts: Sequence[tuple[Part, Asked]]) -> tuple[dict[str, bytes], list[Placed], pd.DataFrame]:
    """Return the files with rows, the parts with the names of their files, and all scores behind them."""
    files: dict[str, bytes] = {}
    placed = []
    for i, (part, asked) in enumerate(parts, 1):
        names = []
        for j, one in enumerate((*part.figures, *part.pictures, *part.tables)):
            name = f"rows/{i:02d}-{chr(97 + j % 26)}-{safety.slug(one.title, 48)}.parquet"
            files[name] = rows_as_file(one.rows)
            names.append(name)
        placed.append(Placed(_remarked(part, asked.address), _view(part, asked, names)))
    scores = behind.together([part.scores for part, _ in parts])
    if len(scores):
        files[SCORES] = store.parquet_bytes(scores)
    return files, placed, scores


def rows_as_file(rows: pd.DataFrame) -> bytes:
    """Return rows as a Parquet file: a column whose values are of several kinds becomes text."""
    mixed = [str(name) for name in rows if rows[name].dtype == object and len({*map(type, rows[name].dropna())}) > 1]
    told = {name: rows[name].map(lambda value: value if value is None or value != value else str(value)) for name in mixed}
    return store.parquet_bytes(rows.assign(**told))


def _remarked(part: Part, address: str) -> Part:
    """Return a part with what was written about it."""
    runs = dict.fromkeys([*part.runs, *(part.scores["run"].dropna().astype(str) if part.scores is not None else ())])
    return replace(part, remarks=[*part.remarks, *remarks.of(part, address, list(runs))])


def _view(part: Part, asked: Asked, names: Sequence[str]) -> View:
    ends = list(itertools.accumulate(map(len, (part.figures, part.pictures, part.tables))))
    told_of = {**asked.told, **({"not part of the report": ", ".join(asked.unread)} if asked.unread else {})}
    return View(
        address=asked.address, title=part.title, asked=told_of, findings=tuple(part.findings), figures=tuple(names[: ends[0]]),
        pictures=tuple(names[ends[0] : ends[1]]), tables=tuple(names[ends[1] :]), datasets=tuple(part.datasets), runs=tuple(part.runs),
    )  # fmt: skip


def _pictures(placed: Sequence[Placed]) -> list[str]:
    """Return the names of the pictures, one a panel, in their order."""
    found = []
    for one in placed:
        for figure, file in zip(one.part.figures, one.view.figures, strict=True):
            stem = file.removeprefix("rows/").removesuffix(".parquet")
            found += [f"figures/{stem}{f'-{i + 1}' if len(figure.drawn) > 1 else ''}.svg" for i in range(len(figure.drawn))]
    return found


def _pack(
    spec: EvidenceSpec, placed: Sequence[Placed], scores: pd.DataFrame, files: dict[str, bytes], svg: str, left_out: dict[str, str], into: Path,
    figures: int,
) -> Bundle:  # fmt: skip
    """Write the report and the manifest beside the other files."""
    parts = [one.part for one in placed]
    about = Manifest(
        touchstone=told.VERSION, title=asking.title(spec), author=spec.author, made=datetime.now(UTC).isoformat(timespec="seconds"), seed=spec.seed,
        code=sources.code(), views=tuple(one.view for one in placed), left_out=left_out, svg=svg,
        predictions=f"in the bundle: {ANSWERS}" if spec.predictions else "in the store of whoever made the bundle",
        networks=sources.networks_of(parts), data=sources.data_of(parts), runs=sources.runs_of(parts, scores), files={},
    )  # fmt: skip
    files[REPORT] = page.page(placed, about, spec.words).encode()
    hashes = {name: told.File(sha256=hashlib.sha256(content).hexdigest(), bytes=len(content)) for name, content in sorted(files.items())}
    content = about.model_copy(update={"files": hashes}).text().encode()
    files[told.NAME] = content
    try:
        size = _zip(files, into) if into.suffix == ".zip" else _folder(files, into)
    except OSError as problem:
        raise errors.UserError(
            f"{into} cannot be written: {problem.strerror or problem}.", "Choose another place, or free some disk space."
        ) from problem
    return Bundle(into, size, figures, hashlib.sha256(content).hexdigest(), left_out)


def _zip(files: dict[str, bytes], into: Path) -> int:
    """Write an archive aside and give it its name when it is whole; returns its size."""
    into.parent.mkdir(parents=True, exist_ok=True)
    aside = into.with_name(f".{into.name}.{secrets.token_hex(4)}")
    try:
        with zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            for name in _ordered(files):
                info = zipfile.ZipInfo(name, _TIME)
                info.external_attr = 0o644 << 16
                info.compress_type = zipfile.ZIP_STORED if name.endswith(".parquet") else zipfile.ZIP_DEFLATED
                archive.writestr(info, files[name])
        size = aside.stat().st_size
        os.replace(aside, into)  # noqa: PTH105  atomic
    finally:
        aside.unlink(missing_ok=True)
    return size


def _folder(files: dict[str, bytes], into: Path) -> int:
    """Write a folder aside and give it its name when it is whole; returns the size of its files."""
    into.parent.mkdir(parents=True, exist_ok=True)
    aside = into.with_name(f".{into.name}.{secrets.token_hex(4)}")
    try:
        for name, content in files.items():
            file = aside / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        if into.is_dir():
            into.rmdir()
        aside.rename(into)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return sum(map(len, files.values()))


def _ordered(files: dict[str, bytes]) -> list[str]:
    """Return the report first, the manifest second, then the rest by name."""
    first = (REPORT, told.NAME)
    return [*first, *sorted(name for name in files if name not in first)]
