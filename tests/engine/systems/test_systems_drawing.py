"""What the renderer draws: a factor changes only the pixels that it reaches, and what is drawn is what is written."""

import cv2
import numpy as np
import pytest

from engine import errors, systems
from engine.datasets import images
from engine.systems import GlyphBank, _canvas, _glyphs, _written

SYSTEM = systems.load("coloured_digits")
BANK = images.glyph_bank(SYSTEM)
N = 60
STILL = "do(rotation=0); do(x=0); do(y=0); do(size=1); do(stroke=0); do(blur=0); do(noise=0); do(lighting=1)"


def world(do, system=SYSTEM, seed=2):
    return systems.sample(system, N, seed, systems.interventions(do, system))


def pictures(latents, size=28):
    return systems.render(latents, BANK, size).astype(np.int64)


def changed(first, second, size=28):
    """Return which pixels differ between two worlds of the same units."""
    return (pictures(first, size) != pictures(second, size)).any(axis=3)


@pytest.mark.parametrize("size", [28, 64])
def test_the_colour_of_ink_changes_only_pixels_under_the_glyph(size):
    red, blue = world("do(ink=red); do(blur=0); do(noise=0.05)"), world("do(ink=blue); do(blur=0); do(noise=0.05)")
    under = _written.cover(red, BANK, size) > 0
    where = changed(red, blue, size)
    assert not (where & ~under).any()
    assert (where & under).sum() > 0.8 * under.sum()


def test_with_blur_it_changes_only_pixels_within_reach_of_the_glyph():
    red, blue = world("do(ink=red); do(blur=1)"), world("do(ink=blue); do(blur=1)")
    under = (_written.cover(red, BANK, 28) > 0).astype(np.uint8)
    reach = np.stack([cv2.dilate(mask, np.ones((7, 7), np.uint8)) for mask in under]) > 0  # a Gaussian of 1 pixel is cut off after 3
    assert not (changed(red, blue) & ~reach).any()


def test_the_paper_changes_only_pixels_that_ink_does_not_wholly_cover():
    black, navy = world("do(paper=black); do(blur=0)"), world("do(paper=navy); do(blur=0)")
    covered = _written.cover(black, BANK, 28) >= 1
    assert covered.any()
    assert not (changed(black, navy) & covered).any()


def test_a_strip_changes_only_pixels_that_it_runs_through():
    without, with_ = world("do(occluder=0); do(blur=0)"), world("do(occluder=0.2); do(blur=0)")
    strip = _canvas.strip(with_.values["occluder"], 28, with_.noise["occluder"]) > 0
    assert not (changed(without, with_) & ~strip).any()
    assert 0.15 < strip.mean() < 0.35


def test_a_unit_has_the_same_noise_image_in_every_world():
    """On mid grey nothing is cut off, so pictures with noise less those without are the noise image, in steps of 1 / 255."""
    grey = f"{STILL}; do(paper=grey); do(ink=teal)".replace("do(noise=0); ", "")
    plain, some, more = (pictures(world(f"{grey}; do(noise={level})")) for level in (0, 0.02, 0.04))
    other = pictures(world(f"{grey}; do(noise=0.02)".replace("teal", "sand")))
    bare = pictures(world(f"{grey}; do(noise=0)".replace("teal", "sand")))
    paper = (_written.cover(world(grey), BANK, 28) == 0)[..., None]
    assert np.abs((more - plain) - 2 * (some - plain))[np.broadcast_to(paper, plain.shape)].max() <= 2  # rounding
    assert np.array_equal(np.where(paper, some - plain, 0), np.where(paper, other - bare, 0))
    ink = ~np.broadcast_to(paper, plain.shape) & (plain > 30) & (plain < 225) & (bare > 30) & (bare < 225)
    assert np.abs((some - plain) - (other - bare))[ink].max() <= 1


def test_noise_has_the_level_that_it_says():
    noisy, plain = pictures(world(f"{STILL}; do(paper=grey)".replace("noise=0", "noise=0.1"))), pictures(world(f"{STILL}; do(paper=grey)"))
    paper = _written.cover(world(STILL), BANK, 28) == 0
    assert (noisy - plain)[paper].std() == pytest.approx(25.5, rel=0.03)


def test_a_glyph_at_its_own_size_is_the_glyph_of_the_bank():
    """White ink on black, upright and in place: the picture is the bank's, but for what resampling smooths."""
    latents = world(STILL)
    places = BANK.places(latents.named("source"), latents.labels, latents.values["glyph"])
    own = BANK.pictures[places].astype(np.float64)
    off = {dx: np.abs(_written.cover(world(STILL.replace("x=0", f"x={dx / 28}")), BANK, 28) * 255 - own).mean() for dx in (-0.25, 0, 0.25)}
    assert off[0] < 4 < min(off[-0.25], off[0.25])  # of 255; resampling cannot be told from a move of a quarter pixel if it is off by more
    assert np.array_equal(BANK.labels[places], latents.labels)


def centre(latents, size=64):
    cover = _written.cover(latents, BANK, size)
    mass = cover.sum(axis=(1, 2))
    line = (np.arange(size) + 0.5) / size - 0.5
    return (cover.sum(1) @ line) / mass, (cover.sum(2) @ line) / mass, mass


def test_place_and_size_are_what_they_say():
    x, y, mass = centre(world(STILL.replace("size=1", "size=0.6")))
    moved_x, moved_y, _ = centre(world(STILL.replace("size=1", "size=0.6").replace("x=0", "x=0.15").replace("y=0", "y=-0.1")))
    assert moved_x - x == pytest.approx(np.full(N, 0.15), abs=0.004)
    assert moved_y - y == pytest.approx(np.full(N, -0.1), abs=0.004)
    _, _, larger = centre(world(STILL.replace("size=1", "size=0.9")))
    assert np.median(larger / mass) == pytest.approx((0.9 / 0.6) ** 2, rel=0.05)


def test_a_positive_angle_turns_clockwise():
    """A one that leans neither way has its top in the middle; turned clockwise by 45 degrees, its top lies to the right."""
    upper = [
        _written.cover(world(f"do(class=1); {STILL}".replace("rotation=0", f"rotation={angle}")), BANK, 28)[:, :12].sum(axis=(0, 1))
        for angle in (0, 45)
    ]
    columns = np.arange(28)
    assert upper[1] @ columns / upper[1].sum() > upper[0] @ columns / upper[0].sum() + 3


def test_strokes_grow_monotonically_with_their_width():
    mass = [_written.cover(world(STILL.replace("stroke=0", f"stroke={width}")), BANK, 28).sum((1, 2)) for width in (-1, -0.5, 0, 0.5, 1, 1.7, 2.4, 3)]
    assert (np.diff(mass, axis=0) > 0).all()


def test_light_multiplies_and_blur_keeps_the_mean():
    full, half = pictures(world(f"{STILL}; do(paper=black)")), pictures(world(f"{STILL}; do(paper=black)".replace("lighting=1", "lighting=0.5")))
    assert np.abs(full / 2 - half).max() <= 1
    sharp, soft = (pictures(world(f"{STILL}; do(size=0.5)".replace("do(size=1); ", "").replace("blur=0", f"blur={b}"))) for b in (0, 1))
    assert soft.mean((1, 2, 3)) == pytest.approx(sharp.mean((1, 2, 3)), abs=0.5)
    assert (np.abs(np.diff(soft, axis=2)).mean((1, 2, 3)) < np.abs(np.diff(sharp, axis=2)).mean((1, 2, 3))).all()


def test_shapes_have_the_width_that_their_size_says():
    """Disc and ring are .95 and .96 of the half width in radius: at size .5 of 64 pixels, areas of pi (15.2)^2 and pi (15.36^2 - 7.68^2)."""
    from engine.systems import shape_scenes

    scenes = systems.load("shape_scenes")
    areas = {}
    for shape in shape_scenes.SHAPES:
        latents = world(f"do(shape={shape}); do(size=0.5); do(rotation~uniform(-180,180)); do(x=0); do(y=0)", scenes)
        cover = shape_scenes.cover(latents, 64)
        areas[shape] = cover.sum((1, 2))
        assert areas[shape].std() / areas[shape].mean() < 0.03, "turning keeps the area"
        assert cover.min() == 0
        assert cover.max() == 1
    assert areas["disc"].mean() == pytest.approx(np.pi * 15.2**2, rel=0.01)
    assert areas["ring"].mean() == pytest.approx(np.pi * (15.36**2 - 7.68**2), rel=0.01)
    assert areas["square"].mean() == pytest.approx((0.82 * 32) ** 2, rel=0.01)


@pytest.mark.parametrize("size", [8, 96])
def test_any_size_can_be_drawn(size):
    for name in systems.names():
        system = systems.load(name)
        drawn = systems.render(systems.sample(system, 3), images.glyph_bank(system), size)
        assert drawn.shape == (3, size, size, 3)
        assert drawn.std() > 5


def test_what_cannot_be_drawn_says_so():
    latents = world("")
    with pytest.raises(errors.UserError, match=r"cannot be 4 pixels wide.*Choose 8 to 512"):
        systems.render(latents, BANK, 4)
    with pytest.raises(errors.UserError, match=r"has no glyphs.*Hand in a glyph bank"):
        systems.render(latents, None)
    only = GlyphBank("test", BANK.pictures[:10], np.zeros(10, np.int64), ("mnist",), np.zeros(10, np.int64))
    with pytest.raises(errors.UserError, match=r"no digit \d of “mnist”"):
        systems.render(latents, only)


def test_an_empty_sample_gives_an_empty_array():
    assert systems.render(systems.sample(SYSTEM, 0), BANK).shape == (0, 28, 28, 3)


def test_a_contact_sheet_holds_each_picture():
    drawn = systems.render(systems.sample(SYSTEM, 5), BANK)
    sheet = systems.sheet(drawn, 3)
    assert sheet.shape == (2 * 30 + 2, 3 * 30 + 2, 3)
    assert np.array_equal(sheet[32:60, 32:60], drawn[4])
    assert (sheet[32:60, 62:90] == 255).all()


def test_enlarged_ink_is_as_sharp_as_before_and_never_leaves_its_range():
    ink = _glyphs.ink(
        BANK.pictures[:20], 128, scale=np.full(20, 1.3), degrees=np.zeros(20), right=np.zeros(20), down=np.zeros(20), stroke=np.zeros(20)
    )
    assert ink.min() == 0
    assert ink.max() == 1
    assert ((ink > 0.05) & (ink < 0.95)).mean() < 0.12  # edges, a pixel or two wide


def test_glyphs_of_other_sources_come_from_there():
    latents = world("do(source=printed)")
    places = BANK.places(latents.named("source"), latents.labels, latents.values["glyph"])
    assert {BANK.sources[i] for i in BANK.source_of[places]} == {"printed"}
