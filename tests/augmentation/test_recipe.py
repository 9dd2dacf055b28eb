import dataclasses
import functools

import cv2
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from skimage import transform

from jaxswap import config
from jaxswap.augmentation import affine, recipe, view, warp

RECIPE = config.AugmentationConfig()
STILL = config.AugmentationConfig(rotation_deg=0.0, zoom=0.0, shift=0.0, flip=0.0, warp=0.0)
SIZE, CHIP = 16, 24


def batch(*, size=CHIP, count=4):
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (count, 2, 6, 6, 6)).astype(np.float32)
    smooth = [cv2.resize(chip, (size, size)) for chip in coarse.reshape(-1, 6, 6, 6)]
    chips = np.stack(smooth).astype(np.uint8).reshape(count, 2, size, size, 6)
    return jnp.asarray(chips[..., :3]), jnp.asarray(chips[..., 3:])


@functools.partial(jax.jit, static_argnames=("augmentation",))
def augment(key, images, regions, *, augmentation=RECIPE):
    return recipe.augment(key, images, regions, size=SIZE, augmentation=augmentation)


def similarity(angle_deg, scale, shift):
    """The 2x3 matrix around the chip's centre, in pixels, that OpenCV would be given."""
    center = (CHIP - 1) / 2
    matrix = cv2.getRotationMatrix2D((center, center), angle_deg, scale)
    matrix[:, 2] += np.array(shift) * CHIP
    return matrix


def stepwise(chip, offsets, *, matrix, flip, coverage):
    """The original's order in OpenCV: move the chip, mirror it, then read it twice."""
    # On a canvas four times as dense, so that its extra rounds of sampling hardly count.
    dense = 4
    chip = cv2.resize(chip.astype(np.float32), None, fx=dense, fy=dense)
    to_dense = np.array([[dense, 0, (dense - 1) / 2], [0, dense, (dense - 1) / 2], [0, 0, 1.0]])
    whole = to_dense @ np.vstack([matrix, [0, 0, 1]]) @ np.linalg.inv(to_dense)
    side = chip.shape[0]
    options = {"flags": cv2.INTER_LINEAR, "borderMode": cv2.BORDER_REPLICATE}
    moved = cv2.warpAffine(chip, whole[:2], (side, side), **options)
    if flip:
        moved = moved[:, ::-1]
    line = side * (0.5 + coverage * (np.arange(5) / 4 - 0.5)) - 0.5
    grid = np.stack(np.meshgrid(line, line), axis=-1) + side * offsets
    resized = cv2.resize(grid.astype(np.float32), (5 * SIZE // 4,) * 2)
    places = resized[SIZE // 8 : -SIZE // 8, SIZE // 8 : -SIZE // 8]
    warped = cv2.remap(
        np.ascontiguousarray(moved), places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    rest = np.stack(np.meshgrid(*[SIZE * np.arange(5) / 4 - 0.5] * 2), axis=-1).reshape(-1, 2)
    fit = transform.SimilarityTransform.from_estimate(grid.reshape(-1, 2), rest)
    target = cv2.warpAffine(
        np.ascontiguousarray(moved), np.asarray(fit.params)[:2], (SIZE, SIZE), **options
    )
    return warped, target


@pytest.mark.parametrize("flip", [False, True])
def test_one_reading_shows_what_the_originals_steps_show(flip):
    chip = np.asarray(batch()[0][0, 0])
    offsets = np.random.default_rng(1).normal(0, 0.03, (5, 5, 2))
    angle, scale, shift = 8.0, 1.04, (0.04, -0.03)
    expected = stepwise(
        chip, offsets, matrix=similarity(angle, scale, shift), flip=flip, coverage=0.625
    )
    turned = scale * np.exp(-1j * np.deg2rad(angle))
    grids = recipe.grids(
        jnp.asarray(offsets[..., 0] + 1j * offsets[..., 1], jnp.complex64),
        affine.Similarity(jnp.complex64(turned), jnp.complex64(complex(*shift))),
        jnp.asarray(flip),
        coverage=0.625,
    )
    for grid, picture in zip(grids, expected, strict=True):
        points = np.asarray(warp.sample_points(grid, size=SIZE))
        x = (CHIP * (points.real + 0.5) - 0.5).astype(np.float32)
        y = (CHIP * (points.imag + 0.5) - 0.5).astype(np.float32)
        got = cv2.remap(
            chip.astype(np.float32), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        assert np.abs(got - picture).mean() < 1.0
        assert np.abs(got - picture).max() < 5.0


@pytest.mark.parametrize("size", [CHIP, 48])
def test_without_amplitudes_both_pictures_are_the_view(size):
    images, regions = batch(size=size)
    pictures = augment(jax.random.key(0), images, regions, augmentation=STILL)
    rounding = 1.01 / 255 if size == 48 else 1e-6  # filtered chips are rounded twice
    shown = (images, regions, images, regions, regions[..., :1])
    for got, chips in zip(pictures, shown, strict=True):
        flat = chips.reshape(-1, size, size, chips.shape[-1])
        expected = view.view(flat, size=SIZE, coverage=STILL.coverage).reshape(got.shape)
        np.testing.assert_allclose(got, expected, atol=rounding)


def test_a_certain_flip_mirrors_both_pictures():
    images, regions = batch()
    mirrored = dataclasses.replace(STILL, flip=1.0)
    plain = augment(jax.random.key(0), images, regions, augmentation=STILL)
    flipped = augment(jax.random.key(0), images, regions, augmentation=mirrored)
    for picture, mirror in zip(plain, flipped, strict=True):
        np.testing.assert_allclose(mirror, picture[..., ::-1, :], atol=1e-5)


def test_pictures_are_float32_in_the_unit_range():
    images, regions = batch()
    for picture in augment(jax.random.key(0), images, regions):
        assert picture.shape[:4] == (4, 2, SIZE, SIZE)
        assert picture.dtype == jnp.float32
        assert float(picture.min()) >= 0
        assert float(picture.max()) <= 1


def test_regions_are_read_where_images_are():
    images, _ = batch()
    pictures = augment(jax.random.key(0), images, images)
    np.testing.assert_array_equal(pictures.warped, pictures.warped_regions)
    np.testing.assert_array_equal(pictures.target, pictures.target_regions)
    assert float(jnp.abs(pictures.warped - pictures.target).max()) > 0.02


def test_an_element_depends_on_its_place_in_the_global_batch_alone():
    images, regions = batch()
    key = jax.random.key(0)
    whole = augment(key, images, regions)
    for count in (1, 3):
        for one, other in zip(whole, augment(key, images[:count], regions[:count]), strict=True):
            np.testing.assert_array_equal(one[:count], other)
    others = augment(key, images.at[1].set(0), regions.at[1].set(0))
    np.testing.assert_array_equal(others.warped[2], whole.warped[2])


def test_no_two_elements_or_identities_or_steps_share_a_draw():
    images, regions = batch()
    same = jnp.broadcast_to(images[:1, :1], images.shape)
    first = augment(jax.random.key(0), same, regions).warped.reshape(8, -1)
    second = augment(jax.random.key(1), same, regions).warped.reshape(8, -1)
    pictures = np.concatenate([first, second])
    distances = np.abs(pictures[:, None] - pictures[None]).mean(axis=-1)
    assert distances[~np.eye(16, dtype=bool)].min() > 1e-3


def test_jit_and_eager_agree():
    key = jax.random.key(0)
    draw = functools.partial(recipe.random_grids, count=(3, 2), augmentation=RECIPE)
    for one, other in zip(jax.jit(draw)(key), draw(key), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_draws_fill_their_ranges():
    grids = recipe.random_grids(jax.random.key(0), count=(1000, 2), augmentation=RECIPE)
    moved = dataclasses.replace(RECIPE, warp=0.0)
    still = recipe.random_grids(jax.random.key(0), count=(1000, 2), augmentation=moved)
    np.testing.assert_allclose(still.warped, still.target, atol=1e-6)
    # Both pictures, without their warp, give back what was drawn.
    right = np.asarray(still.target[:, 2, 4] - still.target[:, 2, 0])
    down = np.asarray(still.target[:, 4, 2] - still.target[:, 0, 2])
    flipped = (right.conj() * down).imag < 0
    assert 0.37 < flipped.mean() < 0.43
    scale = np.abs(right) / 0.625
    np.testing.assert_allclose([1 / scale.max(), 1 / scale.min()], [0.95, 1.05], atol=1e-3)
    degrees = np.rad2deg(np.angle(down / 1j))
    np.testing.assert_allclose([degrees.min(), degrees.max()], [-10, 10], atol=0.1)
    assert abs(degrees.mean()) < 0.5
    disturbance = (
        np.asarray(grids.warped - still.warped) * np.exp(-1j * np.angle(down / 1j))[:, None, None]
    )
    for part in (disturbance.real, disturbance.imag):
        np.testing.assert_allclose((part / scale[:, None, None]).std(), RECIPE.warp, rtol=0.02)


def test_the_target_undoes_the_disturbance_but_for_what_is_no_similarity():
    turned = 1.05 * np.exp(0.1j)
    rest = warp.regular_grid(0.625)
    offsets = jnp.asarray(turned * rest + 0.01 - rest)  # a disturbance that is one
    still = affine.Similarity(jnp.complex64(1), jnp.complex64(0))
    grids = recipe.grids(offsets, still, jnp.asarray(False), coverage=0.625)
    np.testing.assert_allclose(grids.warped, grids.target, atol=1e-6)


def test_occluders_change_inputs_and_where_they_show_a_face_and_nothing_else():
    images, regions = batch()
    regions = jnp.full_like(regions, 255)
    occluded = dataclasses.replace(RECIPE, occlusion=1.0)
    plain = augment(jax.random.key(3), images, regions)
    pictures = augment(jax.random.key(3), images, regions, augmentation=occluded)
    for name in ("warped_regions", "target", "target_regions"):
        np.testing.assert_array_equal(getattr(pictures, name), getattr(plain, name))
    touched = jnp.abs(pictures.warped - plain.warped).max(axis=(2, 3, 4))
    hidden = 1 - pictures.warped_visible.min(axis=(2, 3, 4))
    assert float(touched.max()) > 0.1
    np.testing.assert_array_equal(touched > 0.02, hidden > 0.5)


def test_the_input_is_changed_where_the_face_is_hidden():
    images = jnp.full((4, 2, CHIP, CHIP, 3), 128, jnp.uint8)
    regions = jnp.full_like(images, 255)
    still = dataclasses.replace(STILL, occlusion=1.0)
    pictures = augment(jax.random.key(0), images, regions, augmentation=still)
    # Without a warp what is not hidden is as it was, and what is hidden is not.
    mask = pictures.warped_visible[..., 0]
    change = jnp.abs(pictures.warped - 128 / 255).max(axis=-1)
    np.testing.assert_allclose(change[mask == 1], 0, atol=1e-6)
    assert float(jnp.mean(change[mask == 0] > 0.005)) > 0.9


@pytest.mark.parametrize("cut", ["regions", "both"])
def test_chips_that_differ_or_are_not_square_are_refused(cut):
    images, regions = batch()
    with pytest.raises(ValueError, match="must be square and of one shape"):
        augment(jax.random.key(0), images[:, :, 1:] if cut == "both" else images, regions[:, :, 1:])
