"""Networks that do better where they were trained do better elsewhere too.

Wenzel et al. 2022 find that accuracy in and out of distribution tend to rise together, while how much depends on the pair of sets. Asked here
for each pair of a training set and another set, of all networks of the largest collection that were trained on the first: the rank correlation
of their two accuracies, with its interval over networks. Above 0, who is better here is better there.
"""

from engine.assay import population, relation
from engine.claims import Evidence

VERSION = 1
ORDER = 1
PAPER = "assay"
CITATION = "Wenzel et al., Assaying Out-Of-Distribution Generalization in Transfer Learning, NeurIPS 2022"
TRY = ("Run networks on their own set and on others", "assay-run")


def evidence(*, sample: bool = True) -> Evidence | None:
    """Return the rank correlations by pair of sets, None where no collection has a pair."""
    for collection in population.collections(sample=sample)["collection"]:
        pairs = relation.pairs(collection, sample=sample)
        if len(pairs):
            parts = pairs.assign(part=pairs["id"] + " → " + pairs["ood"]).rename(
                columns={"spearman": "value", "spearman_low": "low", "spearman_high": "high"}
            )
            return Evidence(
                parts[["part", "value", "low", "high", "n"]], "Rank correlation of accuracy here and elsewhere", "pair of sets", "networks",
                f"pairs?collection={collection}" if collection else "pairs",
                plain="the *rank correlation* of how often *networks* are right *where they were trained* and on another *set*",
            )  # fmt: skip
    return None
