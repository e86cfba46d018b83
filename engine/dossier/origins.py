"""Where a network stands in the store: the runs that asked it, the claims it takes part in, the networks trained beside it, reports that show it."""

import json
from urllib.parse import parse_qs, urlencode

import numpy as np
import pandas as pd

from engine import claims, control, errors, networks, store
from engine.assay import views
from engine.claims import awareness, transfer
from engine.plots import formats
from engine.remedies import views as remedies
from engine.remedies import worlds
from engine.training._circuit_arms import SETTINGS
from engine.wiring import arms

ASKED = ("scores", "predictions", "responses", "outcomes", "treatments")


def runs(network: str, collection: str = "") -> pd.DataFrame:
    """Return the finished runs that asked a network: run, title, study, finished, the newest first."""
    asked = " UNION ".join(
        f"SELECT run::VARCHAR AS run FROM {table}_all WHERE network::VARCHAR = $network"
        + (" AND coalesce(collection::VARCHAR, '') = $collection" if table == "scores" else "")
        for table in ASKED
    )
    circuit = "SELECT run::VARCHAR FROM circuits_all WHERE circuit = $network UNION SELECT run::VARCHAR FROM mask_frames_all WHERE answer = $network"
    return store.query(
        f"SELECT run, title, study, finished FROM runs WHERE run IN ({asked} UNION {circuit}) AND state = 'done' ORDER BY finished DESC",
        {"network": network, "collection": collection},
    )


def claims_of(network: str, collection: str = "") -> list[tuple[str, str]]:
    """Return the claims that a network's numbers enter: words with the verdict, and address."""
    enters = {"transfer": _in_transfer, "sparse": _in_sparse, "awareness": _in_awareness, "hidden": _in_hidden}
    found = []
    for name in claims.names():
        if name in enters and enters[name](network, collection):
            line = claims.ask(name)
            found.append((f"{line.card.title.rstrip('.')}: {line.verdict}", f"claim?{urlencode({'claim': name})}"))
    return found


def _in_transfer(network: str, collection: str) -> bool:
    evidence = transfer.evidence()
    asked = parse_qs(evidence.page.partition("?")[2]).get("collection", [""])[0] if evidence else None
    about = views.networks_known(collection=collection)
    mine = about[about["network"] == network]
    return asked == collection and len(mine) > 0 and isinstance(mine["trained_on"].iloc[0], str)


def _in_sparse(network: str, collection: str) -> bool:
    return not collection and any(_among_arms(network, data) for data in SETTINGS)


def _among_arms(network: str, data: str) -> bool:
    try:
        found = arms.measured(data)
    except errors.UserError:
        return False
    wanted = {*arms.learned_of(found), arms.REFERENCE}
    return any(network.startswith(f"{family}-s") for arm, family in found.families.items() if arm in wanted)


def _in_awareness(network: str, _collection: str) -> bool:
    mine = store.query('SELECT DISTINCT "constraint", method, strength FROM treatments_all WHERE network = $network', {"network": network})
    rows = mine[mine["constraint"] == "parity"]
    return bool(((rows["method"] == "plain") | ((rows["method"] == "squared") & np.isclose(rows["strength"], awareness.LAMBDA))).any())


def _in_hidden(network: str, _collection: str) -> bool:
    if not network.startswith(("two_way-", "image_only-")):
        return False
    return not store.query("SELECT 1 FROM mask_frames_all WHERE answer = $network LIMIT 1", {"network": network}).empty


def family(network: str) -> pd.DataFrame:
    """Return the networks trained on the same confounded system, at the same strength and seed, by other methods; empty where there are none.

    One row a network: network, method, and accuracy as in training and where the factor no longer follows the class, with low, high, n.
    """
    if network not in networks.names():
        return pd.DataFrame()
    about = networks.card(network).attributes
    system, method = about.get("system"), about.get("method")
    run = remedies.newest(str(system)) if system and method else None
    if run is None:
        return pd.DataFrame()
    found = remedies.networks_found(run)
    mine = found[found["network"] == network]
    if mine.empty:
        return pd.DataFrame()
    same = found[(found["strength"] == mine["strength"].iloc[0]) & (found["seed"] == mine["seed"].iloc[0])]
    wanted = same[same["world"].isin([worlds.AS_TRAINED, worlds.CUT])]
    said = [formats.interval(row["accuracy"], row["low"], row["high"], row["n"], "fraction") for row in wanted.to_dict("records")]
    wide = wanted.assign(said=said).pivot_table(index=["network", "method_title"], columns="world_title", values="said", aggfunc="first", sort=False)
    return wide.reset_index().rename(columns={"method_title": "trained by"})


def reports(network: str) -> list[tuple[str, str]]:
    """Return the reports made here that show a network: title and run."""
    done = [job for job in control.jobs(["done"], limit=100) if job.study == "evidence"]
    return [(job.title, job.id) for job in done if any(network in _networks_of(view) for view in json.loads(job.spec).get("views", []))]


def _networks_of(view: str) -> list[str]:
    return [name for values in parse_qs(view.partition("?")[2]).values() for name in values]
