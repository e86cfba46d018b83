"""People and Thresholds over a question that was really answered: findings, filters, one person under the hand, thresholds in the address."""

import pytest

from engine.heads import cutting, inside, persons
from engine.plots import formats
from pages.components import thresholds
from tests.pages.heads import _pressed


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A home with the answered question, and its networks by method, lambda and seed."""
    home = tmp_path_factory.mktemp("heads-people")
    with _pressed.at(home):
        yield home, _pressed.fill(home)


@pytest.mark.parametrize("page", ["people", "thresholds"])
def test_without_a_training_a_page_says_what_to_do(monkeypatch, tmp_path, page):
    assert "No network has been trained for equal groups yet" in _pressed.words(_pressed.opened(monkeypatch, tmp_path, page))


def test_people_opens_on_the_share_that_the_swap_decides_otherwise(monkeypatch, filled):
    home, named = filled
    app = _pressed.opened(monkeypatch, home, "people", network=named["two_heads", 0.0, 0])
    found = persons.flipped(named["two_heads", 0.0, 0])
    people = len(inside.said(named["two_heads", 0.0, 0]).side)
    share = formats.percent(len(found) / people).replace(formats.THIN, " ")
    assert f"**{share}** of {people} people would be decided otherwise if only the inferred group value were swapped" in _pressed.words(app)
    who = next(frame.value for frame in app.dataframe if "inferred_right" in frame.value)
    assert len(who) == len(found)


def test_filters_are_in_the_address(monkeypatch, filled):
    home, named = filled
    name = named["two_heads", 0.0, 0]
    app = _pressed.opened(monkeypatch, home, "people", network=name, direction="up", inferred="as they are")
    who = next(frame.value for frame in app.dataframe if "inferred_right" in frame.value)
    found = persons.flipped(name)
    assert len(who) == int(((found["direction"] == "up") & found["inferred_right"]).sum())


@pytest.mark.parametrize("how", ["One value for all", "Against the unconstrained network"])
def test_every_comparison_is_offered(monkeypatch, filled, how):
    assert "people would be decided otherwise" in _pressed.words(_pressed.opened(monkeypatch, filled[0], "people", how=how))


def test_a_person_of_the_list_is_answered_as_the_list_says(monkeypatch, filled):
    """Whoever stands in the list of the swap is decided otherwise by the swap, of networks with two heads and of pressed ones."""
    home, named = filled
    for key in (("two_heads", 0.0, 0), ("squared", 20.0, 0)):
        name = named[key]
        row = int(persons.flipped(name)["row"].iloc[-1])
        said = _pressed.words(_pressed.opened(monkeypatch, home, "people", network=name, person=str(row)))
        assert "after a swap of the inferred group value it would decide **otherwise**" in said


def test_changing_a_person_changes_both_answers_and_the_address(monkeypatch, filled):
    home, named = filled
    name = named["two_heads", 0.0, 0]
    row = int(inside.said(name).side.rows[0])
    app = _pressed.opened(monkeypatch, home, "people", network=name, person=str(row))
    field = next(one for one in app.number_input if one.label == "experience")
    field.set_value(40.0).run()
    assert not app.exception
    both = next(frame.value for frame in app.dataframe if "as changed" in frame.value)
    told = persons.person(name, {**persons.somebody(name, row), "experience": 40.0})
    assert both["as changed"].iloc[1] == ("accepted" if told["accepted"] else "turned down")
    assert "experience=40" in str(app.query_params["set"])
    again = _pressed.opened(monkeypatch, home, "people", network=name, person=str(row), set="experience=40.0&nothing=1")
    assert next(one for one in again.number_input if one.label == "experience").value == 40.0


@pytest.mark.parametrize("query", [{"person": "nobody"}, {"person": "99999999"}, {"network": "nothing"}, {"at": "0.5"}, {"at": "2,x"}])
def test_nonsense_in_the_address_is_told_and_the_page_stays(monkeypatch, filled, query):
    page = "thresholds" if "at" in query else "people"
    app = _pressed.opened(monkeypatch, filled[0], page, **query)
    assert any(next(iter(query.values()))[:9] in str(one.value).replace("\\", "") for one in app.warning)


def test_thresholds_of_the_address_are_told_with_their_intervals(monkeypatch, filled):
    home, named = filled
    app = _pressed.opened(monkeypatch, home, "thresholds", at="0.3,0.7")
    said = _pressed.words(app).replace("\\", "")
    assert "With one threshold of 0.5 for all, m are accepted **" in said
    assert "fitted on other people, bring that to **" in said
    rates, _ = cutting.at_thresholds(named["plain", 0.0, 0], {"f": 0.3, "m": 0.7})
    value = float(rates.query("group == 'f' and metric == 'selection_rate'")["value"].iloc[0])
    shown = app.dataframe[0].value.set_index("group").loc["f", "selection rate"].replace("\u202f", " ")
    assert shown.startswith(f"{100 * value:.1f} % [")
    assert "80 % line is a first sign in guidance on hiring in the United States" in _pressed.words(app)


def test_what_the_browser_counts_from_is_everybody(monkeypatch, filled):
    home, named = filled
    monkeypatch.setenv("TOUCHSTONE_HOME", str(home))
    name = named["plain", 0.0, 0]
    packed = thresholds.packed(cutting.score_counts(name), ("f", "m"))
    side = inside.said(name).side
    assert [sum(one["positives"]) + sum(one["negatives"]) for one in packed] == [int((side.members == k).sum()) for k in (0, 1)]
    assert all(0 <= place < thresholds.BINS for one in packed for place in one["places"])


def test_no_page_speaks_of_counterfactual_fairness_or_gives_a_verdict(monkeypatch, filled):
    for page in ("people", "thresholds", "audit", "train"):
        said = _pressed.words(_pressed.opened(monkeypatch, filled[0], page)).lower()
        assert not any(word in said for word in ("counterfactual fairness", "illegal", "unlawful", "discriminat", "pass the"))
