"""The single answers behind scores: out of the store, or out of a bundle."""

from collections.abc import Sequence

import pandas as pd

from engine import store

PLACE = ("network", "dataset", "split", "shift", "strength")
COLUMNS = (*PLACE, "example_id", "position", "label", "logits")
AT_ONCE = 500  # cells that are asked for in one query


def behind(scores: pd.DataFrame) -> pd.DataFrame:
    """Return every stored answer to the sets of some scores, and to the sets that these refer to, with the columns of `COLUMNS`."""
    wanted = places(scores)
    frames = [of(wanted.iloc[i : i + AT_ONCE]) for i in range(0, len(wanted), AT_ONCE)]
    frames = [frame for frame in frames if len(frame)]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(COLUMNS))


def places(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the (network, set) pairs whose answers scores of networks evaluated here are computed from, each once."""
    mine = scores[scores["collection"].fillna("") == ""]
    own = mine[list(PLACE)]
    referred = mine[mine["reference"].notna()]
    others = [
        pd.DataFrame({"network": referred["network"], "dataset": referred["reference"], "split": side, "shift": "", "strength": 0.0})
        for side in ("val", "test")
    ]
    return pd.concat([own, *others], ignore_index=True).drop_duplicates(ignore_index=True)


def of(wanted: pd.DataFrame) -> pd.DataFrame:
    """Return the stored answers of some networks to some sets, each example once, in the order of the sets."""
    told: Sequence[str] = ["|".join(_key(row)) for row in wanted.itertuples(index=False, name=None)]
    return store.query(
        f"""SELECT {", ".join(COLUMNS)} FROM predictions
            WHERE list_contains($wanted, concat_ws('|', network, dataset, split, shift, strength::DOUBLE::VARCHAR))
            QUALIFY row_number() OVER (PARTITION BY network, dataset, split, shift, strength, position, example_id ORDER BY run DESC) = 1
            ORDER BY network, dataset, split, shift, strength, position""",
        {"wanted": list(told)},
    )


def _key(row: tuple) -> list[str]:
    """Return a place as the query writes it: DuckDB and Python write such numbers alike."""
    return [*map(str, row[:4]), repr(float(row[4]))]
