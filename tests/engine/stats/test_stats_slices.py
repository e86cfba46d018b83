"""The search for slices: it finds what was planted, confirms it on other examples, and finds nothing in noise."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from engine.stats import slices
from engine.stats.slices import Attribute


def attribute(name, codes, k):
    return Attribute(name, codes, [f"{name}{i}" for i in range(k)])


def planted(n, rng, high=0.6, low=0.1):
    """Return errors that are frequent where class is 7 and site is 2, and both attributes."""
    label, site = rng.integers(0, 10, n), rng.integers(0, 5, n)
    wrong = rng.random(n) < np.where((label == 7) & (site == 2), high, low)
    return wrong, [attribute("class", label, 10), attribute("site", site, 5)]


def test_a_planted_conjunction_is_found_and_confirmed_with_honest_numbers():
    wrong, attributes = planted(6000, np.random.default_rng(1))
    found = slices.search(wrong, attributes)
    first = found.slices[0]
    assert first.conditions == (("class", "class7"), ("site", "site2"))
    assert first.confirmed
    assert first.low <= 0.6 <= first.high
    assert first.elsewhere == pytest.approx(0.1, abs=0.02)
    assert found.searched == 10 + 5 + 50
    inside = (attributes[0].codes == 7) & (attributes[1].codes == 2)
    assert first.found_n + first.n == inside.sum()
    assert first.found_error * first.found_n + first.wrong == pytest.approx(wrong[inside].sum())


def test_a_conjunction_that_adds_nothing_to_one_of_its_values_is_left_out():
    rng = np.random.default_rng(0)
    label, site = rng.integers(0, 4, 4000), rng.integers(0, 4, 4000)
    found = slices.search(rng.random(4000) < np.where(label == 3, 0.7, 0.1), [attribute("class", label, 4), attribute("site", site, 4)])
    assert [one.conditions for one in found.slices] == [(("class", "class3"),)]


def test_noise_has_no_confirmed_slice_but_for_one_search_in_twenty():
    rng = np.random.default_rng(0)
    confirmed = []
    for seed in range(150):
        wrong, attributes = planted(1000, rng, high=0.2, low=0.2)
        confirmed.append(any(one.confirmed for one in slices.search(wrong, attributes, seed=seed).slices))
    assert np.mean(confirmed) <= 0.05


def test_what_the_search_believed_is_checked_where_it_did_not_look():
    rng = np.random.default_rng(0)
    wrong, attributes = planted(1000, rng, high=0.2, low=0.2)
    half = slices._half(np.arange(1000), 0)
    chosen = np.flatnonzero(half & (attributes[0].codes == 3))
    wrong[chosen] = True  # class 3 fails in the searched half only
    found = slices.search(wrong, attributes)
    assert found.slices[0].found_error == 1
    assert not any(one.confirmed for one in found.slices)


def test_answers_to_one_example_fall_into_the_same_half():
    owners = np.random.default_rng(0).integers(0, 50, 400)
    half = slices._half(owners, 0)
    assert all(len(set(half[owners == owner])) == 1 for owner in range(50))


def test_pairs_of_attributes_that_are_kept_apart_are_not_searched():
    rng = np.random.default_rng(0)
    true, said = rng.integers(0, 3, 900), rng.integers(0, 3, 900)
    both = [attribute("true", true, 3), attribute("said", said, 3)]
    assert slices.search(true != said, both).searched == 15
    assert slices.search(true != said, both, apart=[frozenset(("true", "said"))]).searched == 6


def test_small_slices_and_unknown_values_are_not_searched():
    codes = np.repeat([0, 1, -1], [100, 10, 90])
    assert slices.search(np.zeros(200, dtype=bool), [attribute("a", codes, 2)]).searched == 1
    assert slices.search(np.zeros(0, dtype=bool), []).slices == ()


def test_fishers_test_is_that_of_scipy():
    p = slices.fisher(np.array([8, 2]), np.array([10, 20]), 15, 60)
    for value, (k, n) in zip(p, ((8, 10), (2, 20)), strict=True):
        table = [[k, n - k], [15 - k, 60 - n - (15 - k)]]
        assert value == pytest.approx(stats.fisher_exact(table, alternative="greater").pvalue)


def test_several_answers_to_an_example_are_tested_with_the_sandwich_variance_of_statsmodels():
    rng = np.random.default_rng(0)
    owners = np.repeat(np.arange(60), 5)
    hard = rng.random(60)[owners] < 0.4
    inside = (owners % 4 == 0) | (rng.random(300) < 0.1)
    wrong = rng.random(300) < np.where(hard, 0.6, 0.1) + 0.15 * inside
    fitted = sm.OLS(wrong.astype(float), np.column_stack([np.ones(300), inside])).fit(
        cov_type="cluster", cov_kwds={"groups": owners, "use_correction": False}
    )
    z = fitted.params[1] / (fitted.bse[1] * np.sqrt(60 / 59))
    assert slices._clustered_p(inside, wrong, owners) == pytest.approx(stats.norm.sf(z))
    again = slices._looked_at(inside, wrong, owners, 20)
    alone = slices._looked_at(inside, wrong, np.arange(300), 20)
    assert again.high - again.low > alone.high - alone.low  # answers to one example go together
