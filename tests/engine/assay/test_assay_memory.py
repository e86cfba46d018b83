"""Memory before a question is asked: what is known of it, and that the rest is not."""

from engine import networks
from engine.assay import memory
from engine.assay.spec import AssaySpec


def asked(*names):
    return AssaySpec(networks=names, id_dataset="mnist", ood_datasets=("optdigits",), metrics=("accuracy",))


def test_weights_count_four_bytes_a_parameter():
    # 28 x 28 pixels to 10 classes and 10 biases: 7,850 weights
    assert networks.card("linear-mnist-scratch-s0").parameters == 7850
    assert memory.weights(asked("linear-mnist-scratch-s0")) == (4 * 7850, 0)


def test_only_the_networks_that_are_held_at_once_count():
    many = [name for name in networks.names() if name.endswith("-mnist-whole-s0") or "-mnist-" in name][: memory.NETWORKS_AT_ONCE + 4]
    assert len(many) > memory.NETWORKS_AT_ONCE
    sizes = sorted((networks.card(name).parameters or 0 for name in many), reverse=True)
    assert memory.weights(asked(*many))[0] == 4 * sum(sizes[: memory.NETWORKS_AT_ONCE])


def test_what_is_not_known_is_said():
    assert "not known beforehand" in memory.said(asked("linear-mnist-scratch-s0"))
