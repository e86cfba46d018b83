"""Tables of networks whose relations are known, written into a store for tests: a sweep, and a table without training sets."""

from datetime import UTC, datetime

import numpy as np

from engine import rows, store

DOMAINS = ("a", "b", "c", "d")
EACH = 15  # networks trained on each domain
TABLE = "known"


def network(name, domain, collection, parameters=1000):
    return rows.Network(name, name, "cnn", "table", name, domain, parameters, "{}", collection=collection)


def score(name, dataset, value, metric="accuracy", *, collection=TABLE, split="test", shift="", strength=0.0, norm=None, task="digits"):
    return rows.Score(
        name, dataset, split, shift, strength, metric, 1, value, None, None, 100, "", unit="fraction", norm=norm, collection=collection, task=task
    )


def written(networks, scores, run="run-0"):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    writer = store.Writer(run)
    writer.append([store.block(rows.Network, networks), store.block(rows.Score, scores)])
    writer.finish(rows.Run(run, "import", run, "{}", "done", 0, now, now, now, 1.0, 1, 1, "cpu", None, None, "{}", "test", None))


def known():
    """Networks with a hidden skill: errors elsewhere follow it closely, the ID error loosely, `ece` not at all.

    The ID error of a domain goes against how hard the other domains are from there, so that pooling turns its sign.
    """
    rng = np.random.default_rng(0)
    networks, scores = [], []
    for d, domain in enumerate(DOMAINS):
        for i in range(EACH):
            name, skill = f"{domain}{i:02d}", rng.normal()
            networks.append(network(name, domain, TABLE, 10 ** (3 + i % 3)))
            here = 0.05 + 0.12 * d + 0.01 * skill + 0.004 * rng.normal()
            scores += [score(name, domain, 1 - here, split=split) for split in ("val", "test")]
            scores += [score(name, domain, rng.random(), "ece", split=split) for split in ("val", "test")]
            for other in DOMAINS:
                if other != domain:
                    there = 0.6 - 0.12 * d + 0.01 * skill + 0.001 * rng.normal()
                    scores += [score(name, other, 1 - there), score(name, other, rng.random(), "ece")]
            if i < 8:
                shifts = [("fog", 0.7), ("noise", 0.5), ("rotation", 0.0)]  # a rotation is no corruption
                scores += [score(name, domain, v + 0.01 * skill, shift=s, strength=1.0) for s, v in shifts]
            if i < 6:
                scores.append(score(name, domain, 0.3 - 0.01 * skill, shift="pgd_linf", strength=2.0, norm="linf"))
    return networks, scores


def soups():
    """Write a table whose networks do not say what they were trained on."""
    rng = np.random.default_rng(1)
    networks = [network(f"n{i}", None, "soups", None) for i in range(40)]
    skill = rng.normal(size=40)
    scores = [
        score(f"n{i}", name, 0.5 + 0.05 * (share * skill[i] + rng.normal()), collection="soups", task=None)
        for name, share in (("one", 2.0), ("two", 2.0), ("three", 0.0))
        for i in range(40)
    ]
    written(networks, scores, "run-1")


def fill():
    """Write both tables into the home that is set."""
    written(*known())
    soups()
