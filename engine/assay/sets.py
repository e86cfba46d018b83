"""Sets kept by name, as data frames: what they hold now, and two or more side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from engine import control, errors
from engine.assay import population, views, weak
from engine.assay.views import Set
from engine.stats import intervals


def keep_networks(name: str, networks: Sequence[str], collection: str = "", *, user: str | None = None, sample: bool = True) -> control.sets.Kept:
    """Keep a choice of networks under a name.

    Raises:
        UserError: for no or unknown networks, or a name that is taken.
    """
    known = set(population.networks_of(collection, sample=sample)["network"])
    if missing := [one for one in networks if one not in known]:
        raise errors.unknown("network", missing[0], known)
    if not networks:
        raise errors.UserError("A set of no networks says nothing.", "Choose at least one.")
    return control.sets.keep(name, "networks", {"collection": collection, "networks": list(dict.fromkeys(networks))}, user)


def keep_slice(
    name: str, network: str, one: Set, conditions: Mapping[str, str], *, shifted: bool = False, user: str | None = None
) -> control.sets.Kept:
    """Keep a slice of a set's examples, as a network answers them, under a name.

    Raises:
        UserError: for no condition, one on what the answers do not have, or a name that is taken.
    """
    if not conditions:
        raise errors.UserError("A slice needs a condition.", "Choose one that the search found, or write ATTRIBUTE=VALUE.")
    weak.members(weak.answers(network, one, shifted=shifted), conditions)
    content = {"network": network, "set": one.text(), "conditions": dict(conditions), "shifted": shifted}
    return control.sets.keep(name, "slice", content, user)


def listed() -> pd.DataFrame:
    """Return the kept sets: name, kind, what they hold, when they were made and by whom."""
    rows = [
        {
            "name": one.name,
            "kind": one.kind,
            "holds": _holds(one.kind, one.content),
            "created": pd.Timestamp(one.created, unit="s", tz="UTC"),
            "user": one.user,
        }
        for one in control.sets.kept()
    ]
    return pd.DataFrame(rows, columns=["name", "kind", "holds", "created", "user"])


def _holds(kind: str, content: Mapping[str, Any]) -> str:
    if kind == "slice":
        return f"{weak.told(content['conditions'])} of {Set.read(content['set']).label}, for {content['network']}"
    n = len(content["networks"])
    return f"{n} network{'' if n == 1 else 's'}" + (f" of {content['collection']}" if content["collection"] else "")


def networks_in(name: str, collection: str) -> list[str]:
    """Return the networks of a kept set that belong to a collection; none where it is a set of another kind or collection."""
    kept = control.sets.named(name)
    return list(kept.content["networks"]) if kept.kind == "networks" and kept.content["collection"] == collection else []


def examples_in(name: str, *, sample: bool = True) -> tuple[Set, tuple[str, ...]]:
    """Return the set that a kept slice is of and its examples, as `example_id/position`.

    Raises:
        UserError: for an unknown name, or a kept set that is no slice.
    """
    kept = control.sets.named(name)
    if kept.kind != "slice":
        raise errors.UserError(f"“{name}” is a set of networks, no slice of examples.", "Choose a kept slice.")
    one = Set.read(kept.content["set"])
    found = weak.answers(kept.content["network"], one, shifted=bool(kept.content.get("shifted")), sample=sample)
    inside = weak.members(found, kept.content["conditions"]) if len(found) else found
    keys = (f"{example}/{position}" for example, position in zip(inside["example_id"], inside["position"], strict=True))
    return one, tuple(dict.fromkeys(keys))


def compare(names: Sequence[str], metric: str = "accuracy", *, sample: bool = True) -> pd.DataFrame:
    """Return kept sets side by side, one row a kept set and set of images: name, set, n, value, low, high, least, most, at_most.

    Of a set of networks: `n` networks, the mean of their numbers with a t interval, the least and the most, and whose the
    best one is. Of a slice: `n` answers, the accuracy inside with Wilson's interval; least and most are empty.

    Raises:
        UserError: for an unknown name.
    """
    kept = [control.sets.named(name) for name in names]
    rows = [row for one in kept for row in (_of_networks(one, metric, sample) if one.kind == "networks" else _of_slice(one, sample))]
    return pd.DataFrame(rows, columns=["name", "kind", "set", "n", "value", "low", "high", "least", "most", "best"])


def _of_networks(kept: control.sets.Kept, metric: str, sample: bool) -> list[tuple]:
    table = population.wide(kept.content["collection"], metric, sample=sample)
    table = table[table.index.isin(kept.content["networks"])]
    rows = []
    for text in (str(name) for name in table if Set.read(str(name)).split == "test"):
        values = table[text].dropna()
        if len(values):
            best = values.idxmax() if views.better(metric) == "higher" else values.idxmin()
            bounds = (0.0, 1.0) if views.unit(metric) == "fraction" else (-np.inf, np.inf)
            low, high = np.clip(intervals.of_mean(values.to_numpy(float)), *bounds)
            rows.append((kept.name, "networks", text, len(values), values.mean(), low, high, values.min(), values.max(), best))
    return rows


def _of_slice(kept: control.sets.Kept, sample: bool) -> list[tuple]:
    content = kept.content
    found = weak.answers(content["network"], Set.read(content["set"]), shifted=bool(content.get("shifted")), sample=sample)
    if found.empty:
        return []
    inside = weak.members(found, content["conditions"])
    n, right = len(inside), int(inside["correct"].sum())
    low, high = intervals.wilson(right, n)
    return [(kept.name, "slice", content["set"], n, right / n if n else np.nan, low, high, np.nan, np.nan, content["network"])]
