"""Each method against distributions whose transfer is known."""

import cv2
import numpy as np
import pytest

from jaxswap.conversion.color import distributions, linear, matching, statistics

LUMA = np.array([0.2126, 0.7152, 0.0722])
ALL = list(matching.METHODS)


def skin(count=4000, *, seed=0, mean=(0.5, 0.42, 0.38), spread=0.05):
    rng = np.random.default_rng(seed)
    mix = np.array([[1, 0.3, 0.2], [0.3, 0.9, 0.3], [0.2, 0.3, 0.8]])
    return (np.array(mean) + spread * rng.normal(size=(count, 3)) @ mix).astype(np.float32)


def wasserstein(one, other):
    """The mean distance between equal quantiles, along the channels and the luma."""
    axes = np.concatenate([np.eye(3), LUMA[None]]).T
    at = np.linspace(0.02, 0.98, 50)
    return np.abs(
        np.quantile(one @ axes, at, axis=0) - np.quantile(other @ axes, at, axis=0)
    ).mean()


@pytest.mark.parametrize("name", ALL)
def test_equal_samples_change_nothing(name):
    pixels = skin()
    moved = matching.METHODS[name](pixels, pixels)(pixels)
    np.testing.assert_allclose(moved, pixels, atol=2e-3)


@pytest.mark.parametrize("name", ALL)
def test_the_mean_colour_becomes_the_targets(name):
    source, target = skin(), skin(seed=1, mean=(0.6, 0.4, 0.3))
    moved = matching.METHODS[name](source, target)(source)
    np.testing.assert_allclose(moved.mean(axis=0), target.mean(axis=0), atol=6e-3)


@pytest.mark.parametrize("name", ALL)
def test_flat_empty_or_broken_pixels_stay_finite_and_bounded(name):
    flat = np.full((64, 3), 0.4, np.float32)
    for source, target in ((flat, skin()), (skin(), flat), (flat, 0 * flat), (0 * flat, flat)):
        face = source[:64].reshape(8, 8, 3)
        pixels = matching.Sample(swapped=source, target=target)
        moved = matching.matched(face, pixels, method=name)
        assert np.isfinite(moved).all()
        assert moved.min() >= 0
        assert moved.max() <= 1
        assert np.ptp(moved, axis=(0, 1)).max() <= 2.6 * np.ptp(face, axis=(0, 1)).max() + 0.01


def test_linear_undoes_a_small_linear_recolouring():
    pixels = skin()
    matrix = np.array([[1.1, 0.05, 0.0], [0.05, 0.95, 0.04], [0.0, 0.04, 0.9]])
    recoloured = ((pixels - 0.4) @ matrix + 0.45).astype(np.float32)
    moved = linear.monge_kantorovich(recoloured, pixels)(recoloured)
    np.testing.assert_allclose(moved, pixels, atol=0.01)


def test_reinhard_undoes_a_stretch_in_lab():
    pixels = skin()
    lab = statistics.to_lab(pixels)
    stretched = statistics.from_lab(
        (lab - lab.mean(0)) * [0.9, 1.1, 0.85] + lab.mean(0) + [4, -3, 2]
    )
    moved = statistics.reinhard(stretched, pixels)(stretched)
    np.testing.assert_allclose(moved, pixels, atol=0.01)


def test_lab_is_opencvs_and_goes_back():
    pixels = skin(50)
    expected = cv2.cvtColor(pixels[None], cv2.COLOR_RGB2LAB)[0]
    np.testing.assert_allclose(statistics.to_lab(pixels), expected, atol=1e-4)
    np.testing.assert_allclose(statistics.from_lab(expected), pixels, atol=2e-3)


def test_mean_std_keeps_the_hue_of_shadows_in_warm_light():
    shade = np.linspace(0.3, 1.0, 200, dtype=np.float32)[:, None]
    warm, white = np.float32([0.8, 0.5, 0.2]), np.float32([0.7, 0.7, 0.7])
    moved = statistics.mean_std(shade * warm, shade * white)(shade * warm)
    np.testing.assert_allclose(moved, shade * white, atol=1e-5)


def test_mean_std_gives_the_luma_the_targets_spread():
    source, target = skin(spread=0.05), skin(seed=1, spread=0.06)
    moved = statistics.mean_std(source, target)(source)
    assert (moved @ LUMA).std() == pytest.approx((target @ LUMA).std(), rel=0.02)


def test_histogram_gives_each_channel_the_targets_quantiles():
    source = skin()
    target = (skin(seed=2) ** 1.4).astype(np.float32)
    moved = distributions.histogram(source, target)(source)
    at = np.linspace(0.05, 0.95, 20)
    for channel in range(3):
        expected = np.quantile(target[:, channel], at)
        np.testing.assert_allclose(np.quantile(moved[:, channel], at), expected, atol=3e-3)


@pytest.mark.parametrize("name", ["idt", "sliced"])
def test_a_mixture_is_met_that_a_linear_map_cannot_meet(name):
    source = skin()
    light, dark = (
        skin(2000, seed=3, mean=(0.7, 0.6, 0.55)),
        skin(2000, seed=4, mean=(0.3, 0.2, 0.2)),
    )
    target = np.concatenate([light, dark])
    moved = matching.METHODS[name](source, target)(source)
    assert wasserstein(moved, target) < 0.01
    straight = linear.monge_kantorovich(source, target)(source)
    assert wasserstein(moved, target) < 0.3 * wasserstein(straight, target)


@pytest.mark.parametrize("name", ALL)
def test_equal_calls_give_equal_bits(name):
    source, target = skin(), skin(seed=1, mean=(0.6, 0.4, 0.3))
    first, second = (matching.METHODS[name](source, target)(source) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def pictures(size=40):
    rng = np.random.default_rng(5)
    swapped, target = rng.random((2, size, size, 3)).astype(np.float32)
    mask = np.zeros((size, size, 1), np.float32)
    mask[10:30, 5:35] = 1
    return swapped, target, mask


def test_a_sample_is_of_the_mask_alone_and_spread_over_it_from_its_beginning():
    swapped, target, mask = pictures()
    y, x = np.mgrid[:40, :40]
    places = np.stack([x, y, 0 * x], axis=-1).astype(np.float32) / 40
    found = matching.sample(places, target, mask)
    assert 0.9 * matching.NUM_PIXELS < len(found) <= matching.NUM_PIXELS
    rows, columns = found.swapped[:, 1] * 40, found.swapped[:, 0] * 40
    assert rows.min() >= 10
    assert rows.max() < 30
    assert columns.min() >= 5
    first = slice(0, 40)
    assert rows[first].min() < 12
    assert rows[first].max() > 27
    assert abs(columns[first].mean() - 19.5) < 3
    same = matching.sample(swapped, target, mask)
    at = (rows.round().astype(int), columns.round().astype(int))
    np.testing.assert_array_equal(same.swapped, swapped[at])
    np.testing.assert_array_equal(same.target, target[at])


def test_next_to_no_mask_leaves_the_face():
    swapped, target, mask = pictures()
    few = np.zeros_like(mask)
    few[0, :5] = 1
    found = matching.sample(swapped, target, few)
    assert matching.matched(swapped, found, method="mean_std") is swapped


def test_shapes_must_match():
    swapped, target, mask = pictures()
    with pytest.raises(ValueError, match="must match"):
        matching.sample(swapped, target, mask[:10])
