"""The harder a network is pressed to decide alike about two groups, the better it knows them apart.

Lohaus et al. 2022 recover the protected group more accurately from the inside of networks that were regularised towards equal rates of acceptance.
Asked here for each table whose networks were trained towards equal rates: how much better the last hidden layer tells the group (area under the
ROC curve on test people) in the network pressed with lambda 20 than in the unconstrained network of the same seed.
"""

import pandas as pd

from engine.claims import Evidence, over_seeds
from engine.heads import merge, views
from engine.plots import formats

VERSION = 1
ORDER = 4
PAPER = "heads"
CITATION = "Lohaus et al., Are Two Heads the Same as One? Identifying Disparate Treatment in Fair Neural Networks, NeurIPS 2022"
TRY = ("Train networks on a table of people", "train")
LAMBDA = 20.0
PLAIN = "by how much better a person's *group* can be told from inside a *network* that was *pressed* than from inside one that was not"


def evidence(*, sample: bool = True) -> Evidence | None:
    """Return the rise of awareness by table, None where no network was trained towards equal rates."""
    asked = views.questions(sample=sample).sort_values("dataset")
    asked = asked[asked["constraint"] == merge.PARITY]
    pairs = [(str(dataset), str(attribute)) for dataset, attribute in zip(asked["dataset"], asked["attribute"], strict=True)]
    found = {pair: _of(*pair, sample) for pair in pairs}
    parts = over_seeds([(f"{dataset}, {attribute}", rise) for (dataset, attribute), (rise, _) in found.items()])
    if parts.empty:
        return None
    beyond = over_seeds([(dataset, treated) for (dataset, _), (_, treated) in found.items()])
    first = next(iter(found))
    return Evidence(
        parts, f"Rise of the AUC of the group in the last layer, lambda {LAMBDA:g}", "table", "seeds",
        f"inside?dataset={first[0]}&attribute={first[1]}", more=_treated(beyond), plain=PLAIN,
    )  # fmt: skip


def _of(dataset: str, attribute: str, sample: bool) -> tuple[pd.Series, pd.Series]:
    """Return by seed: how much awareness rises, and how much better the change of scores tells the group than under shuffled groups."""
    aware = views.aware(dataset, attribute, sample=sample)
    layers = aware["layer"][aware["layer"].str.startswith("layer=")]
    last = aware[aware["layer"] == layers.max()]
    plain, pressed = (_by_seed(last, "plain"), _by_seed(last, "squared", LAMBDA))
    shifts = views.shifts(dataset, attribute, sample=sample).query("groups == 'true'")
    return pressed - plain, _by_seed(shifts, "squared", LAMBDA) - _by_seed(shifts, "shuffled", LAMBDA)


def _by_seed(found: pd.DataFrame, method: str, strength: float | None = None) -> pd.Series:
    mine = found[found["method"] == method]
    mine = mine if strength is None else mine[mine["strength"] == strength]
    return mine.set_index("seed")["auc"].astype(float)


def _treated(beyond: pd.DataFrame) -> str:
    if beyond.empty:
        return ""
    clear, most = int((beyond["low"] > 0).sum()), beyond.iloc[int(beyond["value"].argmax())]
    return (
        f"What the pressing changed in people's scores tells their group better than shuffled groups would in {clear} of {len(beyond)} tables, most "
        f"on {formats.plain(str(most['part']))} (AUC {formats.fixed(most['value'], 2)} higher)."
    )
