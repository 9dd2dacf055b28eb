import cv2
import jax.numpy as jnp
import numpy as np
from scipy import stats

from jaxswap.augmentation import warp


def test_the_regular_grid_covers_the_coverage():
    grid = warp.regular_grid(0.625)
    np.testing.assert_allclose(grid[0, 0], -0.3125 - 0.3125j)
    np.testing.assert_allclose(grid[4, 0], -0.3125 + 0.3125j)  # rows go down
    np.testing.assert_allclose(grid[2, 2], 0)


def test_the_grid_is_read_where_the_original_read_it():
    rng = np.random.default_rng(0)
    grid = (rng.normal(size=(5, 5)) + 1j * rng.normal(size=(5, 5))).astype(np.complex64)
    got = warp.sample_points(jnp.asarray(grid), size=64)
    for part in (np.real, np.imag):
        # The original: resized to 80, of which 8:72.
        expected = cv2.resize(part(grid), (80, 80), interpolation=cv2.INTER_LINEAR)[8:72, 8:72]
        np.testing.assert_allclose(part(got), expected, atol=1e-5)


def test_at_rest_each_pixel_reads_its_own_center():
    points = warp.sample_points(jnp.asarray(warp.regular_grid(0.5)), size=10)
    line = 0.5 * ((np.arange(10) + 0.5) / 10 - 0.5)
    np.testing.assert_allclose(points, line[None] + 1j * line[:, None], atol=1e-6)


def test_offsets_are_normal_with_their_deviation():
    probabilities = (np.arange(50) + 0.5) / 50
    got = warp.offsets(jnp.asarray(2 * probabilities - 1, jnp.float32), warp=0.02)
    expected = 0.02 * stats.norm.ppf(probabilities).reshape(2, 5, 5)
    np.testing.assert_allclose(got.real, expected[0], atol=1e-6)
    np.testing.assert_allclose(got.imag, expected[1], atol=1e-6)
