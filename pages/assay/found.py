"""What finished runs found. A page's own file is run anew for each visit, so what is kept between visits is kept here."""

import functools

import pandas as pd

from engine import errors
from engine.assay import findings, views
from engine.assay.spec import AssaySpec


@functools.lru_cache(maxsize=64)
def finding(run: str, spec: str) -> str:
    """Return what a finished run found, as a sentence; "" where it has no accuracy.

    Args:
        run: The run's id.
        spec: Its question as JSON.
    """
    try:
        id_dataset = AssaySpec.read(spec).id_dataset
    except errors.UserError:  # a question of another version or study
        id_dataset = ""
    return findings.of_run(scores(run), id_dataset) or ""


@functools.lru_cache(maxsize=8)
def scores(run: str) -> pd.DataFrame:
    """Return a finished run's scores of whole sets, which do not change any more; nobody may change the frame either."""
    found = views.run_scores(run)
    return found[found["slice"].isna()] if "slice" in found else found
