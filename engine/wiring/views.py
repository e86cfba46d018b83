"""What is known of a training, also while it goes on: loss and accuracy by step, and the links at each mark. No torch."""

import json

import numpy as np
import pandas as pd
from jaxtyping import Float

from engine import control, errors, store
from engine.metrics import graphs
from engine.wiring.spec import WiringSpec, titles

TABLE = "circuit_training"


def newest() -> str | None:
    """Return the newest finished run of this study, None where there is none."""
    found = store.query("SELECT run FROM runs WHERE study = 'wiring' AND state = 'done' ORDER BY finished DESC, run DESC LIMIT 1")
    return None if found.empty else str(found["run"][0])


def question(run: str) -> WiringSpec:
    """Return what a run was asked; raises UserError for one of another study, or none at all."""
    found = store.query("SELECT spec FROM runs WHERE run = ? AND study = 'wiring'", [run])
    text = control.job(run).spec if found.empty else str(found["spec"][0])
    if json.loads(text).get("study") != "wiring":
        raise errors.UserError(f"The run {run} trained no circuits.", "Runs are listed on the page Runs.")
    return WiringSpec.read(text)


def history(run: str) -> pd.DataFrame:
    """Return one row a circuit and mark, so far as there are any: step, losses, validation accuracy, its title; links left out."""
    found = store.part_of(run, TABLE, ["circuit", "step", "steps", "loss", "prior_loss", "accuracy", "nll", "modules"])
    if found.empty:
        return found
    named = {job.name: f"{titles()[job.arm]}, seed {job.seed}" for job in question(run).jobs()}
    found["title"] = [named.get(str(name), str(name)) for name in found["circuit"]]
    return found.drop_duplicates(["circuit", "step"], keep="last").sort_values(["circuit", "step"], ignore_index=True)


def links(run: str, circuit: str) -> dict[int, Float[np.ndarray, "r u"]]:
    """Return a circuit's links at each mark, by step; nothing where it has no graph."""
    found = store.part_of(run, TABLE, ["circuit", "step", "modules", "links"])
    if found.empty:
        return {}
    mine = found[(found["circuit"] == circuit) & (found["modules"] > 0)].drop_duplicates("step", keep="last").sort_values("step")
    return {
        int(step): np.asarray(flat, np.float64).reshape(-1, int(u))
        for step, u, flat in zip(mine["step"], mine["modules"], mine["links"], strict=True)
    }


def order(last: Float[np.ndarray, "r u"]) -> list[int]:
    """Return modules by community and degree, as the last graph has them: one order for all steps, so that nothing jumps."""
    u = last.shape[1]
    square = np.clip(last[:u], 0, 1)
    communities, degrees = graphs.communities(square), graphs.degrees(square)
    return [int(one) for one in np.lexsort((-degrees, communities))]
