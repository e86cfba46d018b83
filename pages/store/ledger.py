"""The runs as a table: what was asked, how it ended, when, how long it took."""

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

from engine import control, store
from engine.assay import views
from pages.parts import kit

SHOWN = ("title", "state", "finished", "seconds", "cells", "images", "root", "run")


def rows() -> pd.DataFrame:
    """Return finished runs and jobs that are not (yet) runs, newest first, with the columns of `SHOWN`, `study` and `spec`."""
    wanted = [*SHOWN, "study", "spec"]
    runs = views.runs()[wanted]
    known = {*runs["run"], *(one.run for one in kit.made(store.archived))}
    others = [_of_job(job) for job in control.jobs() if job.id not in known]
    if not others:
        return runs
    both = [*others, *runs.to_dict("records")]
    return pd.DataFrame(both, columns=wanted).astype({"cells": "int64", "images": "int64", "seconds": "float64"})


def _of_job(job: control.Job) -> dict[str, Any]:
    until = job.finished or datetime.now(UTC).timestamp()
    return {
        "run": job.id, "title": job.title, "study": job.study, "state": job.state, "cells": job.done, "images": job.images, "root": "results",
        "seconds": until - job.started if job.started else None, "spec": job.spec,
        "finished": pd.Timestamp(job.finished, unit="s", tz="UTC") if job.finished else None,
    }  # fmt: skip


def settings() -> dict[str, Any]:
    """Return how the columns are shown: times to the minute, where the visitor is."""
    return {
        "finished": st.column_config.DatetimeColumn("finished", format="YYYY-MM-DD HH:mm", timezone=st.context.timezone or "UTC"),
        "seconds": st.column_config.NumberColumn("seconds", format="%.1f"),
        "title": st.column_config.TextColumn("question", width="large"),
        "root": st.column_config.TextColumn("kept in", help="“sample” ships with the program and is read-only; “results” was made here."),
    }
