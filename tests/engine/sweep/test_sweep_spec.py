"""The sweep's grid: its size, its balance, its names, and what it refuses."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import errors, registry
from engine.shifts import card
from engine.sweep.spec import ARCHITECTURES, DOMAINS, PER_CLASS, Job, SweepSpec, check, corruptions, shards, trunk_file, wheres

JOBS = SweepSpec().jobs()


def test_the_grid_has_more_than_a_thousand_networks_and_no_architecture_has_a_fifth_of_them() -> None:
    by_architecture = Counter(job.architecture for job in JOBS)
    assert len(JOBS) == 3264 == 8 * (4 * 4 * 2 * 3 * 2 * 2) + 4 * 4 * 2 * 3 * 2
    assert len(by_architecture) == 9
    assert max(by_architecture.values()) / len(JOBS) < 0.2


def test_the_grid_is_balanced_over_everything_that_is_varied() -> None:
    for name in ("domain", "augmentation", "learning_rate", "images_per_class", "seed"):
        assert len(set(Counter(getattr(job, name) for job in JOBS).values())) == 1, name
    tuned = Counter(job.regime for job in JOBS if job.regime != "scratch")
    assert tuned == {"whole": 1536, "head": 1536}


def test_every_network_has_a_name_of_its_own() -> None:
    assert len({job.name for job in JOBS}) == len(JOBS)
    job = Job("resnet", "mnist", "whole", "full", "augmix", 4e-3, 0)
    assert job.name == "sweep-resnet-mnist-whole-full-augmix-lr4e-3-s0"
    assert Job("cnn", "mfeat", "head", "10", "none", 2.5e-4, 1).name == "sweep-cnn-mfeat-head-10-none-lr2.5e-4-s1"


def test_shards_hold_every_network_once_and_start_with_all_architectures_of_one_domain() -> None:
    found = shards(SweepSpec())
    assert [job.name for shard in found for job in shard.jobs] == [job.name for job in JOBS]
    assert len({shard.run for shard in found}) == len(found) == 72
    assert {(shard.architecture, shard.domain, shard.seed) for shard in found[:9]} == {(name, "mnist", 0) for name in ARCHITECTURES}


def test_a_shard_asked_for_alone_is_the_same_run() -> None:
    whole = {shard.run: shard for shard in shards(SweepSpec())}
    (alone,) = shards(SweepSpec(architectures=("vit",), domains=("printed",), seeds=(1,)))
    assert alone.run == "sweep1-vit-printed-s1"
    assert alone == whole[alone.run]
    (again,) = shards(SweepSpec.read(alone.question.text()))
    assert again.run == alone.run
    (smaller,) = shards(SweepSpec(architectures=("vit",), domains=("printed",), seeds=(1,), images_per_class=("10",)))
    assert smaller.run.startswith("sweep1-vit-printed-s1-")


def test_five_percent_are_attacked_and_two_a_shard_of_the_first_seed_keep_their_answers() -> None:
    assert 0.04 < sum(job.attacked for job in JOBS) / len(JOBS) < 0.06
    kept = [job for job in JOBS if job.kept]
    assert Counter((job.architecture, job.domain) for job in kept) == {(name, domain): 2 for name in ARCHITECTURES for domain in DOMAINS}
    assert {job.seed for job in kept} == {0}


def test_the_corruptions_are_the_nineteen_that_are_no_movement() -> None:
    assert len(corruptions()) == 19
    assert {card(name).family for name in corruptions()} == {"noise", "blur", "weather", "digital"}


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_network_is_evaluated_on_all_domains_and_under_57_corruptions_of_its_own(domain: str) -> None:
    found = wheres(domain, (1, 3, 5), 300)
    plain = [(w.dataset, w.split) for w in found if not w.shift]
    assert plain[:2] == [(domain, "val"), (domain, "test")]
    assert set(plain[1:]) == {(name, "test") for name in DOMAINS}
    shifted = [w for w in found if w.shift]
    assert len(shifted) == 57
    assert {(w.dataset, w.split, w.images) for w in shifted} == {(domain, "test", 300)}
    assert {w.strength for w in shifted if w.shift == "fog"} == {card("fog").strengths[k] for k in (0, 2, 4)}


def test_every_architecture_exists_and_its_trunk_ships() -> None:
    assert set(ARCHITECTURES) <= set(registry.names("models/classifiers"))
    assert [name for name, said in ARCHITECTURES.items() if said.letters and not trunk_file(name).is_file()] == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"architectures": ("resnt",)}, "resnet"),
        ({"domains": ("minst",)}, "mnist"),
        ({"augmentations": ("augmx",)}, "augmix"),
        ({"strengths": (0,)}, "published strength"),
        ({"learning_rates": (0.0,)}, "trains nothing"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused_with_a_way_out(fields: dict, said: str) -> None:
    with pytest.raises(errors.UserError, match=said) as problem:
        check(SweepSpec(**fields))
    assert problem.value.hint


def test_what_is_named_twice_is_refused() -> None:
    with pytest.raises(errors.UserError, match="named twice"):
        SweepSpec.read('{"study": "sweep", "domains": ["mnist", "mnist"]}')


@given(st.sampled_from(PER_CLASS), st.integers(0, 5), st.sampled_from(sorted(ARCHITECTURES)))
def test_the_choice_of_attacked_networks_depends_on_the_name_alone(per_class: str, seed: int, architecture: str) -> None:
    one, other = (Job(architecture, "mnist", "whole", per_class, "none", 4e-3, seed, strengths) for strengths in ((1,), (5,)))
    assert one.attacked == other.attacked
