"""Everything that the store knows of one network, whichever study asked it: the networks there are, and the path that one is followed along.

A network's identity is (collection, network). Besides the collections of the store ('' = evaluated here, an imported table, a sweep) there are those
of studies whose networks answer no image set: `HEADS`, networks that decide about people, and `COMPLETERS`, networks that complete hidden parts.
"""

from engine import completers, networks, store
from engine.assay import population, views
from engine.heads import frontier

HEADS, COMPLETERS = "networks for equal groups", "completers of hidden parts"
HERE = "evaluated or ready to run here"


def collections() -> dict[str, str]:
    """Return every collection that has networks, and how people call it; those evaluated here first."""
    found = {"": HERE} | {str(name): str(name) for name in population.collections()["collection"] if name}
    if frontier.questions():
        found[HEADS] = HEADS
    return found | ({COMPLETERS: COMPLETERS} if completers.names() else {})


def names(collection: str = "") -> list[str]:
    """Return the networks of a collection; of those here first the evaluated ones, then those that are only ready to run."""
    if collection == HEADS:
        return [str(name) for question in frontier.questions() for name in frontier.networks(question)["network"]]
    if collection == COMPLETERS:
        return list(completers.names())
    found = sorted(views.networks_known(collection=collection)["network"].astype(str))
    if collection:
        return found
    asked = store.query("SELECT DISTINCT network FROM responses_all UNION SELECT DISTINCT network FROM outcomes_all")["network"].astype(str)
    more = sorted({*networks.names(), *asked} - set(found))
    return [*found, *more]


def collection_of(network: str) -> str | None:
    """Return the first collection that has a network, None for one that nobody knows."""
    return next((one for one in collections() if network in set(names(one))), None)
