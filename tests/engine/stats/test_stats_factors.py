"""Factor analysis, with statsmodels, scikit-learn, pandas and the textbook's formulas as witnesses."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.decomposition import PCA
from statsmodels.multivariate.factor import Factor
from statsmodels.multivariate.factor_rotation import rotate_factors

from engine import errors
from engine.stats import factors

SIMPLE = np.array([[0.8, 0.0], [0.7, 0.1], [0.9, 0.0], [0.0, 0.8], [0.1, 0.7], [0.3, 0.6]])


def two_factors(n=300, seed=0, between=0.0):
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(n, 2)) @ np.linalg.cholesky([[1, between], [between, 1]]).T
    return hidden @ SIMPLE.T + 0.5 * rng.normal(size=(n, 6))


def test_principal_axes_are_those_of_statsmodels():
    values = two_factors()
    found = factors.solve(values, 2, rotation="none", resamples=0)
    expected = Factor(values, n_factor=2, method="pa", smc=True).fit(maxiter=500, tol=1e-12)
    assert np.abs(found.loadings) == pytest.approx(np.abs(expected.loadings), abs=1e-5)
    assert found.communalities == pytest.approx(expected.communality, abs=1e-5)
    assert found.improper == ()


def test_principal_components_are_those_of_scikit_learn():
    values = two_factors()
    z = (values - values.mean(0)) / values.std(0)
    expected = PCA(2).fit(z)
    found = factors.solve(values, 2, method="principal component", rotation="none", resamples=0)
    assert found.explained == pytest.approx(expected.explained_variance_ratio_)
    sizes = np.sqrt(expected.explained_variance_ * (len(z) - 1) / len(z))
    assert np.abs(found.loadings) == pytest.approx(np.abs(expected.components_.T * sizes))
    everything = factors.solve(values, 6, method="principal component", rotation="varimax", resamples=0)
    assert everything.communalities == pytest.approx(np.ones(6))
    assert everything.loadings @ everything.loadings.T == pytest.approx(np.corrcoef(values.T))


def test_varimax_is_that_of_statsmodels():
    plain = factors.solve(two_factors(), 2, rotation="none", resamples=0).loadings
    expected, _ = rotate_factors(plain, "varimax")
    assert np.abs(plain @ factors.varimax(plain, kaiser=False)) == pytest.approx(np.abs(expected), abs=1e-4)
    length = np.sqrt((plain**2).sum(axis=1, keepdims=True))  # Kaiser's normalisation by hand
    normalised, _ = rotate_factors(plain / length, "varimax")
    assert np.abs(plain @ factors.varimax(plain)) == pytest.approx(np.abs(normalised * length), abs=1e-4)


def test_promax_is_what_its_formulas_give():
    plain = factors.solve(two_factors(between=0.4), 2, rotation="none", resamples=0).loadings
    start = factors.varimax(plain)
    turn, between = factors.promax(plain, start)
    v = plain @ start
    q = np.sign(v) * np.abs(v) ** 4
    u = np.linalg.inv(v.T @ v) @ v.T @ q
    u = u @ np.diag(np.sqrt(np.diag(np.linalg.inv(u.T @ u))))
    assert turn == pytest.approx(start @ u)
    assert between == pytest.approx(np.linalg.inv(u.T @ u))
    assert np.diag(between) == pytest.approx([1, 1])


def test_promax_finds_factors_that_go_together():
    values = two_factors(20_000, between=0.5)
    found, plain = (factors.solve(values, 2, rotation=rotation, resamples=0) for rotation in ("promax", "none"))
    assert found.between[0, 1] == pytest.approx(0.5, abs=0.12)
    assert np.abs(found.loadings[[0, 2, 3], [1, 1, 0]]).max() < 0.15
    assert found.loadings @ found.between @ found.loadings.T == pytest.approx(plain.loadings @ plain.loadings.T)
    assert found.explained.sum() == pytest.approx(found.communalities.mean())


@pytest.mark.parametrize("rotation", factors.ROTATIONS)
def test_factors_are_turned_to_positive_sums_and_sorted(rotation):
    found = factors.solve(-two_factors(), 2, rotation=rotation, resamples=20)
    assert (found.loadings.sum(axis=0) > 0).all()
    assert np.diff((found.loadings**2).sum(axis=0))[0] < 0
    assert (found.low <= found.loadings).all()
    assert (found.loadings <= found.high).all()
    assert (found.high - found.low).max() < 0.5


def test_intervals_of_loadings_are_those_of_other_samples():
    found = factors.solve(two_factors(400), 2)
    others = np.array([factors.solve(two_factors(400, seed), 2, resamples=0).loadings for seed in range(1, 60)])
    spread = np.quantile(others, 0.975, axis=0) - np.quantile(others, 0.025, axis=0)
    assert (found.high - found.low) / spread == pytest.approx(np.ones((6, 2)), abs=0.7)
    assert np.median((found.high - found.low) / spread) == pytest.approx(1, abs=0.25)


def test_parallel_analysis_draws_what_random_numbers_give():
    rng = np.random.default_rng(1)
    expected = np.percentile([np.linalg.eigvalsh(np.corrcoef(rng.normal(size=(40, 5)).T))[::-1] for _ in range(3000)], 95, axis=0)
    assert factors.random_eigenvalues(40, 5, drawn=3000) == pytest.approx(expected, abs=0.03)


def test_parallel_analysis_keeps_as_many_factors_as_there_are():
    found = factors.scree(two_factors())
    assert found.suggested == 2
    assert found.cumulative[-1] == pytest.approx(1)
    assert found.eigenvalues == pytest.approx(np.linalg.eigvalsh(np.corrcoef(two_factors().T))[::-1])
    assert (found.low <= found.eigenvalues).all()
    kept = [factors.scree(np.random.default_rng(i).normal(size=(200, 6)), resamples=0).suggested for i in range(20)]
    assert np.mean(np.array(kept) == 0) > 0.8


def test_rows_of_one_network_count_once_in_parallel_analysis():
    values = two_factors(50)
    three = np.tile(values, (3, 1))
    found = factors.scree(three, np.tile(np.arange(50), 3))
    assert found.n == 50
    assert found.random == pytest.approx(factors.scree(values).random)
    assert found.low == pytest.approx(factors.scree(values).low)


def test_a_communality_of_one_is_told():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 1))
    values = np.concatenate([x + 0.02 * rng.normal(size=(60, 1)) * k for k in (0, 1, 30)], axis=1)
    assert factors.solve(values, 1, resamples=0).improper == (1,)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.random.default_rng(0).normal(size=(9, 1)), "at least two columns"),
        (np.random.default_rng(0).normal(size=(3, 3)), "3 rows have all 3 numbers"),
        (np.column_stack([np.arange(9.0), np.full(9, 0.4), np.arange(9.0) ** 2]), "b is the same in all 9 rows"),
        (np.column_stack([np.arange(9.0), np.full(9, np.nan), np.arange(9.0) ** 2]), "0 rows"),
    ],
)
def test_what_cannot_be_analysed_is_refused_with_the_reason(values, said):
    with pytest.raises(errors.UserError, match=said):
        factors.usable(values, list("abc")[: values.shape[1]])


def test_only_complete_rows_are_used():
    values = two_factors(20)
    values[3, 2] = np.nan
    assert factors.usable(values, list("abcdef")).tolist() == [i != 3 for i in range(20)]


def test_there_are_at_most_as_many_factors_as_columns():
    with pytest.raises(errors.UserError, match="1 to 5"):
        factors.solve(two_factors(), 6)
    with pytest.raises(errors.UserError, match="1 to 6"):
        factors.solve(two_factors(), 0, method="principal component")


def test_scaling_within_groups_takes_their_means_away():
    values, group = two_factors(40), np.repeat([0, 1], 20)
    far = values + 100 * group[:, None]
    assert factors.scaled(far, group, "standardised") == pytest.approx(factors.scaled(values, group, "standardised"))
    assert factors.scaled(values, group, "pooled") == pytest.approx(stats.zscore(values))


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6))
def test_rank_correlations_are_those_of_pandas_with_pairwise_gaps(seed):
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 6, (25, 4)).astype(float)
    values[rng.random(values.shape) < 0.2] = np.nan
    rho, n = factors.rank_correlations(values, np.zeros(25, int), np.ones(1), "pooled")
    expected = pd.DataFrame(values).corr("spearman").to_numpy()
    assert rho == pytest.approx(expected, nan_ok=True)
    assert n[0, 1] == int(np.isfinite(values[:, :2]).all(axis=1).sum())


def test_rank_correlations_within_groups_are_the_weighted_mean_of_theirs():
    values, group = two_factors(60), np.repeat([0, 1, 2], 20)
    values[:16, 1] = np.nan  # the first group has four rows with column 1: too few
    rho, n = factors.rank_correlations(values, group, np.array([0.5, 0.25, 0.25]), "standardised")
    each = [stats.spearmanr(values[group == g][:, 0], values[group == g][:, 3]).statistic for g in range(3)]
    assert rho[0, 3] == pytest.approx(0.5 * each[0] + 0.25 * each[1] + 0.25 * each[2])
    assert rho[0, 1] == pytest.approx(np.mean([stats.spearmanr(values[group == g][:, :2]).statistic for g in (1, 2)]))
    assert (n[0, 3], n[0, 1]) == (60, 40)
