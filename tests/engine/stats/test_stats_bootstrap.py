import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from engine.stats import bootstrap


def mean(sums, n):
    return sums[..., 0] / n


def distance(sums, n):
    return np.abs(sums).sum(axis=-1) / n


def zero(sums, n):
    return np.zeros_like(sums)


@given(st.integers(1, 300), st.integers(1, 200), st.integers(0, 5))
@settings(max_examples=25, deadline=None)
def test_each_resample_draws_as_many_examples_as_there_are(n, resamples, seed):
    weights = bootstrap.weights(n, resamples, seed)
    assert weights.dtype == np.float32
    assert weights.shape == (resamples, n)
    assert (weights.sum(axis=1) == n).all()
    assert (weights == np.round(weights)).all()


def test_blocks_join_to_the_weights_of_the_whole(monkeypatch):
    whole = bootstrap.weights(501, 300, 7)
    monkeypatch.setattr(bootstrap, "BLOCK_BYTES", 4 * 501 * 77)
    blocks = list(bootstrap.blocks(501, 300, 7))
    assert [len(block) for block in blocks] == [77, 77, 77, 69]
    assert np.array_equal(np.concatenate(blocks), whole)


def test_weights_are_kept_up_to_a_byte_limit_oldest_out(monkeypatch):
    monkeypatch.setattr(bootstrap, "_kept", type(bootstrap._kept)())
    monkeypatch.setattr(bootstrap, "KEPT_BYTES", 2 * 4 * 100 * 50)
    first = bootstrap.weights(50, 100, 1)
    bootstrap.weights(50, 100, 2)
    assert bootstrap.weights(50, 100, 1) is first  # now the newest
    bootstrap.weights(50, 100, 3)
    assert [seed for _, _, seed in bootstrap._kept] == [1, 3]
    with pytest.raises(ValueError, match="read-only"):
        first[0, 0] = 1


def test_the_product_gives_the_sums_of_drawn_examples_dense_or_sparse():
    statistics = np.random.default_rng(0).normal(size=(40, 3))
    drawn = bootstrap.weights(40, 10, 0).astype(int)
    by_hand = [np.repeat(statistics, times, axis=0).sum(axis=0) for times in drawn]
    assert bootstrap.resampled_sums(statistics, 10) == pytest.approx(np.array(by_hand), abs=1e-5)
    assert bootstrap.resampled_sums(sparse.csr_array(statistics), 10) == pytest.approx(np.array(by_hand), abs=1e-5)


def test_the_interval_of_a_mean_is_that_of_resampling_the_slow_way():
    values = np.random.default_rng(1).exponential(size=400)
    quick = bootstrap.interval(values[:, None], mean, resamples=4000)
    slow = bootstrap.resampled(lambda rows: values[rows].mean(), 400, resamples=4000)
    assert quick == pytest.approx(slow, abs=0.01)
    standard_error = values.std() / 20
    assert quick == pytest.approx((values.mean() - 1.96 * standard_error, values.mean() + 1.96 * standard_error), abs=0.02)


def test_the_same_question_has_the_same_interval():
    values = np.random.default_rng(1).normal(size=(50, 1))
    assert bootstrap.interval(values, mean) == bootstrap.interval(values, mean)
    assert bootstrap.interval(values, mean, seed=1) != bootstrap.interval(values, mean)


def test_one_example_has_no_interval():
    one = np.ones((1, 1))
    assert np.isnan(bootstrap.interval(one, mean)).all()
    assert np.isnan(bootstrap.inverted(one, distance, zero)).all()
    assert np.isnan(bootstrap.resampled(lambda rows: 1.0, 1)).all()


def test_a_distance_of_zero_has_no_interval_since_it_has_no_direction():
    assert np.isnan(bootstrap.inverted(np.array([[1.0], [-1.0]]), distance, zero)).all()


def covered(interval, truth):
    low, high = interval
    return low <= truth <= high


def test_a_mean_is_covered_about_as_often_as_promised():
    rng = np.random.default_rng(2)
    times = [covered(bootstrap.interval(rng.exponential(size=(150, 1)), mean), 1) for _ in range(400)]
    assert 0.91 <= np.mean(times) <= 0.98  # 400 repetitions of 0.95 have a standard error of 0.011


@pytest.mark.parametrize("truth", [0.0, 0.02, 0.1])
def test_a_distance_is_covered_even_where_noise_is_all_there_is(truth):
    rng = np.random.default_rng(3)
    bins = np.arange(200) % 10  # ten bins, each with the mean `truth`

    def sample():
        statistics = np.zeros((200, 10))
        statistics[np.arange(200), bins] = rng.normal(truth, 0.3, 200)
        return rng.permutation(statistics)

    samples = [sample() for _ in range(300)]
    times = [covered(bootstrap.inverted(sample, distance, zero, resamples=400), truth) for sample in samples]
    assert np.mean(times) >= 0.88, np.mean(times)


def test_percentiles_would_never_cover_a_distance_of_zero():
    rng = np.random.default_rng(4)
    statistics = np.zeros((200, 10))
    statistics[np.arange(200), np.arange(200) % 10] = rng.normal(0, 0.3, 200)
    observed = float(distance(statistics.sum(axis=0), 200))
    assert bootstrap.interval(statistics, distance)[0] > 0
    low, high = bootstrap.inverted(statistics, distance, zero)
    assert low == 0
    assert high >= observed
