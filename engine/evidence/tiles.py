"""Images of a set with a network's answers, as the pictures of a report."""

import pandas as pd

from engine.assay import answered, pictures
from engine.assay.pictures import Picture as Wanted
from engine.assay.views import Set
from engine.evidence.parts import Picture, Pictures

SIZE = 84  # pixels


def tiles(title: str, rows: pd.DataFrame, one: Set, *, most: int, caption: str = "") -> list[Pictures]:
    """Return the first images of some answers with what they are and what the network said; none where there are none that can be drawn.

    Args:
        title: What they are.
        rows: An answer each: example_id, label_name, predicted_name, confidence, correct, shift, strength.
        one: The set, whose images they are.
        most: How many are shown.
        caption: What stands below them, in Markdown.
    """
    drawn = [
        Picture(_png(row, one), f"{row['label_name']}: {row['predicted_name']}, {answered.sure(float(row['confidence']))}", bool(row["correct"]))
        for row in rows.head(most).to_dict("records")
        if answered.pictured(one.dataset, str(row["shift"]))
    ]
    said = f"{caption} Under each: its class, what was answered, and how surely.".strip()
    return [Pictures(title, drawn, rows, said, SIZE)] if drawn else []


def _png(row: dict, one: Set) -> bytes:
    shift = str(row["shift"] or "")
    return pictures.png(Wanted(one.dataset, one.split, str(row["example_id"]), shift, float(row["strength"]) if shift else 0.0, 0, SIZE))
