"""What a warm process keeps: up to its limit, last used last out, and each network as its card is now."""

import pytest

from engine import errors, networks
from engine.models import warm

SMALL, OTHER = "linear-mnist-scratch-s0", "linear-mfeat-scratch-s0"


def test_a_network_is_loaded_once_and_counted_by_its_weights():
    cache = warm.Cache()
    first = cache.network(SMALL)
    assert cache.network(SMALL) is first
    parameters = networks.card(SMALL).parameters
    assert parameters is not None
    assert cache.held >= 4 * parameters
    assert cache.held < 4 * parameters + 1000


def test_above_the_limit_what_was_used_longest_ago_leaves():
    cache = warm.Cache(1000)
    made = []

    def thing(name):
        return cache.get(name, lambda: made.append(name) or name, lambda _: 350)

    for name in ("a", "b", "a", "c"):  # a third thing does not fit: b was used longest ago
        thing(name)
    thing("a")
    thing("b")
    assert made == ["a", "b", "c", "b"]
    assert cache.held <= 1000


def test_what_is_larger_than_the_limit_is_made_each_time():
    cache = warm.Cache(10)
    first = cache.network(SMALL)
    assert cache.network(SMALL) is not first
    assert len(cache) == 0


def test_what_cannot_be_made_is_not_kept():
    cache = warm.Cache()
    with pytest.raises(errors.UserError, match="no network named"):
        cache.network("nobody")
    with pytest.raises(ZeroDivisionError):
        cache.get("x", lambda: 1 // 0, lambda _: 1)
    assert cache.get("x", lambda: "now", lambda _: 1) == "now"


def test_looking_whether_somebody_waits_raises_what_the_watch_raises():
    cache = warm.Cache()
    cache.check()

    def nobody():
        raise InterruptedError

    with warm.watched(nobody), pytest.raises(InterruptedError):
        cache.check()
    cache.check()
