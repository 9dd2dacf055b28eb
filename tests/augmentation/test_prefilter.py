"""No aliasing: fine gratings and real chips, against OpenCV's area filter and remap."""

import functools
import itertools

import cv2
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxswap import config, footage, images
from jaxswap.augmentation import prefilter, recipe, sampling, warp

RECIPE = config.AugmentationConfig()
SIZE, COUNT = 64, 8


@functools.cache
def points():
    """Where augmentation reads `COUNT` chips, warped and not."""
    drawn = recipe.random_grids(jax.random.key(1), count=(COUNT, 1), augmentation=RECIPE)
    return np.asarray(jnp.concatenate([warp.sample_points(grid, size=SIZE) for grid in drawn]))


@functools.partial(jax.jit, static_argnames="coverage")
def read(chips_u8, places, *, coverage=RECIPE.coverage):
    """As augmentation reads them, 0..255."""
    design = prefilter.design(chips_u8.shape[1], SIZE, coverage)
    words = prefilter.apply(sampling.pack(jnp.asarray(chips_u8))[None], design)[0]
    return 255 * sampling.bilinear(words, places)


def remapped(chip, places):
    side = len(chip)
    x, y = (side * (part + 0.5) - 0.5 for part in (places.real, places.imag))
    return cv2.remap(chip, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def area_and_remap(chips_u8, places):
    """The usual way: shrink to the view's density by areas, then read."""
    side = round(SIZE / RECIPE.coverage)
    small = [
        cv2.resize(chip.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA)
        for chip in chips_u8
    ]
    return np.stack([remapped(chip, where) for chip, where in zip(small, places, strict=True)])


def gratings(side, frequency):
    """Waves of `frequency` periods in a pixel of the view, each chip in another direction."""
    y, x = np.mgrid[:side, :side] / (side * RECIPE.coverage) * SIZE
    waves = []
    for index in range(2 * COUNT):
        angle = np.pi * index / COUNT
        phase = 2 * np.pi * frequency * (x * np.cos(angle) + y * np.sin(angle)) + index
        waves.append(127.5 + 120 * np.sin(phase))
    return np.rint(np.stack([np.stack(waves)] * 3, axis=-1)).astype(np.uint8)


def energy(pictures):
    return float(np.mean(np.var(np.asarray(pictures), axis=(1, 2))))


@pytest.mark.parametrize("side", [128, 160, 208, 256, 512])
def test_what_is_finer_than_the_view_is_lost_as_with_an_area_filter(side):
    where = points()
    finest = 0.5 * side * RECIPE.coverage / SIZE  # half a period in a pixel of the chip
    frequencies = np.linspace(0.55, min(1.6, 0.98 * finest), 6)
    waves = [gratings(side, frequency) for frequency in frequencies]
    ours = np.array([energy(read(chips_u8, where)) for chips_u8 in waves])
    theirs = np.array([energy(area_and_remap(chips_u8, where)) for chips_u8 in waves])
    assert ours.mean() <= theirs.mean()
    assert (ours[frequencies > 0.75] < 0.04 * energy(waves[0])).all()


@pytest.mark.parametrize("side", [128, 160, 208, 256, 512])
@pytest.mark.parametrize("frequency", [0.1, 0.2, 0.3])
def test_what_the_view_can_show_is_kept_as_with_an_area_filter(side, frequency):
    where, chips_u8 = points(), gratings(side, frequency)
    theirs = energy(area_and_remap(chips_u8, where))
    assert energy(read(chips_u8, where)) > 0.9 * theirs


@pytest.mark.parametrize(("side", "most"), [(256, 1.0), (128, 1.0), (96, 0.1)])
def test_footage_is_read_as_with_an_area_filter(demo_clips, side, most):
    where = points()
    chips_u8 = np.stack([*faces(demo_clips["a_test"], side), *faces(demo_clips["b_test"], side)])
    if side * RECIPE.coverage < SIZE:
        theirs = [remapped(c, w) for c, w in zip(chips_u8.astype(np.float32), where, strict=True)]
    else:
        theirs = area_and_remap(chips_u8, where)
    difference = np.abs(np.asarray(read(chips_u8, where)) - np.stack(theirs))
    assert difference.mean() < most  # of 255 levels


def faces(clip, side):
    """Squares around the head of frames of a clip."""
    for frame in itertools.islice(footage.FrameReader(clip), COUNT):
        height, width = frame.image_u8.shape[:2]
        x = (width - height) // 2
        yield images.resize_u8(np.ascontiguousarray(frame.image_u8[:, x : x + height]), side)


def test_the_filter_is_its_matrix():
    for size in (64, 30):
        design = prefilter.design(120, size, 1.0)
        chips_u8 = np.random.default_rng(0).integers(0, 256, (2, 120, 120, 3), dtype=np.uint8)
        words = prefilter.apply(sampling.pack(jnp.asarray(chips_u8))[None], design)
        got = np.asarray(words)[0, ..., None] >> np.array([0, 8, 16]) & 0xFF
        matrix = prefilter.matrix(120, design)
        expected = np.einsum("ph,nhwc,qw->npqc", matrix, chips_u8, matrix)
        assert np.abs(got - expected).max() <= 1.0  # rounded twice
        assert abs((got - expected).mean()) < 0.1  # up as often as down, but for ties


@pytest.mark.parametrize("coverage", [0.5, 0.625, 1.0])
def test_a_filter_keeps_brightness_and_place(coverage):
    for side in range(16, 700, 12):
        stride, weights = design = prefilter.design(side, SIZE, coverage)
        assert sum(weights) == prefilter.ONE
        assert weights == weights[::-1]
        assert side % stride == 0
        assert stride + 2 * design.margin == len(weights)
        assert stride == 1 or side / stride * coverage / SIZE >= prefilter.ENOUGH
        assert design.is_needed == (side * coverage / SIZE > prefilter.ENOUGH)


def test_a_design_is_a_tent_of_two_pixels_of_the_view():
    assert prefilter.design(256, 64, 0.625) == (2, (43, 85, 85, 43))  # 0.4, 0.8, 0.8, 0.4 of 2.4
    assert prefilter.design(128, 64, 0.625) == (1, (37, 182, 37))  # 0.2, 1, 0.2 of 1.4
    assert prefilter.design(104, 64, 0.625) == (1, (256,))
