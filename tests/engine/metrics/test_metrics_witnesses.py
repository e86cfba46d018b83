"""Independent libraries on random answers; where a definition differs, the test names the difference."""

import numpy as np
import pytest
import torch
import torchmetrics.functional.classification as theirs
from scipy import special, stats
from sklearn import metrics

from engine import registry
from engine.metrics import classification, pairs

torch.set_num_threads(1)

SHAPES = [(300, 10), (40, 3), (25, 60)]


def compute(name, *arguments, room=classification.ROOM, **named):
    return registry.load(room, name).compute(*arguments, **named)


@pytest.fixture(params=SHAPES, ids=str)
def answers(request):
    rng = np.random.default_rng(sum(request.param))
    n, classes = request.param
    logits = rng.normal(size=(n, classes)) * 3
    return logits, np.where(rng.random(n) < 0.5, logits.argmax(axis=1), rng.integers(0, classes, n))


def tensors(answers):
    logits, labels = answers
    return torch.from_numpy(special.softmax(logits, axis=1)), torch.from_numpy(labels)


def test_accuracy_agrees_with_scikit_learn_and_torchmetrics(answers):
    logits, labels = answers
    assert compute("accuracy", logits, labels) == metrics.accuracy_score(labels, logits.argmax(axis=1))
    classes = logits.shape[1]
    expected = theirs.multiclass_accuracy(*tensors(answers), num_classes=classes, average="micro")
    assert compute("accuracy", logits, labels) == pytest.approx(expected.item())


@pytest.mark.parametrize(("k", "n", "classes"), [(5, 300, 10), (5, 25, 60), (10, 25, 60)])
def test_top_k_accuracy_agrees_with_scikit_learn(k, n, classes):
    rng = np.random.default_rng(k)
    logits, labels = rng.normal(size=(n, classes)), rng.integers(0, classes, n)
    expected = metrics.top_k_accuracy_score(labels, logits, k=k, labels=np.arange(classes))
    assert compute(f"top{k}_accuracy", logits, labels) == pytest.approx(expected)


def test_top_k_of_equal_logits_takes_the_first_classes_where_scikit_learn_takes_the_last():
    logits, labels = np.zeros((6, 6)), np.arange(6)
    hits = registry.load(classification.ROOM, "top5_accuracy").statistics(logits, labels)[:, 0]
    assert hits.tolist() == [1, 1, 1, 1, 1, 0]
    last = metrics.top_k_accuracy_score([0], logits[:1], k=5, labels=np.arange(6))
    assert last == 0


def test_nll_agrees_with_scikit_learn(answers):
    logits, labels = answers
    expected = metrics.log_loss(labels, special.softmax(logits, axis=1), labels=np.arange(logits.shape[1]))
    assert compute("nll", logits, labels) == pytest.approx(expected)


def test_brier_agrees_with_scikit_learn_unhalved(answers):
    logits, labels = answers
    probabilities = special.softmax(logits, axis=1)
    expected = metrics.brier_score_loss(labels, probabilities, labels=np.arange(logits.shape[1]), scale_by_half=False)
    assert compute("brier", logits, labels) == pytest.approx(expected)


def test_ece_agrees_with_torchmetrics(answers):
    logits, labels = answers
    expected = theirs.multiclass_calibration_error(*tensors(answers), num_classes=logits.shape[1], n_bins=10, norm="l1")
    assert compute("ece", logits, labels) == pytest.approx(expected.item(), abs=1e-6)


def test_entropy_and_confidence_agree_with_scipy(answers):
    logits, labels = answers
    probabilities = special.softmax(logits, axis=1)
    assert compute("entropy", logits, labels) == pytest.approx(stats.entropy(probabilities, axis=1).mean())
    assert compute("mean_confidence", logits, labels) == pytest.approx(probabilities.max(axis=1).mean())


def test_accuracy_of_each_class_is_scikit_learns_recall(answers):
    logits, labels = answers
    present = np.unique(labels)
    expected = metrics.recall_score(labels, logits.argmax(axis=1), labels=present, average=None)
    found = classification.measure("class_accuracy", logits, labels)
    assert [measure.slice for measure in found] == [f"class={index}" for index in present]
    assert [measure.value for measure in found] == pytest.approx(expected)


def test_worst_class_accuracy_is_torchmetrics_least_recall_where_classes_are_large():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(400, 4))
    labels = np.where(rng.random(400) < 0.5, logits.argmax(axis=1), rng.integers(0, 4, 400))
    each = theirs.multiclass_accuracy(*tensors((logits, labels)), num_classes=4, average="none")
    assert compute("worst_class_accuracy", logits, labels) == pytest.approx(each.min().item())


def test_worst_class_accuracy_leaves_classes_of_less_than_ten_out_where_torchmetrics_takes_them():
    logits, labels = np.eye(3)[[0] * 12 + [0]], np.array([0] * 12 + [2])
    assert compute("worst_class_accuracy", logits, labels) == 1
    each = theirs.multiclass_accuracy(*tensors((logits, labels)), num_classes=3, average="none")
    assert each.min().item() == 0


@pytest.mark.parametrize(("name", "score"), [("msp", special.softmax), ("energy", special.logsumexp)])
def test_pair_metrics_agree_with_scikit_learn(name, score):
    rng = np.random.default_rng(0)
    inside, outside = rng.normal(size=(200, 7)) * 3, rng.normal(size=(150, 7)) * 2
    scores = [score(logits, axis=1) for logits in (inside, outside)]
    scores = np.concatenate([part.max(axis=1) if part.ndim == 2 else part for part in scores])
    positive = np.repeat([1, 0], [200, 150])
    expected = metrics.roc_auc_score(positive, scores)
    assert compute(f"auroc_{name}", inside, outside, room=pairs.ROOM) == pytest.approx(expected)
    false, true, _ = metrics.roc_curve(positive, scores, drop_intermediate=False)
    expected = false[np.argmax(true >= 0.95)]
    assert compute(f"fpr95_{name}", inside, outside, room=pairs.ROOM) == pytest.approx(expected)


def test_msp_keeps_apart_what_rounding_makes_one_probability():
    inside, outside = np.array([[50.0, 0.0]]), np.array([[45.0, 0.0]])
    rounded = [special.softmax(logits, axis=1).max() for logits in (inside, outside)]
    assert rounded == [1, 1]
    assert compute("auroc_msp", inside, outside, room=pairs.ROOM) == 1
