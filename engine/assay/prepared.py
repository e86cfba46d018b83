"""What pages ask of a large store first, asked beforehand: some of it takes longer than a page may."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from engine import errors, places, store
from engine.assay import choosing, dimensions, effects, population, relation, trust
from engine.store import manifests

LARGE = 1_000_000  # scores in the store, from which on answers are made beforehand

Question = tuple[str, Callable[[], Any]]


def due() -> bool:
    """Return whether the store is so large that answers should be made beforehand, and this has not been done since it changed.

    It looks at manifests only, so that asking costs nothing.
    """
    return _scores() >= LARGE and not _mark().exists()


def _scores() -> int:
    return sum(
        part.rows
        for name, root in manifests.roots().items()
        for one in manifests.every(root, name)[0] if one.finished and not one.archived
        for part in one.parts if part.table == "scores"
    )  # fmt: skip


def _mark() -> Path:
    return places.cache() / "views" / f"{store.version()}.prepared"


def prepare(collection: str | None = None) -> Iterator[str]:
    """Ask the first questions of the pages on many networks, of one collection or of all; yield each as it begins.

    What takes long is then found as a file (`engine.assay.kept`).

    Raises:
        UserError: for a collection that is not there.
    """
    known = population.collections()["collection"].tolist()
    if collection is not None and collection not in known:
        raise errors.unknown("table", collection, known)
    version = store.version()
    for name in known if collection is None else [collection]:
        yield from _prepared(name)
    if collection is None and version == store.version():
        _mark().parent.mkdir(parents=True, exist_ok=True)
        _mark().touch()


def _prepared(collection: str) -> Iterator[str]:
    try:
        for said, ask in questions(collection):
            yield f"{collection or 'evaluated here'}: {said}"
            ask()
    except errors.UserError as problem:  # a table of one set has no pairs: there is nothing to prepare
        yield f"{collection or 'evaluated here'}: {problem.message}"


def questions(collection: str) -> Iterator[Question]:
    """Yield what the pages Pairs, Trust and Choose ask of a collection as they open, in words and as a call."""
    metrics = trust.metrics_of(collection)
    if not metrics:
        return
    offered = trust.id_sets(collection)
    target, id_set = metrics[0], offered[0] if offered else None
    yield "pairs", lambda: relation.pairs(collection, target, id_set=id_set)
    yield "numbers here and elsewhere", lambda: trust.elsewhere(collection, id_set)
    yield "predictors", lambda: trust.predictors(collection, target, (), id_set)
    yield "transfer", lambda: trust.transfer(collection, (), id_set)
    yield from _of_factors(collection, target, id_set)
    for rule in ("validation", "id", "oracle", *choosing.CALIBRATION):
        yield f"regret of choosing by {rule}", lambda rule=rule: _told(lambda: choosing.regret(rule, collection, id_set, target))
    for factor in effects.factors(collection)[:3]:
        yield f"effect of {factor}", lambda factor=factor: effects.effects(factor, collection, target)


def _of_factors(collection: str, target: str, id_set: str | None) -> Iterator[Question]:
    which: dict[str, Any] = {"over": dimensions.over_of(collection), "id_set": id_set, "metric": target}
    columns = dimensions.columns_of(collection, **which)
    how = {**which, "columns": columns[columns["first"]]["column"].tolist(), "scaling": "standardised"}
    yield "scree", lambda: _told(lambda: dimensions.scree(collection, **how))
    yield "ranks", lambda: dimensions.ranks(collection, equal="task", **how)
    yield "factors", lambda: _told(lambda: _loadings(collection, how))


def _loadings(collection: str, how: dict[str, Any]) -> None:
    found = dimensions.scree(collection, **how)
    k = min(int(found["suggested"].iloc[0]), max(len(found) - 1, 1))
    dimensions.factors(collection, k=k, rotation="varimax", **how)
    dimensions.factor_correlations(collection, k=k, rotation="varimax", **how)


def _told(ask: Callable[[], Any]) -> None:
    """Ask what may have no answer; the page then says why."""
    try:
        ask()
    except errors.UserError:
        return
