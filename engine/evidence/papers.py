"""The papers behind the instruments: how each is cited, and where it can be read."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Paper:
    """A paper."""

    citation: str
    address: str


PAPERS = {
    "assay": Paper(
        "Wenzel et al., “Assaying Out-Of-Distribution Generalization in Transfer Learning”, NeurIPS 2022", "https://arxiv.org/abs/2207.09239"
    ),
    "amodal": Paper("Yao et al., “Self-supervised Amodal Video Object Segmentation”, NeurIPS 2022", "https://arxiv.org/abs/2210.12733"),
    "circuits": Paper("Rahaman, Weiss et al., “Neural Attentive Circuits”, NeurIPS 2022", "https://arxiv.org/abs/2210.08031"),
    "interpreters": Paper("Rahaman et al., “Dynamic Inference with Neural Interpreters”, NeurIPS 2021", "https://arxiv.org/abs/2110.06399"),
    "heads": Paper(
        "Lohaus et al., “Are Two Heads the Same as One? Identifying Disparate Treatment in Fair Neural Networks”, NeurIPS 2022",
        "https://arxiv.org/abs/2204.04440",
    ),
}


def cited(paper: str) -> str:
    """Return how a paper is cited, by its name in `PAPERS`; a citation as it is."""
    return PAPERS[paper].citation if paper in PAPERS else paper
