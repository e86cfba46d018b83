"""Frontier and Inside over real stores: nothing yet, an answered question, networks whose weights are gone, addresses that say nonsense."""

import numpy as np
import pytest

from engine.heads import inside, merge, plainly, plots, views
from pages.heads import place
from tests.pages.heads import _pressed

ASKED = ("made", "sex", "parity")


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A home with the answered question, and its networks by method, lambda and seed."""
    home = tmp_path_factory.mktemp("heads-pages")
    with _pressed.at(home):
        yield home, _pressed.fill(home)


@pytest.mark.parametrize("page", ["frontier", "inside"])
def test_without_a_training_a_page_says_what_to_do(monkeypatch, tmp_path, page):
    said = _pressed.words(_pressed.opened(monkeypatch, tmp_path, page))
    assert "No network has been trained for equal groups yet" in said
    assert "engine heads train adult" in said


def test_the_frontier_opens_on_who_is_decided_otherwise(monkeypatch, filled):
    home, named = filled
    app = _pressed.opened(monkeypatch, home, "frontier")
    said = _pressed.words(app)
    changed = views.numbers(*ASKED, ["changed"])
    share = float(changed.loc[changed["network"] == named["squared", 20.0, 0], "value"].iloc[0])
    assert f"decides **{100 * share:.1f} % of people** otherwise than the unconstrained one" in said
    assert "over 2 seeds" in said
    assert "the gap of probabilities (soft) is in the table" in said
    assert "upright line" in said
    rows = app.dataframe[0].value
    assert {"Unconstrained", "Pressed, squared gap", "Constant", "fairlearn ThresholdOptimizer"} <= set(rows["what"])
    assert rows.loc[rows["what"] == "Constant", "nearly constant"].eq("yes").all()


def test_no_page_speaks_of_counterfactual_fairness_or_gives_a_verdict(monkeypatch, filled):
    for page in ("frontier", "inside"):
        said = _pressed.words(_pressed.opened(monkeypatch, filled[0], page)).lower()
        assert not any(word in said for word in ("counterfactual fairness", "illegal", "unlawful", "discriminat", "pass the"))


def test_the_network_of_the_address_is_the_one_that_is_told_about(monkeypatch, filled):
    home, named = filled
    app = _pressed.opened(monkeypatch, home, "frontier", dataset="made", attribute="sex", constraint="parity", network=named["plain", 0.0, 1])
    assert "This network (unconstrained, seed 1) has a gap of" in _pressed.words(app)


def test_what_the_address_says_wrongly_is_said_on_the_page(monkeypatch, filled):
    home, _ = filled
    said = _pressed.words(_pressed.opened(monkeypatch, home, "frontier", dataset="nowhere", attribute="sex", network="nobody", slack="-3"))
    assert "Nothing was trained for nowhere" in said
    assert "no network of this question named" in said.lower() or "nobody" in said
    assert "is no slack" in said
    assert "Unconstrained networks accept" in said


def test_inside_shows_every_claim_beside_its_controls(monkeypatch, filled):
    app = _pressed.opened(monkeypatch, filled[0], "inside")
    said = _pressed.words(app)
    assert "with directions drawn at random instead of the group head" in said
    assert "with noise" in said
    assert "the control, pressed about groups dealt out at random" in said
    assert "clear of the best of ten random directions at" in said
    assert len(app.get("plotly_chart")) == 4
    assert "a typical member of f needs" not in said.lower()


def test_a_network_taken_apart_says_what_it_asks_of_typical_members(monkeypatch, filled):
    app = _pressed.opened(monkeypatch, filled[0], "inside", plane="This network taken apart")
    said = _pressed.words(app)
    assert "A typical member of f needs p" in said
    assert "Any network can be written so" in said


def test_of_networks_whose_weights_are_gone_the_measured_numbers_stay(monkeypatch, filled):
    home, _ = filled
    (home / "heads").rename(home / "heads-elsewhere")
    try:
        said = _pressed.words(_pressed.opened(monkeypatch, home, "inside"))
    finally:
        (home / "heads-elsewhere").rename(home / "heads")
    assert "The weights of this network are not kept" in said
    assert "From the last hidden layer of unconstrained networks" in said


def test_an_address_keeps_the_place():
    here = place.Place(place.Question(*ASKED), "heads-made-sex-parity-plain-s0", 0.05)
    assert place.address("people", here, how="swap") == (
        "people?dataset=made&attribute=sex&constraint=parity&network=heads-made-sex-parity-plain-s0&slack=0.05&how=swap"
    )


def test_the_plane_holds_the_decisions_of_the_merged_rule(filled):
    name = filled[1]["two_heads", 0.0, 0]
    dots = plots.plane(name)
    for line, (slack, rule) in zip(dots.lines, inside.path(name), strict=True):
        assert (line.slack, line.b, line.c) == (slack, rule.b[0], rule.c)
    said = inside.said(name)
    rule = inside.path(name)[0][1]
    browser = (dots.task.astype(np.float64) + rule.b[0] * dots.group.astype(np.float64)).astype(np.float32).astype(np.float64) + rule.c > 0
    np.testing.assert_array_equal(browser, merge.decide(said.task, said.group, rule))


def test_a_network_taken_apart_decides_as_it_did(filled):
    name = filled[1]["squared", 20.0, 0]
    dots, said = plots.apart(name), inside.said(name)
    (line,) = dots.lines
    together = dots.task.astype(np.float64) + line.b * dots.group.astype(np.float64) + line.c > 0
    assert (together == (said.task > 0)).mean() > 0.999  # people within rounding of the line
    assert line.accuracy == pytest.approx(((said.task > 0) == said.side.labels).mean())


def test_plain_words_hold_the_stored_numbers(filled):
    named = filled[1]
    first, *_ = plainly.of_network(named["two_heads", 0.0, 0])
    gap = views.numbers(*ASKED, ["gap"])
    mine = gap[(gap["network"] == named["two_heads", 0.0, 0]) & (gap["method"] == "two_heads") & (gap["part"] == "")].iloc[0]
    assert f"a gap of **{plainly.points(mine['value'])} points** (95 %: {plainly.points(mine['low'])} to {plainly.points(mine['high'])})" in first
    rates = views.numbers(*ASKED, ["selection_rate"])
    rates = rates[(rates["method"] == "plain") & (rates["part"] == "group=m")]["value"]
    assert f"{100 * rates.mean():.1f}\u202f% of the group m" in plainly.of_question(*ASKED)
