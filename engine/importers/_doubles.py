"""Steps of the audit that settle rows that are there more than once: exact copies, and names that are not their own."""

from dataclasses import replace

import numpy as np
import pandas as pd

from engine import safety
from engine.importers import _mapping
from engine.importers._desk import LEAVE_ROWS, MOST_SHOWN, Desk, details_of, plural, said_rows
from engine.importers._parsed import Parsed, as_text


def settle_copies(desk: Desk) -> None:
    parsed = desk.parsed
    marks = pd.DataFrame({"name": pd.factorize(parsed.names)[0], "place": parsed.place})
    if parsed.value.shape[1] == 1:
        marks["value"] = parsed.value[:, 0]
    else:
        marks["value"] = [hash(row.tobytes()) for row in np.ascontiguousarray(np.where(np.isnan(parsed.value), -1.0, parsed.value))]
    if len(parsed.attributes.columns):
        texts = parsed.attributes.astype("str")
        marks["attributes"] = pd.util.hash_pandas_object(texts, index=False).to_numpy()
    if parsed.trained_on is not None:
        marks["trained"] = pd.factorize(parsed.trained_on)[0]
    where = marks.duplicated().to_numpy()
    if not where.any():
        return
    groups = marks.groupby(list(marks), sort=False, dropna=False)
    first = pd.Series(parsed.rows).groupby(groups.ngroup().to_numpy()).transform("first").to_numpy()
    share = f" ({where.mean():.0%} of all)" if where.mean() >= 0.005 else ""
    what = "is an exact copy" if where.sum() == 1 else "are exact copies"
    sentence = f"{plural(int(where.sum()), 'row')}{share} {what} of an earlier row ({said_rows(parsed.rows[where])})."
    actions = {"drop": "Copies are left out, the first is kept", "keep": "All are kept, each under a name of its own"}
    if desk.find("copies", sentence, parsed.rows[where], actions, details_of(parsed, where, copy_of=first[where])) == "drop":
        desk.leave_out(where, "an exact copy of an earlier row")
    elif not (parsed.names == "").all():
        doubled = marks.duplicated(keep=False).to_numpy()
        nth = groups.cumcount().to_numpy()
        names = parsed.names.copy()
        names[doubled] = [f"{names[i]} #{nth[i] + 1}" for i in np.flatnonzero(doubled)]
        desk.parsed = replace(parsed, names=names)


def settle_same_key(desk: Desk) -> None:
    parsed = desk.parsed
    if (parsed.names == "").all():
        desk.parsed = replace(parsed, names=np.array([f"{parsed.row_name} {row}" for row in parsed.rows], object))
        return
    key = pd.DataFrame({"name": parsed.names, "place": parsed.place})
    where = key.duplicated(keep=False).to_numpy()
    if not where.any():
        return
    different = key[where].drop_duplicates()
    more = _told_by(parsed, key, where)
    how = f"“{more[0]}”" if len(more) == 1 else " and ".join(f"“{m}”" for m in more)
    hint = f"; {how} would tell them apart" if more else ""
    sentence = (
        f"{plural(int(where.sum()), 'row')} share {plural(len(different), 'name')} with other rows but differ in their numbers "
        f"({safety.few(different['name'].unique().tolist(), 3)}){hint}."
    )
    apart = f"Each is kept under a name of its own, told apart by {how}" if more else "Each is kept under a name of its own, with a number"
    actions = {"tell-apart": apart, "first": "The first is kept", "last": "The last is kept", "average": "Their mean is kept", **LEAVE_ROWS}
    order = np.flatnonzero(where)[np.argsort(pd.factorize(key["name"][where])[0], kind="stable")]
    shown = {column: [parsed.attributes[column].iloc[i] for i in order[:MOST_SHOWN]] for column in more}
    shown |= {parsed.columns[0]: parsed.value[order[:MOST_SHOWN], 0]}
    action = desk.find("same-key", sentence, parsed.rows[where], actions, details_of(parsed, order[:MOST_SHOWN], **shown))
    _settle(desk, action, key, where, more)


def _told_by(parsed: Parsed, key: pd.DataFrame, where: np.ndarray) -> tuple[str, ...]:
    """Return the attributes that tell rows of the same key apart."""
    if not len(parsed.attributes.columns):
        return ()
    texts = parsed.attributes[where].astype("str").reset_index(drop=True)
    whole = pd.concat([key[where].reset_index(drop=True), texts], axis=1)
    return _mapping.completing(whole, ["name", "place"], [str(c) for c in texts if c not in {"name", "place"}])


def _settle(desk: Desk, action: str, key: pd.DataFrame, where: np.ndarray, more: tuple[str, ...]) -> None:
    parsed = desk.parsed
    if action == "leave-out":
        desk.leave_out(where, "its name is not its own")
    elif action in {"first", "last"}:
        desk.leave_out(key.duplicated(keep="first" if action == "first" else "last").to_numpy(), f"another row of the same name is the {action}")
    elif action == "average":
        desk.parsed = _averaged(parsed, key)
        again = key.duplicated().to_numpy()
        desk.left_out += [(int(row), "averaged with the other rows of its name") for row in parsed.rows[again]]
    else:
        desk.parsed = replace(parsed, names=_told_apart(parsed, key, where, more))


def _told_apart(parsed: Parsed, key: pd.DataFrame, where: np.ndarray, more: tuple[str, ...]) -> np.ndarray:
    """Return names with what tells rows apart in brackets, and with a number where that is not enough."""
    names = parsed.names.copy()
    at = np.flatnonzero(where)
    if more:
        texts = {c: as_text(parsed.attributes[c].iloc[at]).tolist() for c in more}
        names[at] = [f"{names[i]} [{', '.join(f'{c}={texts[c][j]}' for c in more)}]" for j, i in enumerate(at)]
    still = pd.DataFrame({"name": names, "place": key["place"]})
    doubled = still.duplicated(keep=False).to_numpy()
    nth = still.groupby(["name", "place"], sort=False).cumcount().to_numpy()
    names[doubled] = [f"{names[i]} #{nth[i] + 1}" for i in np.flatnonzero(doubled)]
    return names


def _averaged(parsed: Parsed, key: pd.DataFrame) -> Parsed:
    """Return one row a key with the mean of its numbers; attributes and intervals are those of the first row, where it is alone."""
    codes = key.groupby(["name", "place"], sort=False).ngroup().to_numpy()
    first = np.flatnonzero(~key.duplicated().to_numpy())
    told = np.isfinite(parsed.value)
    counts = np.zeros((len(first), parsed.value.shape[1]))
    sums = np.zeros_like(counts)
    np.add.at(counts, codes, told)
    np.add.at(sums, codes, np.where(told, parsed.value, 0.0))
    with np.errstate(invalid="ignore", divide="ignore"):
        means = sums / counts
    single = np.bincount(codes)[codes[first]] == 1
    kept = parsed.take(first)
    ends = {side: None if (end := getattr(kept, side)) is None else np.where(single[:, None], end, np.nan) for side in ("low", "high")}
    return replace(kept, value=np.where(counts > 0, means, kept.value), missing=kept.missing & (counts == 0), **ends)
