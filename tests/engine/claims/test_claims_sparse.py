"""The claim on sparse links is asked of every set of every data set whose arms were evaluated; arms without all seeds do not count."""

import pandas as pd
import pytest

from engine import claims, errors
from engine.wiring import arms

# accuracy in distribution and on one set elsewhere, by arm and seed
DIGITS = {"dense_modfc": (0.6, 0.6, 0.6), "none": (0.5, 0.52, 0.51), "scale_free": (0.9, 0.9)}
SHAPES = {"dense_modfc": (0.3, 0.3, 0.3), "none": (0.4, 0.42, 0.41), "scale_free": (0.5, 0.48, 0.49)}


def measured(data: str, elsewhere: str, found: dict) -> arms.Measured:
    index = pd.MultiIndex.from_tuples([(arm, seed) for arm, values in found.items() for seed in range(len(values))], names=["arm", "seed"])
    values = [value for one in found.values() for value in one]
    frame = pd.DataFrame({data: 0.98, f"{data}/val": 0.97, elsewhere: values}, index=index)
    return arms.Measured(data, frame, dict.fromkeys(found, "nac"))


def test_every_set_of_every_data_set_is_a_part_of_the_claim(monkeypatch):
    known = {"mnist": measured("mnist", "printed", DIGITS), "shapes": measured("shapes", "shapes_drawings", SHAPES)}
    monkeypatch.setattr(arms, "measured", lambda data, **_more: known[data])
    line = claims.ask("sparse")
    assert line.evidence is not None
    parts = line.evidence.parts.set_index("part")
    assert list(parts.index) == ["printed", "shapes_drawings"]
    assert parts["value"].tolist() == pytest.approx([-0.09, (0.45 + 0.45 + 0.45) / 3 - 0.3])  # scale free has all seeds on shapes only
    assert (line.evidence.above, line.evidence.below, line.verdict) == (1, 1, claims.NOT)
    assert line.evidence.more.count("circuits that learned sparse links **generalise") == 2


def test_one_data_set_is_enough_and_none_is_not_yet_asked(monkeypatch):
    def only_digits(data: str, **_more: bool) -> arms.Measured:
        if data == "mnist":
            return measured("mnist", "printed", DIGITS)
        raise errors.UserError("Fewer than two arms.")

    monkeypatch.setattr(arms, "measured", only_digits)
    line = claims.ask("sparse")
    assert line.evidence is not None
    assert list(line.evidence.parts["part"]) == ["printed"]
    alone = measured("mnist", "printed", {"dense_modfc": DIGITS["dense_modfc"], "scale_free": DIGITS["scale_free"]})
    monkeypatch.setattr(arms, "measured", lambda *_words, **_more: alone)
    assert claims.ask("sparse").verdict == claims.NOT_ASKED
