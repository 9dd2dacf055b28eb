import jax
import jax.numpy as jnp
import numpy as np
import pytest
from skimage import metrics

from jaxswap.losses import structural


def pair(*, height=24, width=30):
    rng = np.random.default_rng(0)
    picture = rng.random((height, width, 3))
    noisy = np.clip(picture + rng.normal(0, 0.2, picture.shape), 0, 1)
    return picture.astype(np.float32), noisy.astype(np.float32)


def test_ssim_is_that_of_scikit_image():
    pred, target = pair()
    _, expected = metrics.structural_similarity(
        pred,
        target,
        channel_axis=-1,
        data_range=1.0,
        gaussian_weights=True,
        sigma=structural.SIGMA_PX,
        use_sample_covariance=False,
        full=True,
    )
    got = structural.ssim(jnp.asarray(pred), jnp.asarray(target))
    np.testing.assert_allclose(got, expected, atol=1e-5)


def test_a_picture_smaller_than_the_window_is_mirrored_again():
    flat = structural.ssim(jnp.full((4, 4, 1), 0.25), jnp.full((4, 4, 1), 0.5))
    means, c1 = 2 * 0.25 * 0.5, structural.K1**2
    np.testing.assert_allclose(flat, (means + c1) / (0.25**2 + 0.5**2 + c1), rtol=1e-4)


def test_the_same_picture_has_no_dissimilarity():
    picture = jnp.asarray(pair()[0])
    np.testing.assert_allclose(structural.dssim(picture, picture), 0, atol=1e-6)


def test_leading_axes_and_jit_change_nothing():
    pred, target = map(jnp.asarray, pair())
    stacked = jax.jit(structural.dssim)(
        jnp.stack([pred, target])[None], jnp.stack([target, target])[None]
    )
    np.testing.assert_allclose(stacked[0, 0], structural.dssim(pred, target), atol=1e-6)
    np.testing.assert_allclose(stacked[0, 1], 0, atol=1e-6)


def test_the_gradient_is_finite_on_a_black_picture():
    gradient = jax.grad(lambda x: structural.dssim(x, jnp.zeros_like(x)).mean())
    assert bool(jnp.isfinite(gradient(jnp.zeros((12, 12, 3)))).all())


@pytest.mark.parametrize("function", [structural.ssim, structural.dssim])
def test_shapes_that_would_broadcast_are_refused(function):
    with pytest.raises(ValueError, match="must match"):
        function(jnp.ones((1, 12, 12, 3)), jnp.ones((12, 12, 3)))
