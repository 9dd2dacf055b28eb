import cv2
import jax
import jax.numpy as jnp
import numpy as np

from jaxswap.augmentation import sampling


def test_pictures_are_read_as_opencv_reads_them():
    images = np.random.default_rng(0).integers(0, 256, (2, 20, 20, 3), dtype=np.uint8)
    rng = np.random.default_rng(1)
    # Beyond the border too; at multiples of 1/32 of a pixel, to which OpenCV rounds.
    x, y = rng.integers(-4 * 32, 24 * 32, (2, 2, 7, 9)).astype(np.float32) / 32
    points = jnp.asarray((x + 0.5) / 20 - 0.5 + 1j * ((y + 0.5) / 20 - 0.5), jnp.complex64)
    got = jax.jit(sampling.bilinear)(sampling.pack(jnp.asarray(images)), points)
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
                for channel in range(3)
            ],
            axis=-1,
        )
        np.testing.assert_allclose(255 * got[index], expected, atol=0.01)
