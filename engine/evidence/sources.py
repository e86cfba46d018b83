"""Where the numbers of a report come from: networks with the hashes of their weights, data with theirs, runs with seed, code and versions."""

import functools
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from engine import completers, errors, networks, provenance, store, systems
from engine.assay.classes import names_of
from engine.datasets import clips, images, tables
from engine.evidence import behind
from engine.evidence.manifest import Code, Data, Network, Run, sha256_of
from engine.evidence.parts import Part
from engine.heads import weights


def code() -> Code:
    """Return the program as it is now: revision, dirty flag, versions of python and packages, machine."""
    revision, dirty = provenance.code()
    return Code(revision=revision, dirty=dirty, packages=json.loads(provenance.packages()), machine=provenance.machine())


def networks_of(parts: Sequence[Part]) -> tuple[Network, ...]:
    """Return every network of some views, each once, with the numbers of the views that show it."""
    shown: dict[tuple[str, str], list[int]] = {}
    for number, part in enumerate(parts, 1):
        for name in dict.fromkeys(part.networks):
            shown.setdefault((part.collection, name), []).append(number)
    stored = _stored({collection for collection, _ in shown})
    return tuple(_network(*key, stored.get(key)).model_copy(update={"views": tuple(numbers)}) for key, numbers in sorted(shown.items()))


def _stored(collections: set[str]) -> dict[tuple[str, str], tuple[str | None, str | None]]:
    """Return what the store says of networks: digest and the set they were trained on."""
    found = store.query(
        "SELECT collection, network, digest, trained_on FROM networks WHERE list_contains($c, collection)", {"c": sorted(collections)}
    )
    return {(c, n): (_text(d), _text(t)) for c, n, d, t in found.itertuples(index=False, name=None)}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _network(collection: str, name: str, stored: tuple[str | None, str | None] | None) -> Network:
    digest, trained_on = stored or (None, None)
    files: tuple[Path, ...] = ()
    if collection == "" and name in networks.names():
        card = networks.card(name)
        digest, trained_on, files = card.digest, card.trained_on, tuple(networks.folder(name) / file for file in card.weights)
    elif name in completers.names():
        made = completers.card(name)
        digest, trained_on, files = made.digest, made.trained_on, (completers.folder(name) / made.weights,)
    elif (pressed := weights.find(name)) is not None:
        files = (pressed,)
    hashes = {file.name: _hash(file, file.stat().st_mtime_ns) for file in files if file.is_file()}
    own = tuple(names_of(name, "")) if collection == "" else ()
    return Network(name=name, collection=collection, digest=digest, weights=hashes, trained_on=trained_on, classes=own)


@functools.lru_cache(maxsize=512)
def _hash(file: Path, _mtime: int) -> str:
    return sha256_of(file)


def data_of(parts: Iterable[Part]) -> tuple[Data, ...]:
    """Return every data set, table, system and set of clips of some views, each once."""
    return tuple(_data(name) for name in sorted({name for part in parts for name in part.datasets}))


def _data(name: str) -> Data:
    try:
        if name in images.names():
            card = images.card(name)
            return Data(name=name, kind="images", digests=dict(card.digests), classes=card.classes)
        if name in tables.names():
            return Data(name=name, kind="table", digests={"all": tables.load(name).digest})
        if name in systems.names():
            return Data(name=name, kind="system", version=systems.card(name).version)
        if name in clips.names():
            return Data(name=name, kind="clips", version=clips.card(name).version)
    except errors.UserError:  # it is named here and cannot be read any more
        return Data(name=name)
    return Data(name=name)


def runs_of(parts: Sequence[Part], scores: pd.DataFrame) -> tuple[Run, ...]:
    """Return every run that measured what some views show."""
    named = {run for part in parts for run in part.runs} | set(scores["run"].dropna().astype(str))
    return tuple(
        Run(
            run=row["run"], study=row["study"], title=row["title"], seed=row["seed"], finished=row["finished"].isoformat(),
            code_revision=_text(row["code_revision"]), code_dirty=None if pd.isna(row["code_dirty"]) else bool(row["code_dirty"]),
            packages=_json(row["packages"]), machine=row["machine"] or "", question=_json(row["spec"]),
        )
        for row in behind.about_runs(sorted(named)).to_dict("records")
    )  # fmt: skip


def _json(text: object) -> dict:
    try:
        found = json.loads(str(text))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
