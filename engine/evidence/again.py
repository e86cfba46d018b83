"""Views of a bundle asked of this store: whether they still say the same, and show the same rows."""

import tempfile
from pathlib import Path

import pandas as pd

from engine import errors, store
from engine.evidence import views
from engine.evidence.manifest import View
from engine.evidence.opened import Opened
from engine.evidence.writing import rows_as_file
from engine.plots import drawn

SAME, DIFFERS, NOT = "same", "differs", "not asked"
COLUMNS = ("view", "finding", "rows", "why")


def ask(bundle: Opened) -> pd.DataFrame:
    """Return one row a view: whether finding and rows are the same in this store, and why not where they are not."""
    return pd.DataFrame([(view.title, *_again(bundle, view)) for view in bundle.manifest.views], columns=list(COLUMNS))


def _again(bundle: Opened, view: View) -> tuple[str, str, str]:
    try:
        part, _ = views.part(view.address)
    except errors.UserError as problem:
        return NOT, NOT, str(problem)
    finding = SAME if tuple(part.findings) == view.findings else DIFFERS
    names = (*view.figures, *view.pictures, *view.tables)
    shown = [one.rows for one in (*part.figures, *part.pictures, *part.tables)]
    apart = [name for name, rows in zip(names, shown, strict=False) if not _alike(bundle, name, rows)]
    if len(names) != len(shown):
        return finding, DIFFERS, "other figures and tables belong to it now"
    return finding, DIFFERS if apart else SAME, f"not the same rows: {', '.join(apart)}" if apart else ""


def _alike(bundle: Opened, name: str, rows: pd.DataFrame) -> bool:
    """Return whether a file of the bundle holds these rows."""
    if name not in bundle.sizes:
        return False
    with tempfile.TemporaryDirectory(prefix="touchstone-check-") as folder:
        file = Path(folder) / "rows.parquet"
        file.write_bytes(rows_as_file(rows))
        return drawn.of_frame(store.read_table(file)) == drawn.of_frame(bundle.table(name))
