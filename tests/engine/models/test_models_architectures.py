"""Every architecture keeps the same contract: shapes, trunk and head, gradients, the same function once folded."""

import copy

import pytest
import torch

from engine import errors, registry
from engine.models import predict
from engine.models.classifiers import cnn, efficientnet_lite, linear, mixer, mlp, resnet, vit

ROOM = "models/classifiers"
NAMES = registry.names(ROOM)
INPUTS = ((1, 28), (3, 56))


def built(name: str, channels: int = 3, size: int = 56, classes: int = 5) -> torch.nn.Module:
    torch.manual_seed(0)
    return registry.load(ROOM, name).build(classes, channels, size)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("channels", "size"), INPUTS)
def test_an_architecture_maps_a_batch_to_one_row_of_logits_an_image(name: str, channels: int, size: int) -> None:
    module = built(name, channels, size).eval()
    with torch.no_grad():
        logits = module(torch.rand(3, channels, size, size))
    assert logits.shape == (3, 5)
    assert logits.isfinite().all()


@pytest.mark.parametrize("name", NAMES)
def test_every_tensor_belongs_to_trunk_or_head_and_the_head_is_linear_on_features(name: str) -> None:
    module = built(name).eval()
    assert {key.split(".")[0] for key in module.state_dict()} <= {"trunk", "head"}
    images = torch.rand(2, 3, 56, 56)
    with torch.no_grad():
        features = module.get_submodule("trunk")(images)
        by_hand = features @ module.state_dict()["head.weight"].T + module.state_dict()["head.bias"]
        assert torch.allclose(by_hand, module(images), atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_a_gradient_reaches_every_parameter(name: str) -> None:
    module = built(name)
    torch.nn.functional.cross_entropy(module(torch.rand(4, 3, 56, 56)), torch.arange(4)).backward()
    silent = [key for key, value in module.named_parameters() if value.grad is None or not value.grad.isfinite().all()]
    assert silent == []


@pytest.mark.parametrize("name", NAMES)
def test_a_single_image_gets_the_same_logits_as_in_a_batch(name: str) -> None:
    module = built(name).eval()
    images = torch.rand(3, 3, 56, 56)
    with torch.no_grad():
        assert torch.allclose(module(images)[1:2], module(images[1:2]), atol=1e-4)


@pytest.mark.parametrize("name", [n for n in NAMES if hasattr(registry.load(ROOM, n), "for_inference")])
def test_folding_normalisation_away_does_not_change_the_function(name: str) -> None:
    module = built(name, 3, 56).train()
    with torch.no_grad():
        module(torch.rand(8, 3, 56, 56))  # running statistics other than 0 and 1
    module.eval()
    folded = registry.load(ROOM, name).for_inference(copy.deepcopy(module))
    assert not any(isinstance(layer, torch.nn.BatchNorm2d) for layer in folded.modules())
    images = torch.rand(2, 3, 56, 56)
    with torch.no_grad():
        assert torch.allclose(module(images), folded(images), atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_a_card_says_version_and_citation(name: str) -> None:
    card = registry.card(ROOM, name)
    assert card.title.endswith(".")
    assert {"VERSION", "CITATION"} <= card.constants.keys()


@pytest.mark.parametrize("module", [mlp, cnn, resnet, vit, mixer])
def test_the_small_architectures_are_of_one_size(module) -> None:
    assert 50_000 <= predict.parameters(module.build(10, 1, 28)) <= 150_000


def test_a_linear_classifier_has_one_weight_a_pixel_and_class() -> None:
    assert predict.parameters(linear.build(10, 1, 28)) == 784 * 10 + 10


@pytest.mark.parametrize("module", [vit, mixer])
def test_patches_that_do_not_divide_the_image_are_refused_with_a_way_out(module) -> None:
    with pytest.raises(errors.UserError, match="multiple of 5"):
        module.build(10, 1, 28, patch=5)


def test_efficientnet_lite_has_the_published_numbers_of_parameters() -> None:
    # 4.65, 5.42 and 6.09 million with 1,000 classes
    found = [predict.parameters(efficientnet_lite.build(1000, 3, 64, variant=v)) for v in efficientnet_lite.VARIANTS]
    assert [round(n / 1e6, 2) for n in found] == [4.65, 5.42, 6.09]


def test_an_unknown_variant_names_the_known_ones() -> None:
    with pytest.raises(errors.UserError, match="lite0"):
        efficientnet_lite.build(10, 3, 64, variant="lite9")
