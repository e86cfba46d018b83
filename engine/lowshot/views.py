"""What low-shot adaptation brought: accuracy on the new domain by labels and by what moved, what is left on the old one. No torch.

What is compared was fixed before anything was measured: accuracy on the new domain with head, codes, signatures and states moving, minus that
with the head alone, at the middle number of labels, averaged over domains and circuits of a seed. Intervals and p are Student's, over seeds.
"""

import json
from collections.abc import Iterable

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from engine import errors, store
from engine.lowshot.spec import NOT_ADAPTED, TITLES, LowshotSpec
from engine.plots import formats, lines
from engine.stats import intervals, multiplicity
from engine.wiring.arms import REFERENCE
from engine.wiring.spec import titles

ASK = "Ask: python -m engine lowshot question > question.json; python -m engine run question.json"
WITHIN = ["onto", "arm", "labels"]


def newest() -> str:
    """Return the newest finished run of this study; raises UserError where there is none."""
    found = store.query("SELECT run FROM runs WHERE study = 'lowshot' AND state = 'done' ORDER BY finished DESC, run DESC LIMIT 1")
    if found.empty:
        raise errors.UserError("No circuit has been adapted with few labels yet.", ASK)
    return str(found["run"][0])


def question(run: str) -> LowshotSpec:
    """Return what a finished run was asked; raises UserError for one of another study, or none at all."""
    found = store.query("SELECT spec FROM runs WHERE run = ? AND study = 'lowshot'", [run])
    if found.empty:
        raise errors.UserError(f"The run {run} adapted no circuits.", "Runs are listed on the page Runs.")
    return LowshotSpec.read(str(found["spec"][0]))


def measured(run: str) -> pd.DataFrame:
    """Return one row an adapted circuit: circuit, arm, seed, onto, part, labels, accuracy `there` (new domain) and `kept` (the one before)."""
    known = store.part_of(run, "networks", ["network", "trained_on", "attributes"])
    found = store.part_of(run, "scores", ["network", "dataset", "metric", "slice", "value"])
    if known.empty or found.empty:
        raise errors.UserError(f"The run {run} adapted no circuits.", "Runs are listed on the page Runs.")
    plain = found[(found["metric"] == "accuracy") & found["slice"].isna()]
    values = {(str(one["network"]), str(one["dataset"])): float(one["value"]) for one in plain.to_dict("records")}
    told = [json.loads(text) for text in known["attributes"]]
    frame = pd.DataFrame({name: [one[name] for one in told] for name in ("circuit", "arm", "seed", "onto", "adapted", "labels")})
    frame = frame.rename(columns={"adapted": "part"})
    for column, sets in (("there", frame["onto"]), ("kept", known["trained_on"])):
        frame[column] = [values[str(network), str(dataset)] for network, dataset in zip(known["network"], sets, strict=True)]
    return frame


def table(run: str) -> pd.DataFrame:
    """Return one row a domain, arm, number of labels and part: accuracy with its interval over seeds, gained there, lost where it came from."""
    found = measured(run)
    came = found[found["part"] == NOT_ADAPTED].set_index(["circuit", "onto"])[["there", "kept"]]
    rows = []
    for (onto, arm, labels, part), mine in found.groupby([*WITHIN, "part"], sort=True):
        before = came.loc[pd.MultiIndex.from_frame(mine[["circuit", "onto"]])]
        row = {"onto": onto, "arm": arm, "title": titles().get(str(arm), arm), "labels": labels, "part": part, "moves": TITLES[str(part)]}
        row |= {"seeds": len(mine), **_estimate("there", mine["there"].to_numpy(np.float64))}
        row |= _estimate("gained", mine["there"].to_numpy(np.float64) - before["there"].to_numpy(np.float64))
        row |= {"kept": float(mine["kept"].mean()), **_estimate("lost", before["kept"].to_numpy(np.float64) - mine["kept"].to_numpy(np.float64))}
        rows.append(row)
    order = {part: i for i, part in enumerate(TITLES)}
    return pd.DataFrame(rows).sort_values(["onto", "arm", "labels", "part"], key=lambda c: c.map(order) if c.name == "part" else c, ignore_index=True)


def _estimate(name: str, values: np.ndarray) -> dict[str, float]:
    low, high = intervals.of_mean(values)
    return {name: float(values.mean()), f"{name}_low": low, f"{name}_high": high}


def contrasts(run: str) -> pd.DataFrame:
    """Return paired differences over seeds: parts minus the head alone for each arm, and arms minus the dense circuit for each part.

    `holm` is p adjusted for how many comparisons of its kind (`family`) there are.
    """
    found = measured(run)
    adapted = found[found["part"] != NOT_ADAPTED]
    parts = _differences(adapted, "part", "head", WITHIN)
    arms = _differences(adapted, "arm", REFERENCE, ["onto", "part", "labels"])
    told = [pd.DataFrame(rows).assign(family=name) for name, rows in (("parts", parts), ("arms", arms)) if rows]
    if not told:
        return pd.DataFrame()
    made = pd.concat(told, ignore_index=True)
    made["holm"] = made.groupby("family")["p"].transform(lambda p: multiplicity.adjusted(p.to_numpy(np.float64), "holm"))
    return made


def _differences(found: pd.DataFrame, of: str, against: str, within: list[str]) -> list[dict]:
    """Return, for each value of a column but one, its accuracy minus that one's, paired by seed."""
    rows = []
    for where, part in found.groupby(within, sort=True):
        wide = part.pivot_table(index="seed", columns=of, values="there")
        for other in (name for name in wide if name != against and against in wide):
            values = (wide[other] - wide[against]).dropna().to_numpy(np.float64)
            rows.append(dict(zip(within, where, strict=True)) | {of: other, "minus": against} | _compared(values))
    return rows


def _compared(values: np.ndarray) -> dict[str, float]:
    low, high = intervals.of_mean(values)
    return {"difference": float(values.mean()), "low": low, "high": high, "p": intervals.p_of_mean(values), "pairs": len(values)}


def middle(run: str) -> int:
    """Return the number of labels that the comparison fixed beforehand is made at."""
    shots = question(run).shots
    return shots[len(shots) // 2]


def primary(run: str) -> dict[str, float]:
    """Return the comparison fixed beforehand: difference, low, high, p, pairs; nothing where head or modules did not move."""
    found = measured(run)
    wide = found[found["labels"] == middle(run)].pivot_table(index="seed", columns="part", values="there")
    if not {"head", "modules"} <= set(wide):
        return {}
    return _compared((wide["modules"] - wide["head"]).dropna().to_numpy(np.float64))


def finding(run: str) -> str:
    """Return what came out, in Markdown, whichever way it falls."""
    found, shots = measured(run), middle(run)
    at = found[found["labels"].isin([0, shots])].groupby("part")["there"].mean()
    said = ", ".join(f"**{formats.percent(float(at[part]))}** with {TITLES[part]} moving" for part in TITLES if part in at and part != NOT_ADAPTED)
    labels = f"{shots} labelled image{'s' * (shots > 1)} a class"
    text = f"With {labels} of {_list(found['onto'].unique())}, circuits go from {formats.percent(float(at[NOT_ADAPTED]))} to {said}."
    told = primary(run)
    return f"{text} {_verdict(told)}" if told else text


def _verdict(told: dict[str, float]) -> str:
    """Return the comparison fixed beforehand as a sentence."""
    points = f"{formats.fixed(100 * told['difference'], 1)} points"
    if np.isnan(told["low"]):
        return f"Codes, signatures and states add {points} to the head alone, on one seed."
    span = f"{points} [{formats.fixed(100 * told['low'], 1)}, {formats.fixed(100 * told['high'], 1)}], {int(told['pairs'])} seeds"
    words = "help" if told["low"] > 0 else "harm" if told["high"] < 0 else "cannot be told to help"
    return f"Codes, signatures and states **{words}** beside the head: {span}."


def _list(names: Iterable[str]) -> str:
    *first, last = map(str, names)
    return f"{', '.join(first)} and {last}" if first else last


def figure(run: str, onto: str, arm: str) -> tuple[go.Figure, pd.DataFrame]:
    """Return accuracy on a domain against labels a class, a line for each part that moves, and the rows behind it."""
    found = table(run)
    mine = found[(found["onto"] == onto) & (found["arm"] == arm)]
    shown = mine.rename(columns={"there": "value", "there_low": "low", "there_high": "high", "seeds": "n"})
    came, parts = shown[shown["part"] == NOT_ADAPTED], [part for part in TITLES if part in set(shown["part"]) and part != NOT_ADAPTED]
    rows = pd.concat([pd.concat([came.assign(moves=TITLES[part]), shown[shown["part"] == part]]) for part in parts], ignore_index=True)
    drawn = lines.curves(rows, x_title="labelled images a class", y_title=f"accuracy on {onto}", x="labels", colour="moves")
    return drawn, rows[["onto", "title", "labels", "moves", "value", "low", "high", "n"]]


def markdown(run: str) -> str:
    """Return finding and table as a document shows them."""
    rows = table(run)
    head = ["| Onto | Circuit | Labels a class | What moves | Accuracy there | Gained | Lost where it came from |", "|---|---|---|---|---|---|---|"]
    body = [f"| {' | '.join(map(str, _cells(row)))} |" for row in rows.to_dict("records") if row["part"] != NOT_ADAPTED]
    return "\n".join([finding(run), "", *head, *body])


def _cells(row: dict) -> tuple[str, ...]:
    return (
        row["onto"], row["title"], str(row["labels"]), row["moves"], formats.percent(row["there"]) + _bracket(row, "there"),
        formats.fixed(100 * row["gained"], 1) + _bracket(row, "gained"), formats.fixed(100 * row["lost"], 1) + _bracket(row, "lost"),
    )  # fmt: skip


def _bracket(row: dict, name: str) -> str:
    low, high = (100 * row[f"{name}_{end}"] for end in ("low", "high"))
    return "" if np.isnan(low) else f" [{formats.fixed(low, 1)}, {formats.fixed(high, 1)}]"
