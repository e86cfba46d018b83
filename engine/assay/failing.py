"""Where a network fails, as it is shown: what can be searched, the slices found as words and as a figure, their members, a map of all answers."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from engine.assay import advice, population, views, weak
from engine.assay.answered import sure
from engine.plots import estimates, formats, points

MOST_DRAWN = 20
SMALLEST_P = 1e-4
SIZES = (10, 20, 30, 50, 100)
RIGHT = "right or wrong"


def networks() -> tuple[list[str], str]:
    """Return the networks whose single answers are stored, and the one with most of them."""
    kept = views.answered()
    most = kept.groupby("network")["n"].sum()
    return sorted(most.index), str(most.idxmax()) if len(most) else ""


def sets_of(network: str) -> tuple[dict[str, list[str]], str | None]:
    """Return the sets that a network has answered, with the shift of each version, and the hardest of them."""
    kept = views.answered()
    mine = kept[kept["network"] == network]
    versions: dict[str, list[str]] = {}
    for dataset, split, shift in zip(mine["dataset"].tolist(), mine["split"].tolist(), mine["shift"].tolist(), strict=True):
        versions.setdefault(views.Set(dataset, split).text(), []).append(shift)
    return versions, _hardest(network, list(versions))


def attributes(network: str, one: views.Set, *, shifted: bool) -> tuple[list[str], str]:
    """Return what can be searched, and how the searched set is called."""
    answers = weak.answers(network, one, shifted=shifted)
    more = answers["shift"].nunique() - 1
    where = f"{one.label} as it is and under {more} shift{'' if more == 1 else 's'}" if shifted else one.label
    return weak.attributes(answers), where


def searched(
    network: str, one: views.Set, by: list[str], smallest: int, where: str, *, shifted: bool
) -> tuple[pd.DataFrame, pd.DataFrame, go.Figure | None, str]:
    """Return the slices found, the same as a table says them, their figure, and the finding."""
    found = weak.search(network, one, by, shifted=shifted, smallest=smallest)
    finding = advice.of_slices(found, weak.answers(network, one, shifted=shifted), network, where)
    return (found, _rows(found), _drawn(found), finding) if len(found) else (found, found, None, finding)


def _hardest(network: str, texts: list[str]) -> str | None:
    """Return the set, of those offered, on which a network's accuracy is lowest."""
    for collection in population.collections()["collection"]:
        table = population.wide(collection, "accuracy", texts)
        mine = table[table.index == network].to_numpy(float)
        if mine.size and np.isfinite(mine).any():
            return str(table.columns[int(np.nanargmin(mine[0]))])
    return None


def _rows(found: pd.DataFrame) -> pd.DataFrame:
    """Return slices as a table says them; its further columns are for the files."""
    inside = [formats.interval(r.error, r.low, r.high, r.n, "fraction") for r in found.itertuples()]  # type: ignore[arg-type]
    small = ["too few" if p != p else formats.number(p) if p >= SMALLEST_P else f"below {SMALLEST_P:g}" for p in found["p"]]
    said = {
        "slice": found["slice"], "wrong inside": inside, "elsewhere": [formats.percent(v) for v in found["elsewhere"]],
        "adjusted p": small, "confirmed": found["confirmed"],
    }  # fmt: skip
    hidden = found.drop(columns=["slice", "confirmed", "elsewhere"]).assign(elsewhere_error=found["elsewhere"])
    return pd.concat([pd.DataFrame(said), hidden], axis=1)


def _drawn(found: pd.DataFrame) -> go.Figure:
    """Return errors inside each slice, with intervals, beside those elsewhere."""
    rows = found.head(MOST_DRAWN).assign(**{name: 100 * found[name] for name in ("error", "low", "high", "elsewhere")})
    rows = rows.rename(columns={"slice": "label", "low": "error_low", "high": "error_high"})
    rows["label"] += ["" if confirmed else " (not confirmed)" for confirmed in rows["confirmed"]]
    return estimates.estimates(
        rows[["label", "error", "error_low", "error_high", "elsewhere"]], {"inside": "error"},
        title="wrong answers (%), half not searched", ticks={"elsewhere": "elsewhere"},
    )  # fmt: skip


def members(network: str, one: views.Set, conditions: dict[str, str], *, shifted: bool) -> tuple[pd.DataFrame, str]:
    """Return the answers of a slice, and how many of them are wrong in words."""
    inside = weak.members(weak.answers(network, one, shifted=shifted), conditions)
    wrong = int((~inside["correct"].astype(bool)).sum())
    return inside, f"**{advice.name(weak.told(conditions))}**: {formats.share(wrong, len(inside), 'answers wrong')}, both halves together."


def places(
    network: str, one: views.Set, of: str, colour: str, conditions: dict[str, str] | None, *, shifted: bool
) -> tuple[points.Points, pd.DataFrame]:
    """Return every answer as a point, coloured by an attribute, by right and wrong, or by a slice's conditions; and the rows behind."""
    found = weak.answer_map(network, one, of=of, shifted=shifted)
    if colour == RIGHT:
        said = found["correct"].map({True: "right", False: "wrong"})
    elif conditions is not None:
        inside = found.index.isin(weak.members(found, conditions).index)
        said = pd.Series(np.where(inside, "in the slice", "elsewhere"), index=found.index)
    else:
        said = found[colour].astype(str)
    told = found.assign(
        colour=said, id=[f"{e}-{i}" for i, e in enumerate(found["example_id"])],
        words=[f"{c}, answered {p} ({sure(s)})" for c, p, s in zip(found["class"], found["predicted"], found["sure"], strict=True)],
    )  # fmt: skip
    shares = [formats.percent(float(found[f"{axis}_share"].iloc[0])) for axis in "xy"]
    axes = [points.Axis(f"{name} direction ({share} of the variance)", None) for name, share in zip(("first", "second"), shares, strict=True)]
    return points.of_frame(told, x_axis=axes[0], y_axis=axes[1], ids="id", label="words", colour="colour", reference=False), found
