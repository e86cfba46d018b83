"""The question: what it refuses and says, and that planning is pure."""

import json

import numpy as np
import pytest

from engine import errors, networks
from engine.assay import classes
from engine.assay import spec as asking
from engine.assay.spec import AssaySpec, Choice
from engine.datasets import images


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    monkeypatch.setenv("TOUCHSTONE_SAMPLE", str(tmp_path / "no-sample"))


def a_network(trained_on="mnist"):
    return next(card.name for card in networks.cards() if card.trained_on == trained_on)


def asked(**more):
    return AssaySpec(**({"networks": (a_network(),), "id_dataset": "mnist"} | more))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"networks": ("resnet51",)}, "network"),
        ({"id_dataset": "minst"}, "Did you mean mnist"),
        ({"ood_datasets": ("optdigit",)}, "Did you mean optdigits"),
        ({"shifts": (Choice(name="gausian_noise", strengths=(1,)),)}, "Did you mean gaussian_noise"),
        ({"shifts": (Choice(name="fog", strengths=(9,)),)}, "9"),
        ({"attacks": (Choice(name="pgd", strengths=(1,)),)}, "attack"),
        ({"metrics": ("acuracy",)}, "Did you mean accuracy"),
        ({"ood_datasets": ("optdigits", "optdigits")}, "named twice"),
        ({"ood_datasets": ("fashion_mnist",)}, "share no class name|cannot be used"),
    ],
)
def test_a_name_or_strength_that_does_not_exist_is_a_sentence_with_the_nearest(more, said):
    with pytest.raises(errors.UserError, match=said):
        asking.plan(asked(**more))


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"study": "assay"}', '{"study": "assay", "networks": ["a"], "id_dataset": "b", "surprise": 1}', '{"networks": 3}']
)
def test_json_that_asks_nothing_is_a_sentence(text):
    with pytest.raises(errors.UserError):
        AssaySpec.read(text)


def test_a_question_survives_its_own_text():
    spec = asked(shifts=(Choice(name="fog", strengths=(1.5, 3)),), images=7, seed=3)
    assert AssaySpec.read(spec.text()) == spec
    assert json.loads(spec.text())["study"] == "assay"


def test_cells_are_named_by_what_they_depend_on_and_by_nothing_else():
    key = asking.plan(asked()).evaluations[0].key
    assert asking.plan(asked(metrics=("nll",), batch=3, title="another")).evaluations[0].key == key
    assert asking.plan(asked(seed=5)).evaluations[0].key == key  # nothing random about a set as it is
    assert asking.plan(asked(images=17)).evaluations[0].key != key
    shifted = {seed: asking.plan(asked(seed=seed, shifts=(Choice(name="fog", strengths=(2,)),))).evaluations[-1].key for seed in (0, 1)}
    assert shifted[0] != shifted[1]


def test_a_plan_counts_cells_and_images():
    plan = asking.plan(asked(ood_datasets=("optdigits", "mfeat"), shifts=(Choice(name="fog", strengths=(1, 3)),), images=100))
    assert len(plan.evaluations) == 2 + 2 + 2  # val and test, two other sets, two strengths
    assert plan.images == 600
    assert plan.reused == 0


def test_large_sets_are_split_into_cells_by_range():
    known = images.card("mnist").sizes["test"]
    evaluation = next(e for e in asking.plan(asked()).evaluations if e.split == "test")
    assert evaluation.images == known
    assert [cell.start for cell in evaluation.cells[1:]] == [cell.stop for cell in evaluation.cells[:-1]]


class TestClasses:
    def test_labels_are_brought_together_by_name_whatever_the_order(self):
        found = classes.align(("cat", "dog", "fox"), ("fox", "cat"))
        assert found.to_network.tolist() == [2, 0]
        assert found.covered.tolist() == [0, 2]
        assert not found.whole

    def test_logits_are_masked_to_the_covered_classes_and_labels_recounted(self):
        found = classes.align(("cat", "dog", "fox"), ("fox", "cat"))
        logits, labels = found.masked(np.array([[1.0, 9.0, 2.0]]), np.array([2]))
        assert logits.tolist() == [[1.0, 2.0]]
        assert labels.tolist() == [1]

    def test_examples_of_classes_that_the_network_lacks_are_not_answerable(self):
        found = classes.align(("cat", "dog"), ("dog", "unicorn"))
        assert found.answerable(np.array([0, 1, 0])).tolist() == [True, False, True]

    def test_no_shared_class_is_a_sentence_with_both_lists(self):
        with pytest.raises(errors.UserError, match=r"cat.*ship.*share no class name"):
            classes.align(("cat",), ("ship",))
