"""Imported tables for tests: any frame of networks by sets, written into the store as one run."""

import json
from datetime import UTC, datetime

import numpy as np
import pandas as pd
from scipy import special

from engine import rows, store

ODD = ("a/b@c:d (top-1 %)", "Acc, 50%2F", "x@y", "plain")  # names of sets that hold what has a meaning in a set's text


def write(name, networks, scores):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    writer = store.Writer(f"run-{name}")
    writer.append([store.block(rows.Network, networks), store.block(rows.Score, scores)])
    writer.finish(rows.Run(f"run-{name}", "import", name, "{}", "done", 0, now, now, now, 1.0, 1, 1, "cpu", None, None, "{}", "test", None))


def table(name, frame, *, attributes=None, trained_on=None, metric="accuracy", unit="fraction", task="t", classes=None):
    """Store a frame, networks by sets, as an imported table."""
    told = attributes if attributes is not None else pd.DataFrame(index=frame.index)
    networks = [
        rows.Network(
            n, n, "cnn", "table", n, trained_on(n) if trained_on else None, None, json.dumps(told.loc[n].to_dict(), default=str), collection=name
        )
        for n in frame.index
    ]
    scores = [
        rows.Score(n, d, "test", "", 0.0, metric, 1, float(v), None, None, None, "", collection=name, task=task, unit=unit, classes=classes)
        for d in frame
        for n, v in frame[d].items()
        if v == v
    ]
    write(name, networks, scores)


def made(n=40, seed=0):
    rng = np.random.default_rng(seed)
    skill = rng.normal(size=n)
    frame = {
        "id": special.ndtr(1 + 0.4 * skill), "up": special.ndtr(0.3 * skill + 0.05 * rng.normal(size=n)), "flat": 0.1 + 0.01 * rng.random(n),
        "down": special.ndtr(-0.4 * skill + 0.1 * rng.normal(size=n)), "apart": special.ndtr(1.2 * rng.normal(size=n)),
    }  # fmt: skip
    return pd.DataFrame(frame, index=[f"n{i:03d}" for i in range(n)])
