"""Masks are carried without a bias, known pixels are fixed, and every completer keeps its shapes."""

import numpy as np
import pytest
import torch

from engine import errors, registry
from engine.datasets import clips
from engine.models import completers

torch.set_num_threads(1)


def _motion(x, y, size=16):
    return torch.stack([torch.full((size, size), float(x)), torch.full((size, size), float(y))])[None]


@pytest.fixture(scope="module")
def picture():
    return torch.rand(1, 2, 16, 16, generator=torch.Generator().manual_seed(0))


def test_no_motion_changes_nothing(picture):
    assert torch.allclose(completers.warp(picture, _motion(0, 0)), picture, atol=1e-5)


@pytest.mark.parametrize(("x", "y"), [(3, 0), (0, -2), (-5, 4), (15, 15)])
def test_whole_steps_are_exact(picture, x, y):
    """At p stands what was at p + motion; what comes from outside is 0."""
    expected = torch.zeros_like(picture)
    rows, columns = (range(max(0, -step), min(16, 16 - step)) for step in (y, x))
    for row in rows:
        for column in columns:
            expected[..., row, column] = picture[..., row + y, column + x]
    assert torch.allclose(completers.warp(picture, _motion(x, y)), expected, atol=2e-5)


def test_half_a_pixel_is_symmetric(picture):
    """Half a pixel to the left of a mirrored picture is the mirror image of half a pixel to the right, and the mean of two neighbours."""
    right, left = completers.warp(picture, _motion(0.5, 0)), completers.warp(picture.flip(-1), _motion(-0.5, 0)).flip(-1)
    assert torch.allclose(right, left, atol=1e-5)
    assert torch.allclose(right[..., :-1], (picture[..., :-1] + picture[..., 1:]) / 2, atol=1e-5)


def test_torch_and_opencv_carry_alike(picture):
    rng = np.random.default_rng(0)
    motion = rng.normal(0, 2, (16, 16, 2)).astype(np.float32)
    theirs = clips.warped(picture[0, 0].numpy(), motion)
    ours = completers.warp(picture[:, :1], torch.from_numpy(motion).movedim(-1, 0)[None])[0, 0]
    assert np.allclose(ours, theirs, atol=0.03)  # OpenCV counts in 32nds of a pixel


def test_known_pixels_are_fixed():
    visible, occluder = torch.tensor([1.0, 0, 0]), torch.tensor([0.0, 1, 0])
    assert completers.known(torch.tensor([0.2, 0.3, 0.9]), visible, occluder).tolist() == pytest.approx([1, 0.3, 0])


@pytest.fixture(scope="module")
def patch():
    return clips.patch(clips.load("textured", "test", 0), "target")


@pytest.mark.parametrize(
    ("name", "options", "directions"),
    [("recurrent", {}, 2), ("recurrent", {"directions": 1}, 1), ("recurrent", {"memory": False}, 1), ("cnn_lstm", {}, 2)],
)
def test_an_answer_has_a_logit_for_every_pixel_and_direction(patch, name, options, directions):
    network = completers.build(name, **options).eval()
    given = completers.inputs([patch]).frames(0, 3)
    with torch.no_grad():
        answer = network(given)
    assert answer.logits.shape == answer.fusion.shape == (directions, 1, 3, 64, 64)
    assert ((answer.fused >= 0) & (answer.fused <= 1)).all()


def test_the_sizes_are_those_of_the_sheet():
    sizes = {name: sum(one.numel() for one in completers.build(name).parameters()) for name in registry.names(completers.ROOM)}
    assert sizes["recurrent"] == pytest.approx(80_000, rel=0.1)
    assert sizes["cnn_lstm"] == pytest.approx(11_800_000, rel=0.01)  # encoder and LSTM 4.24 M, mask decoder 7.55 M


def _asked(options, given):
    torch.manual_seed(0)
    with torch.no_grad():
        return completers.build("recurrent", **options).eval()(given)


def test_one_way_is_causal_and_image_only_sees_one_frame(patch):
    given, fewer = (completers.inputs([patch]).frames(0, n) for n in (5, 4))
    causal = {"directions": 1}
    assert torch.allclose(_asked(causal, given).logits[:, :, :4], _asked(causal, fewer).logits, atol=1e-5)
    alone = {"memory": False}
    assert torch.allclose(_asked(alone, given).logits[0, 0, 2], _asked(alone, given.frames(2, 1)).logits[0, 0, 0], atol=1e-5)
    both = _asked({}, given).logits[:, :, 0] - _asked({}, fewer).logits[:, :, 0]
    assert both[0].abs().max() < 1e-5 < both[1].abs().max()


def test_time_turned_round_turns_the_answer_round(patch):
    given = completers.inputs([patch]).frames(0, 4)
    there, back = _asked({}, given), _asked({}, given.reversed())
    assert torch.allclose(there.fused, back.fused.flip(1), atol=1e-5)


def test_one_frame_is_answered(patch):
    assert completers.complete(completers.build("recurrent").eval(), clips.patch(_one_frame(), "target")).shape == (1, 64, 64)


def _one_frame():
    clip = clips.load("textured", "test", 0)
    track = clip.tracks[0]
    return clips.Clip("one", 64, 64, clips.Held(clip.frames[0][None]), (clips.Track("target", track.visible[:1]),), clip.occluder[:1])


def test_an_unknown_architecture_is_refused():
    with pytest.raises(errors.UserError, match="recurrent"):
        completers.build("recurent")
