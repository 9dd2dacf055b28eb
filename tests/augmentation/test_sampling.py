import cv2
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxswap.augmentation import sampling


def chips(*, size=20, channels=6):
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (2, size, size, channels), dtype=np.uint8)


@pytest.mark.parametrize("channels", [3, 6])
def test_pictures_are_read_as_opencv_reads_them(channels):
    images = chips(channels=channels)
    rng = np.random.default_rng(1)
    # Beyond the border too; at multiples of 1/32 of a pixel, to which OpenCV rounds.
    x, y = rng.integers(-4 * 32, 24 * 32, (2, 2, 7, 9)).astype(np.float32) / 32
    points = jnp.asarray((x + 0.5) / 20 - 0.5 + 1j * ((y + 0.5) / 20 - 0.5), jnp.complex64)
    got = jax.jit(sampling.bilinear)(jnp.asarray(images), points)
    for index in range(2):
        expected = np.stack(
            [
                cv2.remap(
                    images[index, ..., channel].astype(np.float32),
                    x[index],
                    y[index],
                    cv2.INTER_LINEAR,
                    borderMode=cv2.BORDER_REPLICATE,
                )
                for channel in range(channels)
            ],
            axis=-1,
        )
        np.testing.assert_allclose(255 * got[index], expected, atol=0.01)


def test_thinning_is_a_mean_of_squares_rounded():
    images = chips()
    got = sampling.thin(jnp.asarray(images), factor=2)
    expected = images.reshape(2, 10, 2, 10, 2, 6).mean(axis=(2, 4))
    assert got.dtype == jnp.uint8
    np.testing.assert_array_equal(got, np.floor(expected + 0.5))
    np.testing.assert_array_equal(sampling.thin(jnp.asarray(images), factor=1), images)
