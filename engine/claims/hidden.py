"""A network that never saw what is hidden completes it better when it watches the video than when it sees one image at a time.

Yao et al. 2022 complete the hidden parts of objects in video without labels of them, because what is hidden now is seen at another time. Asked
here for each set of clips: the overlap (IoU) of the hidden part by the label-free network that remembers in both directions minus that of its
image-only twin, averaged over seeds, as an interval over clips.
"""

from engine.amodal import findings
from engine.claims import Evidence

VERSION = 1
ORDER = 3
PAPER = "amodal"
CITATION = "Yao et al., Self-supervised Amodal Video Object Segmentation, NeurIPS 2022"
TRY = ("Complete the hidden parts of a clip", "amodal")
PLAIN = "by how much better the answer fits the *hidden part* (*overlap*) when the *network* remembers the other frames of the film"


def evidence(*, sample: bool = True) -> Evidence | None:
    """Return the differences by set of clips, None where both networks were not asked about the same clips."""
    asked = findings.CLAIMS[0]
    found = findings.claims(sample=sample)
    parts = found[(found["first"] == asked.first) & (found["second"] == asked.second)]
    if parts.empty:
        return None
    parts = parts.rename(columns={"clips": "part", "difference": "value"}).assign(n=parts["of_clips"])
    few = parts.loc[parts["silhouettes"] < parts["n"], "silhouettes"]
    more = (
        f"Clips of one silhouette are alike: {len(few)} of the sets have only {int(few.min())} or {int(few.max())} silhouettes." if len(few) else ""
    )
    what, page = "Hidden IoU, with memory minus without", "amodal-measure"
    return Evidence(parts[["part", "value", "low", "high", "n"]], what, "set of clips", "clips", page, more=more, plain=PLAIN)
