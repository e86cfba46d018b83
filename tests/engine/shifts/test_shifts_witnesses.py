"""Numbers of single shifts, worked by hand or by an independent library."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage, stats
from skimage import color, data, transform

from engine.shifts import (
    _blur,
    _ice,
    _strength,
    _warp,
    brightness,
    contrast,
    defocus_blur,
    elastic_transform,
    fog,
    frost,
    gaussian_blur,
    gaussian_noise,
    glass_blur,
    impulse_noise,
    jpeg_compression,
    motion_blur,
    pixelate,
    rotation,
    saturate,
    scale,
    shear,
    shot_noise,
    snow,
    spatter,
    speckle_noise,
    translation,
    zoom_blur,
)  # fmt: skip

LEVELS = (1.0, 2.0, 3.0, 4.0, 5.0)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def grey(value: int, size: int = 224, channels: int = 1) -> np.ndarray:
    return np.full((size, size, channels), value, np.uint8)


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    resized = transform.resize(data.astronaut(), (224, 224), anti_aliasing=True, preserve_range=True)
    return np.rint(np.asarray(resized)).astype(np.uint8)


def change(made: np.ndarray, image: np.ndarray) -> float:
    return float(np.abs(made.astype(float) - image).mean())


def test_whole_strengths_give_the_published_value_and_halves_the_mean_of_two():
    assert [_strength.level((3.0, 4.0, 6.0, 8.0, 10.0), s) for s in (1.0, 2.0, 5.0, 1.5, 4.5, 4.75)] == [3, 4, 10, 3.5, 9, 9.5]


def test_lengths_at_28_pixels_are_an_eighth_of_the_published():
    assert defocus_blur.parameters(1.0, 28)["radius_px"] == 3 / 8
    assert motion_blur.parameters(5.0, 28) == {"length_px": 5.0, "sigma_px": 15 / 8}


def test_contrast_shrinks_the_distance_from_the_mean():
    image = np.array([[[0], [100]]], np.uint8)  # mean 50; 0.4 * 50 = 20 on either side
    assert contrast.apply(image, 1.0, rng()).ravel().tolist() == [30, 70]


def test_contrast_keeps_each_channels_own_mean():
    image = np.array([[[0, 200, 7], [100, 240, 7]]], np.uint8)  # at level 4: 50 ± 5, 220 ± 2, 7
    assert contrast.apply(image, 4.0, rng()).tolist() == [[[45, 218, 7], [55, 222, 7]]]


def test_brightness_adds_to_the_value_and_keeps_hue_and_saturation():
    image = np.array([[[100, 40, 0], [0, 0, 0], [230, 230, 230]]], np.uint8)  # level 2: V + 51; times 1.51; black gets grey; cut
    assert brightness.apply(image, 2.0, rng()).tolist() == [[[151, 60, 0], [51, 51, 51], [255, 255, 255]]]


@pytest.mark.parametrize("level", LEVELS)
def test_brightness_and_saturate_agree_with_scikit_image(photo, level):
    hsv = color.rgb2hsv(photo)
    lighter = hsv.copy()
    lighter[..., 2] = np.clip(hsv[..., 2] + (0.1, 0.2, 0.3, 0.4, 0.5)[int(level) - 1], 0, 1)
    assert np.abs(brightness.apply(photo, level, rng()) - 255 * color.hsv2rgb(lighter)).max() < 0.51
    factor, added = ((0.3, 0), (0.1, 0), (2, 0), (5, 0.1), (20, 0.2))[int(level) - 1]
    gaudier = hsv.copy()
    gaudier[..., 1] = np.clip(hsv[..., 1] * factor + added, 0, 1)
    assert np.abs(saturate.apply(photo, level, rng()) - 255 * color.hsv2rgb(gaudier)).max() < 0.51


def test_saturate_turns_greys_red_where_something_is_added():
    made = saturate.apply(np.array([[[100, 100, 100]]], np.uint8), 5.0, rng())  # saturation 0.2: 100, 80, 80
    assert made.tolist() == [[[100, 80, 80]]]


def test_pixelate_repeats_the_mean_of_each_block():
    image = np.array([[0, 4, 10, 10], [4, 8, 10, 10], [1, 1, 0, 0], [1, 1, 0, 200]], np.uint8)[..., None]
    made = pixelate.apply(image, 2.0, rng())[..., 0]  # half: blocks of 2 x 2 with means 4, 10, 1, 50
    assert made.tolist() == [[4, 4, 10, 10], [4, 4, 10, 10], [1, 1, 50, 50], [1, 1, 50, 50]]


@pytest.mark.parametrize(("level", "left"), [(1.0, 134), (2.0, 112), (3.0, 89), (4.0, 67), (5.0, 56)])
def test_pixelate_agrees_with_pillows_box_filter(photo, level, left):
    assert pixelate.parameters(level, 224)["side_px"] == left
    box = Image.Resampling.BOX
    theirs = np.asarray(Image.fromarray(photo).resize((left, left), box).resize((224, 224), box))
    # Pillow's box takes whole pixels, ours their parts: equal where blocks are whole, alike elsewhere
    assert change(pixelate.apply(photo, level, rng()), theirs) < (0.6 if 224 % left == 0 else 3.5)


@pytest.mark.parametrize("level", LEVELS)
def test_jpeg_agrees_with_pillow(photo, level):
    for image, ours in ((photo, photo), (photo[..., 1], photo[..., 1:2])):
        file = io.BytesIO()
        Image.fromarray(image).save(file, "JPEG", quality=(25, 18, 15, 10, 7)[int(level) - 1])
        theirs = np.asarray(Image.open(file)).reshape(ours.shape)
        assert change(jpeg_compression.apply(ours, level, rng()), theirs) < 0.1


def test_gaussian_noise_has_the_published_standard_deviation():
    made = gaussian_noise.apply(grey(128, channels=3), 1.0, rng()).astype(float)
    assert made.std() == pytest.approx(0.08 * 255, rel=0.01)
    assert made.mean() == pytest.approx(128, abs=0.2)


def test_noise_is_the_same_at_all_strengths():
    image = grey(128, 28)
    weak, strong = (gaussian_noise.apply(image, s, rng(5)).astype(float) - 128 for s in (1.0, 2.0))
    assert np.abs(strong - 1.5 * weak).max() <= 1.25  # 0.12 against 0.08; both rounded: 0.5 + 1.5 * 0.5


def test_speckle_noise_grows_with_brightness():
    spreads = [speckle_noise.apply(grey(v), 1.0, rng()).astype(float).std() for v in (0, 50, 100)]
    assert spreads[0] == 0
    assert spreads[1:] == pytest.approx([0.15 * 50, 0.15 * 100], rel=0.02)


def test_impulse_noise_hits_the_published_share_with_as_much_salt_as_pepper():
    hits = impulse_noise.apply(grey(128, channels=3), 1.0, rng())
    assert ((hits == 0) | (hits == 255) | (hits == 128)).all()
    assert (hits != 128).mean() == pytest.approx(0.03, rel=0.05)
    assert (hits == 255).mean() == pytest.approx(0.015, rel=0.07)


def test_impulse_noise_hits_again_what_it_hit_more_weakly():
    weak, strong = (impulse_noise.apply(grey(128), s, rng()) for s in (2.0, 4.5))
    assert (strong[weak != 128] == weak[weak != 128]).all()


@pytest.mark.parametrize("photons", [60.0, 25.0, 12.0, 5.0, 3.0, 4.3])
def test_shot_noise_counts_are_scipys_poisson_quantiles(photons):
    values = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(20, 2)
    uniform = rng().random(values.shape)
    assert (shot_noise.poisson(values, photons, uniform) == stats.poisson.ppf(uniform, values / 255 * photons)).all()


def test_shot_noise_counts_reach_into_the_tails():
    values, uniform = np.full((1, 1, 2), 255, np.uint8), np.array([[[0.0, 1 - 1e-9]]])
    assert shot_noise.poisson(values, 60.0, uniform).ravel().tolist() == [0, stats.poisson.ppf(1 - 1e-9, 60)]


def test_shot_noise_of_a_mean_has_its_variance():
    counts = shot_noise.apply(grey(51), 1.0, rng()) / 255 * 60  # mean count 12
    assert counts.mean() == pytest.approx(12, rel=0.01)
    assert counts.var() == pytest.approx(12, rel=0.03)


@pytest.mark.parametrize(("level", "sigma"), [(1.0, 1), (3.0, 3), (5.0, 6)])
def test_gaussian_blur_agrees_with_scipy(photo, level, sigma):
    theirs = ndimage.gaussian_filter(photo.astype(float), (sigma, sigma, 0), mode="nearest", truncate=4)
    assert np.abs(gaussian_blur.apply(photo, level, rng()) - theirs).max() < 0.6


@given(st.floats(0.001, 12))
def test_gaussian_weights_have_the_variance_asked_for(sigma):
    taps = _blur.gaussian_taps(sigma).astype(float)
    places = np.arange(len(taps)) - len(taps) // 2
    assert taps.sum() == pytest.approx(1, abs=1e-5)
    assert (taps * places**2).sum() == pytest.approx(sigma**2, rel=5e-3)
    assert (taps >= 0).all()


def test_a_disc_has_the_variance_of_a_disc_and_the_tent():
    kernel = _blur.disc(5.0, 0.0).astype(float)
    places = np.arange(len(kernel)) - len(kernel) // 2
    assert kernel.sum() == pytest.approx(1, abs=1e-5)
    assert (kernel.sum(0) * places**2).sum() == pytest.approx(5**2 / 4 + 1 / 6, rel=0.01)
    assert np.abs(kernel - kernel[::-1]).max() < 1e-7
    assert np.abs(kernel - kernel.T).max() < 1e-7


def test_a_disc_below_a_pixel_still_spreads_the_more_the_larger_it_is():
    centres = [_blur.disc(radius, 0.01).max() for radius in (0.05, 0.1, 0.2, 0.4, 0.7, 1.0)]
    assert centres == sorted(centres, reverse=True)
    assert centres[0] > 0.9


def test_a_level_trail_has_half_a_gaussians_weights():
    kernel, start = _blur.trail(10.0, 3.0, 0.0, 1.0)
    weights = np.exp(-(np.arange(21) ** 2) / 18)
    assert start == (0, 0)
    assert kernel[0, :21] == pytest.approx(weights / weights.sum(), abs=1e-6)
    assert kernel.sum() == pytest.approx(1, abs=1e-5)


def test_a_trail_leads_where_its_angle_says_at_any_scale():
    for scale_ in (1 / 8, 1.0, 2.5):
        level, diagonal = (_blur.trail(15.0, 8.0, angle, scale_) for angle in (0.0, -np.pi / 4))
        far = centre_of(*level)[0]
        assert centre_of(*diagonal) == pytest.approx((far / np.sqrt(2), -far / np.sqrt(2)), rel=1e-3)


def test_a_trail_twice_as_large_has_no_gaps():
    kernel, _ = _blur.trail(10.0, 3.0, 0.0, 2.0)
    assert (np.diff(kernel[0, :41]) < 0).all()


def centre_of(kernel: np.ndarray, start: tuple[int, int]) -> tuple[float, float]:
    y, x = np.indices(kernel.shape)
    return float((kernel * x).sum()) - start[0], float((kernel * y).sum()) - start[1]


def test_motion_blur_smears_to_the_left_by_half_a_gaussians_mean():
    image = grey(0, 101)
    image[50, 50] = 255
    made = motion_blur.apply(image, 2.0, rng())[..., 0].astype(float)
    weights = np.exp(-(np.arange(31) ** 2) / (2 * 5**2))
    mean = (weights * np.arange(31)).sum() / weights.sum() * 101 / 224  # 1.66 pixels
    level = np.cos(np.deg2rad(rng().uniform(-45, 45)))
    assert 50 - centre_of(made / made.sum(), (0, 0))[0] == pytest.approx(mean * level, abs=0.05)


@pytest.mark.parametrize("level", LEVELS)
def test_zoom_blur_flattens_a_ramp_by_the_mean_of_the_inverse_factors(level):
    ramp = np.broadcast_to(np.arange(101, dtype=np.uint8)[None, :, None] + 77, (101, 101, 1))
    known = zoom_blur.parameters(level, 101)
    factors = np.append(np.linspace(1, known["highest_factor"], int(known["copies"])), 1)
    expected = 127 + (np.arange(101) - 50) * (1 / factors).mean()
    assert np.abs(zoom_blur.apply(ramp, level, rng())[50, :, 0] - expected).max() < 0.6


def test_glass_blur_scatters_as_far_as_copying_pixel_by_pixel_does(photo):
    sigma, reach, rounds = 1.1, 3, 2  # level 4
    x = ndimage.gaussian_filter(photo.astype(float), (sigma, sigma, 0))
    for moves in rng().integers(-reach, reach, (rounds, 225, 225, 2)):
        for h in range(224 - reach, reach, -1):
            for w in range(224 - reach, reach, -1):
                x[h, w] = x[h + moves[h, w, 0], w + moves[h, w, 1]]
    literal = ndimage.gaussian_filter(x, (sigma, sigma, 0))
    ours = glass_blur.apply(photo, 4.0, rng())
    assert change(ours, photo) == pytest.approx(change(literal, photo), rel=0.04)


def test_snow_bleaches_black_and_is_symmetric_under_half_a_turn():
    made = snow.apply(grey(0), 2.0, rng())
    assert made.min() == 38  # 0.3 * 0.5 of white, where no flake fell
    assert (made == made[::-1, ::-1]).all()
    assert 0.05 < (made > 60).mean() < 0.6


def test_snow_falls_as_densely_at_28_pixels():
    shares = [np.mean([snow.apply(grey(0, size), 3.0, rng(i)).mean() for i in range(40)]) for size in (28, 224)]
    assert shares[0] == pytest.approx(shares[1], rel=0.1)


def test_fog_keeps_white_between_its_density_and_white_and_black_black():
    made = fog.apply(grey(255), 1.0, rng())
    assert made.min() >= 255 / 2.5  # 1 / (1 + 1.5)
    assert made.max() <= 255
    assert made.std() > 5
    assert fog.apply(grey(0), 1.0, rng()).max() == 0


def test_plasma_fills_its_range_and_continues_across_its_border():
    made = fog.plasma(6, 1.7, rng())
    assert (made.shape, made.min(), made.max()) == ((64, 64), 0, 1)
    inside, across = np.abs(np.diff(made, axis=1)).mean(), np.abs(made[:, 0] - made[:, -1]).mean()
    assert across < 2 * inside


def test_plasma_puts_the_mean_of_the_four_neighbours_in_between():
    coarse, fine = fog.plasma(3, 1e6, rng()), fog.plasma(4, 1e6, rng())  # so fast a decay leaves no noise after the first level
    assert fine[::2, ::2] == pytest.approx(coarse, abs=1e-5)
    corners = coarse + np.roll(coarse, -1, 0) + np.roll(coarse, -1, 1) + np.roll(coarse, (-1, -1), (0, 1))
    assert fine[1::2, 1::2] == pytest.approx(corners / 4, abs=1e-5)


def test_frost_mixes_the_image_with_a_piece_of_ice():
    made = frost.apply(grey(100, channels=3), 2.0, rng(4)).astype(float)
    expected = 0.8 * 100 + 0.6 * 255 * _ice.piece(224, 224, rng(4))
    assert np.abs(made - np.minimum(expected, 255)).max() < 0.51


def test_ice_is_bluish_textured_and_read_only():
    ice = _ice.picture(3 * 224)
    red, green, blue = ice.mean((0, 1))
    assert 0.4 < red < green < blue < 0.85
    assert ice.std((0, 1)).min() > 0.1
    assert not ice.flags.writeable


def test_water_only_lightens_and_mud_covers_a_like_share_at_all_sizes():
    assert (spatter.apply(grey(100, 64, 3), 2.0, rng()) >= 100).all()
    covered = [np.mean([(spatter.apply(grey(255, size), 5.0, rng(i)) < 255).mean() for i in range(30)]) for size in (28, 224)]
    assert covered[0] == pytest.approx(covered[1], rel=0.25)
    assert 0.05 < covered[1] < 0.3


def test_spatter_between_three_and_four_is_half_water_half_mud(photo):
    water, between, mud = (spatter.apply(photo, s, rng()).astype(float) for s in (3.0, 3.5, 4.0))
    assert np.abs(between - (water + mud) / 2).max() <= 1


@pytest.mark.parametrize("level", LEVELS)
def test_elastic_fields_are_as_high_as_their_card_says(level):
    known = elastic_transform.parameters(level, 224)
    fields = [elastic_transform.smoothed(2 * rng(i).random((2, 224, 224), np.float32) - 1, known["sigma_px"]) for i in range(30)]
    alpha = (488, 488, 12.2, 17.08, 29.28)[int(level) - 1]
    assert alpha * np.sqrt(np.square(fields).mean()) == pytest.approx(known["moved_px"], rel=0.2 if level == 1 else 0.05)


def test_elastic_smoothing_agrees_with_scipy():
    noise = rng().random((1, 40, 50), np.float32)
    theirs = ndimage.gaussian_filter(noise[0].astype(float), 2.44, mode="reflect", truncate=6)
    assert np.abs(elastic_transform.smoothed(noise, 2.44)[0] - theirs).max() < 1e-3


def test_elastic_corners_move_by_a_tenth_of_the_side_at_most():
    assert elastic_transform.parameters(1.0, 28)["corner_px"] == pytest.approx(24.4 / 8)


@pytest.mark.parametrize("size", [28, 33])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_quarter_turn_is_exact(size, channels):
    image = rng().integers(0, 256, (size, size, channels)).astype(np.uint8)
    made = {rotation.apply(image, 90.0, rng(i)).tobytes() for i in range(20)}
    assert made == {np.rot90(image, 1).tobytes(), np.rot90(image, -1).tobytes()}
    assert (rotation.apply(image, 180.0, rng()) == np.rot90(image, 2)).all()
    assert (rotation.apply(image, 0.0, rng()) == image).all()


def test_rotation_keeps_the_distance_from_the_centre():
    image = grey(0, 101)
    image[50 - 1 : 50 + 2, 80 - 1 : 80 + 2] = 255  # 30 pixels to the right of the centre
    y, x = np.nonzero(rotation.apply(image, 30.0, rng())[..., 0] > 128)
    assert x.mean() - 50 == pytest.approx(30 * np.cos(np.pi / 6), abs=0.3)
    assert abs(y.mean() - 50) == pytest.approx(30 * np.sin(np.pi / 6), abs=0.3)


def test_scale_halves_lengths_and_one_changes_nothing():
    image = grey(0, 64)
    image[24:40, 20:44] = 200
    half = scale.apply(image, 0.5, rng()).astype(float)
    assert half.sum() == pytest.approx(image.sum() / 4, rel=0.01)
    y, x = np.nonzero(half[..., 0] > 100)
    assert (np.ptp(y) + 1, np.ptp(x) + 1) == (8, 12)
    assert (scale.apply(image, 1.0, rng()) == image).all()


def test_scale_by_two_enlarges_the_middle():
    image = grey(0, 64)
    image[28:36, 28:36] = 200
    y, x = np.nonzero(scale.apply(image, 2.0, rng())[..., 0] > 100)
    assert (np.ptp(y) + 1, np.ptp(x) + 1) == (16, 16)


def test_translation_moves_whole_pixels_and_fills_with_the_background():
    image = np.arange(12, dtype=np.uint8).reshape(3, 4, 1) + 100
    image[[0, -1]] = 7
    made = translation.moved_by(image, 1, -1)[..., 0]  # the frame's median is 7
    assert made.tolist() == [[7, 104, 105, 106], [7, 7, 7, 7], [7, 7, 7, 7]]


def test_translation_goes_as_far_as_its_share_in_all_directions():
    image = grey(0, 100)
    image[50, 50] = 255
    places = np.array([np.argwhere(translation.apply(image, 0.2, rng(i))[..., 0] == 255)[0] - 50 for i in range(40)])
    assert np.hypot(*places.T) == pytest.approx(20, abs=0.75)  # half a pixel of rounding along each axis
    assert {tuple(q) for q in np.sign(places)} >= {(1, 1), (1, -1), (-1, 1), (-1, -1)}


def test_shear_moves_each_row_by_its_height_times_the_tangent():
    image = grey(0, 41)
    image[:, 20] = 255
    made = shear.apply(image, 45.0, rng())[..., 0]  # tangent 1: row d above the middle moves d pixels
    places = made.argmax(1) - 20
    assert (np.abs(places) == np.abs(np.arange(41) - 20)).all()
    assert places[0] == -places[-1]


def test_the_background_is_the_median_of_the_frame():
    image = grey(200, 5)
    image[0, :4] = 3
    image[1:4, 1:4] = 9
    assert _warp.background(image).tolist() == [200]
    assert _warp.background(np.array([[[5, 6, 7]]], np.uint8)).tolist() == [5, 6, 7]
