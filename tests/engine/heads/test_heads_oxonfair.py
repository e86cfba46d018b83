"""Check 8: merging against another implementation, where it is installed (pip install --no-deps oxonfair==0.3 ucimlrepo; no requirement of ours)."""

import numpy as np
import pytest

from engine.heads import merge


def _people(n=2000):
    rng = np.random.default_rng(0)
    members = (rng.random(n) < 0.6).astype(int)
    task = (1.5 * rng.standard_normal(n) + 0.9 * members - 0.8).astype(np.float32)
    labels = (rng.random(n) < 1 / (1 + np.exp(-1.2 * task))).astype(int)
    group = np.clip(members + 0.25 * rng.standard_normal(n), -0.5, 1.5).astype(np.float32)
    return task, group, merge.People(labels, members, 2)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("slack", [0.02, 0.05, 0.1])
def test_merging_is_as_accurate_as_oxonfair_at_the_same_slack(slack):
    """Its thresholds come back in half precision, and its grid is another: within 3 people of 1,000."""
    oxonfair = pytest.importorskip("oxonfair")
    from oxonfair.utils import group_metrics

    task, group, people = _people()
    other = oxonfair.DeepFairPredictor(people.labels, np.stack([task, group], 1), people.members)
    other.fit(group_metrics.accuracy, group_metrics.demographic_parity, slack, grid_width=75)
    theirs = other.evaluate(verbose=False).loc["accuracy", "updated"]
    (ours,) = merge.search(task, group[:, None], people, [slack])
    assert ours.accuracy == pytest.approx(theirs, abs=0.003)
    assert ours.b[0] == pytest.approx(float(other.extract_coefficients()[0]), abs=0.1)
    assert abs(ours.gap) <= slack
