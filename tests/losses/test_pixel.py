import jax.numpy as jnp
import numpy as np
import pytest

from jaxswap.losses import pixel


def test_l1_is_the_absolute_difference_of_each_value():
    pred, target = jnp.array([0.1, 0.9]), jnp.array([0.4, 0.4])
    np.testing.assert_allclose(pixel.l1(pred, target), [0.3, 0.5], rtol=1e-6)


def test_cross_entropy_is_that_of_each_value_and_finite_at_the_ends():
    pred, target = jnp.array([0.5, 0.9, 0.2, 0.0, 1.0]), jnp.array([1.0, 1.0, 0.5, 1.0, 0.0])
    expected = [np.log(2), -np.log(0.9), -0.5 * np.log(0.2 * 0.8), *[-np.log(pixel.SMALLEST)] * 2]
    np.testing.assert_allclose(pixel.cross_entropy(pred, target), expected, rtol=1e-5)


@pytest.mark.parametrize("loss", [pixel.l1, pixel.cross_entropy])
def test_shapes_that_would_broadcast_are_refused(loss):
    with pytest.raises(ValueError, match=r"\(2, 1\) and `target` \(2, 3\) must match"):
        loss(jnp.ones((2, 1)), jnp.ones((2, 3)))
